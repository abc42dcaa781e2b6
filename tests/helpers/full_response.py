"""A response with all features, about an invented image: two boats and a sign."""

import copy
from typing import Any, Dict, List


def _box(x: int, y: int, w: int, h: int) -> Dict[str, int]:
    return {"x": x, "y": y, "w": w, "h": h}


def _polygon(x: int, y: int, w: int, h: int) -> Any:
    return [{"x": x, "y": y}, {"x": x + w, "y": y}, {"x": x + w, "y": y + h}, {"x": x, "y": y + h}]


def _word(text: str, x: int, confidence: float) -> Dict[str, Any]:
    return {"text": text, "boundingPolygon": _polygon(x, 20, 60, 18), "confidence": confidence}


_RESPONSE: Dict[str, Any] = {
    "modelVersion": "2023-10-01",
    "captionResult": {"text": "two boats on a lake", "confidence": 0.8125},
    "denseCaptionsResult": {
        "values": [
            {"text": "two boats on a lake", "confidence": 0.75, "boundingBox": _box(0, 0, 640, 480)},
            {"text": "a red boat", "confidence": 0.5, "boundingBox": _box(40, 200, 180, 90)},
        ]
    },
    "metadata": {"width": 640, "height": 480},
    "tagsResult": {"values": [{"name": "lake", "confidence": 0.99}, {"name": "boat", "confidence": 1}]},
    "objectsResult": {
        "values": [{"boundingBox": _box(40, 200, 180, 90), "tags": [{"name": "boat", "confidence": 0.875}]}]
    },
    "readResult": {
        "blocks": [
            {
                "lines": [
                    {
                        "text": "NO SWIMMING",
                        "boundingPolygon": _polygon(20, 20, 150, 18),
                        "words": [_word("NO", 20, 0.998), _word("SWIMMING", 90, 0.987)],
                    },
                    {"text": "Überall", "boundingPolygon": _polygon(20, 44, 70, 18), "words": []},
                ]
            }
        ]
    },
    "smartCropsResult": {
        "values": [
            {"aspectRatio": 0.9, "boundingBox": _box(100, 0, 432, 480)},
            {"aspectRatio": 1.33, "boundingBox": _box(0, 0, 638, 480)},
        ]
    },
    "peopleResult": {
        "values": [
            {"boundingBox": _box(300, 180, 40, 80), "confidence": 0.94},
            {"boundingBox": _box(0, 0, 20, 30), "confidence": 0.0017},
        ]
    },
}


def full_response() -> Dict[str, Any]:
    """Return the JSON object, a new one at each call."""
    return copy.deepcopy(_RESPONSE)


def everything(value: Any) -> List[Any]:
    """Return a model or a list and all values in it, each of which is read."""
    below = value if isinstance(value, list) else getattr(value, "values", list)()
    return [value, *(found for item in below for found in everything(item))]
