"""The reader: composes the stages and holds no logic of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from recognizer.binarize import binarize, rescale, working_scale
from recognizer.checkpoint import load_checkpoint
from recognizer.classifier import DigitClassifier
from recognizer.decode import Candidate, best_path, to_digit
from recognizer.image_io import load_image, to_grey
from recognizer.normalize import normalize_all
from recognizer.rulings import remove_rulings
from recognizer.segment import dilate, find_components, select_digits, sort_left_to_right, text_height
from recognizer.split import split
from recognizer.types import Box, Reading, Trace


class DigitReader:
    """Reads handwritten numbers from pictures. One reader may serve several threads.

    >>> reader = DigitReader.from_checkpoint()
    >>> reader.read("picture.png").text
    '2023'
    """

    def __init__(self, classifier: DigitClassifier) -> None:
        self._classifier = classifier

    @classmethod
    def from_checkpoint(cls, folder: str | Path | None = None) -> DigitReader:
        """Load the digit network; no network access, no TensorFlow.

        Args:
            folder: a folder that `python -m train export` wrote; None for the weights that come with the package.

        Raises:
            CheckpointError: the folder is incomplete, damaged, or of another format.
        """
        return cls(DigitClassifier(load_checkpoint(folder)))

    def read(self, picture: Any) -> Reading:
        """Read the number in a picture.

        Args:
            picture: path, bytes, Pillow image or array; see `recognizer.image_io.load_image`.

        Returns:
            The reading; its text is "" where the picture holds no digit.

        Raises:
            RecognizerError: the picture cannot be read; the message says why.
        """
        return self.trace(picture).reading

    def trace(self, picture: Any) -> Trace:
        """Read the number in a picture and keep every intermediate picture. Arguments and errors as for `read`."""
        rgb = load_image(picture)
        height, width = rgb.shape[:2]
        scale = working_scale(height, width)
        binarized = binarize(rescale(to_grey(rgb), scale))
        cleaned = remove_rulings(binarized.mask, binarized.stroke_width)
        dilated = dilate(cleaned, binarized.stroke_width)
        components = select_digits(find_components(cleaned, dilated), binarized.stroke_width)
        rows = sort_left_to_right(components)
        line_heights = [text_height(row) for row in rows]
        pieces = [[split(c.box, c.ink, binarized.stroke_width) for c in row] for row in rows]
        crops = normalize_all([piece.ink for row in pieces for group in row for piece in group])
        probabilities = self._classifier.predict(crops)

        chosen: list[int] = []
        lines = []
        boxes = []
        offset = 0
        for row, line_height in zip(pieces, line_heights, strict=True):
            line = []
            for group in row:
                candidates = [Candidate(p.start, p.end, p.box, p.cut) for p in group]
                path, certainty = best_path(candidates, probabilities[offset : offset + len(group)], line_height)
                for index in path:
                    chosen.append(offset + index)
                    boxes.append(group[index].box)
                    box = _to_picture(group[index].box, scale, width, height)
                    line.append(to_digit(box, probabilities[offset + index], certainty, self._classifier.class_names))
                offset += len(group)
            lines.append(tuple(line))
        digits = [d.confidence for line in lines for d in line]
        reading = Reading(tuple(lines), float(np.prod(digits)) if digits else 0.0, width, height)
        return Trace(
            reading=reading,
            picture=rgb,
            grey=binarized.grey,
            binary=binarized.mask,
            cleaned=cleaned,
            dilated=dilated,
            boxes=tuple(boxes),
            crops=crops[chosen],
            probabilities=probabilities[chosen],
            scale=scale,
        )


def _to_picture(box: Box, scale: float, width: int, height: int) -> Box:
    """Box at working size to pixels of the picture, at least one pixel and inside it."""
    x, y = min(width - 1, int(box.x / scale)), min(height - 1, int(box.y / scale))
    right = max(x + 1, min(width, round(box.right / scale)))
    bottom = max(y + 1, min(height, round(box.bottom / scale)))
    return Box(x, y, right - x, bottom - y)
