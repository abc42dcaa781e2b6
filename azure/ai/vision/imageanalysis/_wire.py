"""Builds requests and parses responses; no network I/O."""

import copy
import json
import math
import re
from collections import abc
from enum import Enum
from typing import Any, AsyncIterator, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple, Union, cast
from urllib.parse import quote

from azure.core.exceptions import DecodeError
from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import ContentDecodePolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest, HttpResponse
from azure.core.utils import case_insensitive_dict

from ._configuration import Configuration
from ._errors import error_details, read_json, status_error
from ._urls import absolute_url
from .models import ImageAnalysisResult, VisualFeatures

Body = Tuple[Union[bytes, str], str]
"""The content of a request and its content type."""

IMAGE_TYPE = "application/octet-stream"

_UNSAFE = re.compile(r"[\x00-\x20\x7f#]")


def url_body(image_url: object) -> Body:
    """Return the JSON body that refers to an image by URL."""
    if not isinstance(image_url, str):
        raise TypeError(
            f"image_url: expected a str, got {type(image_url).__name__}. "
            "Pass str(url) of a URL object; pass image data to analyze()."
        )
    if not image_url.strip():
        raise ValueError("image_url: expected a URL, got an empty str")
    return json.dumps({"url": image_url}), "application/json"


def extract_image_url(image_url: Any) -> Any:
    """Return the URL from any argument that ``_analyze_from_url`` accepts."""
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


def resolve_request(config: Configuration, request: HttpRequest) -> HttpRequest:
    """Return a copy of a request with an absolute URL."""
    # deepcopy() would duplicate a large body.
    request = copy.copy(request)
    request.url = absolute_url(request.url, config.usable_endpoint)
    request.headers = case_insensitive_dict(request.headers)
    return request


class AnalyzeCall:
    """One analysis: builds the request and the pipeline options, and parses the response."""

    def __init__(
        self,
        config: Configuration,
        body: Body,
        visual_features: Iterable[Union[VisualFeatures, str]],
        *,
        language: Optional[str],
        gender_neutral_caption: Optional[bool],
        smart_crops_aspect_ratios: Optional[Iterable[float]],
        model_version: Optional[str],
        params: Optional[Mapping[str, Any]] = None,
        headers: Optional[Mapping[str, Optional[str]]] = None,
        content_type: Optional[str] = None,
        cls: Optional[Callable[[PipelineResponse[HttpRequest, Any], Any, Dict[str, Any]], Any]] = None,
        error_map: Optional[Mapping[int, Any]] = None,
        stream: bool = False,
        **options: Any,
    ) -> None:
        content, default_content_type = body
        query: Dict[str, List[str]] = {"api-version": [config.api_version], "features": _feature_names(visual_features)}
        if language is not None:
            query["language"] = [language]
        if gender_neutral_caption is not None:
            query["gender-neutral-caption"] = ["true" if gender_neutral_caption else "false"]
        if smart_crops_aspect_ratios is not None:
            query["smartcrops-aspect-ratios"] = _ratios(smart_crops_aspect_ratios)
        if model_version is not None:
            query["model-version"] = [model_version]
        query_params = {
            name: ",".join([quote(str(value), safe="") for value in values]) for name, values in query.items()
        }
        url = f"{config.usable_endpoint()}/computervision/imageanalysis:analyze"
        default_headers = {"Accept": "application/json", "Content-Type": default_content_type}
        if params:
            all_params = case_insensitive_dict(params)
            all_params.pop("api-version", None)
            all_params.update(query_params)
            self.request = HttpRequest("POST", url, params=all_params, headers=default_headers, content=content)
            # azure-core does not quote the caller's parameters.
            self.request.url = _UNSAFE.sub(lambda unsafe: quote(unsafe.group()), self.request.url)
        else:
            url = f"{url}?{'&'.join([f'{name}={value}' for name, value in query_params.items()])}"
            self.request = HttpRequest("POST", url, headers=default_headers, content=content)
        self.request.headers.update({name: value for name, value in dict(headers or {}).items() if value is not None})
        if content_type is not None:
            self.request.headers["Content-Type"] = content_type
        self.stream = stream
        self.options = {**config.analyze_options, **options}
        self._cls = cls
        self._error_map = error_map

    def result(self, pipeline_response: PipelineResponse[HttpRequest, Any]) -> Any:
        """Parse the response."""
        response = pipeline_response.http_response
        if response.status_code != 200:
            raise status_error(response, self._error_map)
        if self.stream:
            result: Any = _read_async(response) if hasattr(response, "__aenter__") else _read(response)
        else:
            result = _read_result(pipeline_response)
        return self._cls(pipeline_response, result, {}) if self._cls else result


def _read(response: HttpResponse) -> Iterator[bytes]:
    """Iterate over a body, then close the response."""
    with error_details(reading=True):
        with response:  # azure-core does not close a response that it fails to read
            yield from response.iter_bytes()


async def _read_async(response: AsyncHttpResponse) -> AsyncIterator[bytes]:
    """Iterate over a body asynchronously, then close the response."""
    with error_details(reading=True):
        async with response:
            async for chunk in response.iter_bytes():
                yield chunk


def _read_result(pipeline_response: PipelineResponse[HttpRequest, Any]) -> ImageAnalysisResult:
    """Return the result of a successful response. The body is parsed here unless a policy has parsed it."""
    response = pipeline_response.http_response
    parsed: Any = getattr(pipeline_response, "context", {}).get(ContentDecodePolicy.CONTEXT_NAME)
    if not isinstance(parsed, dict):
        parsed = read_json(response)
    if not isinstance(parsed, dict):
        raise DecodeError("The response is JSON, but not a JSON object", response=response)
    return ImageAnalysisResult(cast(Dict[str, Any], parsed))


def _feature_names(visual_features: Any) -> List[str]:
    """Return the wire names of features."""
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
    """Return aspect ratios in the format of the service."""
    expected = "a list of finite numbers"
    items = _items("smart_crops_aspect_ratios", expected, ratios)
    try:
        numbers = [float(ratio) for ratio in items]
    except (TypeError, ValueError):
        raise TypeError(f"smart_crops_aspect_ratios: expected {expected}, got something else in it") from None
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"smart_crops_aspect_ratios: expected {expected}, got an infinite one or a NaN")
    return [repr(number) for number in numbers]


def _items(argument: str, expected: str, given: Any) -> List[Any]:
    """Return the items of an iterable argument; a string is not one."""
    kind: str = type(given).__name__
    if isinstance(given, (str, bytes)) or not hasattr(given, "__iter__"):
        raise TypeError(f"{argument}: expected {expected}, got {kind}")
    return list(given)
