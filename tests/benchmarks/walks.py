"""Reads each line, word and point of a page, from models and from plain dicts.

Both walks do the same sums, so that their costs differ by the reading alone, and so that their results can be compared.
"""

from typing import Any, List


def walk_models(result: Any) -> float:
    """Read all of an ``ImageAnalysisResult``."""
    total = 0.0
    for block in result.read.blocks:
        for line in block.lines:
            total += len(line.text)
            for point in line.bounding_polygon:
                total += point.x + point.y
            for word in line.words:
                total += len(word.text) + word.confidence
                for point in word.bounding_polygon:
                    total += point.x + point.y
    return total


def walk_dicts(response: Any) -> float:
    """Read all that ``json.loads`` returns."""
    total = 0.0
    for block in response["readResult"]["blocks"]:
        for line in block["lines"]:
            total += len(line["text"])
            for point in line["boundingPolygon"]:
                total += point["x"] + point["y"]
            for word in line["words"]:
                total += len(word["text"]) + word["confidence"]
                for point in word["boundingPolygon"]:
                    total += point["x"] + point["y"]
    return total


def text_of_models(result: Any) -> List[str]:
    """Read only the words."""
    return [word.text for block in result.read.blocks for line in block.lines for word in line.words]


def text_of_dicts(response: Any) -> List[str]:
    """Read only the words."""
    blocks = response["readResult"]["blocks"]
    return [word["text"] for block in blocks for line in block["lines"] for word in line["words"]]
