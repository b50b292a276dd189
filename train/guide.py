"""Pictures for the page's guide, made by this project: how to photograph a number, and what the reader gets wrong.

    python -m train guide

writes recognizer/web/guide again: the pictures, and guide.json with what the reader reads in each of them. Of each
condition twenty pictures are made and read; the guide shows one that is misread, and says how many of them are. With
other weights the command makes the guide true again: what does no harm any more is left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from recognizer.errors import RecognizerError
from recognizer.reader import DigitReader
from recognizer.types import InkMask, Reading
from train.doodles import draw_doodle
from train.examples import (
    BLUE,
    GRAPHITE,
    REPOSITORY,
    Colour,
    Picture,
    ballpoint,
    blur,
    encode_jpeg,
    paper,
    pencil,
    put_ink,
    render_strokes,
    rotate,
    sensor_noise,
    shadow,
)
from train.glyphs import Glyph, random_hand, write_digit, write_glyph, write_number
from train.pen import Stroke
from train.run import write_json

SEED = 2026
TRIED = 20
"""Pictures made of each condition."""
GUIDE_FOLDER = REPOSITORY / "recognizer" / "web" / "guide"
LISTING = "guide.json"

Made = tuple[str, Picture]
"""What a person reads in a picture, and the picture."""
Maker = Callable[[np.random.Generator], Made]

_HEIGHT, _WIDTH = 220, 480
_PAPER: Colour = (246, 243, 235)
_QUALITY = 80

LETTERS: Mapping[str, Glyph] = {
    "O": (
        ((0.3, 0.0), (0.06, 0.15), (0.0, 0.5), (0.1, 0.9), (0.32, 1.0), (0.56, 0.88), (0.64, 0.5), (0.54, 0.12), (0.3, 0.0)),
    ),
    "S": (
        ((0.48, 0.1), (0.3, 0.0), (0.1, 0.06), (0.04, 0.25), (0.18, 0.44), (0.38, 0.55), (0.5, 0.74), (0.4, 0.96), (0.2, 1.0),
         (0.0, 0.88)),
    ),
}  # fmt: skip
"""Letters that are written like digits."""

ARABIC: Mapping[str, Glyph] = {
    "5": (((0.3, 0.3), (0.1, 0.45), (0.02, 0.75), (0.2, 1.0), (0.45, 0.9), (0.5, 0.6), (0.3, 0.3)),),
    "6": (((0.0, 0.1), (0.05, 0.0), (0.05, 0.0), (0.25, 0.06), (0.4, 0.02), (0.4, 0.02), (0.42, 0.5), (0.48, 1.0)),),
    "7": (((0.0, 0.0), (0.15, 0.5), (0.28, 1.0), (0.28, 1.0), (0.42, 0.5), (0.56, 0.0)),),
    "8": (((0.0, 1.0), (0.15, 0.5), (0.28, 0.0), (0.28, 0.0), (0.42, 0.5), (0.56, 1.0)),),
}
"""Arabic-Indic digits."""


# --- the writing -----------------------------------------------------------------------------------------------------


def _digits(rng: np.random.Generator, count: int) -> str:
    return "".join(str(digit) for digit in rng.integers(0, 10, count))


def _in_a_row(parts: Sequence[list[Stroke]], gap: float) -> list[Stroke]:
    """Parts of a line side by side, each `gap` digit heights after the one before it."""
    row: list[Stroke] = []
    x = 0.0
    for part in parts:
        left = min(float(stroke[:, 0].min()) for stroke in part)
        row += [stroke + np.array([x - left, 0], np.float32) for stroke in part]
        x = max(float(stroke[:, 0].max()) for stroke in row) + gap
    return row


def _line(start: tuple[float, float], end: tuple[float, float]) -> Stroke:
    """A straight stroke between two points, in digit heights."""
    return np.linspace(start, end, 60).astype(np.float32)


def _ink(strokes: Sequence[Stroke], height: int, pen_width: float = 0.07) -> InkMask:
    """Ink of strokes."""
    return _fitted(render_strokes(strokes, height, pen_width=pen_width, margin=0.1))


def _fitted(ink: InkMask) -> InkMask:
    """Ink made smaller where it would not fit on the sheet."""
    scale = min(1.0, 0.85 * _HEIGHT / ink.shape[0], 0.85 * _WIDTH / ink.shape[1])
    size = int(ink.shape[1] * scale), int(ink.shape[0] * scale)
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)


def _photo(ink: InkMask, rng: np.random.Generator, colour: Colour = BLUE) -> Picture:
    """Ink in the middle of a sheet, photographed well: even light, sharp, from above."""
    page = paper(_HEIGHT, _WIDTH, rng, _PAPER)
    top, left = (_HEIGHT - ink.shape[0]) // 2, (_WIDTH - ink.shape[1]) // 2
    return sensor_noise(blur(shadow(put_ink(page, ink, colour, left, top), 60, 0.15), 0.6), rng, 2)


def _written(strokes: Sequence[Stroke], rng: np.random.Generator, height: int = 110) -> Picture:
    """Strokes in ballpoint, photographed well."""
    return _photo(ballpoint(_ink(strokes, height), rng), rng)


# --- how to photograph -----------------------------------------------------------------------------------------------


def _number(rng: np.random.Generator, pen_width: float = 0.07) -> tuple[str, InkMask]:
    """A number of five digits and its ink, the same of one generator for a good and for a bad photograph."""
    text = _digits(rng, 5)
    return text, _ink(write_number(text, rng), 100, pen_width)


def _good(rng: np.random.Generator) -> Made:
    text, ink = _number(rng)
    return text, _photo(ballpoint(ink, rng), rng)


def _glare(rng: np.random.Generator) -> Made:
    """A lamp is mirrored on the sheet."""
    text, picture = _good(rng)
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH]
    middle = rng.uniform(0.4, 0.6) * _WIDTH
    light = np.exp(-((((x - middle) / 75) ** 2 + ((y - 0.5 * _HEIGHT) / 80) ** 2) ** 2))[..., None]
    return text, np.round(picture * (1 - light) + 255 * light).astype(np.uint8)


def _shaken(rng: np.random.Generator) -> Made:
    """The phone moved while it took the picture."""
    text, picture = _good(rng)
    path = np.zeros((61, 61), np.float32)
    cv2.ellipse(path, (30, 30), (26, 12), float(rng.uniform(-40, 40)), 20, 250, 1.0, 2, cv2.LINE_AA)
    return text, np.asarray(cv2.filter2D(picture, -1, path / path.sum(), borderType=cv2.BORDER_REPLICATE), np.uint8)


def _far(rng: np.random.Generator) -> Made:
    """From so far off that a digit is a few pixels high."""
    text, ink = _number(rng)
    return text, _photo(np.asarray(cv2.resize(ink, None, fx=0.1, fy=0.1, interpolation=cv2.INTER_AREA), np.uint8), rng)


def _upside_down(rng: np.random.Generator) -> Made:
    """The phone was held upside down, or nearly."""
    text, ink = _number(rng)
    turned = rotate(np.repeat(ink[..., None], 3, axis=2), float(rng.uniform(165, 195)), (0, 0, 0))[..., 0]
    return text, _photo(ballpoint(_fitted(turned), rng), rng)


def _faint(rng: np.random.Generator) -> Made:
    """The same writing in next to no ink, under a dim lamp."""
    text, ink = _number(rng, 0.04)
    return text, sensor_noise(shadow(_photo(pencil(ink, rng, 0.1), rng, GRAPHITE), 60, 0.4), rng, 6)


def _cluttered(rng: np.random.Generator) -> Made:
    """Print and a part of other things in the frame."""
    text, picture = _good(rng)
    for row, words in enumerate(("Order No. 58-301 of 12 May 1998", "Please return to desk 7, floor 3")):
        place = 12, 22 + 20 * row
        cv2.putText(picture, words, place, cv2.FONT_HERSHEY_SIMPLEX, 0.55, (50, 50, 50), 1, cv2.LINE_AA)
    cv2.circle(picture, (40, 190), 26, (96, 64, 40), 7, cv2.LINE_AA)
    cv2.line(picture, (430, 90), (470, 215), (170, 40, 40), 9, cv2.LINE_AA)
    return text, blur(picture, 0.6)


PHOTOS: Mapping[str, tuple[Maker, Maker]] = {
    "light": (_good, _glare),
    "focus": (_good, _shaken),
    "distance": (_good, _far),
    "angle": (_good, _upside_down),
    "ink": (_good, _faint),
    "alone": (_good, _cluttered),
}
"""What to mind when photographing: the same writing photographed well and badly."""


# --- what it gets wrong ----------------------------------------------------------------------------------------------


def _signs(rng: np.random.Generator) -> Made:
    """A minus sign and a decimal point: the reader knows digits only and leaves them out."""
    hand = random_hand(rng)
    minus, point = [_line((0, -0.5), (0.4, -0.52))], [_line((0, -0.02), (0.015, 0.0))]
    parts = [minus, write_number("3", rng, hand), point, write_number("50", rng, hand)]
    return "-3.50", _written(_in_a_row(parts, 0.22), rng)


def _letters(rng: np.random.Generator) -> Made:
    hand = random_hand(rng)
    return "SOS", _written(_in_a_row([write_glyph(LETTERS[letter], rng, hand) for letter in "SOS"], 0.3), rng)


def _slash(rng: np.random.Generator) -> Made:
    """A slash as steep as a 1. Left out it would do no harm: the digits are what counts."""
    hand = random_hand(rng)
    slash = [_line((0, 0.12), (0.2, -1.12))]
    return "2412", _written(_in_a_row([write_number("24", rng, hand), slash, write_number("12", rng, hand)], 0.25), rng)


def _crossed_out(rng: np.random.Generator) -> Made:
    """One digit struck out and the next one written beside it."""
    hand, text = random_hand(rng), _digits(rng, 5)
    parts = [write_digit(digit, rng, hand) for digit in text]
    right = max(float(stroke[:, 0].max()) for stroke in parts[2])
    parts[2] += [_line((-0.1, rng.uniform(-0.9, -0.1)), (right + 0.1, rng.uniform(-0.9, -0.1))) for _ in range(3)]
    return text[:2] + text[3:], _written(_in_a_row(parts, 0.28), rng)


def _overlapping(rng: np.random.Generator) -> Made:
    """Digits written into one another."""
    hand, text = random_hand(rng), _digits(rng, 4)
    return text, _written(_in_a_row([write_digit(digit, rng, hand) for digit in text], -0.14), rng, 130)


def _crowded(rng: np.random.Generator) -> Made:
    """Two lines so close that they run into each other."""
    hand, first, second = random_hand(rng), _digits(rng, 5), _digits(rng, 5)
    return f"{first}\n{second}", _written(write_number(f"{first}\n{second}", rng, hand, line_pitch=0.8), rng, 90)


def _other_digits(rng: np.random.Generator) -> Made:
    hand = random_hand(rng)
    return "5678", _written(_in_a_row([write_glyph(ARABIC[digit], rng, hand) for digit in "5678"], 0.3), rng)


def _drawing(rng: np.random.Generator) -> Made:
    drawing = draw_doodle(str(rng.choice(["heart", "star", "umbrella", "arrow"])), rng, random_hand(rng))
    return "", _photo(_ink(drawing, 150, 0.05), rng)


LIMITS: Mapping[str, Maker] = {
    "signs": _signs,
    "letters": _letters,
    "slash": _slash,
    "crossed_out": _crossed_out,
    "overlapping": _overlapping,
    "crowded": _crowded,
    "other_digits": _other_digits,
    "drawing": _drawing,
}
"""What the reader gets wrong, by what it is."""


# --- reading and writing ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GuidePicture:
    """A picture of the guide and how it is read."""

    file: str
    text: str
    """What a person reads in it."""
    reading: Reading
    content: bytes

    @property
    def misread(self) -> bool:
        """Whether the reader reads something else."""
        return self.reading.text != self.text

    @property
    def is_read_surely(self) -> bool:
        """Whether the reader reads the same, and doubts no digit of it."""
        return not self.misread and not any(digit.is_doubtful for digit in self.reading.digits)

    def entry(self, misread: int) -> dict[str, Any]:
        """What guide.json holds of it, and of how many of `TRIED` like it are misread."""
        return {
            "file": self.file,
            "text": self.text,
            "read": self.reading.text,
            "confidence": round(self.reading.confidence, 3),
            "misread": misread,
        }


def rng_of(name: str, attempt: int) -> np.random.Generator:
    """What decides all about a picture, by its name and which of `TRIED` it is; the same for both of a pair."""
    return np.random.default_rng((SEED, *name.partition("-")[0].encode(), attempt))


def guide_picture(reader: DigitReader, name: str, make: Maker, attempt: int) -> GuidePicture:
    """Make one picture and read it."""
    text, picture = make(rng_of(name, attempt))
    content = encode_jpeg(picture, _QUALITY)
    return GuidePicture(f"{name}.jpg", text, reader.read(content), content)


def photo_pair(reader: DigitReader, name: str) -> tuple[GuidePicture, GuidePicture, list[int]] | None:
    """One of PHOTOS: the first writing that is read where it is photographed well and misread where it is not, and how many of
    `TRIED` are misread of either; None where there is no such writing.
    """
    makers = dict(zip(("good", "bad"), PHOTOS[name], strict=True))
    pairs = [
        [guide_picture(reader, f"{name}-{how}", make, attempt) for how, make in makers.items()]
        for attempt in range(TRIED)
    ]
    misread = [sum(picture.misread for picture in column) for column in zip(*pairs, strict=True)]
    return next(((good, bad, misread) for good, bad in pairs if good.is_read_surely and bad.misread), None)


def limit(reader: DigitReader, name: str) -> tuple[GuidePicture, int] | None:
    """One of LIMITS: the first picture that is misread, and how many of `TRIED` are; None where none is."""
    pictures = [guide_picture(reader, name, LIMITS[name], attempt) for attempt in range(TRIED)]
    misread = [picture for picture in pictures if picture.misread]
    # One that is read as a number tells more than one in which nothing is found.
    return (max(misread, key=lambda picture: bool(picture.reading.text)), len(misread)) if misread else None


def write_guide(folder: Path, reader: DigitReader) -> list[str]:
    """Write all pictures of the guide, and what is read in them.

    Args:
        folder: where to; pictures that the guide no longer shows are removed.
        reader: reads them.

    Returns:
        The conditions that do no harm to this reader: the guide leaves them out.
    """
    photos, limits, pictures = [], [], []
    for name in PHOTOS:
        if pair := photo_pair(reader, name):
            good, bad, (of_good, of_bad) = pair
            photos.append({"name": name, "good": good.entry(of_good), "bad": bad.entry(of_bad)})
            pictures += [good, bad]
    for name in LIMITS:
        if found := limit(reader, name):
            picture, misread = found
            limits.append({"name": name, **picture.entry(misread)})
            pictures.append(picture)
    folder.mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        (folder / picture.file).write_bytes(picture.content)
    write_json(folder / LISTING, {"tried": TRIED, "photos": photos, "limits": limits})
    for path in folder.glob("*.jpg"):
        if path.name not in {picture.file for picture in pictures}:
            path.unlink()
    return [name for name in (*PHOTOS, *LIMITS) if name not in {entry["name"] for entry in (*photos, *limits)}]


def main(argv: Sequence[str] | None = None) -> int:
    """Write the guide's pictures; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m train guide", description="Write the pictures of the page's guide again, as they are read now."
    )
    parser.add_argument("--to", type=Path, default=GUIDE_FOLDER, metavar="FOLDER", help="default: recognizer/web/guide")
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FOLDER", help="weights to read with (default: the bundled ones)"
    )
    options = parser.parse_args(argv)
    try:
        harmless = write_guide(options.to, DigitReader.from_checkpoint(options.checkpoint))
    except RecognizerError as error:
        print(f"python -m train guide: {error}", file=sys.stderr)
        return 1
    left_out = f"; left out, for none of {TRIED} is misread: {', '.join(harmless)}" if harmless else ""
    print(f"wrote {options.to}{left_out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
