"""The results that a user gives: checks them, reads them from a folder, and scales their coordinates."""

import json
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Tuple, Union, cast

from azure.core.exceptions import AzureError

from ..._model_base import Model
from ...models import ImageAnalysisResult

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

# The service takes no smaller picture.
_SMALLEST_SIDE = 50

ResultLike = Union[ImageAnalysisResult, Mapping[str, Any]]
Parts = Dict[str, Any]


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


def scaled(value: Any, x: float, y: float) -> Any:
    """Return a copy of a result, or of a part of it, with all coordinates multiplied.

    :param value: JSON, in which an object with ``x`` and ``y`` is a point or, with ``w`` and ``h``, a box.
    :param x: The factor of horizontal coordinates.
    :param y: The factor of vertical ones.
    """
    if isinstance(value, list):
        return [scaled(item, x, y) for item in _items(value)]
    if not isinstance(value, dict):
        return value
    members = _members(value)
    if is_point(members):
        factors = {"x": x, "w": x, "y": y, "h": y}
        return {
            name: round(item * factors[name]) if name in factors and isinstance(item, int) else item
            for name, item in members.items()
        }
    return {name: scaled(item, x, y) for name, item in members.items()}


def extent(value: Any) -> Tuple[int, int]:
    """Return the width and height of a picture that has room for all boxes and points of a result.

    :param value: JSON as above.
    """
    children = _items(value) if isinstance(value, list) else []
    if isinstance(value, dict):
        members = _members(value)
        if is_point(members):
            return members["x"] + (members.get("w") or 1), members["y"] + (members.get("h") or 1)
        children = list(members.values())
    width, height = _SMALLEST_SIDE, _SMALLEST_SIDE
    for child in children:
        right, bottom = extent(child)
        width, height = max(width, right), max(height, bottom)
    return width, height


def is_point(members: Dict[str, Any]) -> bool:
    """Tell whether an object has a place: that of a point, or of a box.

    :param members: The members of a JSON object.
    """
    return isinstance(members.get("x"), int) and isinstance(members.get("y"), int)


def _items(value: Any) -> List[Any]:
    """Return the items of a JSON array."""
    return list(value)


def _members(value: Any) -> Dict[str, Any]:
    """Return the members of a JSON object."""
    return dict(value)
