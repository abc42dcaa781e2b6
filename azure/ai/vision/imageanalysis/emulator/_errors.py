"""Errors of the service, and the exception for a missing package."""

from typing import Any, Dict, NamedTuple, Optional, Tuple

IMAGE_BYTES_LIMIT = 20_971_520
_EXTRA = 'pip install "azure-ai-vision-imageanalysis[emulator]"'


class ServiceError(NamedTuple):
    """An error response of the service."""

    status: int
    code: Optional[str]
    """None if the body has no ``error`` object."""
    message: str
    inner: Optional[Tuple[str, str]] = None
    """Code and message of the inner error."""
    reason: Optional[str] = None
    """The reason phrase, if it differs from the standard one of the status."""

    @property
    def detail(self) -> str:
        """The most specific message."""
        return self.message if self.inner is None else self.inner[1]

    def body(self) -> Dict[str, Any]:
        """Return the JSON of the response."""
        if self.code is None:
            return {"statusCode": self.status, "message": self.message}
        error: Dict[str, Any] = {"code": self.code, "message": self.message}
        if self.inner is not None:
            error["innererror"] = {"code": self.inner[0], "message": self.inner[1]}
        return {"error": error}


class RequestRefused(Exception):
    """A refused request, which may succeed after ``retry_after`` seconds."""

    def __init__(self, problem: ServiceError, retry_after: Optional[float] = None) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.retry_after = retry_after


def _invalid_request(message: str, inner: Optional[Tuple[str, str]] = None) -> ServiceError:
    """Return an error with the status 400."""
    return ServiceError(400, "InvalidRequest", message, inner)


def _invalid_query(code: str, message: str) -> ServiceError:
    """Return the error for an invalid query, with the reason as inner error."""
    return _invalid_request("Analyze query is invalid.", (code, message))


URL_NOT_ACCESSIBLE = _invalid_request("The provided image url is not accessible.")
IMAGE_BYTES = _invalid_request(
    f"The image size is not allowed to be zero or larger than {IMAGE_BYTES_LIMIT} bytes.",
)
_DIMENSION = "The image dimension is not allowed to be smaller than 50 and larger than 16000."
IMAGE_DIMENSION = _invalid_request(_DIMENSION, ("InvalidImageSize", _DIMENSION))
IMAGE_FORMAT = _invalid_request("Image format is not valid", ("InvalidImageFormat", "Image format is not valid."))
NO_FEATURES = _invalid_request("Either 'features' or 'model-name' needs to be specified in the query parameter.")
UNKNOWN_FEATURE = _invalid_query("NotSupportedVisualFeature", "Specified feature type is not valid")
UNKNOWN_LANGUAGE = _invalid_query("NotSupportedLanguage", "The input language is not supported.")
RATIO_OUT_OF_RANGE = _invalid_query(
    "BadArgument", "'smartcrops-aspect-ratios' aspect ratio is not in allowed range [0.75 to 1.8]"
)
WRONG_KEY = ServiceError(
    401,
    "401",
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource.",
    reason="PermissionDenied",
)
NO_ROLE = ServiceError(401, "PermissionDenied", "Principal does not have access to API/Operation.")
NOT_FOUND = ServiceError(404, "404", "Resource not found")


def not_in_this_region(feature: str) -> ServiceError:
    """Return the error for a feature that the region does not support."""
    return _invalid_request(f"The feature '{feature}' is not supported in this region.")


def wrong_token(audience: str) -> ServiceError:
    """Return the error for a bearer token that is unknown, expired, or for another audience."""
    return ServiceError(
        401,
        None,
        f"Unauthorized. Access token is missing, invalid, audience is incorrect ({audience}), or have expired.",
    )


def too_many_requests(tier: str, seconds: float) -> ServiceError:
    """Return the error for a call that exceeds the rate of the pricing tier."""
    unit = "second" if seconds == 1 else "seconds"
    return ServiceError(
        429,
        "429",
        f"Requests to the resource have exceeded the call rate limit of its current {tier} pricing tier. "
        f"Please retry after {seconds:g} {unit}.",
    )


# The service does not document its texts for these; they were written for the emulator.
BAD_MODEL_VERSION = _invalid_query("BadArgument", "'model-version' is not 'latest', YYYY-MM-DD or YYYY-MM-DD-preview")
BAD_GENDER_NEUTRAL = _invalid_query("BadArgument", "'gender-neutral-caption' is neither true nor false")
BAD_URL_BODY = _invalid_request('The body is not JSON of the form {"url": "..."}.')
CONTENT_TYPE = ServiceError(
    415, "UnsupportedMediaType", "The content type is neither application/json nor application/octet-stream."
)
TIMEOUT = ServiceError(408, "RequestTimeout", "The request timed out.")
INTERNAL = ServiceError(500, "InternalServerError", "The image could not be analyzed.")
UNAVAILABLE = ServiceError(503, "ServiceUnavailable", "The service is busy. Please retry later.")


def forbidden_host(host: str) -> ServiceError:
    """Return the error for a Host header that is not allowed."""
    return ServiceError(403, "403", f"The Host header {host!r} names neither this machine nor a host of 'allow_host'.")


def forbidden_origin(origin: str) -> ServiceError:
    """Return the error for an Origin header that is not allowed."""
    return ServiceError(
        403, "403", f"The Origin header {origin!r} names neither the emulator nor an origin of 'allow_origin'."
    )


def analysis_failed(reason: object) -> ServiceError:
    """Return the error for a picture that could not be analyzed."""
    return ServiceError(500, "InternalServerError", f"The image could not be analyzed: {reason}.")


def bad_control_request(error: Exception) -> ServiceError:
    """Return the error for an invalid control request."""
    return _invalid_request(str(error))


def no_engine(feature: str, reason: str) -> ServiceError:
    """Return the error for a feature that the emulator cannot compute for a picture."""
    return _invalid_request(
        f"The feature '{feature}' is not supported in this region.", ("NotSupportedVisualFeature", reason)
    )


def missing(error: ModuleNotFoundError, module: Optional[str] = None) -> ModuleNotFoundError:
    """Return an exception that names the package to install."""
    text = f"The emulator needs {error.name}. Install the library with its extra: {_EXTRA}"
    return ModuleNotFoundError(text, name=module or error.name)
