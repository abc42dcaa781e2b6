"""azure-core's transports, but they record a wait instead of sleeping."""

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
    """Return a transport for a client. Its ``slept`` lists the seconds of each wait."""
    return (AsyncNoSleepTransport if client_kind.is_async else NoSleepTransport)(**kwargs)
