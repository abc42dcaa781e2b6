"""Measures text recognition: characters wrong, overlap of word boxes, CPU time and memory.

Run ``python tests/benchmarks/bench_ocr.py [--markdown FILE]`` for the whole table; under pytest one page is read. It
draws its pages with the fonts of Debian's packages fonts-liberation and fonts-noto-cjk, and leaves out the rows whose
fonts are missing. If ``tesseract`` is installed (Debian: tesseract-ocr and its languages deu, fra, spa, chi-sim, jpn),
it reads the same pages.
"""

import argparse
import datetime
import difflib
import importlib
import multiprocessing
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import pytest
from PIL import ImageFont

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helpers"))

from printed_pages import (  # noqa: E402  # The tests draw the same pages.
    Page,
    as_jpeg,
    bundled_font,
    lines_of,
    noisy,
    printed,
    texts_of,
    turned,
    words_of,
    wrong_share,
)

FONTS = Path("/usr/share/fonts")
SANS, SERIF, MONO = (f"truetype/liberation/Liberation{kind}-Regular.ttf" for kind in ("Sans", "Serif", "Mono"))
CJK = "opentype/noto/NotoSansCJK-Regular.ttc"
# The faces of that file that we use.
JAPANESE_FACE, CHINESE_FACE = 0, 2

ENGLISH = """\
The harbour was quiet when the first boats came in, and nobody
had yet opened the doors of the market hall. Twelve crates of fish,
iced and numbered, stood in a row beside the scales; a boy of ten
counted them twice, wrote 12 on a slate and waited. "Is it true,"
he asked, "that the big ship sails on Friday at 6:45?" His uncle
laughed. The fare was 38.20, meals not included, and the company
wanted to be paid in advance. Still, who could say no to the sea?
They packed bread, cheese, two apples and a map of the islands.
By noon the wind had turned to the west. Gulls circled high above
the lighthouse (built in 1874), and the water was grey as slate."""
GERMAN = """\
Über den Dächern von Köln hängt früher Nebel, und die Straßen
sind noch leer. Der Bäcker öffnet um 6:30 Uhr; er grüßt höflich
und verkauft zwölf Brötchen für 4,80 Euro. „Schönes Wetter heute“,
sagt er, obwohl es regnet. Ein Mädchen lacht über die Pfützen."""
FRENCH = """\
L'été dernier, nous avons loué une maison près de la forêt. Le
garçon du café nous apportait chaque matin des œufs, du pain et
de la crème fraîche. « Où allez-vous aujourd'hui ? » demandait-il.
Ça dépendait du temps : à Noël, c'était déjà complet à l'hôtel."""
SPANISH = """\
El año pasado viajé a Málaga con mi señora y los niños. ¿Cuánto
cuesta el billete? Preguntó ella; ¡treinta y ocho euros! El avión
salió a las 7:15 y llegó mañana según el reloj del pingüino. Allí
comimos jamón, piñones y un corazón de melón, según la tradición."""
CHINESE = """\
清晨的港口很安静，第一批渔船刚刚回来。
市场的大门还没有打开，十二箱鱼整齐地放在秤旁边。
一个十岁的男孩数了两遍，在石板上写下数字。
他问叔叔：“大船真的在星期五出发吗？”
中午风向变了，海水像石头一样灰。"""
JAPANESE = """\
朝の港は静かで、最初の船が帰ってきたところです。
市場の扉はまだ開いていませんでした。
十歳の少年は箱を二回数えて、石板に数字を書きました。
「大きな船は金曜日に出発しますか」と彼は尋ねました。
昼になると風向きが変わり、カモメが灯台の上を飛んでいました。"""


class Case(NamedTuple):
    """A row of the table."""

    name: str
    draw: Callable[[], Page]
    font: str = SERIF
    language: str = "eng"

    @property
    def ideographs(self) -> bool:
        return self.language in ("chi_sim", "jpn")


class Figures(NamedTuple):
    """The measurements of a page."""

    lines: int
    wrong: float
    overlap: float
    seconds: float


def page(
    text: str, font: str = SERIF, size: int = 24, *, face: int = 0, ideographs: bool = False, **kwargs: Any
) -> Page:
    return printed(
        text.splitlines(), ImageFont.truetype(str(FONTS / font), size, index=face), ideographs=ideographs, **kwargs
    )


def cases() -> Iterator[Case]:
    """Yield the rows of printed pages."""
    for name, font in (("sans", SANS), ("serif", SERIF), ("mono", MONO)):
        for size in (14, 18, 24, 32, 40):
            yield Case(f"{name}, {size} px", lambda font=font, size=size: page(ENGLISH, font, size), font)  # type: ignore[misc]
    yield Case("light on dark", lambda: page(ENGLISH, ink="white", paper="#203040"))
    yield Case("JPEG, quality 40", lambda: as_jpeg(page(ENGLISH), 40))
    yield Case("noise", lambda: noisy(page(ENGLISH)))
    for degrees in (2, 5, 90, 180):
        yield Case(f"turned by {degrees}°", lambda degrees=degrees: turned(page(ENGLISH), degrees))  # type: ignore[misc]
    for name, text, language in (("German", GERMAN, "deu"), ("French", FRENCH, "fra"), ("Spanish", SPANISH, "spa")):
        yield Case(name, lambda text=text: page(text), language=language)  # type: ignore[misc]
    for name, text, language, face in (
        ("Chinese", CHINESE, "chi_sim", CHINESE_FACE),
        ("Japanese", JAPANESE, "jpn", JAPANESE_FACE),
    ):
        yield Case(
            name,
            lambda text=text, face=face: page(text, CJK, 28, face=face, ideographs=True),  # type: ignore[misc]
            CJK,
            language,
        )


def measure(recognizer: Any, drawn: Page, ideographs: bool = False) -> Figures:
    """Read a page and compare it with what was drawn."""
    begin = time.process_time()
    result = recognizer.read(drawn.image)
    seconds = time.process_time() - begin
    wrong = wrong_share(drawn.lines, texts_of(result), ideographs)
    return Figures(len(lines_of(result)), wrong, mean_overlap(drawn, words_of(result)), seconds)


def mean_overlap(drawn: Page, words: Sequence[Any]) -> float:
    """Return by how much the outlines of recognized words overlap with the true ones: common area over area of both.

    A word that was not recognized as it is written does not count.
    """
    # It is there wherever rapidocr is.
    polygon: Any = importlib.import_module("shapely.geometry").Polygon
    matcher = difflib.SequenceMatcher(
        None, [text for text, _ in drawn.words], [word["text"] for word in words], autojunk=False
    )
    shares = []
    for first, second, count in matcher.get_matching_blocks():
        for index in range(count):
            truth = polygon(drawn.words[first + index][1])
            found = polygon([(point["x"], point["y"]) for point in words[second + index]["boundingPolygon"]])
            shares.append(truth.intersection(found).area / truth.union(found).area)
    return sum(shares) / len(shares) if shares else 0.0


def peer(drawn: Page, language: str, ideographs: bool) -> Optional[Tuple[float, float]]:
    """Return the share of wrong characters and the CPU time of tesseract, if it is installed with the language."""
    if not shutil.which("tesseract"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.png")
        drawn.image.save(path)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            # Mode 1 looks how the page is turned, too.
            ["tesseract", str(path), "-", "-l", language, "--psm", "1"],
            capture_output=True,
            check=False,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        return None
    text = done.stdout.decode().splitlines()
    return wrong_share(
        drawn.lines, text, ideographs
    ), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def accuracy(recognizer: Any) -> List[List[str]]:
    """Return the table of printed pages."""
    table = [["page", "wrong", "overlap of words", "CPU", "tesseract: wrong", "CPU"]]
    for case in cases():
        if not (FONTS / case.font).exists():
            print(f"left out, as its font is missing: {case.name}", file=sys.stderr)
            continue
        drawn = case.draw()
        ours, theirs = measure(recognizer, drawn, case.ideographs), peer(drawn, case.language, case.ideographs)
        row = [case.name, f"{ours.wrong:.2%}", f"{ours.overlap:.2f}", f"{ours.seconds:.2f} s"]
        table.append([*row, f"{theirs[0]:.2%}", f"{theirs[1]:.2f} s"] if theirs else [*row, "", ""])
        print(*table[-1], sep="  ", file=sys.stderr)
    return table


def cost_of(lines: int) -> Tuple[Figures, float]:
    """Return the cost of a page with a number of lines, and the peak memory of the process in MB."""
    from azure.ai.vision.imageanalysis.emulator._text.recognizer import TextRecognizer

    text = [ENGLISH.splitlines()[row % 10] for row in range(lines)]
    figures = measure(TextRecognizer(), printed(text, bundled_font(24)))
    return figures, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cost() -> List[List[str]]:
    """Return the table of cost by number of lines; each page is read in a process of its own."""
    table = [["lines", "wrong", "CPU", "CPU a line", "memory at most"]]
    for lines in (1, 5, 20, 50, 100):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            figures, memory = pool.apply(cost_of, (lines,))
        seconds = figures.seconds
        table.append(
            [str(lines), f"{figures.wrong:.2%}", f"{seconds:.1f} s", f"{seconds / lines:.2f} s", f"{memory:.0f} MB"]
        )
        print(*table[-1], sep="  ", file=sys.stderr)
    return table


def as_markdown(table: Sequence[Sequence[str]]) -> str:
    rows = [table[0], ["---", *["---:"] * (len(table[0]) - 1)], *table[1:]]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def versions() -> Dict[str, str]:
    metadata: Any = importlib.import_module("importlib.metadata")
    return {name: metadata.version(name) for name in ("rapidocr", "onnxruntime")}


def test_page_is_recognized() -> None:
    """Check that the measurement works, on a page that does not need Debian's fonts."""
    pytest.importorskip("rapidocr")
    pytest.importorskip("onnxruntime")
    from azure.ai.vision.imageanalysis.emulator._text.recognizer import TextRecognizer

    figures = measure(TextRecognizer(), printed(ENGLISH.splitlines()[:3], bundled_font(24)))
    assert figures.lines == 3
    assert figures.wrong < 0.02
    assert figures.overlap > 0.7
    assert figures.seconds > 0


def main() -> None:
    from azure.ai.vision.imageanalysis.emulator._text.recognizer import TextRecognizer

    parser = argparse.ArgumentParser(description="Measure text recognition.")
    parser.add_argument("--markdown", type=Path, help="write the tables into this file")
    options = parser.parse_args()
    begin = time.perf_counter()
    recognizer = TextRecognizer()
    loading = time.perf_counter() - begin
    used = ", ".join(f"{name} {version}" for name, version in versions().items())
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    text = (
        f"{as_markdown(accuracy(recognizer))}\n"
        "Characters wrong, missing or too many as a share of the true ones; overlap of the outlines of words with the\n"
        "true ones (common area over the area of both); CPU time over all threads. Pages have 4 to 10 lines of 50 to\n"
        "65 characters (Chinese and Japanese: 5 of 15 to 28), of 24 px (28 px) where no size is given.\n\n"
        f"{as_markdown(cost())}\n"
        f"Memory is that of the whole process. Loading takes {loading:.1f} s.\n\n"
        f"{used}; {machine}; {datetime.date.today().isoformat()}.\n"
    )
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
