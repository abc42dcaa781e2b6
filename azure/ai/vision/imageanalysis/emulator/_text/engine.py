"""The OCR engine: finds lines of text in pixels and reads them, with rapidocr on onnxruntime."""

import importlib
import logging
from pathlib import Path
from typing import Any, List, NamedTuple, Sequence, Tuple

from PIL import Image

from .._pictures.pixels import Point

Quad = Tuple[Point, Point, Point, Point]
"""The corners of a line, from the top of its first character, in reading direction."""

# The maximum size for the detector, which takes about 350 bytes per pixel. Text is read at full size.
_DETECTION_PIXELS = 2_000_000
# The margin around the pixels: the detector finds less along edges, and nothing in narrow strips.
_MARGIN = 16
# The least contrast of text to its surroundings, of 255. Blurring leaves little of faint text.
_CONTRAST, _CONTRAST_TO_NOISE, _ENOUGH_CONTRAST = 4, 10, 24
# The empty space that is kept around text. On a large empty page, the detector overlooks a few lines.
_KEPT = 8
# Dot leaders: the least number of dots, their largest size, and their distance in multiples of their size.
_DOTS, _DOT_SIDE, _DOT_PITCH = 5, 16, (1.4, 8)
# The contrast of a dot, of 255; and the number of small marks from which they are noise.
_DOT_CONTRAST, _MARKS_LIMIT = 40, 20_000


class Reading(NamedTuple):
    """The text of a line, and the positions of its characters."""

    text: str
    score: float
    """The mean of the confidences."""
    confidences: Sequence[float]
    """The confidence of each character."""
    middles: Sequence[float]
    """The middle of each character that is not a blank, from 0 (start of the line) to 1 (end)."""
    ink: Sequence[bool]
    """Whether there is ink in each column of pixels."""
    height: int
    """The height of the ink in rows of pixels."""
    top: float
    """The top of the ink, from 0 (upper edge of the outline) to 1 (lower edge)."""
    bottom: float
    """The bottom of the ink."""


class OcrEngine:
    """Detects and recognizes text with loaded models. Not thread-safe. Never uses the network."""

    def __init__(self) -> None:
        # At its first import, rapidocr adds a handler that writes to stderr, unless there is one.
        logger = logging.getLogger("RapidOCR")
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
        self._numpy: Any = importlib.import_module("numpy")
        self._cv2: Any = importlib.import_module("cv2")
        rapidocr: Any = importlib.import_module("rapidocr")
        # With explicit paths, nothing is downloaded.
        models = Path(rapidocr.__file__).with_name("models")
        self._engine: Any = rapidocr.RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Global.return_word_box": True,
                # A second thread doubles the CPU time, and is slower if other programs need the cores.
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Det.model_path": str(_model(models, "det")),
                "Rec.model_path": str(_model(models, "rec")),
                # The pixels already have the right size.
                "Det.limit_type": "max",
                "Det.limit_side_len": 1 << 16,
                # A table has many cells. The time limit ends a picture with too many.
                "Det.max_candidates": 1 << 30,
                # In a batch, lines are padded to one width, which changes their texts.
                "Rec.rec_batch_num": 1,
            }
        )
        # The models are loaded at their first use.
        blank = self._numpy.full((64, 64, 3), 255, dtype="uint8")
        self._engine(blank)
        self._engine.recognize_txt([blank])

    def pixels(self, image: Image.Image) -> Any:
        """Return the pixels of an RGB image in the engine's format, without dot leaders."""
        pixels = self._numpy.ascontiguousarray(self._numpy.asarray(image)[:, :, ::-1])
        self._erase_leaders(pixels)
        return pixels

    def _erase_leaders(self, pixels: Any) -> None:
        """Erase rows of dots, as in a table of contents: text next to them is overlooked or misread."""
        np, cv2 = self._numpy, self._cv2
        paper = self._paper(pixels)
        marked = cv2.absdiff(pixels, np.full_like(pixels, paper)).max(axis=2) > _DOT_CONTRAST
        _, labels, stats, _ = cv2.connectedComponentsWithStats(marked.astype("uint8"))
        left, top, width, height, area = stats.T
        shorter, longer = np.minimum(width, height), np.maximum(width, height)
        solid = (area >= 0.7 * width * height) | (longer <= 3)
        marks = np.flatnonzero((longer <= _DOT_SIDE) & (longer <= 2 * shorter) & solid)
        if len(marks) > _MARKS_LIMIT:
            return
        run: List[int] = []
        for mark in [*marks[np.lexsort((left[marks], (top + height)[marks]))], 0]:  # 0 is the background.
            if run and top[mark] + height[mark] == top[run[-1]] + height[run[-1]] and mark:
                if abs(width[mark] - width[run[-1]]) <= 1 and left[mark] - left[run[-1]] <= _DOT_PITCH[1] * width[mark]:
                    run.append(mark)
                    continue
            if len(run) >= _DOTS:
                first, last = run[0], run[-1]
                side, pitch = height[first], (left[last] - left[first]) / (len(run) - 1)
                columns = slice(max(0, left[first] - 1), left[last] + width[last] + 1)
                around = labels[max(0, top[first] - 4 * side) : top[first] + 2 * side, columns]
                # Dot matrix letters have dots above or below.
                if pitch >= _DOT_PITCH[0] * side and np.isin(around, [0, *run]).all():
                    pixels[max(0, top[first] - 1) : top[first] + side + 1, columns] = paper
            run = [mark]

    def detect(self, pixels: Any) -> List[Quad]:
        """Return the outlines of lines of text."""
        np, cv2 = self._numpy, self._cv2
        height, width = pixels.shape[:2]
        factor = min(1.0, (_DETECTION_PIXELS / (width * height)) ** 0.5)
        small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        contrast = cv2.absdiff(cv2.blur(small, (5, 5)), cv2.blur(small, (65, 65))).max(axis=2)
        noise = np.quantile(contrast[::4, ::4], 0.25)
        marked = contrast > min(max(_CONTRAST, _CONTRAST_TO_NOISE * noise), _ENOUGH_CONTRAST)
        rows, columns = (self._near(marked.any(axis=axis)) for axis in (1, 0))
        if rows.size == 0:
            return []
        # The detector would stretch the sides to multiples of 32.
        below, behind = (_MARGIN + -len(kept) % 32 for kept in (rows, columns))
        paper = self._paper(small).tolist()
        padded = cv2.copyMakeBorder(
            small[np.ix_(rows, columns)], _MARGIN, below, _MARGIN, behind, cv2.BORDER_CONSTANT, value=paper
        )
        boxes = self._engine.text_det(padded).boxes
        if boxes is None:
            return []
        margin = np.arange(1, _MARGIN + 32)
        ys, xs = (
            np.concatenate((kept[0] - margin[:_MARGIN][::-1], kept, kept[-1] + margin)) for kept in (rows, columns)
        )
        return [_quad((float(xs[int(x)]) / factor, float(ys[int(y)]) / factor) for x, y in box) for box in boxes]

    def _paper(self, pixels: Any) -> Any:
        """Return the median color along the edges."""
        edges = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
        return self._numpy.median(self._numpy.concatenate(edges), axis=0)

    def _near(self, marked: Any) -> Any:
        """Return the indexes of marked rows or columns, and of those near them."""
        reach = self._numpy.ones((1, 2 * _KEPT + 1), dtype="uint8")
        return self._numpy.flatnonzero(self._cv2.dilate(marked.astype("uint8")[None], reach))

    def recognize(self, pixels: Any, quad: Quad) -> Reading:
        """Read the text in an outline."""
        line = self._cut(pixels, quad)
        found = self._engine.recognize_txt([line])
        return _reading(found.txts[0], found.scores[0], found.word_results[0], self._ink(line))

    def _cut(self, pixels: Any, quad: Quad) -> Any:
        """Return the pixels in an outline, straightened."""
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
        """Return a mask of the ink in a line: the pixels that are darker or lighter than most."""
        cv2 = self._cv2
        # Blurring removes single pixels of noise.
        gray = cv2.blur(cv2.cvtColor(line, cv2.COLOR_BGR2GRAY), (3, 3))
        _, light = cv2.threshold(gray, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        return light == (light.mean() < 0.5)


def size(quad: Quad) -> Tuple[float, float]:
    """Return the length of an outline in reading direction, and the height."""
    return (
        max(_distance(quad[0], quad[1]), _distance(quad[3], quad[2])),
        max(_distance(quad[0], quad[3]), _distance(quad[1], quad[2])),
    )


def _distance(one: Point, other: Point) -> float:
    """Return the distance between two points."""
    return float(((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5)


def _quad(points: Any) -> Quad:
    """Return an outline of four points."""
    first, second, third, fourth = points
    return first, second, third, fourth


def _model(folder: Path, kind: str) -> Path:
    """Return the path of the only model of its kind in the wheel."""
    found = sorted(folder.glob(f"*_{kind}_*.onnx"))
    if not found:
        raise FileNotFoundError(
            f"rapidocr is installed without its model: expected *_{kind}_*.onnx in its folder models"
        )
    return found[0]


def _reading(text: str, score: float, info: Any, ink: Any) -> Reading:
    """Convert the recognizer's output."""
    # A column is a step of the recognizer along the line, which has line_txt_len steps.
    columns = [column for word in info.word_cols for column in word]
    middles = [min((column + 0.5) / info.line_txt_len, 1.0) for column in columns]
    rows = [row for row, some in enumerate(ink.any(axis=1)) if some] or [0, len(ink) - 1]
    top, bottom = rows[0], rows[-1] + 1
    confidences = [float(value) for value in info.confs]
    columns_of_ink = ink.any(axis=0).tolist()
    return Reading(
        text, float(score), confidences, middles, columns_of_ink, bottom - top, top / len(ink), bottom / len(ink)
    )
