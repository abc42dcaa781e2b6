"""Builds requests and parses responses; no I/O on the network."""

import copy
import json
import math
import re
from collections import abc
from enum import Enum
from inspect import iscoroutinefunction
from io import IOBase
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Protocol,
    Tuple,
    Union,
    cast,
)
from urllib.parse import quote, urlsplit

from azure.core.exceptions import DecodeError
from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import ContentDecodePolicy
from azure.core.rest import HttpRequest
from azure.core.utils import case_insensitive_dict

from ._configuration import Configuration, usable_endpoint
from ._errors import error_details, read_json, status_error
from ._image import check_open
from ._redirect import origin
from .models import ImageAnalysisResult

Body = Tuple[Any, str]
"""The content of a request and its content type."""


class Names(Protocol):
    """A list, tuple, set or other collection of names. A single str is not one: its ``in`` takes nothing but str."""

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        ...

    def __contains__(self, __name: object) -> bool:
        """Tell whether a name is among them."""
        ...


FeatureNames = Union[Names, Iterator[str]]
"""What the clients take for visual features: members of VisualFeatures, which are str, or their names."""

_UNSAFE = re.compile(r"[\x00-\x20\x7f#]")


def image_body(image: bytes) -> Body:
    """Give the body that sends an image."""
    return image, "application/octet-stream"


def url_body(image_url: Any) -> Body:
    """Give the body that names an image."""
    if not isinstance(image_url, str):
        raise TypeError(
            f"image_url: expected a str, got {type(image_url).__name__}. "
            "Give str(url) of a URL object; give image data to analyze()."
        )
    if not image_url.strip():
        raise ValueError("image_url: expected a URL, got an empty str")
    return json.dumps({"url": image_url}), "application/json"


def url_of(image_url: Any) -> Any:
    """Find the URL in what ``_analyze_from_url`` takes."""
    if hasattr(image_url, "read"):
        image_url = image_url.read()
    if isinstance(image_url, bytes):
        try:
            image_url = json.loads(image_url)
        except ValueError:
            raise ValueError('image_url: expected JSON such as {"url": "https://..."}, got something else') from None
    if isinstance(image_url, abc.Mapping):
        return cast(Mapping[str, Any], image_url).get("url")
    return getattr(image_url, "url", image_url)


def read_if_rewindable(content: Any) -> Any:
    """Read a file of the user's, so that it can be sent again on a retry, a redirect or a challenge.

    A pipe is left as it is, to be sent once, piece by piece. What only looks like a file is read: aiohttp takes none.
    """
    check_open("request", content)
    if not hasattr(content, "read") or iscoroutinefunction(content.read):
        return content
    return content.read() if not isinstance(content, IOBase) or _is_seekable(content) else content


def _is_seekable(file: IOBase) -> bool:
    """Tell whether a file can be rewound. Some cannot even tell: a member of a tar archive that is a stream."""
    try:
        return file.seekable()
    except (AttributeError, OSError, ValueError):
        return False


def _absolute_url(endpoint: str, url: str) -> str:
    """Complete a URL that is relative to ``{endpoint}/computervision`` or begins with ``{endpoint}``."""
    before, placeholder, after = url.partition("{endpoint}")
    if placeholder:
        if after and after[0] not in "/?#" and not set(before).intersection("/?#"):
            raise ValueError("request: expected '/', '?', '#' or nothing more after {endpoint} in the URL")
        url = before + usable_endpoint(endpoint) + after
    try:
        parts = urlsplit(url)
        if not (parts.scheme and parts.netloc):
            slash = "/" if url and url[0] not in "?#" else ""
            url = f"{usable_endpoint(endpoint)}/computervision{slash}{url.lstrip('/')}"
        origin(url)
    except ValueError:
        raise ValueError("request: expected a relative URL, or an http(s) URL") from None
    return url


def resolve_request(endpoint: str, request: HttpRequest) -> HttpRequest:
    """Copy a user's request, to be sent by a client."""
    url = _absolute_url(endpoint, request.url)
    given = getattr(request, "content", None)  # which a request of azure.core.pipeline.transport does not have
    content = read_if_rewindable(given)
    if content is not given:
        return HttpRequest(request.method, url, headers=request.headers, content=content)
    # Not deepcopy(): it would double a large body, and gives up on the headers where a body cannot be copied.
    request = copy.copy(request)
    request.url, request.headers = url, case_insensitive_dict(request.headers)
    return request


class AnalyzeCall:
    """One analysis: its request, its options for the pipeline, and how its response is read.

    The keywords that do not concern the pipeline are taken out here, once.
    """

    def __init__(
        self,
        config: Configuration,
        body: Body,
        visual_features: Any,
        *,
        language: Optional[str],
        gender_neutral_caption: Optional[bool],
        smart_crops_aspect_ratios: Optional[Iterable[float]],
        model_version: Optional[str],
        params: Optional[Mapping[str, Any]] = None,
        headers: Optional[Mapping[str, Optional[str]]] = None,
        content_type: Optional[str] = None,
        cls: Optional[Callable[[PipelineResponse[Any, Any], Any, Dict[str, Any]], Any]] = None,
        error_map: Optional[Mapping[int, Any]] = None,
        stream: bool = False,
        **options: Any,
    ) -> None:
        content, usual_type = body
        query: Dict[str, List[str]] = {"api-version": [config.api_version], "features": _feature_names(visual_features)}
        if language is not None:
            query["language"] = [language]
        if gender_neutral_caption is not None:
            query["gender-neutral-caption"] = ["true" if gender_neutral_caption else "false"]
        if smart_crops_aspect_ratios is not None:
            query["smartcrops-aspect-ratios"] = _ratios(smart_crops_aspect_ratios)
        if model_version is not None:
            query["model-version"] = [model_version]
        ours = {name: ",".join([quote(str(value), safe="") for value in values]) for name, values in query.items()}
        url = f"{usable_endpoint(config.endpoint)}/computervision/imageanalysis:analyze"
        sent_headers = {"Accept": "application/json", "Content-Type": usual_type}
        if params:
            sent_params = case_insensitive_dict(params)
            sent_params.pop("api-version", None)
            sent_params.update(ours)
            self.request = HttpRequest("POST", url, params=sent_params, headers=sent_headers, content=content)
            # azure-core writes a caller's parameters as they are.
            self.request.url = _UNSAFE.sub(lambda unsafe: quote(unsafe.group()), self.request.url)
        else:
            url = f"{url}?{'&'.join([f'{name}={value}' for name, value in ours.items()])}"
            self.request = HttpRequest("POST", url, headers=sent_headers, content=content)
        self.request.headers.update({name: value for name, value in (headers or {}).items() if value is not None})
        if content_type is not None:
            self.request.headers["Content-Type"] = content_type
        self.stream = stream
        self.options = {**config.analyze_options, **options}
        self._cls = cls
        self._error_map = error_map

    def result(self, pipeline_response: PipelineResponse[Any, Any]) -> Any:
        """Parse the response."""
        response = pipeline_response.http_response
        if response.status_code != 200:
            raise status_error(response, self._error_map)
        if not self.stream:
            result: Any = _read_result(pipeline_response)
        else:
            result = _read_async(response) if hasattr(response, "__aenter__") else _read(response)
        return self._cls(pipeline_response, result, {}) if self._cls else result

    def is_unread_failure(self, pipeline_response: PipelineResponse[Any, Any]) -> bool:
        """Tell whether the body must be read before :meth:`result` can say what failed."""
        return self.stream and pipeline_response.http_response.status_code != 200


def _read(response: Any) -> Any:
    """Iterate over a body, then close the response."""
    with error_details(reading=True):
        with response:  # azure-core does not close one whose reading fails
            yield from response.iter_bytes()


async def _read_async(response: Any) -> Any:
    """Iterate over a body asynchronously, then close the response."""
    with error_details(reading=True):
        async with response:
            async for chunk in response.iter_bytes():
                yield chunk


def _read_result(pipeline_response: PipelineResponse[Any, Any]) -> ImageAnalysisResult:
    """Parse the body of a success, unless a policy has."""
    response = pipeline_response.http_response
    parsed: Any = pipeline_response.context.get(ContentDecodePolicy.CONTEXT_NAME)
    if not isinstance(parsed, dict):
        parsed = read_json(response)
    if not isinstance(parsed, dict):
        raise DecodeError("The response is JSON, but not a JSON object", response=response)
    return ImageAnalysisResult(cast(Dict[str, Any], parsed))


def _feature_names(visual_features: Any) -> List[str]:
    """Give the names of features."""
    names = [
        feature.value if isinstance(feature, Enum) else feature
        for feature in _items("visual_features", "a list of VisualFeatures or of their names", visual_features)
    ]
    if not names:
        raise ValueError("visual_features: expected at least one feature, got none")
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"visual_features: expected VisualFeatures or names in the list, got {type(name).__name__}")
    return names


def _ratios(ratios: Any) -> List[str]:
    """Give aspect ratios as the service reads them."""
    expected = "a list of finite numbers"
    items = _items("smart_crops_aspect_ratios", expected, ratios)
    try:
        numbers = [float(ratio) for ratio in items]
    except (TypeError, ValueError):
        raise TypeError(f"smart_crops_aspect_ratios: expected {expected}, got something else in it") from None
    except OverflowError:
        numbers = [math.inf]  # a number beyond all floats
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"smart_crops_aspect_ratios: expected {expected}, got an infinite one or a NaN")
    return [repr(number) for number in numbers]


def _items(argument: str, expected: str, given: Any) -> List[Any]:
    """Give the items of a collection."""
    kind: str = type(given).__name__
    if isinstance(given, (str, bytes)) or not hasattr(given, "__iter__"):
        raise TypeError(f"{argument}: expected {expected}, got {kind}")
    return list(given)
