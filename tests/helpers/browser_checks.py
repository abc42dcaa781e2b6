"""Checks of the sample for the browser. They run in Pyodide, too (``nox -s browser``)."""

import json
from typing import Any

from azure.ai.vision.imageanalysis.aio import ImageAnalysisClient
from azure.core.credentials import AzureKeyCredential
from azure.core.rest import HttpRequest

UNREACHABLE = "http://127.0.0.1:9"  # a port that fetch never calls


async def check_sample(sample: Any, endpoint: str, key: str, image: bytes) -> None:
    """Call an emulator with its key, and with what fails."""

    async def described(image: bytes = image, endpoint: str = endpoint, key: str = key, **options: Any) -> Any:
        return await sample.describe(endpoint, AzureKeyCredential(key), image, **options)

    async def arrange(**fault: Any) -> None:
        headers = {"Ocp-Apim-Subscription-Key": key}
        url, body = f"{endpoint}/_emulator/faults", json.dumps(fault)
        assert (await sample.pyfetch(url, method="POST", headers=headers, body=body)).status == 200

    caption = "a woman sitting at a table with a laptop"
    assert await described() == caption
    assert (await described(key="wrong")).startswith("The service refused the call. Access denied")
    assert (await described(b"text")).startswith("The service refused the call. Image format is not valid")
    assert (await described(endpoint=UNREACHABLE, retry_total=0)).startswith("The service does not respond")

    await arrange(status=503, retryAfter=0)
    assert await described() == caption

    await arrange(delay=0.5)
    assert await described(read_timeout=0.1) == "The response did not come in time."

    credential = AzureKeyCredential(key)
    async with ImageAnalysisClient(endpoint, credential, transport=sample.FetchTransport()) as client:
        response = await client.send_request(HttpRequest("GET", "/nothing"))
    assert (response.status_code, response.json()["error"]["code"]) == (404, "404")
    assert response.headers["Content-Type"] == response.content_type == "application/json"


async def check_page(sample: Any, endpoint: str, token_url: str, image: Any) -> None:
    """Call an emulator as the page does, with tokens of the backend."""
    assert await sample.describe_for_page(endpoint, "", token_url, image) == "a woman sitting at a table with a laptop"
    failed = await sample.describe_for_page(endpoint, "", f"{token_url}/nothing", image)
    assert failed.startswith("The image was not analyzed. 404")
