"""Tests the URL and the query that a call sends."""

from decimal import Decimal
from typing import Any, Dict, List, Tuple

import pytest
from azure.ai.vision.imageanalysis.models import VisualFeatures
from client_kinds import ClientKind
from one_call import IMAGE_URL, sent_by, sent_by_url

ALL = list(VisualFeatures)
URL = "https://example.cognitiveservices.azure.com/computervision/imageanalysis:analyze?api-version=2023-10-01"

# What 1.0.0 sends: for each call the source of the image, the features, the keywords, and the query after the version.
SEEN: Dict[str, Tuple[str, List[Any], Dict[str, Any], str]] = {
    "all, from a URL": (
        "url",
        [VisualFeatures.PEOPLE, VisualFeatures.READ, VisualFeatures.CAPTION],
        {
            "language": "de",
            "gender_neutral_caption": True,
            "smart_crops_aspect_ratios": [1.0, 1.75],
            "model_version": "2023-10-01",
        },
        "&features=people,read,caption&language=de&gender-neutral-caption=true&smartcrops-aspect-ratios=1.0,1.75"
        "&model-version=2023-10-01",
    ),
    "all features, from a file": (
        "file",
        ALL,
        {},
        "&features=tags,caption,denseCaptions,objects,read,smartCrops,people",
    ),
    "one feature, from a file": ("file", [VisualFeatures.READ], {}, "&features=read"),
    "gendered captions": (
        "url",
        [VisualFeatures.CAPTION],
        {"gender_neutral_caption": False},
        "&features=caption&gender-neutral-caption=false",
    ),
}


@pytest.fixture
def client_kind() -> ClientKind:
    """One client is enough: both share the code that is tested here."""
    return ClientKind(False)


@pytest.mark.parametrize("source, features, options, query", SEEN.values(), ids=SEEN)
def test_request_equals_that_of_1_0_0(
    client_kind: ClientKind, source: str, features: List[Any], options: Dict[str, Any], query: str
) -> None:
    if source == "url":
        sent = sent_by_url(client_kind, IMAGE_URL, features, **options)
        assert (sent.headers["Content-Type"], sent.body) == ("application/json", f'{{"url": "{IMAGE_URL}"}}')
    else:
        sent = sent_by(client_kind, b"\xff\xd8 a picture", features, **options)
        assert (sent.headers["Content-Type"], sent.body) == ("application/octet-stream", b"\xff\xd8 a picture")
    assert (sent.method, sent.url, sent.headers["Accept"]) == ("POST", URL + query, "application/json")


@pytest.mark.parametrize(
    "endpoint, url",
    [
        ("https://a.example", "https://a.example/computervision/"),
        ("https://a.example/", "https://a.example/computervision/"),
        (" https://a.example\n", "https://a.example/computervision/"),
        ("https://gateway.example/vision/", "https://gateway.example/vision/computervision/"),
        ("HTTPS://A.example", "HTTPS://A.example/computervision/"),
    ],
)
def test_url_is_below_the_endpoint(client_kind: ClientKind, endpoint: str, url: str) -> None:
    sent = sent_by(client_kind, client={"endpoint": endpoint})
    assert sent.url == f"{url}imageanalysis:analyze?api-version=2023-10-01&features=tags"


def test_another_api_version_is_sent(client_kind: ClientKind) -> None:
    sent = sent_by(client_kind, client={"api_version": "2024-02-01"})
    assert sent.query == "api-version=2024-02-01&features=tags"


def test_order_of_the_query_does_not_depend_on_that_of_the_keywords(client_kind: ClientKind) -> None:
    sent = sent_by(
        client_kind,
        model_version="latest",
        smart_crops_aspect_ratios=[1],
        gender_neutral_caption=True,
        language="en",
    )
    assert [part.partition("=")[0] for part in sent.query.split("&")] == [
        "api-version",
        "features",
        "language",
        "gender-neutral-caption",
        "smartcrops-aspect-ratios",
        "model-version",
    ]


@pytest.mark.parametrize(
    "option, query",
    [
        ({"language": ""}, "language="),
        ({"language": "a,b/c?d&e=f é"}, "language=a%2Cb%2Fc%3Fd%26e%3Df%20%C3%A9"),
        ({"model_version": "2023-10-01-preview\r\n"}, "model-version=2023-10-01-preview%0D%0A"),
        ({"smart_crops_aspect_ratios": [0.9, "1.33", True]}, "smartcrops-aspect-ratios=0.9,1.33,1.0"),
        ({"smart_crops_aspect_ratios": [0, -1, Decimal("0.9")]}, "smartcrops-aspect-ratios=0.0,-1.0,0.9"),
        ({"smart_crops_aspect_ratios": [1e-7, 1e22]}, "smartcrops-aspect-ratios=1e-07,1e%2B22"),
        ({"smart_crops_aspect_ratios": []}, "smartcrops-aspect-ratios="),
    ],
)
def test_option_format_equals_1_0_0(client_kind: ClientKind, option: Dict[str, Any], query: str) -> None:
    assert sent_by(client_kind, **option).query == f"api-version=2023-10-01&features=tags&{query}"


@pytest.mark.parametrize(
    "features, value",
    [
        (["tags", VisualFeatures.READ], "tags,read"),
        ({"caption": 1, "tags": 2}, "caption,tags"),
        (["colors", "a,b", "x&y= é/"], "colors,a%2Cb,x%26y%3D%20%C3%A9%2F"),
        (["TAGS", "tags", "tags"], "TAGS,tags,tags"),
    ],
    ids=["members and names", "the keys of a dict", "unknown ones", "as they are"],
)
def test_features_are_sent_unchanged(client_kind: ClientKind, features: Any, value: str) -> None:
    assert sent_by(client_kind, b"image", features).query == f"api-version=2023-10-01&features={value}"


@pytest.mark.parametrize(
    "params, query",
    [
        ({"key1": "value1", "key2": 2}, "key1=value1&key2=2&api-version=2023-10-01&features=tags&language=en"),
        ({"a": "1", "features": "caption", "b": "2"}, "a=1&features=tags&b=2&api-version=2023-10-01&language=en"),
        ({"Language": "fr", "FEATURES": "x"}, "language=en&features=tags&api-version=2023-10-01"),
        ({"API-Version": "1", "a": "1"}, "a=1&api-version=2023-10-01&features=tags&language=en"),
        ({"many": ["1", "2"]}, "many=1&many=2&api-version=2023-10-01&features=tags&language=en"),
        ({"raw": "a,b%20c/d"}, "raw=a,b%20c/d&api-version=2023-10-01&features=tags&language=en"),
        ({"raw": "a b\r\nc\x7f"}, "raw=a%20b%0D%0Ac%7F&api-version=2023-10-01&features=tags&language=en"),
        (None, "api-version=2023-10-01&features=tags&language=en"),
    ],
)
def test_user_params_come_first_and_ours_override_them(client_kind: ClientKind, params: Any, query: str) -> None:
    given = params and dict(params)
    assert sent_by(client_kind, params=params, language="en").query == query
    assert params == given
