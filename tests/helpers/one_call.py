"""A single successful call: the request that it sends, or the result that it returns."""

from typing import Any, Dict, Optional

from client_kinds import ClientKind
from fake_transport import SentRequest, StubResponse

IMAGE_URL = "https://images.example/boats.jpg"


def sent_by(
    client_kind: ClientKind,
    image_data: Any = b"image",
    visual_features: Any = ("tags",),
    client: Optional[Dict[str, Any]] = None,
    **keywords: Any,
) -> SentRequest:
    """Return the request that ``analyze`` sends.

    :param ClientKind client_kind: The client to use.
    :param image_data: The image.
    :param visual_features: The features.
    :param dict client: The client's keywords.
    :keyword keywords: The call's keywords.
    """
    return _sent(client_kind, "analyze", image_data, visual_features, client, keywords)


def sent_by_url(
    client_kind: ClientKind,
    image_url: str = IMAGE_URL,
    visual_features: Any = ("tags",),
    client: Optional[Dict[str, Any]] = None,
    **keywords: Any,
) -> SentRequest:
    """Return the request that ``analyze_from_url`` sends."""
    return _sent(client_kind, "analyze_from_url", image_url, visual_features, client, keywords)


def _sent(client_kind: ClientKind, method: str, image: Any, features: Any, given: Any, keywords: Any) -> SentRequest:
    transport = client_kind.transport()
    with client_kind.client(transport=transport, **(given or {})) as client:
        getattr(client, method)(image, features, **keywords)
    (sent,) = transport.sent
    return sent  # type: ignore[no-any-return]


def result_of(
    client_kind: ClientKind, response: StubResponse, client: Optional[Dict[str, Any]] = None, **keywords: Any
) -> Any:
    """Return the result of ``analyze`` for a response; for a streamed call, the list of chunks."""
    with client_kind.client(transport=client_kind.transport(response), **(client or {})) as made:
        return made.wait(made.analyze(b"image", ["tags"], **keywords))
