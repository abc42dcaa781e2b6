"""Boxes and polygons of a result in the pixels of a picture of another size."""

from typing import Any, Iterable, Tuple

# The service takes no smaller picture.
SMALLEST_SIDE = 50


def scaled(value: Any, x: float, y: float) -> Any:
    """Return a copy of a result, or of a part of it, with all coordinates multiplied.

    :param value: JSON, in which an object with ``x`` and ``y`` is a point or, with ``w`` and ``h``, a box.
    :param x: The factor of horizontal coordinates.
    :param y: The factor of vertical ones.
    """
    if isinstance(value, list):
        return [scaled(item, x, y) for item in value]
    if not isinstance(value, dict):
        return value
    if "x" in value and "y" in value:
        factors = {"x": x, "w": x, "y": y, "h": y}
        return {
            name: round(item * factors[name]) if name in factors and isinstance(item, (int, float)) else item
            for name, item in value.items()
        }
    return {name: scaled(item, x, y) for name, item in value.items()}


def extent(value: Any) -> Tuple[int, int]:
    """Return the width and height of a picture that has room for all boxes and points of a result.

    :param value: JSON as above.
    """
    children: Iterable[Any] = ()
    width, height = SMALLEST_SIDE, SMALLEST_SIDE
    if isinstance(value, dict):
        children = value.values()
        if "x" in value and "y" in value:
            return value["x"] + value.get("w", 1), value["y"] + value.get("h", 1)
    elif isinstance(value, list):
        children = value
    for child in children:
        right, bottom = extent(child)
        width, height = max(width, right), max(height, bottom)
    return width, height
