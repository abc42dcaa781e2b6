"""Result types: one class for each object of the response, one line for each field, leaves first.

All positions and sizes are in pixels of the analyzed image, counted from its top left corner. Confidences are
probabilities from 0 to 1.
"""

from typing import List, Optional

from .._model_base import Model, field


class ImagePoint(Model):
    """A point of the image."""

    x: int = field()
    """Pixels from the left edge."""
    y: int = field()
    """Pixels from the top edge."""


class ImageBoundingBox(Model):
    """An upright rectangle of the image."""

    x: int = field()
    """Left edge, in pixels from the left edge of the image."""
    y: int = field()
    """Top edge, in pixels from the top edge of the image."""
    width: int = field("w")
    """Width in pixels."""
    height: int = field("h")
    """Height in pixels."""


class ImageMetadata(Model):
    """Information about the image file."""

    height: int = field()
    """Height of the image in pixels."""
    width: int = field()
    """Width of the image in pixels."""


class CaptionResult(Model):
    """A sentence that describes the whole image."""

    confidence: float = field()
    """The confidence, from 0 to 1."""
    text: str = field()
    """The sentence."""


class DenseCaption(Model):
    """A sentence that describes one region of the image."""

    confidence: float = field()
    """The confidence, from 0 to 1."""
    text: str = field()
    """The sentence."""
    bounding_box: ImageBoundingBox = field("boundingBox")
    """The region."""


class DenseCaptionsResult(Model):
    """Captions of up to ten regions."""

    list: List[DenseCaption] = field("values")
    """The captions; the first one is for the whole image."""


class DetectedTag(Model):
    """A name for something in the image."""

    confidence: float = field()
    """The confidence, from 0 to 1."""
    name: str = field()
    """The name, in the requested language."""


class TagsResult(Model):
    """Names for the content of the image."""

    list: List[DetectedTag] = field("values")
    """The tags, in descending order of confidence."""


class DetectedObject(Model):
    """A physical object in the image."""

    bounding_box: ImageBoundingBox = field("boundingBox")
    """The region of the object."""
    tags: List[DetectedTag] = field()
    """Names of the object: currently one tag."""


class ObjectsResult(Model):
    """Physical objects in the image."""

    list: List[DetectedObject] = field("values")
    """The objects."""


class DetectedPerson(Model):
    """A person in the image. Only the service sets the attributes."""

    bounding_box: ImageBoundingBox = field("boundingBox", readonly=True)
    """The region of the person."""
    confidence: float = field(readonly=True)
    """The confidence, from 0 to 1. The service also reports people with confidences below 0.01."""


class PeopleResult(Model):
    """People in the image."""

    list: List[DetectedPerson] = field("values")
    """The people, in descending order of confidence."""


class DetectedTextWord(Model):
    """A run of characters without a space; in Chinese, Japanese and Korean, one character."""

    text: str = field()
    """The characters."""
    bounding_polygon: List[ImagePoint] = field("boundingPolygon")
    """The outline: four points, clockwise from the top left of the upright text."""
    confidence: float = field()
    """The confidence, from 0 to 1."""


class DetectedTextLine(Model):
    """A line of text."""

    text: str = field()
    """All words, separated by spaces."""
    bounding_polygon: List[ImagePoint] = field("boundingPolygon")
    """The outline: four points, clockwise from the top left of the upright text."""
    words: List[DetectedTextWord] = field()
    """The words, in reading order."""


class DetectedTextBlock(Model):
    """Lines of text that belong together."""

    lines: List[DetectedTextLine] = field()
    """The lines, in reading order."""


class ReadResult(Model):
    """The text in the image."""

    blocks: List[DetectedTextBlock] = field()
    """Blocks of text: currently one, or none if the image has no text."""


class CropRegion(Model):
    """A region of the image that makes a good thumbnail."""

    aspect_ratio: float = field("aspectRatio")
    """Width divided by height."""
    bounding_box: ImageBoundingBox = field("boundingBox")
    """The region."""


class SmartCropsResult(Model):
    """Suggested thumbnails."""

    list: List[CropRegion] = field("values")
    """One crop for each requested ratio, in the same order; if none was requested, one that the service chose."""


class ImageAnalysisResult(Model):
    """The result of one analysis. The attribute of a feature that was not requested is None."""

    caption: Optional[CaptionResult] = field("captionResult")
    """One sentence for the whole image."""
    dense_captions: Optional[DenseCaptionsResult] = field("denseCaptionsResult")
    """Sentences for up to ten regions."""
    metadata: ImageMetadata = field()
    """The size of the image."""
    model_version: str = field("modelVersion")
    """The version of the AI model, such as "2023-10-01"."""
    objects: Optional[ObjectsResult] = field("objectsResult")
    """Physical objects."""
    people: Optional[PeopleResult] = field("peopleResult")
    """People."""
    read: Optional[ReadResult] = field("readResult")
    """Text."""
    smart_crops: Optional[SmartCropsResult] = field("smartCropsResult")
    """Suggested thumbnails."""
    tags: Optional[TagsResult] = field("tagsResult")
    """Names for the content of the image."""
