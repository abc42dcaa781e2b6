"""Pins names, types and signatures: those of 1.0.0, with wider types where more is accepted."""

from typing import Any, Iterable, List, Optional, Tuple, Union

from azure.ai.vision.imageanalysis._image import ImageSource
from azure.ai.vision.imageanalysis.models import ImageAnalysisResult, VisualFeatures
from azure.core.credentials import AzureKeyCredential, TokenCredential
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest, HttpResponse
from typing_extensions import Self

FeatureNames = Iterable[Union[VisualFeatures, str]]

FEATURES = {
    "TAGS": "tags",
    "CAPTION": "caption",
    "DENSE_CAPTIONS": "denseCaptions",
    "OBJECTS": "objects",
    "READ": "read",
    "SMART_CROPS": "smartCrops",
    "PEOPLE": "people",
}

# Model, attribute, JSON name, type.
FIELDS: List[Tuple[str, str, str, str]] = [
    ("CaptionResult", "confidence", "confidence", "float"),
    ("CaptionResult", "text", "text", "str"),
    ("CropRegion", "aspect_ratio", "aspectRatio", "float"),
    ("CropRegion", "bounding_box", "boundingBox", "ImageBoundingBox"),
    ("DenseCaption", "confidence", "confidence", "float"),
    ("DenseCaption", "text", "text", "str"),
    ("DenseCaption", "bounding_box", "boundingBox", "ImageBoundingBox"),
    ("DenseCaptionsResult", "list", "values", "List[DenseCaption]"),
    ("DetectedObject", "bounding_box", "boundingBox", "ImageBoundingBox"),
    ("DetectedObject", "tags", "tags", "List[DetectedTag]"),
    ("DetectedPerson", "bounding_box", "boundingBox", "ImageBoundingBox"),
    ("DetectedPerson", "confidence", "confidence", "float"),
    ("DetectedTag", "confidence", "confidence", "float"),
    ("DetectedTag", "name", "name", "str"),
    ("DetectedTextBlock", "lines", "lines", "List[DetectedTextLine]"),
    ("DetectedTextLine", "text", "text", "str"),
    ("DetectedTextLine", "bounding_polygon", "boundingPolygon", "List[ImagePoint]"),
    ("DetectedTextLine", "words", "words", "List[DetectedTextWord]"),
    ("DetectedTextWord", "text", "text", "str"),
    ("DetectedTextWord", "bounding_polygon", "boundingPolygon", "List[ImagePoint]"),
    ("DetectedTextWord", "confidence", "confidence", "float"),
    ("ImageAnalysisResult", "caption", "captionResult", "Optional[CaptionResult]"),
    ("ImageAnalysisResult", "dense_captions", "denseCaptionsResult", "Optional[DenseCaptionsResult]"),
    ("ImageAnalysisResult", "metadata", "metadata", "ImageMetadata"),
    ("ImageAnalysisResult", "model_version", "modelVersion", "str"),
    ("ImageAnalysisResult", "objects", "objectsResult", "Optional[ObjectsResult]"),
    ("ImageAnalysisResult", "people", "peopleResult", "Optional[PeopleResult]"),
    ("ImageAnalysisResult", "read", "readResult", "Optional[ReadResult]"),
    ("ImageAnalysisResult", "smart_crops", "smartCropsResult", "Optional[SmartCropsResult]"),
    ("ImageAnalysisResult", "tags", "tagsResult", "Optional[TagsResult]"),
    ("ImageBoundingBox", "x", "x", "int"),
    ("ImageBoundingBox", "y", "y", "int"),
    ("ImageBoundingBox", "width", "w", "int"),
    ("ImageBoundingBox", "height", "h", "int"),
    ("ImageMetadata", "height", "height", "int"),
    ("ImageMetadata", "width", "width", "int"),
    ("ImagePoint", "x", "x", "int"),
    ("ImagePoint", "y", "y", "int"),
    ("ObjectsResult", "list", "values", "List[DetectedObject]"),
    ("PeopleResult", "list", "values", "List[DetectedPerson]"),
    ("ReadResult", "blocks", "blocks", "List[DetectedTextBlock]"),
    ("SmartCropsResult", "list", "values", "List[CropRegion]"),
    ("TagsResult", "list", "values", "List[DetectedTag]"),
]

MODELS = sorted({row[0] for row in FIELDS})

PUBLIC_NAMES = {
    "azure.ai.vision.imageanalysis": ["ImageAnalysisClient"],
    "azure.ai.vision.imageanalysis.aio": ["ImageAnalysisClient"],
    "azure.ai.vision.imageanalysis.models": [*MODELS, "VisualFeatures"],
}

CLIENT_NAMES = {"analyze", "analyze_from_url", "close", "send_request"}


class SyncClient:
    """The signatures of the synchronous client."""

    def __init__(
        self,
        endpoint: str,
        credential: Union[AzureKeyCredential, TokenCredential],
        *,
        api_version: Optional[str] = "2023-10-01",
        credential_scopes: Optional[List[str]] = None,
        transport: Optional[HttpTransport[HttpRequest, HttpResponse]] = None,
        logging_enable: bool = False,
        retry_total: int = 10,
        connection_timeout: float = 300,
        read_timeout: float = 300,
        **kwargs: Any,
    ) -> None: ...

    def analyze_from_url(
        self,
        image_url: str,
        visual_features: FeatureNames,
        *,
        language: Optional[str] = None,
        gender_neutral_caption: Optional[bool] = None,
        smart_crops_aspect_ratios: Optional[Iterable[float]] = None,
        model_version: Optional[str] = None,
        **kwargs: Any,
    ) -> ImageAnalysisResult: ...

    def analyze(
        self,
        image_data: ImageSource,
        visual_features: FeatureNames,
        *,
        language: Optional[str] = None,
        gender_neutral_caption: Optional[bool] = None,
        smart_crops_aspect_ratios: Optional[Iterable[float]] = None,
        model_version: Optional[str] = None,
        **kwargs: Any,
    ) -> ImageAnalysisResult: ...

    def _analyze_from_image_data(
        self, image_data: ImageSource, *, visual_features: FeatureNames, **kwargs: Any
    ) -> ImageAnalysisResult: ...

    def _analyze_from_url(
        self, image_url: Any, *, visual_features: FeatureNames, **kwargs: Any
    ) -> ImageAnalysisResult: ...

    def send_request(self, request: HttpRequest, *, stream: bool = False, **kwargs: Any) -> HttpResponse: ...

    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc_details: Any) -> None: ...
