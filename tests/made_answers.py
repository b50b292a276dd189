"""What a line network might answer, made by hand, for tests without one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from recognizer.ctc import BLANK, CLASSES, MARK


def answer(classes: Sequence[int], certainty: float = 0.99) -> npt.NDArray[np.float32]:
    """(T, 12) log-probabilities of frames that are nearly sure of the given classes."""
    rest = (1 - certainty) / (len(CLASSES) - 1)
    return np.log(np.where(np.arange(12) == np.array(classes)[:, None], certainty, rest)).astype(np.float32)


def spread(text: str, frames: int, certainty: float = 0.99) -> npt.NDArray[np.float32]:
    """(frames, 12) the digits of a text, and "-" for a mark, one frame each and evenly spread; nothing between them."""
    classes = [BLANK] * frames
    for place, character in enumerate(text):
        classes[int((place + 0.5) * frames / len(text))] = MARK if character == "-" else int(character) + 1
    return answer(classes, certainty)


class MadeSequence:
    """Stands for the line network: sees the given texts in the lines of each call, whatever they show."""

    def __init__(self, *texts: str, certainty: float = 0.99) -> None:
        self.texts = texts
        self.certainty = certainty

    def predict(self, lines: Sequence[npt.NDArray[np.uint8]]) -> list[npt.NDArray[np.float32]]:
        """As `recognizer.sequence.SequenceReader`; where there are more lines than texts, the texts come again."""
        return [
            spread(self.texts[index % len(self.texts)], -(-line.shape[1] // 2), self.certainty)
            for index, line in enumerate(lines)
        ]

    def start(self, lines: Sequence[npt.NDArray[np.uint8]]) -> Callable[[], list[npt.NDArray[np.float32]]]:
        """As `recognizer.sequence.SequenceReader`, at once."""
        answers = self.predict(lines)
        return lambda: answers
