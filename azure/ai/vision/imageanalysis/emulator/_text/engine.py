"""The recognizer's engine: finds lines of text in pixels and reads them, with rapidocr on onnxruntime."""

import importlib
import logging
from pathlib import Path
from typing import Any, List, NamedTuple, Sequence, Tuple

from PIL import Image

from .._pictures.pixels import Point

Quad = Tuple[Point, Point, Point, Point]
"""The corners of a line, from where its text begins at the top, in reading direction."""

_THREADS = 2
# The detector takes about 350 bytes a pixel. Text is read at full size.
_DETECTION_PIXELS = 2_000_000
# What surrounds the pixels for the detector, which finds less along edges and nothing in strips of few pixels.
_MARGIN = 32
# By how much of 255 a pixel differs from the paper, so that it may belong to text.
_MARKED = 24


class Reading(NamedTuple):
    """What stands in a line, and where along it."""

    text: str
    score: float
    """The mean of the confidences."""
    confidences: Sequence[float]
    """One for each character."""
    middles: Sequence[float]
    """Where each character that is no blank has its middle, from 0, the line's start, to 1, its end."""
    ink: Sequence[bool]
    """Whether there is ink in each of the line's columns of pixels."""
    top: float
    """Where the ink begins, from 0, the outline's upper edge, to 1, its lower edge."""
    bottom: float
    """Where it ends."""


class OcrEngine:
    """Loaded models. An instance is for one thread. It never uses the network."""

    def __init__(self) -> None:
        # rapidocr adds a handler that writes to stderr when it is first imported, unless there is one.
        logger = logging.getLogger("RapidOCR")
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
        self._numpy: Any = importlib.import_module("numpy")
        self._cv2: Any = importlib.import_module("cv2")
        rapidocr: Any = importlib.import_module("rapidocr")
        # With the paths given, nothing is looked for, and so nothing is downloaded.
        models = Path(rapidocr.__file__).with_name("models")
        self._engine: Any = rapidocr.RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Global.return_word_box": True,
                "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Det.model_path": str(_model(models, "det")),
                "Rec.model_path": str(_model(models, "rec")),
                # The pixels have the right size when they come here.
                "Det.limit_type": "max",
                "Det.limit_side_len": 1 << 16,
                # Lines that are padded to one width give other texts.
                "Rec.rec_batch_num": 1,
            }
        )
        # The models are loaded at their first use; this is it.
        blank = self._numpy.full((64, 64, 3), 255, dtype="uint8")
        self._engine(blank)
        self._engine.recognize_txt([blank])

    def pixels(self, image: Image.Image) -> Any:
        """Return the pixels of an RGB image as the engine takes them."""
        return self._numpy.ascontiguousarray(self._numpy.asarray(image)[:, :, ::-1])

    def detect(self, pixels: Any) -> List[Quad]:
        """Return the outlines of what looks like lines of text."""
        cv2 = self._cv2
        height, width = pixels.shape[:2]
        factor = min(1.0, (_DETECTION_PIXELS / (width * height)) ** 0.5)
        small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        edge = self._numpy.concatenate((small[0], small[-1], small[:, 0], small[:, -1]))
        paper = self._numpy.median(edge, axis=0)
        # A few lines on a large empty page are not found: the page's empty rows and columns are left out.
        marked = cv2.absdiff(small, self._numpy.full_like(small, paper)).max(axis=2) > _MARKED
        if not marked.any():
            return []
        left, top, width, height = cv2.boundingRect(marked.astype("uint8"))
        content = small[top : top + height, left : left + width]
        padded = cv2.copyMakeBorder(content, *[_MARGIN] * 4, cv2.BORDER_CONSTANT, value=paper.tolist())
        boxes = self._engine.text_det(padded).boxes
        if boxes is None:
            return []
        left, top = left - _MARGIN, top - _MARGIN
        return [_quad(((float(x) + left) / factor, (float(y) + top) / factor) for x, y in box) for box in boxes]

    def recognize(self, pixels: Any, quads: Sequence[Quad]) -> List[Reading]:
        """Return what stands in each of the outlines."""
        if not quads:
            return []
        cut = [self._cut(pixels, quad) for quad in quads]
        found = self._engine.recognize_txt(cut)
        return [
            _reading(text, score, info, self._ink(line))
            for text, score, info, line in zip(found.txts, found.scores, found.word_results, cut)
        ]

    def _cut(self, pixels: Any, quad: Quad) -> Any:
        """Return what is in the outline, straightened."""
        corners = self._numpy.array(quad, dtype="float32")
        width, height = (max(1, round(side)) for side in size(quad))
        straight = self._numpy.array([(0, 0), (width, 0), (width, height), (0, height)], dtype="float32")
        return self._cv2.warpPerspective(
            pixels,
            self._cv2.getPerspectiveTransform(corners, straight),
            (width, height),
            flags=self._cv2.INTER_CUBIC,
            borderMode=self._cv2.BORDER_REPLICATE,
        )

    def _ink(self, line: Any) -> Any:
        """Return which pixels of a line are ink: darker or lighter than most of it."""
        cv2 = self._cv2
        # The blur takes single pixels of noise away.
        grey = cv2.blur(cv2.cvtColor(line, cv2.COLOR_BGR2GRAY), (3, 3))
        _, light = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        return light == (light.mean() < 0.5)


def size(quad: Quad) -> Tuple[float, float]:
    """Return how long an outline is in reading direction, and how high."""
    return (
        max(_distance(quad[0], quad[1]), _distance(quad[3], quad[2])),
        max(_distance(quad[0], quad[3]), _distance(quad[1], quad[2])),
    )


def _distance(one: Point, other: Point) -> float:
    """Return how far two points are apart."""
    return float(((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5)


def _quad(points: Any) -> Quad:
    """Return four points as an outline."""
    first, second, third, fourth = points
    return first, second, third, fourth


def _model(folder: Path, kind: str) -> Path:
    """Return the one model of its kind that the wheel holds."""
    found = sorted(folder.glob(f"*_{kind}_*.onnx"))
    if not found:
        raise FileNotFoundError(
            f"rapidocr is installed without its model: expected *_{kind}_*.onnx in its folder models"
        )
    return found[0]


def _reading(text: str, score: float, info: Any, ink: Any) -> Reading:
    """Return what the recognizer has read, in our terms."""
    # A column is a step of the recognizer along the line, the line has line_txt_len of them.
    columns = [column for word in info.word_cols for column in word]
    middles = [min((column + 0.5) / info.line_txt_len, 1.0) for column in columns]
    rows = [row for row, some in enumerate(ink.any(axis=1)) if some] or [0, len(ink) - 1]
    return Reading(
        text,
        float(score),
        [float(value) for value in info.confs],
        middles,
        ink.any(axis=0).tolist(),
        rows[0] / len(ink),
        (rows[-1] + 1) / len(ink),
    )
