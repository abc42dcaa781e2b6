"""The visual features that can be requested."""

from enum import Enum

from azure.core import CaseInsensitiveEnumMeta


class VisualFeatures(str, Enum, metaclass=CaseInsensitiveEnumMeta):
    """The features that the service can find in an image. One call can request any number of them."""

    TAGS = "tags"
    """Names for the objects, living beings, scenery and actions in the image."""
    CAPTION = "caption"
    """One sentence for the whole image. English only, and only in some Azure regions."""
    DENSE_CAPTIONS = "denseCaptions"
    """Captions of up to ten regions of the image; the first is for the whole image. English only, and only in some
    Azure regions."""
    OBJECTS = "objects"
    """Physical objects, each with a bounding box."""
    READ = "read"
    """Printed and handwritten text (OCR), with a bounding polygon for each line and word."""
    SMART_CROPS = "smartCrops"
    """Regions of the image that make good thumbnails of given shapes."""
    PEOPLE = "people"
    """People, each with a bounding box."""
