"""Parses the query and the body of requests."""

import json
import re
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from aiohttp import web

from .._errors import (
    BAD_GENDER_NEUTRAL,
    BAD_MODEL_VERSION,
    BAD_URL_BODY,
    IMAGE_BYTES,
    NO_FEATURES,
    RATIO_OUT_OF_RANGE,
    UNKNOWN_FEATURE,
    UNKNOWN_LANGUAGE,
    URL_NOT_ACCESSIBLE,
    RequestRefused,
    not_in_this_region,
)

API_VERSION = "2023-10-01"
RATIO_RANGE = (0.75, 1.8)

# The languages of each feature. For READ, the service supports more.
_ENGLISH = frozenset({"en"})
_TAG_LANGUAGES = frozenset(
    "ar az bg bs ca cs cy da de el en es et eu fi fr ga gl he hi hr hu id it ja kk ko lt lv mk ms nb nl pl prs pt "
    "pt-br pt-pt ro ru sk sl sr-cyrl sr-latn sv th tr uk vi zh zh-hans zh-hant".split()
)
_READ_LANGUAGES = _TAG_LANGUAGES | frozenset("af be fa fil is la lb mr mt ne sq sw ur zu".split())
_LANGUAGES = {
    "caption": _ENGLISH,
    "densecaptions": _ENGLISH,
    "objects": _ENGLISH,
    "tags": _TAG_LANGUAGES,
    "read": _READ_LANGUAGES,
    "smartcrops": _READ_LANGUAGES,
    "people": _READ_LANGUAGES,
}
_CAPTION_NAMES = {"caption": "Caption", "densecaptions": "DenseCaptions"}
_MODEL_VERSION = re.compile(r"latest|[0-9]{4}-[0-9]{2}-[0-9]{2}(-preview)?")

BODY_LIMIT = 64 * 1024 * 1024
"""The longest body that is read to its end. The longest image in base64 is shorter."""


class Query(NamedTuple):
    """The options of a call."""

    features: Tuple[str, ...]
    """The names in lower case."""
    gender_neutral: bool
    ratios: Tuple[float, ...]
    """The aspect ratios of the crops; empty if the service is to choose one."""
    model_version: str


def gather_query(pairs: Iterable[Tuple[str, str]]) -> Dict[str, str]:
    """Return a query by names in lower case. Repeated values are joined by commas, and empty ones are ignored."""
    values: Dict[str, List[str]] = {}
    for key, value in pairs:
        if value:
            values.setdefault(key.lower(), []).append(value)
    return {key: ",".join(parts) for key, parts in values.items()}


def check_query(query: Mapping[str, str], captions: bool) -> Query:
    """Parse a query, or refuse it for its first mistake."""
    if "features" not in query:
        raise RequestRefused(NO_FEATURES)
    # A feature that is repeated is computed once.
    features = tuple(dict.fromkeys(name.strip() for name in query["features"].lower().split(",")))
    language = query.get("language", "en").lower()
    if any(name not in _LANGUAGES for name in features):
        raise RequestRefused(UNKNOWN_FEATURE)
    if any(language not in _LANGUAGES[name] for name in features):
        raise RequestRefused(UNKNOWN_LANGUAGE)
    ratios = _ratios(query.get("smartcrops-aspect-ratios"))
    gender_neutral = query.get("gender-neutral-caption", "false").lower()
    if gender_neutral not in ("true", "false"):
        raise RequestRefused(BAD_GENDER_NEUTRAL)
    model_version = query.get("model-version", "latest").lower()
    if not _MODEL_VERSION.fullmatch(model_version):
        raise RequestRefused(BAD_MODEL_VERSION)
    for name in features:
        if name in _CAPTION_NAMES and not captions:
            raise RequestRefused(not_in_this_region(_CAPTION_NAMES[name]))
    return Query(features, gender_neutral == "true", ratios, model_version)


def _ratios(text: Optional[str]) -> Tuple[float, ...]:
    """Parse the aspect ratios of a query."""
    try:
        ratios = tuple(float(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise RequestRefused(RATIO_OUT_OF_RANGE) from None
    lowest, highest = RATIO_RANGE
    if not all(lowest <= ratio <= highest for ratio in ratios):
        raise RequestRefused(RATIO_OUT_OF_RANGE)
    return ratios


async def read_body(request: web.Request) -> bytes:
    """Return the body of a request."""
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise RequestRefused(IMAGE_BYTES) from None
    except (ConnectionError, web.RequestPayloadError):  # The client has gone.
        return b""


def image_url(body: bytes) -> str:
    """Return the URL in a JSON body."""
    try:
        url = json.loads(body)["url"]
    except (ValueError, TypeError, LookupError, RecursionError):
        raise RequestRefused(BAD_URL_BODY) from None
    if not isinstance(url, str):
        raise RequestRefused(URL_NOT_ACCESSIBLE)
    return url
