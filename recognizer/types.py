"""What a reading is made of.

Coordinates are in pixels of the picture as a person sees it (after its EXIF orientation was applied): the origin is the
top left corner, x grows to the right and y downwards. Reading order is top line first, left to right within a line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

RgbImage = npt.NDArray[np.uint8]
"""(height, width, 3) uint8, red, green, blue."""

GreyImage = npt.NDArray[np.uint8]
"""(height, width) uint8, 0 black to 255 white."""

InkMask = npt.NDArray[np.uint8]
"""(height, width) uint8, 255 where there is ink and 0 elsewhere: ink is always white on black, as in EMNIST."""

CLASS_NAMES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
NO_DIGIT = "none"
"""Name of a network's further class, beside the ten digits: ink that is no digit. Older checkpoints lack it."""
CROP_SIZE = 28
"""Side of the square picture that the digit network takes, in pixels."""

LINE_HEIGHT = 32
"""Height of the line pictures that the sequence network takes, in pixels."""

Method = Literal["auto", "segmentation", "sequence"]
"""How lines are read: digit by digit, as a whole, or both together."""

DOUBTFUL_BELOW = 0.9
"""A digit whose confidence is below this is worth a look."""


class Box(NamedTuple):
    """Upright rectangle: its top left pixel, its width and its height, in pixels of the picture."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column to the right of the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below the box."""
        return self.y + self.height

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the box, (x, y)."""
        return self.x + self.width / 2, self.y + self.height / 2

    def union(self, other: Box) -> Box:
        """Smallest box that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Box(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)


class Alternative(NamedTuple):
    """What else a digit may be."""

    label: str
    confidence: float


@dataclass(frozen=True)
class Component:
    """Connected ink that holds one digit, or several that touch. Coordinates are of the mask it was found in."""

    box: Box
    ink: InkMask
    """(box.height, box.width), 255 where its own ink is: a neighbour that reaches into the box is left out."""

    @cached_property
    def area(self) -> int:
        """Number of ink pixels."""
        return int(np.count_nonzero(self.ink))


@dataclass(frozen=True, slots=True)
class Piece:
    """One way to take a digit out of a component: the ink between its cuts `start` and `end`."""

    component: Component
    """The piece's own box and ink."""
    start: int = 0
    end: int = 1
    cut: float = 0.0
    """Ink that the right-hand cut goes through, in stroke widths; 0 for the component's own edge."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Ink that was looked at and found to be no digit: a comma, a dash, a currency sign, a ruling line, a smudge."""

    box: Box
    """Where it lies in the picture."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"box": self.box._asdict()}


@dataclass(frozen=True, slots=True)
class Digit:
    """One digit of a reading."""

    label: str
    """"0" to "9"."""
    confidence: float
    """Calibrated probability of the label, 0 to 1."""
    box: Box
    """Where the digit's ink lies in the picture."""
    alternatives: tuple[Alternative, ...] = ()
    """The other nine labels, most probable first; with `confidence` they sum to at most 1: the rest is that it is no digit."""

    @property
    def is_doubtful(self) -> bool:
        """Whether the digit is worth a look: its confidence is below `DOUBTFUL_BELOW`."""
        return self.confidence < DOUBTFUL_BELOW

    @property
    def probabilities(self) -> dict[str, float]:
        """Probability of each label, from "0" to "9"."""
        return dict(sorted([(self.label, self.confidence), *self.alternatives]))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "label": self.label,
            "confidence": self.confidence,
            "box": self.box._asdict(),
            "doubtful": self.is_doubtful,
            "alternatives": [a._asdict() for a in self.alternatives],
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from one picture."""

    lines: tuple[tuple[Digit, ...], ...] = ()
    """The digits, line by line; no line is empty."""
    confidence: float = 0.0
    """Calibrated probability that the whole text is right, 0 to 1; 0 where there is no digit."""
    width: int = 0
    """Width of the picture, in pixels."""
    height: int = 0
    """Height of the picture, in pixels."""
    marks: tuple[Mark, ...] = ()
    """What was left out as no digit, in no particular order."""
    source: object = field(default=None, repr=False, compare=False)
    """What was read: a path, or the caller's own array, image or bytes, kept by reference and looked at again only to show the
    reading in a notebook. None where it is not known; copies and pickles of the reading go without it."""

    @property
    def digits(self) -> tuple[Digit, ...]:
        """All digits, left to right, line by line."""
        return tuple(digit for line in self.lines for digit in line)

    @property
    def doubtful(self) -> tuple[Digit, ...]:
        """The digits to look at before the text is relied on, in reading order."""
        return tuple(digit for digit in self.digits if digit.is_doubtful)

    @property
    def text(self) -> str:
        """The labels joined; several lines are joined by a line feed; "" where there is no digit."""
        return "\n".join("".join(digit.label for digit in line) for line in self.lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; each digit names its line, counted from 0."""
        return {
            "text": self.text,
            "confidence": self.confidence,
            "width": self.width,
            "height": self.height,
            "digits": [{"line": index, **digit.to_dict()} for index, line in enumerate(self.lines) for digit in line],
            "marks": [mark.to_dict() for mark in self.marks],
        }

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.lines, self.confidence, self.width, self.height, self.marks)

    def _repr_html_(self) -> str:
        """What a notebook shows: the picture with its digits, the text, the confidence and the digits to look at."""
        from recognizer.notebook import to_html

        return to_html(self, self.source)


@dataclass(frozen=True, slots=True)
class Trace:
    """Every intermediate picture of one reading, for teaching and for finding faults."""

    reading: Reading
    picture: npt.NDArray[np.uint8]
    """(height, width, 3) RGB as loaded, before any scaling."""
    grey: GreyImage
    """Grey values at working size, ink dark."""
    binary: InkMask
    """Ink found by adaptive thresholding."""
    cleaned: InkMask
    """Ink without frames, ruling lines and specks: what the crops are cut from."""
    dilated: InkMask
    """Ink grown so that the strokes of one digit join; only the grouping looks at it."""
    boxes: tuple[Box, ...] = ()
    """Boxes of the digits at working size, in reading order."""
    crops: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, CROP_SIZE, CROP_SIZE), np.uint8))
    """(N, 28, 28) what the network saw, white ink on black."""
    probabilities: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 10), np.float32))
    """(N, 10) what the network answered; (N, 11) where its last class is that it is no digit."""
    scale: float = 1.0
    """Pixels at working size for each pixel of the picture."""
    tilt: float = 0.0
    """How far the picture was turned counterclockwise to set it upright and its lines level, in degrees; all but `picture`
    is of the turned picture, or of the part of it around its digits."""
    line_pictures: tuple[npt.NDArray[np.uint8], ...] = ()
    """(32, W) what the line network saw of each line that was found, white ink on black, from top to bottom; lines of nothing
    but marks are among them. None where lines are read by segmentation alone."""
    line_log_probs: tuple[npt.NDArray[np.float32], ...] = ()
    """(ceil(W / 2), 12) what it answered: log-probabilities of the classes that `recognizer.ctc` names, frame by frame."""

    def _repr_html_(self) -> str:
        """What a notebook shows of the reading."""
        from recognizer.notebook import to_html

        return to_html(self.reading, self.picture)
