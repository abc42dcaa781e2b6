"""Mistakes that the type checkers find, one in each marked line. It is never run."""

from typing import AsyncIterator

from azure.ai.vision import imageanalysis
from azure.ai.vision.imageanalysis import ImageAnalysisClient, aio
from azure.ai.vision.imageanalysis.models import (
    CaptionResult,
    DetectedPerson,
    DetectedTag,
    ImageAnalysisResult,
    ImageBoundingBox,
    ImagePoint,
    TagsResult,
    VisualFeatures,
)
from azure.core.credentials import AzureKeyCredential, AzureSasCredential
from azure.core.rest import HttpRequest
from azure.identity import DefaultAzureCredential

ENDPOINT = "https://resource.cognitiveservices.azure.com"
FEATURES = [VisualFeatures.CAPTION]
KEY = AzureKeyCredential("key")


def construction() -> None:
    print(imageanalysis.VisualFeatures)  # rejected: it is in models
    ImageAnalysisClient(ENDPOINT)  # rejected: the credential is missing
    ImageAnalysisClient(credential=KEY)  # rejected: the endpoint is missing
    ImageAnalysisClient(ENDPOINT, "key")  # rejected: a key must be wrapped
    ImageAnalysisClient(ENDPOINT, AzureSasCredential("signature"))  # rejected: another kind of credential
    ImageAnalysisClient(None, KEY)  # rejected: not a str
    ImageAnalysisClient(ENDPOINT, KEY, "2023-10-01")  # rejected: api_version goes by keyword
    ImageAnalysisClient(ENDPOINT, KEY, retry_total="3")  # rejected: not a number
    aio.ImageAnalysisClient(ENDPOINT)  # rejected: the credential is missing
    aio.ImageAnalysisClient(ENDPOINT, "key")  # rejected: a key must be wrapped
    aio.ImageAnalysisClient(ENDPOINT, DefaultAzureCredential())  # rejected: a sync credential


async def chunks_later() -> AsyncIterator[bytes]:
    yield b"image"


def calls(client: ImageAnalysisClient, image: bytes) -> None:
    client.analyze()  # rejected: two arguments are missing
    client.analyze(image)  # rejected: the features are missing
    client.analyze("image.jpg", FEATURES)  # rejected: a path, not an image
    client.analyze(None, FEATURES)  # rejected: not an image
    client.analyze(open("image.jpg"), FEATURES)  # rejected: a text file
    client.analyze(chunks_later(), FEATURES)  # rejected: asynchronous
    client.analyze([1, 2, 3], FEATURES)  # rejected: not bytes
    client.analyze({"url": "https://host/image.jpg"}, FEATURES)  # rejected: a URL
    client.analyze(image, [1])  # rejected: not features
    client.analyze(image, FEATURES, "en")  # rejected: language goes by keyword
    client.analyze(image, FEATURES, language=5)  # rejected: not a str
    client.analyze(image, FEATURES, gender_neutral_caption="yes")  # rejected: not a bool
    client.analyze(image, FEATURES, smart_crops_aspect_ratios=0.9)  # rejected: not a list
    client.analyze(image, FEATURES, smart_crops_aspect_ratios=["wide"])  # rejected: not a number
    client.analyze(image, FEATURES, model_version=2023)  # rejected: not a str
    client.analyze_from_url(FEATURES)  # rejected: the URL is missing
    client.analyze_from_url(image, FEATURES)  # rejected: an image, not its URL
    client.analyze_from_url("https://host/image.jpg")  # rejected: the features are missing
    client.analyze_image(image, FEATURES)  # rejected: unknown method
    client.send_request("/operations")  # rejected: not a request
    client.send_request(HttpRequest("GET", "/operations"), True)  # rejected: stream goes by keyword


async def async_calls(client: aio.ImageAnalysisClient, sync_client: ImageAnalysisClient, image: bytes) -> None:
    await client.analyze(image)  # rejected: the features are missing
    await client.analyze("image.jpg", FEATURES)  # rejected: a path, not an image
    await client.analyze_from_url(image, FEATURES)  # rejected: an image, not its URL
    await client.analyze_from_url("https://host/image.jpg", FEATURES, language=5)  # rejected: not a str
    await client.send_request(HttpRequest("GET", "/operations"), True)  # rejected: stream goes by keyword
    print(client.analyze(image, FEATURES).metadata)  # rejected: not awaited
    await sync_client.analyze(image, FEATURES)  # rejected: nothing to await
    with client:  # rejected: needs async with
        pass
    async with sync_client:  # rejected: needs with
        pass


def results(result: ImageAnalysisResult, tags: TagsResult, person: DetectedPerson) -> None:
    print(result.caption.text)  # rejected: it may be None
    print(result.captionResult)  # rejected: the JSON name is not an attribute
    print(tags.list[0].confidence + "")  # rejected: not a str
    print(tags.list.name)  # rejected: an attribute of the items
    print(person.name)  # rejected: unknown attribute
    result.metadata = None  # rejected: never None
    result.model_version = 1  # rejected: not a str
    result.caption = "a person"  # rejected: not a caption
    tags.list = [CaptionResult()]  # rejected: not tags
    print(result[0])  # rejected: keys are str


def models() -> None:
    DetectedTag(title="tree")  # rejected: unknown keyword
    DetectedTag(name=5)  # rejected: not a str
    DetectedTag("tree")  # rejected: not a mapping
    DetectedTag({"name": "tree"}, {"confidence": 0.5})  # rejected: two mappings
    ImageBoundingBox(x=0, y=0, w=1, h=1)  # rejected: the JSON names are not keywords
    ImagePoint(x="0", y=0)  # rejected: not an int
    TagsResult(values=[])  # rejected: the JSON name is not a keyword
    TagsResult(list=[CaptionResult(text="a tree")])  # rejected: not tags
    ImageAnalysisResult(metadata=None)  # rejected: never None
    DetectedTag(name="tree").as_dict(True)  # rejected: exclude_readonly goes by keyword
