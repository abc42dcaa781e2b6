"""azure-core's own transports, which record the seconds that a client would wait instead of sleeping."""

from typing import Any, List

from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport
from client_kinds import ClientKind


class NoSleepTransport(RequestsTransport):
    """The transport of the synchronous client."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.slept: List[float] = []

    def sleep(self, duration: float) -> None:
        self.slept.append(duration)


class AsyncNoSleepTransport(AioHttpTransport):
    """The transport of the asynchronous client."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.slept: List[float] = []

    async def sleep(self, duration: float) -> None:
        self.slept.append(duration)


def no_sleep_transport(client_kind: ClientKind, **kwargs: Any) -> Any:
    """Make a transport.

    :param ClientKind client_kind: The client that it is for.
    :keyword kwargs: The transport's keywords.
    :return: The transport. Its ``slept`` lists the seconds.
    """
    return (AsyncNoSleepTransport if client_kind.is_async else NoSleepTransport)(**kwargs)
