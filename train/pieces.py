"""Pieces that the reader cuts out of written lines, with what each shows: digits as they come at work.

EMNIST's digits are whole and alone. A piece of a line has lost ink to a ruling or a cut, or holds the tip of its neighbour; it
is thick, faint or coarse as its line is. So the digit network learns from pieces too. Which of them shows which digit is found
by the reader itself: of all ways to cut the line into its known text the one that the digit network finds best (forced
alignment; the same is done with over-segmented words in LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning
applied to document recognition", section VI). A line is left out where the line network sees its digits elsewhere. The other
pieces, of several digits or of parts of one, and the line's marks are what is no digit.

Imports no Keras, for other processes cut the pieces.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.checkpoint import DIGITS, STRINGS, load_checkpoint
from recognizer.combine import LineEvidence
from recognizer.ctc import align
from recognizer.lines import LinePicture
from recognizer.normalize import normalize_all
from recognizer.reader import DigitReader
from recognizer.sequence import FRAME
from recognizer.types import CLASS_NAMES, CROP_SIZE, Box, GreyImage
from train.data import NO_STROKES, Digits, Images, Labels, StrokedDigits, load_dataset
from train.errors import DataError, RunError
from train.line_batches import start_helper
from train.synthesis import Sources, degrade, load_sources, random_hand, random_text, write_line

LINES, VALIDATION_LINES = 60_000, 5_000
"""Lines that are cut, for training and for validation, where nobody says otherwise."""
NONE = len(CLASS_NAMES)
"""Label of a piece that is no digit."""
_CHUNK = 250
"""Lines that a process cuts at a time."""
_DEGRADED = 0.65
"""Share of the lines that are as worn and as coarse as the line network's; the others are clean scans."""
_LEFT, _RIGHT = 0.5, 0.25
"""How far left and right of its piece the line network may see a digit, in heights of the line's digits: it sees it early."""
_MAYBE_ONE, _MAYBE_DIGIT = 0.3, 0.9
"""A mark or a part that the digit network takes for a 1, or for any digit, with so much probability is left out: a slash is no
1 only by its neighbours, and part of an 8 may be a 0."""
_HELD, _HARDLY_HELD, _PART = 0.7, 0.35, 0.65
"""Shares of a digit's width: a piece with so much of a digit and so much of another is no digit, nor one with less of each."""


class Pieces(NamedTuple):
    """What was cut; labels 0 to 9, and `NONE`."""

    training: Digits
    validation: Digits
    """Of lines that are written with the digits of the validation part."""
    description: dict[str, Any]
    """What the manifest says of them: of which digits, by which networks, of how many lines."""


def cut_pieces(
    data: Path | None,
    pen_strokes: Path | None = None,
    optdigits: Path | None = None,
    *,
    validation: int,
    seed: int,
    lines: int = LINES,
    validation_lines: int = VALIDATION_LINES,
    reader: Path | None = None,
    workers: int = 1,
) -> Pieces:
    """Write lines and cut them.

    Args:
        data: as for `train.data.load_dataset`, and so are `pen_strokes`, `optdigits`, `validation` and `seed`: those of the
            run that is to learn from the pieces.
        lines: how many lines are written with the digits of the train part; rounded up to whole chunks.
        validation_lines: the same with those of the validation part.
        reader: checkpoint folder of the networks that cut; None for those that come with the package.
        workers: processes that cut; 0 cuts in this one. The pieces do not depend on it.

    Raises:
        DataError: a data file cannot be used.
        CheckpointError: the checkpoint folder cannot be used.
        RunError: a process died.
    """
    from train.run import without_bad_strokes

    dataset = load_dataset(data, pen_strokes, optdigits, validation=validation, seed=seed)
    networks = {kind: load_checkpoint(reader, kind).manifest["files"][f"{kind}.keras"] for kind in (DIGITS, STRINGS)}
    strokes = without_bad_strokes(dataset, seed)
    parts: list[tuple[Digits, StrokedDigits, int]] = [
        (dataset.train, strokes, lines),
        (dataset.validation, NO_STROKES, validation_lines),
    ]
    cut = []
    for number, (digits, pen, count) in enumerate(parts):
        sources = load_sources(digits, pen, data)
        chunks = list(_chunks(sources, reader, (seed, number), -(-count // _CHUNK), workers))
        cut.append(Digits(*(np.concatenate(arrays) for arrays in zip(*chunks, strict=True))))
    description = {
        "lines": [-(-count // _CHUNK) * _CHUNK for *_, count in parts],
        "validation": validation,
        "seed": seed,
        "emnist": dataset.files["emnist"]["sha256"],
        "networks": networks,
    }
    return Pieces(cut[0], cut[1], description)


def save_pieces(pieces: Pieces, path: Path) -> None:
    """Write an .npz file in one atomic step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    try:
        with new.open("wb") as file:
            np.savez_compressed(
                file,
                images=pieces.training.images,
                labels=pieces.training.labels,
                validation_images=pieces.validation.images,
                validation_labels=pieces.validation.labels,
                description=np.array(json.dumps(pieces.description)),
            )
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def load_pieces(path: Path) -> Pieces:
    """Read what `save_pieces` wrote.

    Raises:
        DataError: the file is missing, damaged or of another layout.
    """
    from train.data import load_arrays

    arrays = load_arrays(path)
    try:
        parts = [
            Digits(arrays[f"{part}images"], arrays[f"{part}labels"].astype(np.uint8)) for part in ("", "validation_")
        ]
        description = json.loads(str(arrays["description"]))
        for part in parts:
            whole = part.images.shape == (len(part), CROP_SIZE, CROP_SIZE) and part.images.dtype == np.uint8
            if not whole or not len(part) or part.labels.max() > NONE:
                raise ValueError
    except (KeyError, ValueError) as error:
        raise DataError(f"{path} holds no pieces: make them with `python -m train pieces`.") from error
    return Pieces(parts[0], parts[1], description)


# --- in other processes ----------------------------------------------------------------------------------------------


def _chunks(
    sources: Sources, folder: Path | None, seed: tuple[int, ...], count: int, workers: int
) -> Iterator[tuple[Images, Labels]]:
    if workers == 0:
        reader = DigitReader.from_checkpoint(folder)
        yield from (_cut_chunk(sources, reader, np.random.default_rng([*seed, index])) for index in range(count))
        return
    # Spawned, not forked: a fork of a process in which other threads run may hang.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start, (sources, folder, seed)) as pool:
        try:
            for index, chunk in enumerate(pool.map(_cut_here, range(count)), 1):
                if index % 20 == 0 or index == count:
                    print(f"{index * _CHUNK} of {count * _CHUNK} lines", flush=True)
                yield chunk
        except BrokenProcessPool as error:
            raise RunError(
                "A process that cuts lines died (out of memory?): try again with fewer --workers."
            ) from error


_here: tuple[Sources, DigitReader, tuple[int, ...]] | None = None


def _start(sources: Sources, folder: Path | None, seed: tuple[int, ...]) -> None:
    global _here
    start_helper()
    _here = sources, DigitReader.from_checkpoint(folder), seed


def _cut_here(index: int) -> tuple[Images, Labels]:
    assert _here is not None
    sources, reader, seed = _here
    return _cut_chunk(sources, reader, np.random.default_rng([*seed, index]))


def _cut_chunk(sources: Sources, reader: DigitReader, rng: np.random.Generator) -> tuple[Images, Labels]:
    inks: list[GreyImage] = []
    labels: list[int] = []
    for _ in range(_CHUNK):
        text = random_text(rng)
        for ink, label in label_pieces(reader, print_line(text, sources, rng), text, rng):
            inks.append(ink)
            labels.append(label)
    return normalize_all(inks), np.array(labels, np.uint8)


# --- one line --------------------------------------------------------------------------------------------------------


def print_line(text: str, sources: Sources, rng: np.random.Generator) -> GreyImage:
    """Write a text and print it on paper.

    Args:
        text: as `train.synthesis.random_text` makes them up.
        sources: the characters to write with.
        rng: the same state gives the same picture.

    Returns:
        (height, width) uint8, dark ink on light paper.
    """
    ink, body = write_line(text, random_hand(rng), sources, rng)
    if rng.random() < _DEGRADED:
        line = degrade(ink, body, rng)
    else:
        height, room = int(rng.integers(32, 65)), int(rng.integers(2, 24))
        line = np.pad(ink, ((4, 4), (room, room)))
        size = max(8, round(line.shape[1] * height / line.shape[0])), height
        line = np.asarray(cv2.resize(line, size, interpolation=cv2.INTER_AREA), np.uint8)
        if rng.random() < 0.4:
            line = np.asarray(cv2.GaussianBlur(line, (0, 0), float(rng.uniform(0.4, 1.2))), np.uint8)
    paper, dark = float(rng.uniform(180, 250)), float(rng.uniform(10, 110))
    top, bottom, left, right = rng.integers(0, 12, 4).tolist()
    line = np.pad(line, ((top, bottom), (left, right)))
    grey = paper - (paper - dark) * line.astype(np.float32) / 255
    grain = rng.normal(0.0, rng.uniform(0.3, 3.0), grey.shape)
    return np.clip(np.round(grey + grain), 0, 255).astype(np.uint8)


def label_pieces(
    reader: DigitReader, picture: GreyImage, text: str, rng: np.random.Generator
) -> list[tuple[GreyImage, int]]:
    """Cut a line and say what its pieces show.

    Args:
        reader: one with a line network.
        picture: (height, width) uint8.
        text: what stands there; what is no digit in it counts as a mark.
        rng: chooses among the pieces that are no digit, at most half as many as digits and one.

    Returns:
        Ink of each piece, (height, width) uint8, and its label, 0 to 9 or `NONE`; nothing where the reader finds no line or
        several, or cannot find the text in it.
    """
    found = reader.evidence(picture)
    if len(found) != 1:
        return []
    ((line, seen),) = found
    digits = "".join(c for c in text if c.isdigit())
    aligned = _align(line, seen, digits)
    if aligned is None:
        return []
    shown, marks = aligned
    none = [*_surely_marks(line, marks), *_surely_cut_wrong(line, shown, marks)]
    rng.shuffle(none)
    labels = [*zip(shown, map(int, digits), strict=True), *((index, NONE) for index in none[: len(shown) // 2 + 1])]
    return [(line.all_pieces[index].component.ink, label) for index, label in labels]


def _align(line: LineEvidence, seen: LinePicture, digits: str) -> tuple[list[int], list[int]] | None:
    """The pieces that show the digits, and those that are marks; None where the networks do not agree on that."""
    if not digits:
        return [], line.wholes
    (way,) = line.fits([digits])
    if way is None:
        return None
    try:
        spans = align(line.look.log_probs, digits)
    except ValueError:  # more digits than frames
        return None
    shown = [index for index, is_mark in way[0] if not is_mark]
    middles = [seen.x + (start + end) / 2 * FRAME / seen.scale for start, end in spans]
    for index, middle in zip(shown, middles, strict=True):
        box = line.all_pieces[index].component.box
        if not box.x - _LEFT * line.height <= middle <= box.right + _RIGHT * line.height:
            return None
    return shown, [index for index, is_mark in way[0] if is_mark]


def _surely_marks(line: LineEvidence, marks: Sequence[int]) -> list[int]:
    """Marks that nobody takes for a digit."""
    return [index for index in marks if not _may_be_digit(line, index)]


def _surely_cut_wrong(line: LineEvidence, shown: Sequence[int], marks: Sequence[int]) -> list[int]:
    """Pieces beside the chosen ones that hold more than one digit, or parts."""
    boxes = [line.all_pieces[index].component.box for index in shown]
    wrong = []
    for index, piece in enumerate(line.all_pieces):
        if index in shown or index in marks:
            continue
        shares = sorted((_share_of_width(box, piece.component.box) for box in boxes), reverse=True)
        if not shares or shares[0] == 0:
            continue
        several = shares[0] > _HELD and len(shares) > 1 and shares[1] > _HARDLY_HELD
        if several or (shares[0] < _PART and not _may_be_digit(line, index)):
            wrong.append(index)
    return wrong


def _share_of_width(digit: Box, piece: Box) -> float:
    """How much of a digit's width a piece spans."""
    return max(0, min(digit.right, piece.right) - max(digit.x, piece.x)) / digit.width


def _may_be_digit(line: LineEvidence, index: int) -> bool:
    digit: npt.NDArray[np.float32] = line.probabilities[index, :NONE]
    return bool(digit[1] > _MAYBE_ONE or digit.max() > _MAYBE_DIGIT)
