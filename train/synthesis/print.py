"""Printed words, as forms have them beside a number. The letters were drawn for this project, in the manner of plain type.

In units of the capitals' height: a letter stands on y = 0 and its capitals reach up to y = -1; x begins at 0.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from train.pen import Stroke

Points = tuple[tuple[float, float], ...]

_X = -0.52
"""Top of the small letters."""
_DEEP = 0.28
"""Foot of those that hang down."""


def _arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> Points:
    """Points of an ellipse about (x, y), from one angle to another in degrees, clockwise on paper from the right."""
    angles = np.deg2rad(np.linspace(start, end, 13))
    return tuple(zip((x + rx * np.cos(angles)).tolist(), (y + ry * np.sin(angles)).tolist(), strict=True))


def _stem(x: float, top: float, foot: float = 0.0) -> Points:
    return ((x, top), (x, foot))


_BOWL = _arc(0.22, _X / 2, 0.22, -_X / 2, 0, 360)
_ARCH = (*_arc(0.2, _X + 0.2, 0.2, 0.2, 180, 360), (0.4, 0.0))
_RING = _arc(0.36, -0.5, 0.36, 0.5, 0, 360)

LETTERS: Mapping[str, tuple[Points, ...]] = {
    "a": (_BOWL, _stem(0.44, _X)),
    "b": (_stem(0.0, -1.0), _BOWL),
    "c": (_arc(0.22, _X / 2, 0.22, -_X / 2, -45, -315),),
    "d": (_BOWL, _stem(0.44, -1.0)),
    "e": (((0.0, _X / 2), (0.44, _X / 2)), _arc(0.22, _X / 2, 0.22, -_X / 2, 0, -310)),
    "f": ((*_arc(0.26, -0.84, 0.14, 0.16, -60, -180), (0.12, 0.0)), ((0.0, _X), (0.28, _X))),
    "g": (_BOWL, (_stem(0.44, _X)[0], *_arc(0.22, 0.06, 0.22, _DEEP - 0.06, 0, 150))),
    "h": (_stem(0.0, -1.0), _ARCH),
    "i": (_stem(0.0, _X), _stem(0.0, -0.8, -0.74)),
    "j": ((*_stem(0.12, _X, 0.1), *_arc(0.0, 0.12, 0.12, 0.16, 0, 90)), _stem(0.12, -0.8, -0.74)),
    "k": (_stem(0.0, -1.0), ((0.36, _X), (0.0, -0.18)), ((0.12, -0.27), (0.4, 0.0))),
    "l": (_stem(0.0, -1.0),),
    "m": (_stem(0.0, _X), _ARCH, tuple((x + 0.4, y) for x, y in _ARCH)),
    "n": (_stem(0.0, _X), _ARCH),
    "o": (_BOWL,),
    "p": (_stem(0.0, _X, _DEEP), _BOWL),
    "q": (_BOWL, _stem(0.44, _X, _DEEP)),
    "r": (_stem(0.0, _X), _arc(0.18, _X + 0.2, 0.18, 0.2, 180, 290)),
    "s": ((*_arc(0.18, _X * 0.74, 0.17, -_X * 0.26, -20, -250), *_arc(0.18, _X * 0.26, 0.18, -_X * 0.26, -70, 160)),),
    "t": (_stem(0.12, -0.72), ((0.0, _X), (0.28, _X))),
    "u": (((0.0, _X), *_arc(0.2, -0.2, 0.2, 0.2, 180, 0), (0.4, _X)), _stem(0.4, _X)),
    "v": (((0.0, _X), (0.2, 0.0), (0.4, _X)),),
    "w": (((0.0, _X), (0.16, 0.0), (0.32, _X), (0.48, 0.0), (0.64, _X)),),
    "x": (((0.0, _X), (0.4, 0.0)), ((0.4, _X), (0.0, 0.0))),
    "y": (((0.0, _X), (0.21, 0.0)), ((0.42, _X), (0.12, _DEEP))),
    "z": (((0.0, _X), (0.38, _X), (0.0, 0.0), (0.38, 0.0)),),
    "A": (((0.0, 0.0), (0.34, -1.0), (0.68, 0.0)), ((0.13, -0.36), (0.55, -0.36))),
    "B": (
        _stem(0.0, -1.0),
        ((0.0, -1.0), *_arc(0.3, -0.76, 0.2, 0.24, -90, 90), (0.0, -0.52)),
        ((0.0, -0.52), *_arc(0.32, -0.26, 0.24, 0.26, -90, 90), (0.0, 0.0)),
    ),
    "C": (_arc(0.38, -0.5, 0.38, 0.5, -45, -315),),
    "D": (_stem(0.0, -1.0), ((0.0, -1.0), *_arc(0.2, -0.5, 0.44, 0.5, -90, 90), (0.0, 0.0))),
    "E": (_stem(0.0, -1.0), ((0.52, -1.0), (0.0, -1.0)), ((0.46, -0.52), (0.0, -0.52)), ((0.52, 0.0), (0.0, 0.0))),
    "F": (_stem(0.0, -1.0), ((0.52, -1.0), (0.0, -1.0)), ((0.44, -0.52), (0.0, -0.52))),
    "G": ((*_arc(0.38, -0.5, 0.38, 0.5, -45, -340), (0.74, -0.44), (0.45, -0.44)),),
    "H": (_stem(0.0, -1.0), _stem(0.58, -1.0), ((0.0, -0.52), (0.58, -0.52))),
    "I": (_stem(0.0, -1.0),),
    "J": ((*_stem(0.22, -1.0, -0.1), *_arc(0.04, -0.1, 0.18, 0.14, 0, 110)),),
    "K": (_stem(0.0, -1.0), ((0.54, -1.0), (0.0, -0.4)), ((0.18, -0.58), (0.58, 0.0))),
    "L": ((*_stem(0.0, -1.0), (0.5, 0.0)),),
    "M": (((0.0, 0.0), (0.0, -1.0), (0.36, -0.25), (0.72, -1.0), (0.72, 0.0)),),
    "N": (((0.0, 0.0), (0.0, -1.0), (0.58, 0.0), (0.58, -1.0)),),
    "O": (_RING,),
    "P": (_stem(0.0, -1.0), ((0.0, -1.0), *_arc(0.3, -0.74, 0.22, 0.26, -90, 90), (0.0, -0.48))),
    "Q": (_RING, ((0.45, -0.15), (0.68, 0.1))),
    "R": (
        _stem(0.0, -1.0),
        ((0.0, -1.0), *_arc(0.3, -0.74, 0.22, 0.26, -90, 90), (0.0, -0.48)),
        ((0.28, -0.48), (0.58, 0.0)),
    ),
    "S": ((*_arc(0.27, -0.75, 0.25, 0.25, -20, -250), *_arc(0.27, -0.26, 0.27, 0.26, -70, 160)),),
    "T": (_stem(0.32, -1.0), ((0.0, -1.0), (0.64, -1.0))),
    "U": (((0.0, -1.0), *_arc(0.3, -0.3, 0.3, 0.3, 180, 0), (0.6, -1.0)),),
    "V": (((0.0, -1.0), (0.34, 0.0), (0.68, -1.0)),),
    "W": (((0.0, -1.0), (0.22, 0.0), (0.44, -1.0), (0.66, 0.0), (0.88, -1.0)),),
    "X": (((0.0, -1.0), (0.62, 0.0)), ((0.6, -1.0), (0.0, 0.0))),
    "Y": (((0.0, -1.0), (0.32, -0.45), (0.64, -1.0)), _stem(0.32, -0.45)),
    "Z": (((0.0, -1.0), (0.58, -1.0), (0.0, 0.0), (0.6, 0.0)),),
    ".": (_stem(0.0, -0.06),),
    ":": (_stem(0.0, -0.06), _stem(0.0, -0.5, -0.44)),
    "(": (_arc(0.32, -0.4, 0.32, 0.65, 225, 135),),
    ")": (_arc(-0.1, -0.4, 0.32, 0.65, -45, 45),),
    "%": (_arc(0.15, -0.78, 0.15, 0.22, 0, 360), _arc(0.62, -0.22, 0.15, 0.22, 0, 360), ((0.6, -1.0), (0.17, 0.0))),
}

_SMALL = "abcdefghijklmnopqrstuvwxyz"
_LIKE_DIGITS = "bgiloqsz"
"""Letters that look like digits, as small ones or as capitals."""
_FREQUENT = np.array([8, 2, 3, 4, 12, 2, 2, 3, 7, 0.3, 1, 5, 3, 7, 8, 3, 0.3, 6, 6, 9, 4, 1, 1.5, 0.5, 1.5, 0.5])
"""About how often the letters a to z occur in words."""


def printed_word(rng: np.random.Generator) -> list[Stroke]:
    """Strokes of a word that means nothing, in a made-up typeface: with or without serifs, upright or leaning, each letter as
    broad as it is or all alike."""
    u = rng.uniform
    serif = u(0.06, 0.12) if rng.random() < 0.4 else 0.0
    lean = u(0.1, 0.3) if rng.random() < 0.25 else 0.0
    width, space = u(0.8, 1.15), u(0.14, 0.3)
    pitch = u(0.62, 0.8) if rng.random() < 0.25 else None
    strokes: list[list[tuple[float, float]]] = []
    x = 0.0
    for letter in _random_word(rng):
        parts = LETTERS[letter]
        reach = max(px for part in parts for px, _ in part)
        scale = min(1.0, 0.85 * pitch / max(reach, 0.1)) if pitch else width
        start = x + (pitch - scale * reach) / 2 if pitch else x
        for part in parts:
            strokes.append([(start + scale * px, py) for px, py in part])
            is_stem = letter.isalpha() and len(part) == 2 and part[0][0] == part[1][0]
            if serif and is_stem:
                strokes += [[(px - serif, py), (px + serif, py)] for px, py in strokes[-1]]
        x += pitch or scale * reach + space
    return [np.array([(px - lean * py, py) for px, py in stroke], np.float32) for stroke in strokes]


def _random_word(rng: np.random.Generator) -> str:
    """Letters, and mostly what labels end in; or a percent sign."""
    ending = rng.random()
    if ending > 0.97:
        return "%"
    count = int(rng.integers(2, 10))
    word = "".join(rng.choice(list(_SMALL), count, p=_FREQUENT / _FREQUENT.sum()))
    if set(word) <= set(_LIKE_DIGITS):  # nobody could tell it from a number
        word += "n"
    case = rng.random()
    word = word.upper() if case < 0.25 else word.capitalize() if case < 0.8 else word
    if ending > 0.93:
        return f"({word})"
    return word + (":" if ending < 0.3 else "." if ending < 0.42 else "")
