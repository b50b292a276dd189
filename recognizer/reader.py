"""The reader: composes the stages and holds no logic of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recognizer.binarize import binarize, rescale, working_scale
from recognizer.checkpoint import load_checkpoint
from recognizer.classifier import DigitClassifier
from recognizer.decode import choose, decode, digits_of
from recognizer.image_io import load_image, to_grey
from recognizer.normalize import normalize_all
from recognizer.rulings import remove_rulings
from recognizer.segment import dilate, find_components, select_digits, sort_left_to_right
from recognizer.split import split
from recognizer.types import Reading, Trace


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
        components = select_digits(find_components(cleaned, dilated), binarized.stroke_width, cleaned.shape[::-1])
        lines = [[split(c, binarized.stroke_width) for c in line] for line in sort_left_to_right(components)]
        crops = normalize_all([piece.component.ink for line in lines for pieces in line for piece in pieces])
        probabilities = self._classifier.predict(crops)
        chosen = choose(lines, probabilities)
        reading = decode(chosen, probabilities, self._classifier.class_names, scale, (width, height))
        digits = [choice for line in digits_of(chosen) for choice in line]
        indices = [choice.index for choice in digits]
        return Trace(
            reading=reading,
            picture=rgb,
            grey=binarized.grey,
            binary=binarized.mask,
            cleaned=cleaned,
            dilated=dilated,
            boxes=tuple(choice.box for choice in digits),
            crops=crops[indices],
            probabilities=probabilities[indices],
            scale=scale,
        )
