"""Score the reader on folders of labelled pictures: `python -m train evaluate-strings FOLDER...`.

A folder holds pictures and a `labels.csv` with the columns `file` and `text`; a text holds the digits, and `|` stands for
a line break. Marks that are no digits are dropped from both sides before they are compared.
"""

from __future__ import annotations

import argparse
import csv
import re
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recognizer.errors import ImageLoadError, RecognizerError
from recognizer.image_io import load_image
from recognizer.reader import DigitReader
from train.run import write_json

LABELS = "labels.csv"
_BIN_EDGES = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One picture's reading beside its truth."""

    folder: str
    file: str
    truth: str
    text: str
    confidence: float
    milliseconds: float

    @property
    def exact(self) -> bool:
        """Whether the whole text is right."""
        return self.truth == self.text


def canonical(text: str) -> str:
    """Digits alone, lines joined by `|`, empty lines left out."""
    return "|".join(filter(None, (re.sub(r"[^0-9]", "", line) for line in re.split(r"[|\n]", text))))


def edit_distance(one: str, other: str) -> int:
    """Fewest insertions, deletions and substitutions of single characters that turn one text into the other
    (Levenshtein 1966)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


def read_folder(
    reader: DigitReader, folder: Path, limit: int | None = None, lenient_lines: bool = False
) -> list[Outcome]:
    """Read every labelled picture of a folder.

    Args:
        reader: reads the pictures.
        folder: holds the pictures and their labels.csv.
        limit: at most this many pictures, the first ones.
        lenient_lines: a label without line breaks says nothing about lines, so those of the reading are dropped.

    Raises:
        ImageLoadError: the folder has no usable labels.csv, or a picture that it names cannot be read.
    """
    outcomes = []
    for file, label in _labels(folder)[:limit]:
        picture = load_image(folder / file)
        start = time.perf_counter()
        reading = reader.read(picture)
        milliseconds = 1e3 * (time.perf_counter() - start)
        truth, text = canonical(label), canonical(reading.text)
        if lenient_lines and "|" not in truth:
            text = text.replace("|", "")
        outcomes.append(Outcome(folder.name, file, truth, text, reading.confidence, milliseconds))
    return outcomes


def _labels(folder: Path) -> list[tuple[str, str]]:
    path = folder / LABELS
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [(row["file"], row["text"]) for row in csv.DictReader(file)]
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise ImageLoadError(f"{path} has to be a CSV file with the columns file and text.") from error
    if not rows:
        raise ImageLoadError(f"{path} names no picture.")
    return rows


def score(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Figures of some readings: their number, exact match and character error rate in percent, median milliseconds."""
    length = sum(len(o.truth) for o in outcomes)
    return {
        "n": len(outcomes),
        "exact": 100 * sum(o.exact for o in outcomes) / len(outcomes),
        "cer": 100 * sum(edit_distance(o.truth, o.text) for o in outcomes) / max(1, length),
        "ms": statistics.median(o.milliseconds for o in outcomes),
    }


def reliability(outcomes: Iterable[Outcome]) -> list[dict[str, float]]:
    """How often readings of each confidence are right: one row a bin that holds any, all values but `n` from 0 to 1."""
    read = [o for o in outcomes if o.text]
    confidence = np.array([o.confidence for o in read])
    right = np.array([o.exact for o in read], dtype=float)
    bins = np.clip(np.digitize(confidence, _BIN_EDGES) - 1, 0, len(_BIN_EDGES) - 2)
    return [
        {
            "from": _BIN_EDGES[index],
            "to": _BIN_EDGES[index + 1],
            "n": int((bins == index).sum()),
            "confidence": float(confidence[bins == index].mean()),
            "right": float(right[bins == index].mean()),
        }
        for index in range(len(_BIN_EDGES) - 1)
        if (bins == index).any()
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; exit code 1 where a folder cannot be scored (the others are)."""
    parser = argparse.ArgumentParser(prog="python -m train evaluate-strings", description=__doc__.partition("\n\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help=f"folder with pictures and a {LABELS}")
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FOLDER", help="weights to read with (default: those built in)"
    )
    parser.add_argument("--limit", type=int, help="at most this many pictures a folder")
    parser.add_argument(
        "--lenient-lines", action="store_true", help="where a label has no line break, ignore those of the reading"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write all figures as JSON")
    parser.add_argument("--errors", type=Path, metavar="FILE", help="write every wrong reading as CSV")
    arguments = parser.parse_args(argv)
    try:
        reader = DigitReader.from_checkpoint(arguments.checkpoint)
    except RecognizerError as error:
        print(error, file=sys.stderr)
        return 1

    status = 0
    table: dict[str, Any] = {}
    outcomes: list[Outcome] = []
    print(f"{'folder':26}{'pictures':>9}{'exact %':>9}{'CER %':>8}{'ms':>8}")
    for folder in arguments.folders:
        try:
            found = read_folder(reader, folder, arguments.limit, arguments.lenient_lines)
        except RecognizerError as error:
            print(error, file=sys.stderr)
            status = 1
            continue
        outcomes += found
        row = table[folder.name] = score(found)
        print(f"{folder.name:26}{row['n']:9}{row['exact']:9.1f}{row['cer']:8.1f}{row['ms']:8.1f}", flush=True)
    bins = reliability(outcomes)
    if bins:
        print(f"\n{'confidence':14}{'readings':>9}{'mean':>8}{'right':>8}")
        for entry in bins:
            span = f"{entry['from']:.2f} - {entry['to']:.2f}"
            print(f"{span:14}{entry['n']:9}{entry['confidence']:8.2f}{entry['right']:8.2f}")
    try:
        if arguments.out:
            write_json(arguments.out, {"folders": table, "reliability": bins})
        if arguments.errors:
            _write_errors(arguments.errors, outcomes)
    except OSError as error:
        print(f"{error.filename} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    return status


def _write_errors(path: Path, outcomes: Iterable[Outcome]) -> None:
    new = path.with_name(path.name + ".new")
    with new.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("folder", "file", "truth", "text", "confidence"))
        writer.writerows((o.folder, o.file, o.truth, o.text, f"{o.confidence:.4f}") for o in outcomes if not o.exact)
    new.replace(path)


if __name__ == "__main__":
    sys.exit(main())
