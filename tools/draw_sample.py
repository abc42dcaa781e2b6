"""Draws the sample picture and writes the result that the emulator returns for it.

``python tools/draw_sample.py`` draws ``sample.jpg`` with Pillow, for the emulator and for the samples, and writes the
emulator's ``sample_result.json``. Every box, polygon and word in the result is measured from the drawing; the texts of
the captions and all confidences are chosen here.
"""

import functools
import json
import math
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

from PIL import Image
from scene import HEIGHT, WIDTH, Box, Color, Point, Scene, curve, ellipse, moved, points, rounded, stroke

ROOT = Path(__file__).resolve().parents[1]
EMULATOR = ROOT / "azure" / "ai" / "vision" / "imageanalysis" / "emulator"
SAMPLE_FILES = (EMULATOR / "sample.jpg", ROOT / "samples" / "sample.jpg")
RESULT_FILE = EMULATOR / "sample_result.json"

# Each line of the sign, with the confidence of each of its words.
SIGN_LINES = (
    ("Quiet reading room", (0.993, 0.989, 0.996)),
    ("Open daily 9 to 18", (0.995, 0.991, 0.985, 0.998, 0.988)),
    ("Tea is on the house", (0.994, 0.997, 0.992, 0.998, 0.996)),
)
SIGN_TEXT_HEIGHT = 23

SHADOW: Color = (62, 48, 44)
LIGHT: Color = (255, 248, 226)


def draw_room(scene: Scene) -> None:
    """Paint the wall, the floor and the light that falls on them."""
    with scene.thing("wall"):
        scene.paint([(0, 0), (WIDTH, 0), (WIDTH, 490), (0, 490)], (214, 222, 210), (188, 201, 188))
    scene.paint([(0, 488), (WIDTH, 488), (WIDTH, HEIGHT), (0, HEIGHT)], (150, 114, 86), (110, 80, 60))
    scene.paint([(0, 474), (WIDTH, 474), (WIDTH, 490), (0, 490)], (240, 238, 230), (214, 211, 202))
    scene.glow([(330, -20), (560, -20), (380, 440), (90, 440)], LIGHT, 0.35, 22)
    scene.glow([(-40, -40), (60, -40), (40, 620), (-40, 620)], SHADOW, 0.22, 40)
    scene.glow([(-40, -40), (900, -40), (900, 10), (-40, 10)], SHADOW, 0.12, 30)


def draw_window(scene: Scene) -> None:
    """Paint the window on the right with the sky, the hills and the trees outside."""
    left, top, right, bottom = 596, 44, 826, 334
    scene.glow(rounded(left - 2, top + 8, right + 12, bottom + 20, 6), SHADOW, 0.3, 9)
    with scene.thing("window"):
        scene.paint(rounded(left, top, right, bottom, 5), (252, 251, 246), (229, 227, 219))
        scene.paint(
            [(left - 12, bottom), (right + 12, bottom), (right + 12, bottom + 13), (left - 12, bottom + 13)],
            (253, 252, 248),
            (212, 208, 198),
        )
    glass = [(left + 13, top + 13), (right - 13, top + 13), (right - 13, bottom - 12), (left + 13, bottom - 12)]
    scene.paint(glass, (150, 199, 232), (233, 243, 244))
    for x, y, rx, ry in ((664, 108, 34, 13), (690, 98, 26, 15), (716, 110, 30, 11), (770, 150, 26, 9)):
        scene.glow(ellipse(x, y, rx, ry), (255, 255, 255), 0.85, 4, glass)
    scene.glow(
        curve([(580, 262), (640, 226), (720, 246), (790, 214), (860, 250), (860, 360), (580, 360)]),
        (148, 182, 170),
        1.0,
        1.5,
        glass,
    )
    scene.glow(
        curve([(580, 296), (660, 268), (740, 288), (860, 262), (860, 380), (580, 380)]),
        (126, 164, 104),
        1.0,
        1.2,
        glass,
    )
    for x, y, size in ((622, 262, 22), (640, 274, 17), (802, 246, 20), (652, 288, 14)):
        scene.glow(ellipse(x, y, size, size * 1.1), (82, 126, 84), 0.95, 2, glass)
        scene.glow(ellipse(x - size * 0.3, y - size * 0.4, size * 0.4, size * 0.4), (134, 174, 112), 0.8, 4, glass)
    scene.glow([(620, 40), (668, 40), (590, 340), (542, 340)], (255, 255, 255), 0.22, 3, glass)
    with scene.thing("window"):
        scene.paint(
            [(707, top + 12), (717, top + 12), (717, bottom - 11), (707, bottom - 11)],
            (248, 247, 241),
            (222, 219, 210),
            sideways=True,
        )
        scene.paint(
            [(left + 12, 176), (right - 12, 176), (right - 12, 185), (left + 12, 185)], (248, 247, 241), (222, 219, 210)
        )


def draw_sign(scene: Scene) -> List[List[Tuple[str, Box]]]:
    """Paint the sign on the wall and return the words of each of its lines."""
    left, top, right, bottom = 44, 58, 296, 196
    scene.glow(rounded(left + 4, top + 8, right + 8, bottom + 12, 8), SHADOW, 0.42, 6)
    for x in (left + 40, right - 40):
        scene.paint(stroke([(170, 26), (x, top + 4)], 1.8), (96, 78, 62))
    scene.paint(ellipse(170, 26, 4, 4), (120, 112, 104), (74, 68, 62))
    with scene.thing("sign"):
        scene.paint(rounded(left, top, right, bottom, 8), (158, 108, 68), (118, 76, 46))
        scene.paint(rounded(left + 9, top + 9, right - 9, bottom - 9, 3), (252, 247, 232), (240, 231, 208))
    board = rounded(left + 9, top + 9, right - 9, bottom - 9, 3)
    scene.glow([(left, top), (right, top), (right, top + 12), (left, top + 12)], SHADOW, 0.35, 3, board)
    lines = []
    for number, (text, _) in enumerate(SIGN_LINES):
        lines.append(scene.write(text, left + 23, top + 21 + number * 35, SIGN_TEXT_HEIGHT, (44, 52, 60)))
    return lines


def draw_chair(scene: Scene) -> None:
    """Paint the back of the chair, behind the person."""
    back = [
        (334, 436),
        *curve([(350, 262), (358, 243), (376, 236), (456, 231), (536, 236), (554, 243), (562, 262)], closed=False),
        (578, 436),
    ]
    scene.glow(moved(back, -16, 8), SHADOW, 0.26, 10)
    with scene.thing("chair"):
        scene.paint(back, (58, 118, 122), (34, 82, 88))
    scene.glow(moved(back, 7, 9), (104, 162, 162), 0.35, 6, back)
    scene.glow(curve([(376, 272), (456, 252), (536, 272), (540, 470), (372, 470)]), (26, 66, 72), 0.4, 9, back)


def draw_person(scene: Scene) -> None:
    """Paint the person down to the table: hair, body and face."""
    skin, skin_dark = (240, 196, 164), (222, 168, 136)
    hair, hair_dark = (104, 62, 40), (62, 36, 26)
    hair_back = curve(
        points("456,92 508,112 528,170 524,236 532,290 500,306 456,296 412,306 380,290 388,236 384,170 404,112")
    )
    torso = curve(
        points("432,268 480,268 528,286 556,318 572,380 580,450 560,476 350,476 334,450 342,380 356,318 384,286")
    )
    neck = curve([(432, 226), (480, 226), (480, 262), (490, 280), (456, 302), (422, 280), (432, 262)])
    face = curve(points("456,116 492,126 506,160 503,200 488,232 456,250 424,232 409,200 406,160 420,126"))
    with scene.thing("person"):
        scene.paint(hair_back, hair, hair_dark)
        scene.glow(curve([(420, 200), (492, 200), (510, 300), (402, 300)]), (40, 22, 18), 0.5, 8, hair_back)
        scene.paint(torso, (214, 104, 84), (172, 70, 62))
        scene.paint(neck, skin_dark, skin)
    scene.glow(ellipse(456, 240, 38, 24), (150, 88, 68), 0.5, 7, neck)
    with scene.thing("person"):
        collar = stroke([(420, 272), (434, 294), (456, 303), (478, 294), (492, 272)], 9)
        scene.paint(collar, (226, 124, 100), (196, 90, 76))
    # Folds and the sides of the sweater.
    scene.glow(curve([(330, 330), (352, 330), (362, 480), (320, 480)]), (110, 36, 40), 0.4, 9, torso)
    scene.glow(curve([(394, 356), (404, 352), (398, 470), (384, 470)]), (110, 36, 40), 0.55, 6, torso)
    scene.glow(curve([(508, 352), (518, 356), (528, 470), (514, 470)]), (110, 36, 40), 0.55, 6, torso)
    scene.glow(curve([(440, 310), (500, 312), (496, 340), (450, 344)]), (244, 150, 122), 0.35, 10, torso)

    with scene.thing("person"):
        for x in (405, 507):
            scene.paint(ellipse(x, 188, 8, 14), skin, skin_dark)
        scene.paint(face, (247, 208, 178), (233, 184, 150))
    scene.glow(curve([(404, 120), (424, 130), (420, 240), (400, 240)]), (196, 124, 92), 0.45, 8, face)
    scene.glow(ellipse(488, 176, 14, 34), (255, 232, 208), 0.55, 9, face)
    for x in (428, 486):
        scene.glow(ellipse(x, 206, 12, 8), (236, 122, 104), 0.5, 5, face)
    draw_face(scene)
    fringe = curve(
        points("456,92 500,108 517,150 513,192 506,176 497,152 474,134 446,146 420,154 409,178 402,194 396,150 412,108")
    )
    scene.glow(moved(fringe, 0, 6), (150, 90, 62), 0.5, 5, face)
    with scene.thing("person"):
        scene.paint(fringe, (122, 74, 46), (84, 50, 34))
    scene.glow(stroke([(424, 122), (456, 104), (490, 118)], 12, 7), (186, 124, 80), 0.65, 5, fringe)
    for strand in ([(392, 170), (396, 230), (388, 284)], [(520, 168), (516, 230), (524, 284)]):
        scene.glow(stroke(strand, 6, 3), (160, 102, 66), 0.5, 3, hair_back)


def draw_face(scene: Scene) -> None:
    """Paint brows, eyes, nose and a smile."""
    for x, turn in ((435, 1), (477, -1)):
        scene.paint(stroke([(x - 11, 164 + turn), (x, 160), (x + 11, 164 - turn)], 3.4, 3), (88, 54, 38))
        scene.paint(curve([(x - 10, 179), (x, 173.5), (x + 10, 179), (x, 184)]), (255, 255, 255), (236, 238, 240))
        scene.paint(ellipse(x - 1, 179, 4.8, 5), (92, 62, 40), (64, 40, 28))
        scene.paint(ellipse(x - 1, 179, 2.3, 2.4), (22, 16, 14))
        scene.paint(ellipse(x + 0.8, 177.2, 1.3, 1.3), (255, 255, 255))
        scene.paint(
            stroke([(x - 11, 179), (x - 6, 174.4), (x, 172.6), (x + 6, 174.4), (x + 11, 179)], 2.2), (60, 36, 28)
        )
    scene.glow(curve([(457, 176), (462, 198), (463, 206), (455, 206)]), (198, 128, 98), 0.55, 2.5)
    scene.glow(ellipse(453, 196, 3, 9), (255, 236, 214), 0.6, 2.5)
    scene.paint(stroke([(449, 207), (455, 210), (462, 207)], 1.8), (190, 122, 96))
    scene.paint(
        curve([(438, 219), (447, 219), (456, 221), (465, 219), (474, 219), (466, 229), (456, 232), (446, 229)]),
        (196, 82, 82),
        (214, 104, 100),
    )
    scene.paint(curve([(441, 220.5), (456, 222.5), (471, 220.5), (464, 225), (456, 226), (448, 225)]), (255, 252, 248))


def draw_table(scene: Scene) -> None:
    """Paint the table top, its edge and its legs."""
    scene.glow([(60, 560), (800, 560), (830, 600), (30, 600)], (30, 20, 16), 0.55, 9)
    with scene.thing("table"):
        for x in (84, 748):
            scene.paint(
                [(x, 540), (x + 34, 540), (x + 30, HEIGHT), (x + 4, HEIGHT)], (132, 84, 50), (92, 56, 34), sideways=True
            )
        scene.paint([(112, 556), (752, 556), (752, 568), (112, 568)], (112, 70, 42), (86, 52, 32))
        top = [(104, 432), (760, 432), (836, 540), (28, 540)]
        scene.paint(top, (206, 150, 100), (182, 122, 76))
        scene.paint([(28, 540), (836, 540), (832, 557), (32, 557)], (156, 100, 60), (120, 74, 44))
    for number in range(1, 6):
        share = number / 6
        scene.glow(stroke([(104 + 656 * share, 432), (28 + 808 * share, 540)], 1.2, 2), (122, 74, 42), 0.6, 0.6, top)
    grains = points("446,140 462,430 486,80 508,500 524,210 474,690 530,640")
    for number, (y, start) in enumerate(grains):
        length = (180, 230, 260, 220, 240, 80, 120)[number]
        bend = 3 if number % 2 else -3
        grain = [(start, y), (start + length / 2, y + bend), (start + length, y)]
        scene.glow(stroke(grain, 1.4, 0.8), (134, 84, 48), 0.5, 0.8, top)
    scene.glow([(560, 432), (700, 432), (560, 540), (380, 540)], LIGHT, 0.3, 16, top)
    scene.glow([(28, 538), (836, 538), (836, 541), (28, 541)], (236, 190, 140), 0.8, 0.8)
    scene.glow(ellipse(456, 436, 140, 22), SHADOW, 0.5, 12, top)


def draw_laptop_base(scene: Scene) -> None:
    """Paint the base of the laptop on the table, with the visible keys."""
    base = [(318, 500), (494, 516), (566, 466), (404, 452)]
    scene.glow(moved(base, -4, 9), SHADOW, 0.6, 7)
    with scene.thing("laptop"):
        scene.paint(moved(base, 0, 5), (132, 136, 144), (104, 108, 116))
        scene.paint(base, (216, 219, 224), (188, 192, 198))
    for row in range(5):
        for column in range(10):
            # Each key is a small quadrangle on the plane of the base.
            u, v = 0.07 + column * 0.088, 0.12 + row * 0.13
            corners = ((u, v), (u + 0.074, v), (u + 0.074, v + 0.1), (u, v + 0.1))
            scene.paint([on_plane(base, *corner) for corner in corners], (70, 74, 82), (56, 60, 66))


def on_plane(corners: Sequence[Point], u: float, v: float) -> Point:
    """Return the point of a quadrangle that is u along its first side and v towards the opposite one."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    near_x, near_y = ax + (bx - ax) * u, ay + (by - ay) * u
    far_x, far_y = dx + (cx - dx) * u, dy + (cy - dy) * u
    return near_x + (far_x - near_x) * v, near_y + (far_y - near_y) * v


def draw_arm(scene: Scene) -> None:
    """Paint the visible part of the arm, and the hand on the keyboard."""
    skin, skin_dark = (244, 202, 172), (220, 164, 132)
    arm = stroke([(518, 306), (551, 374), (567, 436), (557, 466), (530, 477)], 42, 28)
    upper, lower = [(500, 300), (620, 300), (620, 432), (500, 432)], [(500, 432), (620, 432), (620, 500), (500, 500)]
    scene.glow(moved(arm, -4, 12), SHADOW, 0.5, 7, lower)
    with scene.thing("person"):
        scene.paint(arm, (207, 98, 80), (176, 74, 66))
        scene.paint(stroke([(540, 476), (524, 478), (508, 480)], 25, 22), skin, skin_dark)
        for dx, dy in ((0, -7), (-5, 0), (-5, 7), (1, 13)):
            scene.paint(
                stroke([(514 + dx, 476 + dy), (500 + dx, 475 + dy), (490 + dx, 480 + dy)], 8.5, 7), skin, skin_dark
            )
    for gap in ([(507, 472.5), (495, 471.5)], [(505, 479.5), (493, 478.5)], [(507, 486), (495, 485)]):
        scene.glow(stroke(gap, 1.2), (176, 112, 84), 0.8, 0.7)
    scene.glow(stroke([(566, 372), (580, 424), (576, 456), (560, 468)], 9, 6), (250, 168, 136), 0.55, 5, arm)
    scene.glow(stroke([(520, 340), (535, 384), (546, 432)], 9), (124, 44, 44), 0.45, 5, upper)
    for fold in ([(550, 432), (562, 438), (572, 436)], [(546, 446), (558, 450), (568, 458)]):
        scene.glow(stroke(fold, 2.5), (124, 44, 44), 0.5, 2, arm)


def draw_laptop_lid(scene: Scene) -> None:
    """Paint the open lid, seen from behind."""
    lid = [(318, 500), (494, 516), (470, 390), (286, 378)]
    outline = [point for index in range(4) for point in corner(lid, index, 0.07)]
    scene.glow([(318, 502), (494, 518), (484, 532), (300, 514)], SHADOW, 0.5, 5)
    with scene.thing("laptop"):
        scene.paint(moved(outline, 2.5, -1.5), (120, 124, 132), (96, 100, 108))
        scene.paint(outline, (222, 225, 230), (170, 175, 184))
    scene.glow([(330, 370), (400, 370), (350, 520), (270, 520)], (255, 255, 255), 0.5, 14, outline)
    scene.glow([(440, 380), (500, 380), (510, 520), (470, 520)], (120, 126, 138), 0.4, 14, outline)
    middle_x, middle_y = on_plane(lid, 0.5, 0.52)
    scene.paint(ellipse(middle_x, middle_y, 13, 13), (240, 242, 245), (206, 210, 216))
    scene.paint(ellipse(middle_x, middle_y, 7, 7), (188, 193, 201), (164, 170, 180))
    scene.paint(stroke([(322, 501), (408, 509), (490, 516)], 4), (108, 112, 120), (84, 88, 96))


def corner(corners: Sequence[Point], index: int, share: float) -> List[Point]:
    """Return the rounded corner of a quadrangle: a small curve from one of its sides to the next."""
    (ax, ay), (bx, by), (cx, cy) = corners[index - 1], corners[index], corners[(index + 1) % 4]
    before, after = (bx + (ax - bx) * share, by + (ay - by) * share), (bx + (cx - bx) * share, by + (cy - by) * share)
    middle = ((before[0] + after[0] + 2 * bx) / 4, (before[1] + after[1] + 2 * by) / 4)
    return curve([before, middle, after], closed=False)


def draw_cup(scene: Scene) -> None:
    """Paint a cup of tea on the left of the table."""
    scene.glow(ellipse(186, 504, 44, 11), SHADOW, 0.55, 6)
    with scene.thing("cup"):
        scene.paint(ellipse(196, 502, 45, 11), (246, 246, 244), (208, 210, 212))
        scene.paint(ellipse(196, 500, 37, 8), (224, 226, 228), (244, 244, 244))
        scene.paint(stroke([(222, 462), (244, 464), (242, 482), (218, 488)], 7, 6), (232, 234, 238), (202, 206, 212))
        body = curve([(166, 452), (196, 460), (226, 452), (224, 474), (214, 496), (196, 501), (178, 496), (168, 474)])
        scene.paint(body, (250, 250, 250), (214, 218, 224))
        scene.paint(ellipse(196, 452, 30, 8.5), (255, 255, 255), (224, 227, 231))
    scene.paint(ellipse(196, 453, 25, 6), (150, 84, 40), (184, 112, 56))
    scene.glow(curve([(160, 440), (178, 440), (182, 505), (160, 505)]), (120, 130, 146), 0.5, 6, body)
    scene.paint(stroke([(168, 471), (196, 479), (224, 471)], 4), (78, 138, 142))
    for x, top in ((188, 384), (206, 398)):
        steam = [(x, 444), (x - 5, 432), (x + 4, 416), (x - 3, 402), (x + 3, top)]
        scene.glow(stroke(steam, 3, 7), (255, 255, 255), 0.55, 2.5)


def leaf(x: float, y: float, angle: float, length: float, width: float) -> Tuple[List[Point], List[Point]]:
    """Return the outline and the midrib of a leaf that grows from (x, y)."""
    radians = math.radians(angle)
    forward, side = (math.cos(radians), -math.sin(radians)), (math.sin(radians), math.cos(radians))
    shape = ((0, 0), (0.22, 0.36), (0.5, 0.5), (0.8, 0.26), (1, 0), (0.8, -0.26), (0.5, -0.5), (0.22, -0.36))
    outline = [
        (x + forward[0] * length * a + side[0] * width * b, y + forward[1] * length * a + side[1] * width * b)
        for a, b in shape
    ]
    return curve(outline), [(x, y), (x + forward[0] * length * 0.93, y + forward[1] * length * 0.93)]


def draw_plant(scene: Scene) -> None:
    """Paint the plant in its pot on the right of the table."""
    scene.glow(ellipse(688, 506, 62, 13), SHADOW, 0.6, 8)
    # Each leaf: its foot on the stem, its direction, length and width, and its shade.
    leaves = (
        ((690, 330), 152, 96, 44, 0),
        ((716, 330), 26, 98, 44, 0),
        ((704, 300), 104, 104, 46, 0),
        ((698, 344), 186, 92, 42, 1),
        ((710, 344), -8, 94, 42, 1),
        ((702, 312), 128, 104, 46, 1),
        ((706, 312), 56, 108, 48, 1),
        ((700, 362), 206, 78, 38, 2),
        ((710, 362), -30, 78, 38, 2),
        ((704, 330), 82, 92, 44, 2),
        ((702, 372), 166, 66, 34, 2),
        ((708, 374), 12, 66, 34, 2),
    )
    shades = (((52, 104, 70), (32, 74, 52)), ((72, 136, 84), (44, 96, 62)), ((108, 170, 98), (62, 122, 72)))
    with scene.thing("plant"):
        for (x, y), *_ in leaves:
            scene.paint(stroke([(704, 428), (704, 390), (x, y)], 5, 3), (84, 128, 70), (60, 98, 56))
        for (x, y), angle, length, width, shade in leaves:
            outline, middle = leaf(x, y, angle, length, width)
            scene.glow(moved(outline, -3, 6), (20, 40, 30), 0.28, 5)
            scene.paint(outline, *shades[shade])
            scene.glow(moved(outline, 5, -length * 0.16), (190, 224, 150), 0.3, 6, outline)
            scene.glow(stroke(middle, 2.2, 0.8), (196, 222, 164), 0.7, 0.5, outline)
        pot = curve(points("652,426 658,462 668,502 680,511 704,514 728,511 740,502 750,462 756,426"), closed=False)
        scene.paint(pot, (214, 132, 92), (172, 92, 62))
    scene.glow(curve([(640, 410), (676, 410), (690, 516), (650, 516)]), (104, 48, 34), 0.5, 9, pot)
    scene.glow(curve([(726, 436), (742, 436), (732, 500), (722, 500)]), (250, 190, 150), 0.5, 6, pot)
    scene.glow([(650, 434), (758, 434), (758, 440), (650, 440)], (96, 44, 30), 0.6, 2, pot)
    with scene.thing("plant"):
        scene.paint(rounded(644, 412, 764, 436, 8), (226, 146, 104), (190, 108, 74))


# The result: its captions, where {person} is a woman or a person, ...
CAPTION = ("a {person} sitting at a table with a laptop", 0.8517)
DENSE_CAPTIONS = (
    ("a {person} in a red sweater using a laptop", ("person", "laptop"), 0.8093),
    ("a {person} with long brown hair smiling", ("person",), 0.7846),
    ("a silver laptop on a wooden table", ("laptop",), 0.8452),
    ("a sign with text on a wall", ("sign",), 0.8268),
    ("a green plant in a clay pot", ("plant",), 0.8731),
    ("a cup of tea on a saucer", ("cup",), 0.8124),
    ("a window with a view of trees and hills", ("window",), 0.7915),
    ("a wooden table with a laptop and a cup on it", ("table", "laptop", "cup", "plant"), 0.7602),
    ("the back of a chair behind a {person}", ("chair",), 0.6489),
)
# ... its tags, ...
TAGS = (
    ("wall", 0.9867),
    ("indoor", 0.9793),
    ("person", 0.9688),
    ("clothing", 0.9524),
    ("furniture", 0.9417),
    ("houseplant", 0.9336),
    ("laptop", 0.9275),
    ("table", 0.9081),
    ("computer", 0.8964),
    ("window", 0.8812),
    ("woman", 0.8427),
    ("sitting", 0.8205),
    ("cup", 0.7758),
    ("smile", 0.7134),
    ("text", 0.6893),
    ("chair", 0.6241),
    ("using", 0.5376),
)
# ... its objects, and its people. The service also reports people with very low confidence; here, the plant.
OBJECTS = (
    ("person", "person", 0.892),
    ("laptop", "Laptop", 0.846),
    ("plant", "houseplant", 0.781),
    ("cup", "cup", 0.714),
    ("table", "dining table", 0.653),
    ("chair", "chair", 0.587),
)
PEOPLE = (("person", 0.9574), ("plant", 0.0017))


def captions(boxes: Dict[str, Box], person: str) -> Dict[str, Any]:
    """Return the caption and the dense captions, the first of which is for the whole picture."""
    text, confidence = CAPTION
    caption = {"text": text.format(person=person), "confidence": confidence}
    dense = [{**caption, "boundingBox": {"x": 0, "y": 0, "w": WIDTH, "h": HEIGHT}}]
    for text, names, confidence in DENSE_CAPTIONS:
        box = functools.reduce(Box.union, (boxes[name] for name in names))
        dense.append(
            {"text": text.format(person=person), "confidence": confidence, "boundingBox": box.as_bounding_box()}
        )
    return {"captionResult": caption, "denseCaptionsResult": {"values": dense}}


def read(lines: Sequence[Sequence[Tuple[str, Box]]]) -> Dict[str, Any]:
    """Return the text of the sign: one block."""
    found = []
    for words, (text, confidences) in zip(lines, SIGN_LINES):
        outline = functools.reduce(Box.union, (box for _, box in words))
        found.append(
            {
                "text": text,
                "boundingPolygon": outline.as_polygon(),
                "words": [
                    {"text": word, "boundingPolygon": box.as_polygon(), "confidence": confidence}
                    for (word, box), confidence in zip(words, confidences)
                ],
            }
        )
    return {"blocks": [{"lines": found}]}


def draw() -> Tuple[Image.Image, Dict[str, Any]]:
    """Draw the scene from back to front.

    :return: The picture, and the emulator's result for it.
    """
    scene = Scene()
    draw_room(scene)
    draw_window(scene)
    lines = draw_sign(scene)
    draw_chair(scene)
    draw_person(scene)
    draw_table(scene)
    draw_laptop_base(scene)
    draw_arm(scene)
    draw_laptop_lid(scene)
    draw_cup(scene)
    draw_plant(scene)

    boxes = scene.boxes
    result = {
        "gendered": captions(boxes, "woman"),
        "genderNeutral": captions(boxes, "person"),
        "results": {
            "metadata": {"width": WIDTH, "height": HEIGHT},
            "tagsResult": {"values": [{"name": name, "confidence": confidence} for name, confidence in TAGS]},
            "objectsResult": {
                "values": [
                    {
                        "boundingBox": boxes[thing].as_bounding_box(),
                        "tags": [{"name": name, "confidence": confidence}],
                    }
                    for thing, name, confidence in OBJECTS
                ]
            },
            "readResult": read(lines),
            "peopleResult": {
                "values": [
                    {"boundingBox": boxes[thing].as_bounding_box(), "confidence": confidence}
                    for thing, confidence in PEOPLE
                ]
            },
        },
    }
    return scene.finish(), result


def main() -> None:
    """Write the picture and its result."""
    picture, result = draw()
    for file in SAMPLE_FILES:
        picture.save(file, quality=90, optimize=True)
    RESULT_FILE.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
