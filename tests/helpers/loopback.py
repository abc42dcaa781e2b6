"""A server that responds with what a fake transport would."""

from typing import Any, Callable, List, Union

from fake_transport import StubResponse
from faulty_server import FaultyServer, Received, http_response

Plan = Union[StubResponse, Callable[[Received], StubResponse]]


class Loopback(FaultyServer):
    """A server, to be used in a ``with`` block.

    :param plan: A response, or a function of the request that returns one, for each request in turn. The last one
     serves all that follow.
    """

    def __init__(self, *plan: Plan) -> None:
        super().__init__(*[lambda request, step=step: _scripted(step, request) for step in plan])

    @property
    def endpoint(self) -> str:
        """The server's URL."""
        return self.origin

    @property
    def received(self) -> List[Received]:
        """All requests."""
        return self.requests


def _scripted(step: Plan, request: Received) -> Any:
    stub = step if isinstance(step, StubResponse) else step(request)
    headers = {name.replace("-", "_").lower(): value for name, value in stub.headers.items()}
    return http_response(stub.body, stub.status, stub.reason, **headers)
