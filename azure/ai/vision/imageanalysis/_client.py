"""The synchronous client."""

from typing import Any, ClassVar, Dict, Iterable, List, Optional, Union

from azure.core import PipelineClient
from azure.core.credentials import AzureKeyCredential, TokenCredential
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.core.tracing.decorator import distributed_trace
from typing_extensions import Self

from . import models
from ._configuration import API_VERSION, INSTRUMENTATION, Configuration
from ._errors import error_details
from ._image import ImageSource, read_image
from ._policies import SYNC
from ._wire import IMAGE_TYPE, AnalyzeCall, extract_image_url, resolve_request, url_body


class ImageAnalysisClient:
    """Analyzes images: captions, text (OCR), tags, objects, people and smart crops, any of them in one call.

    One client can be used for any number of calls, by many threads at once. It keeps connections open: close it with
    :meth:`close`, or use it in a ``with`` block.

    A call is retried after the statuses 408, 429, 500, 502, 503 and 504 and after a lost connection, up to three times.
    Before a retry, the client waits as long as the service asks, or longer each time. An analysis changes nothing at
    the service, but if its response is lost, both the attempt and its retry are billed. ``retry_total=0`` switches
    retries off. A response that times out ends the call.

    :param str endpoint: The endpoint of the Computer Vision resource, such as
     ``https://your-resource-name.cognitiveservices.azure.com``. It is checked at each call.
    :param credential: The key of the resource, or a Microsoft Entra ID token credential, such as one from
     azure-identity. A token requires a resource with a custom subdomain, the role *Cognitive Services User* on it,
     and https.
    :type credential: ~azure.core.credentials.AzureKeyCredential or ~azure.core.credentials.TokenCredential
    :keyword str api_version: The version of the service API. Default: "2023-10-01", for which this library is made.
    :keyword list[str] credential_scopes: The scopes to request tokens for. Default:
     ``["https://cognitiveservices.azure.com/.default"]``; for Azure Government
     ``https://cognitiveservices.azure.us/.default``, for Azure China ``https://cognitiveservices.azure.cn/.default``.
    :keyword transport: The transport that sends requests. Default: one that uses requests.
    :paramtype transport: ~azure.core.pipeline.transport.HttpTransport
    :keyword bool logging_enable: Whether to log requests and responses in full, secrets included, at level DEBUG. Of an
     image, only the size and type are logged. Default: False.
    :keyword int retry_total: How many times to retry a call. Default: 10, but at most 3 for each kind of failure.
    :keyword float connection_timeout: Seconds to wait for a connection. Default: 300.
    :keyword float read_timeout: Seconds to wait for each piece of a response. Default: 300.
    :raises ValueError: If the endpoint or the credential is None.
    :raises TypeError: If the endpoint or the credential has the wrong type.

    All other keywords of azure-core's pipeline are also accepted: for example ``policies``, ``per_call_policies``,
    ``per_retry_policies``, and those that replace a single policy, such as ``retry_policy``.
    """

    _instrumentation_config: ClassVar[Dict[str, Any]] = INSTRUMENTATION

    def __init__(
        self,
        endpoint: str,
        credential: Union[AzureKeyCredential, TokenCredential],
        *,
        api_version: Optional[str] = API_VERSION,
        credential_scopes: Optional[List[str]] = None,
        transport: Optional[HttpTransport[HttpRequest, HttpResponse]] = None,
        logging_enable: bool = False,
        retry_total: int = 10,
        connection_timeout: float = 300,
        read_timeout: float = 300,
        **kwargs: Any,
    ) -> None:
        kwargs.update(transport=transport, logging_enable=logging_enable, retry_total=retry_total)
        kwargs.update(connection_timeout=connection_timeout, read_timeout=read_timeout)
        self._config = Configuration(
            endpoint, credential, SYNC, api_version=api_version, credential_scopes=credential_scopes, **kwargs
        )
        kwargs["policies"] = self._config.policies
        self._client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(self._config.endpoint, **kwargs)

    @distributed_trace
    def analyze_from_url(
        self,
        image_url: str,
        visual_features: Iterable[Union[models.VisualFeatures, str]],
        *,
        language: Optional[str] = None,
        gender_neutral_caption: Optional[bool] = None,
        smart_crops_aspect_ratios: Optional[Iterable[float]] = None,
        model_version: Optional[str] = None,
        **kwargs: Any,
    ) -> models.ImageAnalysisResult:
        """Analyze an image that the service fetches from a public URL.

        :param str image_url: The URL of the image. For formats and sizes, see :meth:`analyze`.
        :param visual_features: The features to request, at least one. Unknown names are sent unchanged.
        :type visual_features: list[~azure.ai.vision.imageanalysis.models.VisualFeatures or str]
        :keyword str language: The language code of the tags. The service's default: "en". Captions and objects are in
         English only. Omit it for READ, which detects the language.
        :keyword bool gender_neutral_caption: Whether captions say "person" or "child" instead of "man", "woman", "boy"
         or "girl". The service's default: False.
        :keyword list[float] smart_crops_aspect_ratios: The aspect ratios of the smart crops: width divided by height,
         each from 0.75 to 1.8. If omitted, the service suggests one crop with a ratio from 0.5 to 2.0.
        :keyword str model_version: The version of the AI model, such as "2023-10-01". The service's default: "latest".
        :return: The result of the analysis.
        :rtype: ~azure.ai.vision.imageanalysis.models.ImageAnalysisResult
        :raises ~azure.core.exceptions.ClientAuthenticationError: If the key or the token is refused (401).
        :raises ~azure.core.exceptions.HttpResponseError: If the service refuses the call for another reason, or its
         response cannot be read. ``error.code`` and ``error.message`` say why.
        :raises ~azure.core.exceptions.ServiceRequestError: If the service cannot be reached or the endpoint is wrong.
        :raises ~azure.core.exceptions.ServiceResponseError: If the response is lost or times out.
        :raises TypeError: If an argument is of the wrong type.
        :raises ValueError: If the URL or the list of features is empty, or a ratio is not finite.
        """
        return self._run(
            url_body(image_url),
            visual_features,
            language=language,
            gender_neutral_caption=gender_neutral_caption,
            smart_crops_aspect_ratios=smart_crops_aspect_ratios,
            model_version=model_version,
            **kwargs,
        )

    @distributed_trace
    def analyze(
        self,
        image_data: ImageSource,
        visual_features: Iterable[Union[models.VisualFeatures, str]],
        *,
        language: Optional[str] = None,
        gender_neutral_caption: Optional[bool] = None,
        smart_crops_aspect_ratios: Optional[Iterable[float]] = None,
        model_version: Optional[str] = None,
        **kwargs: Any,
    ) -> models.ImageAnalysisResult:
        """Analyze an image that the client uploads.

        :param image_data: The content of the image file, or a source of it: a file opened in binary mode, another
         object with a method ``read``, or an iterable of bytes; the client in ``aio`` also accepts asynchronous ones.
         It is read from its current position to its end before the first attempt. The image must be a JPEG, PNG, GIF,
         BMP, WEBP, ICO, TIFF or MPO file under 20 MB (20,971,520 bytes), larger than 50 x 50 and smaller than 16,000 x
         16,000 pixels.
        :type image_data: bytes or bytearray or memoryview or typing.IO[bytes] or typing.Iterable[bytes]
        :param visual_features: The features to request, at least one. Unknown names are sent unchanged.
        :type visual_features: list[~azure.ai.vision.imageanalysis.models.VisualFeatures or str]
        :keyword str language: The language code of the tags. The service's default: "en". Captions and objects are in
         English only. Omit it for READ, which detects the language.
        :keyword bool gender_neutral_caption: Whether captions say "person" or "child" instead of "man", "woman", "boy"
         or "girl". The service's default: False.
        :keyword list[float] smart_crops_aspect_ratios: The aspect ratios of the smart crops: width divided by height,
         each from 0.75 to 1.8. If omitted, the service suggests one crop with a ratio from 0.5 to 2.0.
        :keyword str model_version: The version of the AI model, such as "2023-10-01". The service's default: "latest".
        :return: The result of the analysis.
        :rtype: ~azure.ai.vision.imageanalysis.models.ImageAnalysisResult
        :raises ~azure.core.exceptions.ClientAuthenticationError: If the key or the token is refused (401).
        :raises ~azure.core.exceptions.HttpResponseError: If the service refuses the call for another reason, or its
         response cannot be read. ``error.code`` and ``error.message`` say why.
        :raises ~azure.core.exceptions.ServiceRequestError: If the service cannot be reached or the endpoint is wrong.
        :raises ~azure.core.exceptions.ServiceResponseError: If the response is lost or times out.
        :raises TypeError: If an argument is of the wrong type.
        :raises ValueError: If the file is closed or at its end, no feature is given, or a ratio is not finite.
        """
        return self._run(
            (read_image(image_data), IMAGE_TYPE),
            visual_features,
            language=language,
            gender_neutral_caption=gender_neutral_caption,
            smart_crops_aspect_ratios=smart_crops_aspect_ratios,
            model_version=model_version,
            **kwargs,
        )

    # Private, but widely used. They name the class because a subclass may call them from its own analyze().

    def _analyze_from_image_data(
        self, image_data: ImageSource, *, visual_features: Iterable[Union[models.VisualFeatures, str]], **kwargs: Any
    ) -> models.ImageAnalysisResult:
        """Call :meth:`analyze`."""
        return ImageAnalysisClient.analyze(self, image_data, visual_features=visual_features, **kwargs)

    def _analyze_from_url(
        self, image_url: Any, *, visual_features: Iterable[Union[models.VisualFeatures, str]], **kwargs: Any
    ) -> models.ImageAnalysisResult:
        """Call :meth:`analyze_from_url` with the URL in ``{"url": ...}``."""
        url = extract_image_url(image_url)
        return ImageAnalysisClient.analyze_from_url(self, url, visual_features=visual_features, **kwargs)

    def _run(self, *args: Any, **kwargs: Any) -> models.ImageAnalysisResult:
        call = AnalyzeCall(self._config, *args, **kwargs)
        with error_details():
            # pylint: disable-next=protected-access
            response = self._client._pipeline.run(call.request, stream=call.stream, **call.options)
            if call.stream and response.http_response.status_code != 200:
                with error_details(reading=True):
                    with response.http_response:
                        response.http_response.read()
            result: models.ImageAnalysisResult = call.result(response)  # or what the caller's cls returns
        return result

    def send_request(self, request: HttpRequest, *, stream: bool = False, **kwargs: Any) -> HttpResponse:
        """Send a request of your own through the client's pipeline, with its authentication, retries and logging.

        :param ~azure.core.rest.HttpRequest request: The request, which is not modified. A relative URL is resolved
         against ``{endpoint}/computervision``. A URL may begin with ``{endpoint}``, followed by ``/``, ``?``, ``#`` or
         nothing. A body that can be read only once is sent once.
        :keyword bool stream: Whether to leave the body of the response unread. Default: False.
        :return: The response, whatever its status.
        :rtype: ~azure.core.rest.HttpResponse
        """
        return self._client.send_request(resolve_request(self._config, request), stream=stream, **kwargs)

    def close(self) -> None:
        """Close the client's connections. A closed client cannot be reused."""
        self._client.close()

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(self, *exc_details: Any) -> None:
        self._client.__exit__(*exc_details)
