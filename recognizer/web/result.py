"""A reading in words and pictures, without gradio: what the page shows of it."""

from __future__ import annotations

import html
import logging
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from recognizer.draw import annotate_and_locate, contact_sheet, fit, line_answers, outline
from recognizer.errors import RecognizerError
from recognizer.types import Box, Reading, Trace
from recognizer.web.edit import has_shape_of
from recognizer.web.language import say
from recognizer.web.limits import MAX_PIXELS_DECODED

UNSURE_BELOW = 0.8
"""The page says that it is unsure of a reading whose confidence lies below this."""

STAGES = ("grey", "binary", "cleaned", "dilated", "boxes", "crops", "lines")
"""The steps shown of how a picture was read, in their order; the last is not there where one network reads alone."""
CONFIDENCE_WORDS = ((0.95, "SURE"), (UNSURE_BELOW, "FAIRLY_SURE"), (0.5, "UNSURE"), (0.0, "GUESS"))
"""From the least confidence that earns the words, highest first; the words are named as in `strings`."""

_SHOWN_SIDE = (480, 1280)
"""Least and most pixels of the longer side of the annotated picture."""
_STAGE_SIDE = (320, 640)
_MOST_DOUBTS = 3

_log = logging.getLogger(__name__)


class Reader(Protocol):
    """What the page needs of a reader; `recognizer.reader.DigitReader` is one, and so is a stub in a test."""

    def read(self, picture: Any) -> Reading:
        """Read one picture."""
        ...

    def trace(self, picture: Any) -> Trace:
        """Read one picture, keeping every intermediate picture."""
        ...


@dataclass(frozen=True, slots=True)
class Result:
    """All that the page shows of one picture."""

    reading: Reading = field(default_factory=Reading)
    problem: str = ""
    """Why the picture could not be read, "" where it was."""
    picture: npt.NDArray[np.uint8] | None = None
    """What was read, (height, width, 3) RGB, reduced to the size it is shown in."""
    annotated: npt.NDArray[np.uint8] | None = None
    places: tuple[Box, ...] = ()
    """Where in `annotated` each digit's frame and label lie."""
    trace: Trace | None = None
    """How it was read; its picture is the reduced one."""


def look(reader: Reader, picture: Any, language: str | None = None) -> Result:
    """Read a picture; an error becomes a sentence in the result and is never raised."""
    try:
        trace = reader.trace(picture)
        annotated, places = annotate_and_locate(trace.picture, trace.reading, longest_side=_SHOWN_SIDE)
        kept = fit(trace.picture, (0, _SHOWN_SIDE[1]))
        return Result(
            trace.reading, picture=kept, annotated=annotated, places=places, trace=replace(trace, picture=kept)
        )
    except RecognizerError as error:
        return Result(problem=problem_of(error, picture, language))
    except Exception:
        _log.exception("A picture could not be read")
        return Result(problem=say(language, "UNEXPECTED"))


def percent(confidence: float, language: str | None = None) -> str:
    """A probability in percent, rounded down, so that "100 %" is never claimed."""
    if confidence >= 0.999:
        return say(language, "OVER", percent="99.9 %")
    if confidence >= 0.99:
        return f"{int(confidence * 1000) / 10:.1f} %"
    return f"{int(confidence * 100)} %"


def verdict(result: Result, language: str | None = None) -> str:
    """What the page says about a result, as HTML whose class carries its tone (sure, unsure, none, problem)."""
    if result.problem:
        return _paragraphs("problem", result.problem)
    reading = result.reading
    if not reading.digits:
        return _paragraphs("none", say(language, "NOTHING_FOUND"), say(language, "NOTHING_FOUND_HINT"))
    words = say(language, next(words for least, words in CONFIDENCE_WORDS if reading.confidence >= least))
    template = "CONFIDENCE" if len(reading.digits) > 1 else "CONFIDENCE_ONE"
    sentence = say(language, template, words=words, percent=percent(reading.confidence, language))
    doubts = _doubts(reading, language)
    sure = reading.confidence >= UNSURE_BELOW and not doubts
    return _paragraphs("sure" if sure else "unsure", sentence, *doubts, *_left_out(reading, language))


def corrected_verdict(result: Result, language: str | None = None) -> str:
    """What the page says once a person has changed the number."""
    was = result.reading.text.replace("\n", " | ")
    return _paragraphs(
        "corrected", say(language, "CORRECTED"), *([say(language, "WAS_READ", number=was)] if was else [])
    )


def digit_choices(reading: Reading, number: str | None = None) -> list[tuple[str, int]]:
    """(name, index) of each digit of a reading, a doubtful one with the "?" that marks it in the picture too.

    Args:
        reading: what was read.
        number: what a person made of it; a digit that was replaced is named by what it is now.
    """
    labels = [digit.label + ("?" if digit.is_doubtful else "") for digit in reading.digits]
    if number is not None and has_shape_of(number, reading):
        now = number.replace("\n", "")
        labels = [
            label if digit.label == new else new for label, digit, new in zip(labels, reading.digits, now, strict=True)
        ]
    return [(label, index) for index, label in enumerate(labels)]


def _doubts(reading: Reading, language: str | None) -> list[str]:
    """The sentence that names the digits in doubt; none where the reader is sure of all."""
    doubts = [
        (line_number, position, digit)
        for line_number, line in enumerate(reading.lines, 1)
        for position, digit in enumerate(line, 1)
        if digit.is_doubtful
    ]
    if not doubts:
        if reading.confidence >= UNSURE_BELOW or len(reading.digits) < 2:
            return []
        # Unsure as a whole without one culprit: name the weakest digit, so that there is something to check.
        doubts = [
            min(
                (
                    (line_number, position, digit)
                    for line_number, line in enumerate(reading.lines, 1)
                    for position, digit in enumerate(line, 1)
                ),
                key=lambda doubt: doubt[2].confidence,
            )
        ]
    named = []
    for line_number, position, digit in doubts[:_MOST_DOUBTS]:
        template = "DOUBT_PLACE_IN_LINE" if len(reading.lines) > 1 else "DOUBT_PLACE"
        place = say(language, template, line=line_number, position=position)
        other = digit.alternatives[0].label if digit.alternatives else "?"
        named.append(say(language, "DOUBT", place=place, label=digit.label, other=other))
    if len(doubts) > _MOST_DOUBTS:
        named.append(say(language, "MORE_DOUBTS", count=len(doubts) - _MOST_DOUBTS))
    return [say(language, "DOUBTS", digits="; ".join(named))]


def _left_out(reading: Reading, language: str | None) -> list[str]:
    """The sentence that counts the marks; none where there is none."""
    count = len(reading.marks)
    return [say(language, "MARK" if count == 1 else "MARKS", count=count)] if count else []


def said(tone: str, *paragraphs: str) -> str:
    """Paragraphs of HTML in the box of the page's verdict, which a screen reader speaks when it changes."""
    inner = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f'<div class="verdict {tone}" role="status">{inner}</div>'


def _paragraphs(tone: str, *sentences: str) -> str:
    return said(tone, *map(html.escape, sentences))


def problem_of(error: RecognizerError, picture: Any, language: str | None = None) -> str:
    """Why a picture could not be read, in the visitor's language where it has the sentence.

    Args:
        error: what the reader raised.
        picture: what it was given; of a path no more is told than the file name, which is what its sender knows.
        language: tag of the visitor's language.
    """
    name = Path(picture).name if isinstance(picture, str | Path) else say(language, "THE_PICTURE")
    reason = getattr(error, "reason", "")
    if reason:
        return say(language, f"PROBLEM_{reason.upper()}", name=name, most=MAX_PIXELS_DECODED // 1_000_000)
    return str(error).replace(str(picture), name) if isinstance(picture, str | Path) else str(error)


def stages_of(result: Result) -> dict[str, npt.NDArray[np.uint8]]:
    """Intermediate pictures by the names in `STAGES`, in their order, in the size they are shown in; none without a trace."""
    trace = result.trace
    if trace is None:
        return {}
    pictures = {
        "grey": trace.grey,
        "binary": trace.binary,
        "cleaned": trace.cleaned,
        "dilated": trace.dilated,
        "boxes": outline(trace.cleaned, trace.boxes),
    }
    stages = {name: fit(picture, _STAGE_SIDE) for name, picture in pictures.items()}
    stages["crops"] = contact_sheet(trace.crops, columns=8)
    if trace.line_pictures:
        stages["lines"] = line_answers(trace.line_pictures, trace.line_log_probs)
    return stages
