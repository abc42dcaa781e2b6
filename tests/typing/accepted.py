"""A well-written program of a user, which passes the type checkers. It is never run."""

import asyncio
import io
import tempfile
import urllib.request
from typing import Any, AsyncIterator, Dict, Iterator, KeysView, List, Mapping, Optional, Sequence

from azure.ai.vision import imageanalysis
from azure.ai.vision.imageanalysis import ImageAnalysisClient, aio
from azure.ai.vision.imageanalysis.models import (
    CaptionResult,
    CropRegion,
    DenseCaption,
    DenseCaptionsResult,
    DetectedObject,
    DetectedPerson,
    DetectedTag,
    DetectedTextBlock,
    DetectedTextLine,
    DetectedTextWord,
    ImageAnalysisResult,
    ImageBoundingBox,
    ImageMetadata,
    ImagePoint,
    ObjectsResult,
    PeopleResult,
    ReadResult,
    SmartCropsResult,
    TagsResult,
    VisualFeatures,
)
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError
from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import RetryPolicy
from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest, HttpResponse
from azure.identity import DefaultAzureCredential
from azure.identity.aio import DefaultAzureCredential as AsyncDefaultAzureCredential
from typing_extensions import assert_type

ENDPOINT = "https://resource.cognitiveservices.azure.com"
FEATURES = [VisualFeatures.CAPTION, VisualFeatures.READ]

assert_type(imageanalysis.__version__, str)


# The clients


def shape(response: PipelineResponse[HttpRequest, HttpResponse], result: Any, headers: Mapping[str, str]) -> Any:
    return response.http_response.status_code, result, headers


def sync_program(image: bytes) -> None:
    with ImageAnalysisClient(ENDPOINT, AzureKeyCredential("key")) as client:
        assert_type(client, ImageAnalysisClient)
        assert_type(client.analyze(image, FEATURES), ImageAnalysisResult)
        assert_type(client.analyze(image_data=image, visual_features=[VisualFeatures.TAGS]), ImageAnalysisResult)
        with open("image.jpg", "rb") as file:
            client.analyze(file, FEATURES)
        result = client.analyze_from_url(
            image_url="https://host/image.jpg",
            visual_features=FEATURES,
            language="en",
            gender_neutral_caption=True,
            smart_crops_aspect_ratios=[0.9, 1.33],
            model_version="latest",
            headers={"x-ms-name": "value"},
            params={"name": "value"},
            cls=shape,
            retry_total=0,
            read_timeout=5,
            logging_enable=True,
        )
        assert_type(result, ImageAnalysisResult)
        assert_type(client.send_request(HttpRequest("GET", "/operations"), stream=True), HttpResponse)
    assert_type(client.close(), None)


async def settings() -> None:
    ImageAnalysisClient(
        endpoint=ENDPOINT,
        credential=DefaultAzureCredential(),
        api_version="2023-10-01",
        credential_scopes=["https://cognitiveservices.azure.us/.default"],
        transport=RequestsTransport(),
        logging_enable=True,
        retry_total=0,
        connection_timeout=5,
        read_timeout=60,
        retry_on_methods=["GET"],
        retry_policy=RetryPolicy(retry_total=1),
        per_call_policies=[],
        user_agent="program/1.0",
    )
    async with AsyncDefaultAzureCredential() as credential:
        aio.ImageAnalysisClient(ENDPOINT, credential, transport=AioHttpTransport(), read_timeout=2.5)


async def async_program(image: bytes) -> None:
    async with aio.ImageAnalysisClient(ENDPOINT, AzureKeyCredential("key")) as client:
        assert_type(client, aio.ImageAnalysisClient)
        assert_type(await client.analyze(image, FEATURES), ImageAnalysisResult)
        result = await client.analyze_from_url(
            "https://host/image.jpg", FEATURES, language=None, gender_neutral_caption=None, model_version=None
        )
        assert_type(result, ImageAnalysisResult)
        assert_type(await client.send_request(HttpRequest("GET", "/operations")), AsyncHttpResponse)
    assert_type(await client.close(), None)


class Stream:
    """A file as many libraries return it: with ``read`` only."""

    def read(self, amount: Optional[int] = None) -> bytes:
        return b"image"


class AsyncStream:
    """The same, asynchronous."""

    async def read(self, size: int = -1) -> bytes:
        return b"image"


async def chunks_later() -> AsyncIterator[bytes]:
    yield b"image"


def sync_sources(client: ImageAnalysisClient, image: bytes, chunks: Iterator[bytes]) -> None:
    client.analyze(bytearray(image), FEATURES)
    client.analyze(memoryview(image), FEATURES)
    client.analyze(io.BytesIO(image), FEATURES)
    client.analyze(Stream(), FEATURES)
    client.analyze([image, image], FEATURES)
    client.analyze(chunks, FEATURES)
    with tempfile.TemporaryFile() as file:
        client.analyze(file, FEATURES)
    with urllib.request.urlopen("https://host/image.jpg") as response:
        client.analyze(response, FEATURES)


async def async_sources(client: aio.ImageAnalysisClient, image: bytes, chunks: Iterator[bytes]) -> None:
    await client.analyze(io.BytesIO(image), FEATURES)
    await client.analyze(Stream(), FEATURES)
    await client.analyze(AsyncStream(), FEATURES)
    await client.analyze(asyncio.StreamReader(), FEATURES)
    await client.analyze(chunks_later(), FEATURES)
    await client.analyze(chunks, FEATURES)


def kinds_of_features(client: ImageAnalysisClient, image: bytes, names: Sequence[VisualFeatures]) -> None:
    client.analyze(image, ["caption", VisualFeatures.READ])
    client.analyze(image, (VisualFeatures.CAPTION, "read"))
    client.analyze(image, {VisualFeatures.CAPTION})
    client.analyze(image, {"caption": 1}.keys())
    client.analyze(image, names)
    client.analyze(image, list(VisualFeatures), smart_crops_aspect_ratios=(1, 1.5))
    client.analyze(image, (feature for feature in VisualFeatures))


def errors(client: ImageAnalysisClient) -> Optional[str]:
    try:
        client.analyze_from_url("https://host/image.jpg", FEATURES)
    except ClientAuthenticationError as error:
        return error.reason
    except HttpResponseError as error:
        assert_type(error.status_code, Optional[int])
        return error.error.code if error.error else error.message
    except ServiceRequestError as error:
        return error.message
    return None


# What an analysis gives: every attribute has its exact type


def whole_result(result: ImageAnalysisResult) -> None:
    assert_type(result.caption, Optional[CaptionResult])
    assert_type(result.dense_captions, Optional[DenseCaptionsResult])
    assert_type(result.metadata, ImageMetadata)
    assert_type(result.model_version, str)
    assert_type(result.objects, Optional[ObjectsResult])
    assert_type(result.people, Optional[PeopleResult])
    assert_type(result.read, Optional[ReadResult])
    assert_type(result.smart_crops, Optional[SmartCropsResult])
    assert_type(result.tags, Optional[TagsResult])
    assert_type(result.metadata.width, int)
    assert_type(result.metadata.height, int)
    if result.caption is not None:
        assert_type(result.caption.text, str)
        assert_type(result.caption.confidence, float)
    result.caption = None


def lists(
    dense_captions: DenseCaptionsResult,
    objects: ObjectsResult,
    people: PeopleResult,
    smart_crops: SmartCropsResult,
    tags: TagsResult,
) -> None:
    assert_type(dense_captions.list, List[DenseCaption])
    assert_type(objects.list, List[DetectedObject])
    assert_type(people.list, List[DetectedPerson])
    assert_type(smart_crops.list, List[CropRegion])
    assert_type(tags.list, List[DetectedTag])
    for caption in dense_captions.list:
        assert_type(caption.text, str)
        assert_type(caption.confidence, float)
        assert_type(caption.bounding_box, ImageBoundingBox)
    for thing in objects.list:
        assert_type(thing.bounding_box, ImageBoundingBox)
        assert_type(thing.tags, List[DetectedTag])
    for person in people.list:
        assert_type(person.bounding_box, ImageBoundingBox)
        assert_type(person.confidence, float)
    for crop in smart_crops.list:
        assert_type(crop.aspect_ratio, float)
        assert_type(crop.bounding_box, ImageBoundingBox)
    for tag in tags.list:
        assert_type(tag.name, str)
        assert_type(tag.confidence, float)
    tags.list.append(DetectedTag(name="tree", confidence=0.5))


def text(read: ReadResult) -> Iterator[str]:
    assert_type(read.blocks, List[DetectedTextBlock])
    for block in read.blocks:
        assert_type(block.lines, List[DetectedTextLine])
        for line in block.lines:
            assert_type(line.text, str)
            assert_type(line.bounding_polygon, List[ImagePoint])
            assert_type(line.words, List[DetectedTextWord])
            for word in line.words:
                assert_type(word.text, str)
                assert_type(word.bounding_polygon, List[ImagePoint])
                assert_type(word.confidence, float)
                yield word.text


def positions(point: ImagePoint, box: ImageBoundingBox) -> None:
    assert_type(point.x, int)
    assert_type(point.y, int)
    assert_type(box.x, int)
    assert_type(box.y, int)
    assert_type(box.width, int)
    assert_type(box.height, int)


# Models made by hand, and models as mappings


def made_by_hand(response: Dict[str, Any]) -> ImageAnalysisResult:
    box = ImageBoundingBox(x=0, y=0, width=864, height=576)
    corners = [ImagePoint(x=0, y=0), ImagePoint({"x": 9, "y": 9})]
    word = DetectedTextWord(text="Sonia", bounding_polygon=corners, confidence=1)
    line = DetectedTextLine(text="Sonia", bounding_polygon=corners, words=[word])
    ImageAnalysisResult(response)
    return ImageAnalysisResult(
        caption=CaptionResult(text="a person", confidence=0.9),
        dense_captions=DenseCaptionsResult(list=[DenseCaption(text="a person", confidence=0.9, bounding_box=box)]),
        metadata=ImageMetadata(width=864, height=576),
        model_version="2023-10-01",
        objects=ObjectsResult(list=[DetectedObject(bounding_box=box, tags=[DetectedTag({"name": "laptop"})])]),
        people=PeopleResult(list=[DetectedPerson({"boundingBox": {"x": 0, "y": 0, "w": 8, "h": 5}})]),
        read=ReadResult(blocks=[DetectedTextBlock(lines=[line])]),
        smart_crops=SmartCropsResult(list=[CropRegion(aspect_ratio=1.5, bounding_box=box)]),
        tags=None,
    )


def as_mapping(result: ImageAnalysisResult, response: Mapping[str, Any]) -> Mapping[str, Any]:
    assert_type(result.as_dict(), Dict[str, Any])
    assert_type(result.as_dict(exclude_readonly=True), Dict[str, Any])
    assert_type(result.copy(), ImageAnalysisResult)
    assert_type(result.keys(), KeysView[str])
    for name, value in result.items():
        print(name, value, result[name], result.get(name), result.pop(name, None))
    result["modelVersion"] = "2023-10-01"
    result.update(response)
    print(result.get("tagsResult").get("values"))
    del result["modelVersion"]
    return result


# Features


def features() -> None:
    assert_type(VisualFeatures("caption"), VisualFeatures)
    print(*VisualFeatures, sep=VisualFeatures.DENSE_CAPTIONS)  # a member is a str
