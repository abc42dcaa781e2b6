"""Parses results and pictures of users, reads them from folders, and scales coordinates."""

import io
import json
import os
from numbers import Integral, Real
from pathlib import Path
from typing import IO, Any, Dict, Iterator, List, Mapping, Tuple, Union, cast

from PIL import Image

from ..._model_base import Model
from ...models import ImageAnalysisResult
from .._http.serving import LOGGER
from .schema import check, printable

# The parts of a result by feature, in the order of the service.
PARTS = {
    "caption": "captionResult",
    "densecaptions": "denseCaptionsResult",
    "tags": "tagsResult",
    "objects": "objectsResult",
    "read": "readResult",
    "smartcrops": "smartCropsResult",
    "people": "peopleResult",
}
NAMES = {feature: part[: -len("Result")] for feature, part in PARTS.items()}
"""The names of the features that the service uses."""

# The least side of a picture that the service accepts.
_SMALLEST_SIDE = 50
_PICTURE_SUFFIXES = frozenset(".jpg .jpeg .jpe .mpo .png .gif .bmp .webp .tif .tiff .ico".split())
_LISTED = 10

ImageLike = Union[bytes, str, "os.PathLike[str]", Image.Image, IO[bytes]]
ResultLike = Union[ImageAnalysisResult, Mapping[str, Any]]
Parts = Dict[str, Any]


def parse_result(result: Any) -> Parts:
    """Check a result of a user, and return it as JSON."""
    if not isinstance(result, Mapping):
        raise TypeError(f"'result' must be an ImageAnalysisResult or a mapping with JSON names, not {_kind(result)}.")
    if isinstance(result, Model) and not isinstance(result, ImageAnalysisResult):
        raise TypeError(f"'result' must be a whole ImageAnalysisResult, not only a {_kind(result)}.")
    try:
        parts: Parts = json.loads(json.dumps(result, default=_to_json))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"'result' cannot be written as JSON: {error}") from None
    check(parts)
    return {name: value for name, value in parts.items() if value is not None}


def _to_json(value: Any) -> Any:
    """Return a model, another mapping, or a number of another library as JSON."""
    if isinstance(value, Model):
        return value.as_dict()
    if isinstance(value, Mapping):
        return dict(cast(Mapping[str, Any], value))
    if isinstance(value, Real):
        return int(value) if isinstance(value, Integral) else float(value)
    raise TypeError(f"it holds an object of the type {_kind(value)}")


def read_picture(image: Any) -> Tuple[bytes, str]:
    """Return the bytes of a picture, and its name for errors."""
    if isinstance(image, (bytes, bytearray, memoryview)):
        return bytes(cast(bytes, image)), "'image'"
    if isinstance(image, (str, os.PathLike)):
        path = Path(cast(str, image))
        return path.read_bytes(), f"'image': {printable(str(path))}"
    if isinstance(image, Image.Image):
        stream = io.BytesIO()
        try:
            image.save(stream, "PNG", compress_level=1)
        except OSError:  # PNG does not support all modes.
            image.convert("RGB").save(stream, "PNG", compress_level=1)
        return stream.getvalue(), "'image'"
    data: Any = image.read() if hasattr(image, "read") else None
    if not isinstance(data, bytes):
        raise TypeError(f"'image' must be bytes, a path, a URL, a Pillow image or a binary file, not {_kind(image)}.")
    return data, "'image'"


def read_results(folder: Union[str, Path]) -> List[Tuple[Path, Parts]]:
    """Read a folder of pictures ``NAME.png`` and their results ``NAME.png.json``, and log a summary."""
    path = Path(folder)
    name = printable(str(folder))
    if not str(folder) or not path.is_dir():
        raise ValueError(f"'results': {name!r} is not a folder.")
    pairs = list(_pairs(path))
    pictures = {picture for picture, _ in pairs}
    others = [file.name for file in sorted(path.iterdir()) if file.suffix.lower() in _PICTURE_SUFFIXES]
    alone = [printable(other) for other in others if path / other not in pictures]
    LOGGER.info(
        "Registered %d picture%s of %s.%s",
        len(pairs),
        "" if len(pairs) == 1 else "s",
        name,
        f" Without a result: {', '.join(alone[:_LISTED])}{', ...' * (len(alone) > _LISTED)}." if alone else "",
    )
    return pairs


def _pairs(folder: Path) -> Iterator[Tuple[Path, Parts]]:
    """Yield each picture of a folder with its result."""
    for file in sorted(folder.glob("*.json")):
        name, picture = printable(str(file)), file.with_suffix("")
        if not picture.is_file():
            raise ValueError(f"{name}: there is no picture {printable(picture.name)} beside it.")
        if not file.is_file():  # Reading a pipe or a device might never end.
            raise ValueError(f"{name}: not a regular file.")
        try:
            yield picture, parse_result(json.loads(file.read_text(encoding="utf-8-sig")))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{name}: not JSON in UTF-8: {error}") from None
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"{name}: {error}") from None


def _kind(value: Any) -> str:
    """Return the name of the type of a value."""
    return type(value).__name__


def scaled(value: Any, x: float, y: float) -> Any:
    """Return a copy of a result, or of a part of it, with all coordinates scaled."""
    if isinstance(value, list):
        return [scaled(item, x, y) for item in _items(value)]
    if not isinstance(value, dict):
        return value
    members = _members(value)
    if "x" in members:
        factors = {"x": x, "w": x, "y": y, "h": y}
        return {name: round(item * factors[name]) for name, item in members.items()}
    return {name: scaled(item, x, y) for name, item in members.items()}


def extent(value: Any) -> Tuple[int, int]:
    """Return the least width and height of a picture that contains all boxes and points of a result."""
    children = _items(value) if isinstance(value, list) else []
    if isinstance(value, dict):
        members = _members(value)
        if "x" in members:
            return members["x"] + members.get("w", 1), members["y"] + members.get("h", 1)
        children = list(members.values())
    sizes = [(_SMALLEST_SIDE, _SMALLEST_SIDE), *map(extent, children)]
    return max(width for width, _ in sizes), max(height for _, height in sizes)


def _items(value: Any) -> List[Any]:
    """Return the items of a JSON array."""
    return list(value)


def _members(value: Any) -> Dict[str, Any]:
    """Return the members of a JSON object."""
    return dict(value)
