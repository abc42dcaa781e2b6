"""azure-core's own transports without waiting: ``sleep`` only records the delay."""

from typing import Any, List

from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport
from client_kinds import ClientKind


class SleeplessTransport(RequestsTransport):
    """The real transport of the synchronous client."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.slept: List[float] = []

    def sleep(self, duration: float) -> None:
        self.slept.append(duration)


class AsyncSleeplessTransport(AioHttpTransport):
    """The real transport of the asynchronous client."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.slept: List[float] = []

    async def sleep(self, duration: float) -> None:
        self.slept.append(duration)


def sleepless(client_kind: ClientKind, **kwargs: Any) -> Any:
    """Make a transport of a client_kind.

    :param ClientKind client_kind: The client_kind.
    :keyword kwargs: What the transport takes.
    :return: The transport; its ``slept`` lists the seconds.
    """
    return (AsyncSleeplessTransport if client_kind.is_async else SleeplessTransport)(**kwargs)
