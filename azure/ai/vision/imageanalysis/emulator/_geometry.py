"""Boxes and polygons of a result in the pixels of a picture of another size."""

from typing import Any, Dict, List, Tuple

# The service takes no smaller picture.
SMALLEST_SIDE = 50


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
    width, height = SMALLEST_SIDE, SMALLEST_SIDE
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
