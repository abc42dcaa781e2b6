"""One successful call: gives the request that was sent, or the client's result."""

from typing import Any, Dict, Optional

from client_kinds import ClientKind
from fake_transport import SentRequest, StubResponse

IMAGE_URL = "https://images.example/boats.jpg"


def sent_by(
    client_kind: ClientKind, *arguments: Any, client: Optional[Dict[str, Any]] = None, **keywords: Any
) -> SentRequest:
    """Give the one request of a call of ``analyze``, by default of the bytes ``image`` for tags.

    :param ClientKind client_kind: Which client to use.
    :param arguments: The image and the features, where they matter.
    :keyword dict client: The client's keywords.
    :keyword keywords: The call's keywords.
    :return: The request.
    """
    return _sent(client_kind, "analyze", (*arguments, *(b"image", ["tags"])[len(arguments) :]), client, keywords)


def sent_by_url(
    client_kind: ClientKind, *arguments: Any, client: Optional[Dict[str, Any]] = None, **keywords: Any
) -> SentRequest:
    """The same for ``analyze_from_url``, by default of :data:`IMAGE_URL` for tags."""
    return _sent(
        client_kind, "analyze_from_url", (*arguments, *(IMAGE_URL, ["tags"])[len(arguments) :]), client, keywords
    )


def _sent(client_kind: ClientKind, method: str, arguments: Any, client: Any, keywords: Any) -> SentRequest:
    transport = client_kind.transport()
    with client_kind.client(transport=transport, **(client or {})) as made:
        getattr(made, method)(*arguments, **keywords)
    (sent,) = transport.sent
    return sent  # type: ignore[no-any-return]


def result_of(
    client_kind: ClientKind, response: StubResponse, client: Optional[Dict[str, Any]] = None, **keywords: Any
) -> Any:
    """Give what a call of ``analyze`` gives for a response of the service.

    :param ClientKind client_kind: Which client to use.
    :param StubResponse response: What the service says.
    :param dict client: The client's keywords.
    :keyword keywords: The call's keywords.
    :return: The result; the chunks of a streamed call.
    """
    with client_kind.client(transport=client_kind.transport(response), **(client or {})) as made:
        return made.wait(made.analyze(b"image", ["tags"], **keywords))
