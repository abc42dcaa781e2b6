"""Shows what can go wrong in a call, and what to do about it.

Makes calls that fail, one for each error that can be caused with any resource, and prints what to do. The function
`advice` knows more errors: those of a free tier, a missing role or a wrong region.

Run it:
    python sample_error_handling.py

Environment variables to set:
    VISION_ENDPOINT  the endpoint, https://<resource>.cognitiveservices.azure.com
    VISION_KEY       the key of the resource
"""

import io
import os
import sys
from typing import Any, Dict, List, NamedTuple, Tuple

from azure.ai.vision.imageanalysis import ImageAnalysisClient
from azure.ai.vision.imageanalysis.models import VisualFeatures
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

# [START advice]
# Texts of the service's errors, and what to do. The first text that is found in the error is used.
REFUSALS: List[Tuple[str, str]] = [
    # 400: this call cannot succeed, but another may.
    ("url is not accessible", "Check that the URL leads to the image without sign-in, or send the image's bytes."),
    ("zero or larger than 20971520 bytes", "Send a file that is not empty and under 20 MB: compress or shrink it."),
    ("InvalidImageSize", "Make the image larger than 50 x 50 and smaller than 16,000 x 16,000 pixels."),
    ("InvalidImageFormat", "Convert the image to JPEG, PNG, GIF, BMP, WEBP, ICO, TIFF or MPO."),
    ("needs to be specified in the query", "Ask for at least one visual feature."),
    ("NotSupportedVisualFeature", "Use the members of VisualFeatures."),
    ("NotSupportedLanguage", "Captions and objects: 'en'. Text: omit language. Tags: see the list of languages."),
    ("aspect ratio is not in allowed range", "Ask for ratios from 0.75 to 1.8."),
    ("not supported in this region", "Captions need a resource in a region that has them, such as East US."),
    # 401: no call can succeed until this is fixed.
    ("invalid subscription key", "Check that key and endpoint are of the same resource, and that the key is current."),
    ("Principal does not have access", "Give the identity the role Cognitive Services User. It takes some minutes."),
    ("audience is incorrect", "Use the scope of the endpoint's cloud, and an endpoint with a custom subdomain."),
]
STATUSES: Dict[int, str] = {
    401: "Check the key; or, with Entra ID, the sign-in, the scope and the role.",
    403: "Check the resource's network rules, and that its quota is not used up.",
    404: "Check the endpoint: no path follows the host's name. Omit api_version.",
    429: "Make fewer calls in a second, allow more retries with retry_status, or change the pricing tier.",
}


def advice(error: Exception) -> str:
    """Return advice on an error that a call raised."""
    if isinstance(error, DecodeError):
        return "The response is not the service's: look for a proxy or a firewall that replies in its place."
    if isinstance(error, ClientAuthenticationError) and error.response is None:
        return "There was no token to send: sign in, or read why each credential in the message has none."
    if isinstance(error, HttpResponseError):
        # The message of the exception contains code and message, also those of the inner error.
        for text, what_to_do in REFUSALS:
            if text in str(error):
                return what_to_do
        what_else = "Try again later. If it goes on, report the request id to Azure's support."
        return STATUSES.get(error.status_code or 0, what_else)
    if isinstance(error, ServiceRequestError):
        return "The request was not sent: check the endpoint, the network, the proxy and the certificates."
    if isinstance(error, ServiceResponseTimeoutError):
        return "The response did not come in time: allow more with read_timeout, or call again. It may be billed twice."
    if isinstance(error, ServiceResponseError):
        return "The response was lost: retry. The call may have been billed."
    if isinstance(error, (TypeError, ValueError)):
        return "Nothing was sent: an argument is wrong, and the message tells which."
    return "Read the message."


# [END advice]


class Case(NamedTuple):
    """A call that fails."""

    title: str
    image: Any
    """Bytes, or a str: the URL."""
    features: List[Any]
    options: Dict[str, Any] = {}
    """Additional arguments of the call."""
    client: Dict[str, Any] = {}
    """Options of the client."""


TAGS = [VisualFeatures.TAGS]
# A GIF of 1 x 1 pixels.
TINY = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
CASES = [
    Case("A URL that cannot be reached", "https://nothing.example/image.jpg", TAGS),
    Case("An empty file", b"", TAGS),
    Case("An image that is too small", TINY, TAGS),
    Case("A file that is not an image", b"a text", TAGS),
    Case("No features", TINY, []),
    Case("A feature that does not exist", TINY, ["colors"]),
    Case("A language that does not exist", TINY, TAGS, {"language": "xx"}),
    Case("A crop that is too wide", TINY, [VisualFeatures.SMART_CROPS], {"smart_crops_aspect_ratios": [3.0]}),
    Case("A wrong key", TINY, TAGS, client={"credential": AzureKeyCredential("0" * 32)}),
    Case("A wrong version of the API", TINY, TAGS, client={"api_version": "1999-01-01"}),
    Case("A wrong endpoint", TINY, TAGS, client={"endpoint": "https://127.0.0.1:9", "retry_total": 0}),
]


def main() -> None:
    # The endpoint and the key of your Computer Vision resource.
    try:
        endpoint = os.environ["VISION_ENDPOINT"]
        key = os.environ["VISION_KEY"]
    except KeyError as missing:
        sys.exit(f"Set the environment variable {missing} before you run this sample.")

    for case in CASES:
        usual = {"endpoint": endpoint, "credential": AzureKeyCredential(key)}
        print(f"{case.title}:")
        with ImageAnalysisClient(**{**usual, **case.client}) as client:
            # [START errors]
            try:
                if isinstance(case.image, str):
                    client.analyze_from_url(case.image, case.features, **case.options)
                else:
                    client.analyze(case.image, case.features, **case.options)
            except HttpResponseError as error:
                # The service refused the call, if necessary after retries.
                request_id = getattr(error.response, "headers", {}).get("apim-request-id")
                code, message = (error.error.code, error.error.message) if error.error else (None, error.message)
                print(f"  {error.status_code}, code {code}, request id {request_id}: {message}")
                print(f"  {advice(error)}")
            except AzureError as error:
                # There was no response.
                print(f"  {type(error).__name__}: {error}")
                print(f"  {advice(error)}")
            except (TypeError, ValueError) as error:
                # A mistake in the program, found before anything was sent.
                print(f"  {type(error).__name__}: {error}")
                print(f"  {advice(error)}")
            # [END errors]
            else:
                sys.exit("  This call should have failed.")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console may not support all characters
    main()
