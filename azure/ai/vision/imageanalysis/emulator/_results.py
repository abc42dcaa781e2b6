"""What does the service find in an image?

It sees nothing: it knows its own sample picture by its bytes, and for any other image it says so.
"""

import json
from pathlib import Path
from typing import Any, Dict

from ._crops import Box, smart_crops
from ._images import Size, check_image
from ._query import Query

SAMPLE_FILE = Path(__file__).resolve().with_name("sample.jpg")
ANSWER_FILE = Path(__file__).resolve().with_name("sample_result.json")

MODEL_VERSION = "2023-10-01"

# The parts of an answer in the order in which the service writes them, each with the feature that asks for it.
_PARTS = (
    ("captionResult", "caption"),
    ("denseCaptionsResult", "densecaptions"),
    ("metadata", None),
    ("tagsResult", "tags"),
    ("objectsResult", "objects"),
    ("readResult", "read"),
    ("smartCropsResult", "smartcrops"),
    ("peopleResult", "people"),
)


class Results:
    """The sample picture and what is known of it, read once."""

    def __init__(self) -> None:
        self.sample = SAMPLE_FILE.read_bytes()
        self._known = json.loads(ANSWER_FILE.read_text(encoding="utf-8"))

    def about(self, image: bytes, query: Query) -> Dict[str, Any]:
        """Return the answer for an image.

        :raises Refused: If the bytes are no image that the service takes.
        """
        size = check_image(image)
        if image == self.sample:
            captions = self._known["genderNeutral" if query.gender_neutral else "gendered"]
            found = {**captions, **self._known["results"]}
            focus = Box(**found["peopleResult"]["values"][0]["boundingBox"])
        else:
            found = _nothing_in(size)
            focus = Box(0, 0, *size)
        found["smartCropsResult"] = smart_crops(size, focus, query.ratios)
        answer = {"modelVersion": MODEL_VERSION if query.model_version == "latest" else query.model_version}
        answer.update((part, found[part]) for part, feature in _PARTS if feature is None or feature in query.features)
        return answer


def _nothing_in(size: Size) -> Dict[str, Any]:
    nothing: Dict[str, Any] = {
        part: {"values": []} for part in ("denseCaptionsResult", "tagsResult", "objectsResult", "peopleResult")
    }
    caption = {"text": "an image that the local service does not know: it knows only its own sample", "confidence": 0.0}
    metadata = {"width": size[0], "height": size[1]}
    return {**nothing, "captionResult": caption, "metadata": metadata, "readResult": {"blocks": []}}
