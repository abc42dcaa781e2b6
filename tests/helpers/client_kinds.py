"""Runs a test for both clients, through a driver that hides ``await``."""

import asyncio
import inspect
import time
from typing import Any, Dict, List, Type

from azure.ai.vision.imageanalysis import ImageAnalysisClient, aio
from azure.core.credentials import AccessToken, AzureKeyCredential
from fake_transport import AsyncFakeTransport, FakeTransport, Plan

ENDPOINT = "https://example.cognitiveservices.azure.com"
KEY = "0123456789abcdef0123456789abcdef"


class TokenCredential:
    """Issues tokens with a running number, and records each request for one."""

    def __init__(self) -> None:
        self.asked: List[Dict[str, Any]] = []

    def _token(self, scopes: Any, options: Dict[str, Any]) -> AccessToken:
        self.asked.append({"scopes": scopes, **options})
        return AccessToken(f"token-{len(self.asked)}", int(time.time()) + 3600)

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return self._token(scopes, options)


class AsyncTokenCredential(TokenCredential):
    """An asynchronous token credential."""

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # type: ignore[override]
        return self._token(scopes, options)


class Driver:
    """A client whose methods can be called without ``await``.

    :param client: The client, synchronous or asynchronous.
    :param loop: The event loop of an asynchronous client, which is closed together with it.
    """

    def __init__(self, client: Any, loop: Any) -> None:
        self.client = client
        self._loop = loop

    def wait(self, value: Any) -> Any:
        """Return a value, the outcome of an awaitable, or the items of an asynchronous iterator."""
        if hasattr(value, "__anext__"):
            value = self._gather(value)
        if inspect.isawaitable(value) or hasattr(value, "__await__"):
            return self._loop.run_until_complete(self._await(value))
        return value

    @staticmethod
    async def _await(value: Any) -> Any:
        return await value

    @staticmethod
    async def _gather(items: Any) -> List[Any]:
        return [item async for item in items]

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.client, name)
        return (lambda *args, **kwargs: self.wait(member(*args, **kwargs))) if callable(member) else member

    def __enter__(self) -> "Driver":
        self.entered = self.wait(self.client.__aenter__() if self._loop else self.client.__enter__())
        return self

    def __exit__(self, *details: Any) -> None:
        self.wait(self.client.__aexit__(*details) if self._loop else self.client.__exit__(*details))
        if self._loop:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            if hasattr(self._loop, "shutdown_default_executor"):  # which Python 3.8 does not have
                self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()


class ClientKind:
    """One of the two clients, with the transport and the token credential that suit it.

    :param bool is_async: Whether it is the asynchronous client.
    """

    def __init__(self, is_async: bool) -> None:
        self.is_async = is_async
        self.client_class: Type[Any] = aio.ImageAnalysisClient if is_async else ImageAnalysisClient
        self.transport_class: Type[Any] = AsyncFakeTransport if is_async else FakeTransport
        self.token_class: Type[Any] = AsyncTokenCredential if is_async else TokenCredential

    def transport(self, *plan: Plan) -> Any:
        """Return a fake transport for the client."""
        return self.transport_class(*plan)

    def token_credential(self) -> Any:
        """Return a token credential for the client."""
        return self.token_class()

    def client(self, endpoint: str = ENDPOINT, credential: Any = None, **kwargs: Any) -> Driver:
        """Return a client for use in a ``with`` block."""
        credential = AzureKeyCredential(KEY) if credential is None else credential
        loop = asyncio.new_event_loop() if self.is_async else None
        return Driver(self.client_class(endpoint, credential, **kwargs), loop)
