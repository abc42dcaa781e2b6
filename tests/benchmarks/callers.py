"""One call, made with our client and with azure-core alone: for each client kind a pair that can be timed alike.

The bare pipeline is the floor: azure-core's own policies in the order in which azure-core puts them, one request object
a call, ``response.json()``. Each call is followed by what its user does with the response, such as a walk.
"""

import asyncio
import io
from typing import Any, Callable, Dict, List

from azure.ai.vision.imageanalysis import ImageAnalysisClient, aio
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline import AsyncPipeline, Pipeline, policies
from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport
from azure.core.rest import HttpRequest

_CREDENTIAL = AzureKeyCredential("0" * 32)
_HEADERS = {"Accept": "application/json", "Content-Type": "application/octet-stream"}
_MEBIBYTE = 2**20

Reader = Callable[[Any], Any]
"""Reads a response: a model of ours, or a dict of the bare pipeline."""


def bare_policies(is_async: bool) -> List[Any]:
    """The policies of a client with a key."""
    return [
        policies.RequestIdPolicy(),
        policies.HeadersPolicy(),
        policies.UserAgentPolicy("benchmark"),
        policies.ProxyPolicy(),
        policies.ContentDecodePolicy(),
        policies.AsyncRedirectPolicy() if is_async else policies.RedirectPolicy(),
        policies.AsyncRetryPolicy() if is_async else policies.RetryPolicy(),
        policies.AzureKeyCredentialPolicy(_CREDENTIAL, "Ocp-Apim-Subscription-Key"),
        policies.CustomHookPolicy(),
        policies.NetworkTraceLoggingPolicy(),
        policies.DistributedTracingPolicy(),
        policies.SensitiveHeaderCleanupPolicy(),
        policies.HttpLoggingPolicy(),
    ]


def bare_request(endpoint: str, image: bytes, feature: str) -> HttpRequest:
    """The request that our client sends."""
    # aiohttp warns of a large body that is bytes: whoever heeds that gives it a file.
    content: Any = image if len(image) < _MEBIBYTE else io.BytesIO(image)
    query: Dict[str, str] = {"api-version": "2023-10-01", "features": feature}
    url = f"{endpoint}/computervision/imageanalysis:analyze"
    return HttpRequest("POST", url, params=query, headers=_HEADERS, content=content)


class SyncCaller:
    """Calls one after the other."""

    client_kind, order = "sync", "in turn"

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._client = ImageAnalysisClient(endpoint, _CREDENTIAL)
        self._pipeline: Any = Pipeline(RequestsTransport(), bare_policies(False))

    def __enter__(self) -> "SyncCaller":
        self._client.__enter__()
        self._pipeline.__enter__()
        return self

    def __exit__(self, *exc_details: Any) -> None:
        self._client.__exit__()
        self._pipeline.__exit__()

    def ours(self, image: bytes, feature: str, then: Reader, times: int = 1) -> None:
        for _ in range(times):
            then(self._client.analyze(image, [feature]))  # type: ignore[list-item]

    def bare(self, image: bytes, feature: str, then: Reader, times: int = 1) -> None:
        for _ in range(times):
            response = self._pipeline.run(bare_request(self._endpoint, image, feature), stream=False).http_response
            response.raise_for_status()
            then(response.json())


class AsyncCaller:
    """Calls all at once."""

    client_kind, order = "async", "at once"

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self.loop = asyncio.new_event_loop()

    def __enter__(self) -> "AsyncCaller":
        self.loop.run_until_complete(self._open())
        return self

    async def _open(self) -> None:
        # Here, because aiohttp wants to be in its loop.
        self._client = aio.ImageAnalysisClient(self._endpoint, _CREDENTIAL)
        self._pipeline: Any = AsyncPipeline(AioHttpTransport(), bare_policies(True))
        await self._client.__aenter__()
        await self._pipeline.__aenter__()

    def __exit__(self, *exc_details: Any) -> None:
        self.loop.run_until_complete(self._client.__aexit__())
        self.loop.run_until_complete(self._pipeline.__aexit__())
        self.loop.close()

    async def our_call(self, image: bytes, feature: str, then: Reader) -> None:
        then(await self._client.analyze(image, [feature]))  # type: ignore[list-item]

    async def bare_call(self, image: bytes, feature: str, then: Reader) -> None:
        response = await self._pipeline.run(bare_request(self._endpoint, image, feature), stream=False)
        response.http_response.raise_for_status()
        then(response.http_response.json())

    def ours(self, image: bytes, feature: str, then: Reader, times: int = 1) -> None:
        self.loop.run_until_complete(_all_at_once(self.our_call, image, feature, then, times))

    def bare(self, image: bytes, feature: str, then: Reader, times: int = 1) -> None:
        self.loop.run_until_complete(_all_at_once(self.bare_call, image, feature, then, times))


async def _all_at_once(call: Any, image: bytes, feature: str, then: Reader, times: int) -> None:
    await asyncio.gather(*[call(image, feature, then) for _ in range(times)])
