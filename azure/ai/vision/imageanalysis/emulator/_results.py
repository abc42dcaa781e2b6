"""Results that are known beforehand: the sample picture's, and those that a user registers."""

import json
import threading
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple, Union, cast

from azure.core.exceptions import AzureError

from .._model_base import Model
from ..models import ImageAnalysisResult
from ._fingerprint import Fingerprint, Size, distance, have_one_shape
from ._geometry import extent, scaled

SAMPLE_FILE = Path(__file__).with_name("sample.jpg")
SAMPLE_RESULT_FILE = Path(__file__).with_name("sample_result.json")
SAMPLE_URLS = (
    "https://aka.ms/azsdk/image-analysis/sample.jpg",
    "https://learn.microsoft.com/azure/ai-services/computer-vision/media/quickstarts/presentation.png",
)

# The parts of a result by the feature that asks for them, in the order in which the service writes them.
PARTS = {
    "caption": "captionResult",
    "densecaptions": "denseCaptionsResult",
    "tags": "tagsResult",
    "objects": "objectsResult",
    "read": "readResult",
    "smartcrops": "smartCropsResult",
    "people": "peopleResult",
}
_NAMES = (*PARTS.values(), "metadata", "modelVersion")

ResultLike = Union[ImageAnalysisResult, Mapping[str, Any]]
Parts = Dict[str, Any]


class Known(NamedTuple):
    """A picture whose result is known."""

    size: Size
    parts: Parts
    neutral: Parts
    """The parts with gender-neutral captions."""
    fingerprint: Callable[[], Fingerprint]
    image: Optional[bytes] = None
    """Its file, if it can be fetched from its address."""

    def parts_for(self, size: Size, gender_neutral: bool) -> Parts:
        """Return the known parts of the result in the pixels of a picture of another size.

        :param size: The size of that picture.
        :param gender_neutral: Whether captions are to say "person".
        """
        parts = self.neutral if gender_neutral else self.parts
        if size == self.size:
            return parts
        return cast(Parts, scaled(parts, size[0] / self.size[0], size[1] / self.size[1]))


class Registry:
    """The known pictures, by what they show and by their addresses. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pictures: Dict[bytes, Known] = {}
        self._urls: Dict[str, Known] = {}

    def add_picture(self, digest: bytes, known: Known) -> None:
        """Register a picture, or give it another result.

        :param digest: The digest of its file.
        :param known: What is known of it.
        """
        with self._lock:
            self._pictures[digest] = known

    def add_url(self, url: str, known: Known) -> None:
        """Register a picture by its address.

        :param url: The address.
        :param known: What is known of it.
        """
        with self._lock:
            self._urls[url] = known

    def by_digest(self, digest: bytes) -> Optional[Known]:
        """Find a picture by its very bytes.

        :param digest: Their digest.
        """
        return self._pictures.get(digest)

    def by_url(self, url: str) -> Optional[Known]:
        """Find a picture by its address.

        :param url: The address.
        """
        return self._urls.get(url)

    def by_pixels(self, fingerprint: Fingerprint) -> Optional[Known]:
        """Find the picture that looks most like another one, if any shows the same. Blocks.

        :param fingerprint: What the other one looks like.
        """
        with self._lock:
            candidates = [known for known in self._pictures.values() if have_one_shape(known.size, fingerprint.size)]
        found: Tuple[float, Optional[Known]] = (1.0, None)
        for known in reversed(candidates):  # Of two that are equally near, the later one counts.
            away = distance(known.fingerprint(), fingerprint)
            if away is not None and away < found[0]:
                found = away, known
        return found[1]

    def replace(self, other: "Registry") -> None:
        """Know what another registry knows, and nothing else.

        :param other: The other one.
        """
        with self._lock:
            self._pictures, self._urls = dict(other._pictures), dict(other._urls)


def parse_result(result: Any) -> Parts:
    """Return a user's result as JSON.

    :param result: The result.
    :raises TypeError: If it is neither a result nor a mapping.
    :raises ValueError: If a name or a value in it cannot be.
    """
    if not isinstance(result, (Mapping, Model)):
        raise TypeError(f"'result' must be an ImageAnalysisResult or a mapping by JSON names, not {_kind(result)}.")
    if isinstance(result, Model) and not isinstance(result, ImageAnalysisResult):
        raise TypeError(f"'result' must be a whole ImageAnalysisResult, not only a {_kind(result)}.")
    data: Parts = result.as_dict() if isinstance(result, ImageAnalysisResult) else dict(cast(Mapping[str, Any], result))
    unknown = [name for name in data if name not in _NAMES]
    if unknown:
        raise ValueError(f"'result' has the unknown name {unknown[0]!r}; the names are {', '.join(_NAMES)}.")
    try:
        parts: Parts = json.loads(json.dumps(data, allow_nan=False, default=_as_dict))
        _read_all(ImageAnalysisResult(parts))
        _check_size(parts.get("metadata") or {})
    except (AzureError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"'result' is no result: {error}") from None
    return {name: value for name, value in parts.items() if value is not None}


def known_at_url(parts: Parts) -> Known:
    """Return what is known of a picture that nobody has seen.

    :param parts: Its result. If it has no metadata, the picture is as large as its boxes need it to be.
    """
    size: Parts = parts.get("metadata", {})
    width, height = extent(parts)
    blank = Fingerprint((1, 1), True, (1, 1), b"", b"")
    return Known((size.get("width") or width, size.get("height") or height), parts, parts, lambda: blank)


def sample(image: bytes, fingerprint: Callable[[], Fingerprint]) -> Known:
    """Return what is known of the sample picture.

    :param image: Its file.
    :param fingerprint: Returns its fingerprint.
    """
    data = json.loads(SAMPLE_RESULT_FILE.read_text(encoding="utf-8"))
    size = data["results"]["metadata"]
    gendered, neutral = ({**data[captions], **data["results"]} for captions in ("gendered", "genderNeutral"))
    return Known((size["width"], size["height"]), gendered, neutral, fingerprint, image)


def results_in(folder: Union[str, Path]) -> List[Tuple[Path, Parts]]:
    """Read a folder of pictures ``NAME.png`` and their results ``NAME.png.json``.

    :param folder: The folder.
    :raises ValueError: If it is none, a picture is missing, or a result cannot be read.
    """
    path = Path(folder)
    if not str(folder) or not path.is_dir():
        raise ValueError(f"'results': {str(folder)!r} is no folder.")
    return list(_pairs(path))


def _pairs(folder: Path) -> Iterable[Tuple[Path, Parts]]:
    """Return each picture of a folder with its result."""
    for file in sorted(folder.glob("*.json")):
        picture = file.with_suffix("")
        if not picture.is_file():
            raise ValueError(f"{file}: there is no picture {picture.name} beside it.")
        try:
            yield picture, parse_result(json.loads(file.read_text(encoding="utf-8-sig")))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{file}: not JSON in UTF-8: {error}") from None
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"{file}: {error}") from None


def _check_size(metadata: Parts) -> None:
    """Refuse a size that no picture can have."""
    for name in ("width", "height"):
        value = metadata.get(name)
        if value is not None and value < 1:
            raise ValueError(f"metadata.{name}: expected a number from 1, got {value}")


def _read_all(model: Model) -> None:
    """Read every field, so that one of the wrong shape raises."""
    for name in model._attr_to_rest_field:
        value: Any = getattr(model, name)
        for item in [value] if isinstance(value, Model) else _models_in(value):
            _read_all(item)


def _models_in(value: Any) -> List[Model]:
    """Return the models in a list; none if it is no list."""
    if not isinstance(value, list):
        return []
    return [item for item in cast(Iterable[Any], value) if isinstance(item, Model)]


def _as_dict(value: Any) -> Any:
    """Return a model as JSON."""
    if isinstance(value, Model):
        return value.as_dict()
    raise TypeError(f"it holds a {_kind(value)}, which is no JSON")


def _kind(value: Any) -> str:
    """Return the name of a value's type."""
    return type(value).__name__
