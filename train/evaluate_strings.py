"""Score the reader on pictures of numbers: `python -m train evaluate-strings FOLDER... [--no-digits] [--synthetic]`.

A folder holds pictures and a `labels.csv` with the columns `file` and `text`; a text holds the digits, and `|` stands for
a line break. Marks that are no digits are dropped from both sides before they are compared. Two more sets of pictures are
made on the spot: such without any digit (`train.digitless`), and strings of EMNIST's test digits (`train.emnist_strings`).
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, get_args

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.errors import ImageLoadError, RecognizerError
from recognizer.image_io import load_image
from recognizer.reader import DigitReader
from recognizer.types import Method
from train.data import Digits, load_characters
from train.digitless import COUNT, digitless_pictures
from train.emnist_strings import RECIPES, Recipe, strings
from train.errors import ReportError
from train.evaluate import wilson_interval
from train.examples import boxed, in_a_shadow, ink_of, labelled, on_a_table, rotate, sheet, squared, table_of
from train.report import check_report_folder, write_report
from train.run import write_json
from train.scores import Outcome, by_digits, canonical, reliability, risk_coverage, score, selective

LABELS = "labels.csv"
METHODS = get_args(Method)
MOST_DIGITLESS_READ = 2.0
"""Of the pictures without a digit, the percentage that may give a text."""
SYNTHETIC_LENGTHS = range(1, 13)
"""Numbers of digits for which the synthetic strings' exact match is plotted."""
_WORST = 48
"""Number of mistakes on a contact sheet."""
_PRINT = (125, 150, 185)
"""Colour of squares that are printed on paper: half as dark as a pen."""
_WORDS = (
    "Total:", "No.", "Amount", "Amount (EUR)", "Date of birth:", "Invoice number", "Score", "Age:", "Points:", "Weight (kg)",
    "Customer", "Montant", "Importe", "Betrag", "Gesamt:", "Höhe:", "Postcode", "Room", "Year", "CHF",
)  # fmt: skip
_FONTS = tuple(
    f"DejaVu {family}{style}" for family in ("Sans", "Serif", "Sans Mono") for style in ("", ":bold", ":italic")
)
"""Words that may be printed before a number, and their fonts, which come with matplotlib."""
_COLUMNS, _CELLS, _IN_A_CELL, _CELL_SEPARATOR = 3, 12, range(2, 8), "+"
"""Columns and cells of a table, how many digits a cell may hold, and what stands between the names of its pictures."""
_ASKEW = 5.0
"""How far a picture on a table may be turned, in degrees."""
_TILE = 400
"""Longest side of a picture on a contact sheet, in pixels."""


class Mistake(NamedTuple):
    """A wrong reading and what was read."""

    outcome: Outcome
    picture: npt.NDArray[np.uint8]
    """(height, width) or (height, width, 3) uint8, at most `_TILE` pixels a side."""


@dataclass(frozen=True, slots=True)
class Staging:
    """What is done to each picture of a folder before it is read."""

    turned: float = 0.0
    """By how many degrees it is turned, anticlockwise; its edges go on."""
    squared: float | None = None
    """Side of the squares that are printed on its paper, as a share of its shorter side; None for none."""
    labelled: bool = False
    """Whether a word is printed before its number."""
    on_a_table: bool = False
    """Whether it is laid on a dark table, askew by at most 5 degrees."""
    in_a_shadow: bool = False
    """Whether the shadow of a hand falls on it."""
    boxed: bool = False
    """Whether boxes are printed over it, one for each of its digits."""
    in_columns: bool = False
    """Whether its number is laid out with others in a table."""

    def arrange(self, labels: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Names and texts of what is read of a folder's pictures, whose names and texts are given: those of a table are joined.

        Raises:
            ImageLoadError: there are too few for a table.
        """
        if not self.in_columns:
            return labels
        numbers = [
            (file, text) for file, label in labels if "|" not in (text := canonical(label)) and len(text) in _IN_A_CELL
        ]
        if len(numbers) < _CELLS:
            raise ImageLoadError(
                f"A table takes {_CELLS} pictures of one number of {_IN_A_CELL[0]} to {_IN_A_CELL[-1]} digits."
            )
        order = np.random.default_rng(0).permutation(len(numbers))  # neighbours in a folder may be of one hand
        pages = order[: len(order) // _CELLS * _CELLS].reshape(-1, _CELLS).tolist()
        tables = [zip(*(numbers[index] for index in page), strict=True) for page in pages]
        return [(_CELL_SEPARATOR.join(files), "|".join(texts)) for files, texts in tables]

    def load(self, folder: Path, file: str, text: str) -> npt.NDArray[np.uint8]:
        """A picture whose text is known, (height, width, 3) uint8, as it is read."""
        rng = np.random.default_rng(list(Path(file).name.encode()))  # the same for the same picture
        picture = (
            self._table(folder, file.split(_CELL_SEPARATOR), rng) if self.in_columns else load_image(folder / file)
        )
        if self.squared:
            height, width = picture.shape[:2]
            lines = squared(sheet(height, width), max(3.0, self.squared * min(height, width)), _PRINT)
            # Ink over print is as dark as both together.
            picture = np.asarray(cv2.multiply(picture, lines, scale=1 / 255), np.uint8)
        if self.boxed:
            picture = boxed(picture, max(1, *map(len, canonical(text).split("|"))))
        if self.labelled:
            from matplotlib.font_manager import findfont  # part of the training extra

            picture = labelled(picture, rng.choice(_WORDS), findfont(rng.choice(_FONTS)))
        if self.in_a_shadow:
            picture = in_a_shadow(picture, rng)
        if self.on_a_table:
            picture = on_a_table(picture, rng, rng.uniform(-_ASKEW, _ASKEW))
        return rotate(picture, self.turned, None) if self.turned else picture

    @staticmethod
    def _table(folder: Path, files: Sequence[str], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
        inks = [ink_of(load_image(folder / file)) for file in files]
        return table_of(inks, _COLUMNS, rng, has_lines=bool(rng.random() < 0.5))


_AS_IT_IS = Staging()


def read_folder(
    reader: DigitReader,
    folder: Path,
    limit: int | None = None,
    lenient_lines: bool = False,
    staging: Staging = _AS_IT_IS,
) -> list[Outcome]:
    """Read every labelled picture of a folder.

    Args:
        reader: reads the pictures.
        folder: holds the pictures and their labels.csv.
        limit: at most this many pictures, the first ones.
        lenient_lines: a label without line breaks says nothing about lines, so those of the reading are dropped.
        staging: what is done to each picture before it is read.

    Raises:
        ImageLoadError: the folder has no usable labels.csv, or a picture that it names cannot be read.
    """
    outcomes = []
    for file, label in staging.arrange(read_labels(folder)[:limit]):
        outcome = read_picture(reader, staging.load(folder, file, label), label, folder.name, file)
        if lenient_lines and "|" not in outcome.truth:
            outcome = replace(outcome, text=outcome.text.replace("|", ""))
        outcomes.append(outcome)
    return outcomes


def read_picture(reader: DigitReader, picture: npt.NDArray[np.uint8], label: str, folder: str, file: str) -> Outcome:
    """Read one picture, decoded already, whose label and names are given."""
    start = time.perf_counter()
    reading = reader.read(picture)
    milliseconds = 1e3 * (time.perf_counter() - start)
    return Outcome(folder, file, canonical(label), canonical(reading.text), reading.confidence, milliseconds)


def read_labels(folder: Path) -> list[tuple[str, str]]:
    """Name and text of each picture that a folder's labels.csv lists, at least one.

    Raises:
        ImageLoadError: it is missing, or not of this form.
    """
    path = folder / LABELS
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [(row["file"], row["text"]) for row in csv.DictReader(file)]
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise ImageLoadError(f"{path} has to be a CSV file with the columns file and text.") from error
    if any(None in row for row in rows):
        raise ImageLoadError(f"{path} has lines without a file or a text.")
    if not rows:
        raise ImageLoadError(f"{path} names no picture.")
    return rows


def read_made(
    reader: DigitReader, made: Iterable[tuple[str, npt.NDArray[np.uint8], str]]
) -> tuple[list[Outcome], list[Mistake]]:
    """Read pictures that are made on the spot.

    Args:
        reader: reads the pictures.
        made: kind, picture and true text of each.

    Returns:
        All outcomes, with the kind as `folder` and the number as `file`, and the mistakes.
    """
    outcomes, mistakes = [], []
    for number, (kind, picture, text) in enumerate(made):
        outcomes.append(read_picture(reader, picture, text, kind, str(number)))
        if not outcomes[-1].exact:
            mistakes.append(Mistake(outcomes[-1], _shrink(picture)))
    return outcomes, mistakes


def curve_by_length(
    reader: DigitReader, digits: Digits, lengths: Iterable[int], count: int, *, touching: bool = False
) -> list[dict[str, float]]:
    """Read strings put together from single digits, `count` of each length: rows as `scores.by_digits` gives them."""
    made = (one for length in lengths for one in strings(digits, Recipe(length, touching), count))
    return by_digits(read_made(reader, (("strings", *one) for one in made))[0])


def _shrink(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A picture at most `_TILE` pixels a side, for the contact sheet."""
    height, width = picture.shape[:2]
    scale = _TILE / max(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


# --- the command -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Evaluation:
    """What one call of the command has found so far."""

    figures: dict[str, Any] = field(default_factory=dict)
    pictures: dict[str, Callable[[Path], None]] = field(default_factory=dict)
    """Of the report's picture files, the functions that save them."""
    outcomes: list[Outcome] = field(default_factory=list)
    """Of the folders' pictures."""
    status: int = 0


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables; exit code 1 where a folder cannot be scored (the others are) or a file cannot be written."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if not (arguments.folders or arguments.no_digits or arguments.synthetic):
        parser.error("name a FOLDER, or give --no-digits or --synthetic")
    try:
        return _run(arguments)
    except RecognizerError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m train evaluate-strings", description=__doc__.partition("\n\n")[0])
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help=f"folder with pictures and a {LABELS}")
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FOLDER", help="weights to read with (default: those built in)"
    )
    parser.add_argument("--method", choices=METHODS, help="how the reader finds the digits (default: its own)")
    parser.add_argument("--limit", type=int, help="at most this many pictures a folder")
    parser.add_argument(
        "--lenient-lines", action="store_true", help="where a label has no line break, ignore those of the reading"
    )
    parser.add_argument(
        "--turned",
        type=_degrees,
        default=0.0,
        metavar="DEGREES",
        help="turn each picture of a folder by so much before it is read, anticlockwise; its edges go on",
    )
    parser.add_argument(
        "--squared",
        type=_share,
        metavar="SHARE",
        help="print squares on the paper of each picture of a folder before it is read, as wide as this share of its shorter "
        "side, 0.25 say",
    )
    parser.add_argument(
        "--labelled", action="store_true", help="print a word before the number of each picture of a folder"
    )
    parser.add_argument(
        "--on-a-table", action="store_true", help="lay each picture of a folder on a dark table before it is read"
    )
    parser.add_argument(
        "--in-a-shadow", action="store_true", help="let the shadow of a hand fall on each picture of a folder"
    )
    parser.add_argument(
        "--boxed",
        action="store_true",
        help="print boxes over each picture of a folder, one for each digit, as forms have",
    )
    parser.add_argument(
        "--in-columns",
        action="store_true",
        help="lay the numbers of a folder out in tables of three columns and four rows, about half of them with lines",
    )
    parser.add_argument(
        "--selective",
        type=_share,
        metavar="SHARE",
        help="choose the confidence from which on this share of the readings is right, 0.99 say, on every other picture of a "
        "folder, and say what it gives on the rest",
    )
    made = parser.add_argument_group("pictures made on the spot")
    made.add_argument(
        "--no-digits",
        nargs="?",
        type=_positive_int,
        const=COUNT,
        metavar="N",
        help=f"read N pictures without any digit (default: {COUNT}): how many give a text?",
    )
    made.add_argument("--synthetic", action="store_true", help="read strings of EMNIST's test digits")
    made.add_argument(
        "--data",
        type=Path,
        metavar="NPZ",
        help="file with EMNIST's digits, for --synthetic (default: the official ones, downloaded once)",
    )
    made.add_argument(
        "--count", type=_positive_int, default=1000, metavar="N", help="synthetic strings of each kind (default: 1000)"
    )
    output = parser.add_argument_group("output")
    output.add_argument("--out", type=Path, metavar="FILE", help="write all figures as JSON")
    output.add_argument("--errors", type=Path, metavar="FILE", help="write every wrong reading of the folders as CSV")
    output.add_argument(
        "--report", type=Path, metavar="FOLDER", help="write figures, plots and contact sheets of the worst mistakes"
    )
    return parser


def _positive_int(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, not {text!r}")
    return value


def _degrees(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not -180 <= value <= 180:
        raise argparse.ArgumentTypeError(f"must be a number of degrees from -180 to 180, not {text!r}")
    return value


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"must be above 0 and below 1, not {text!r}")
    return value


def _run(arguments: argparse.Namespace) -> int:
    if arguments.report:  # first what may fail: nobody waits for figures that cannot be written
        check_report_folder(arguments.report)
    if arguments.report or arguments.labelled:
        try:
            import matplotlib  # noqa: F401
        except ModuleNotFoundError as error:
            raise ReportError("A report or a printed word needs matplotlib: install the training extra.") from error
    digits = _test_digits(arguments.data) if arguments.synthetic else None
    method = {} if arguments.method is None else {"method": arguments.method}
    reader = DigitReader.from_checkpoint(arguments.checkpoint, **method)

    evaluation = _Evaluation()
    if arguments.folders:
        _evaluate_folders(reader, arguments, evaluation)
    if arguments.no_digits:
        _evaluate_digitless(reader, arguments.no_digits, evaluation)
    if digits is not None:
        _evaluate_synthetic(reader, digits, arguments.count, evaluation)
    try:
        if arguments.out:
            write_json(arguments.out, evaluation.figures)
        if arguments.errors:
            _write_errors(arguments.errors, evaluation.outcomes)
    except OSError as error:
        raise ReportError(f"{error.filename} cannot be written: {error.strerror}.") from error
    if arguments.report:
        write_report(arguments.report, evaluation.figures, evaluation.pictures)
        print(f"\nSaved the report in {arguments.report}")
    return evaluation.status


def _test_digits(data: Path | None) -> Digits:
    if data is not None:
        return load_characters(data)[1]
    from train.official import load_official

    return load_official()[1]


def _evaluate_folders(reader: DigitReader, arguments: argparse.Namespace, evaluation: _Evaluation) -> None:
    """Score the folders, print their tables and note figures and pictures."""
    found: dict[str, list[Outcome]] = {}
    places: dict[str, Path] = {}
    staging = Staging(
        arguments.turned,
        arguments.squared,
        arguments.labelled,
        arguments.on_a_table,
        arguments.in_a_shadow,
        arguments.boxed,
        arguments.in_columns,
    )
    names = Counter(folder.resolve().name for folder in arguments.folders)
    print(f"{'folder':26}{'pictures':>9}{'exact %':>9}{'CER %':>8}{'ms':>8}")
    for folder in arguments.folders:
        name = folder.resolve().name
        name = name if names[name] == 1 else str(folder)
        try:
            outcomes = read_folder(reader, folder, arguments.limit, arguments.lenient_lines, staging)
        except RecognizerError as error:
            print(error, file=sys.stderr)
            evaluation.status = 1
            continue
        found[name], places[name] = [replace(o, folder=name) for o in outcomes], folder
        row = score(outcomes)
        print(f"{name:26}{row['n']:9}{row['exact']:9.1f}{row['cer']:8.1f}{row['ms']:8.1f}", flush=True)
    evaluation.outcomes = [o for outcomes in found.values() for o in outcomes]
    evaluation.figures |= {
        "folders": {name: score(outcomes) for name, outcomes in found.items()},
        "by_digits": {name: by_digits(outcomes) for name, outcomes in found.items()},
        "reliability": reliability(evaluation.outcomes),
    }
    if not found:
        return
    _print_by_digits(by_digits(evaluation.outcomes))
    _print_reliability(evaluation.figures["reliability"])
    if arguments.selective:
        chosen = {name: selective(outcomes, arguments.selective) for name, outcomes in found.items()}
        evaluation.figures["selective"] = chosen
        _print_selective(chosen, arguments.selective)

    def save_mistakes(path: Path) -> None:
        wrong = [o for o in evaluation.outcomes if not o.exact]
        worst = sorted(wrong, key=lambda o: -o.confidence)[:_WORST]
        shown = [Mistake(o, _shrink(staging.load(places[o.folder], o.file, o.truth))) for o in worst]
        _save_mistakes(shown, path)

    def save_by_digits(path: Path) -> None:
        from train import plots

        pooled = {"all": by_digits(evaluation.outcomes)} if len(found) > 1 else {}
        plots.save_accuracy_by_digits({**evaluation.figures["by_digits"], **pooled}, path)

    def save_risk_coverage(path: Path) -> None:
        from train import plots

        plots.save_risk_coverage({name: risk_coverage(outcomes) for name, outcomes in found.items()}, path)

    evaluation.pictures |= {
        "mistakes.png": save_mistakes,
        "by_digits.png": save_by_digits,
        "risk_coverage.png": save_risk_coverage,
    }


def _evaluate_digitless(reader: DigitReader, count: int, evaluation: _Evaluation) -> None:
    """Read pictures without any digit, print which kinds give a text and note figures and pictures."""
    outcomes, mistakes = read_made(reader, ((kind, picture, "") for kind, picture in digitless_pictures(count)))
    shown, read = Counter(o.folder for o in outcomes), Counter(m.outcome.folder for m in mistakes)
    low, high = wilson_interval(len(mistakes), count)
    evaluation.figures["no_digits"] = {
        "n": count,
        "with_text": len(mistakes),
        "share": 100 * len(mistakes) / count,
        "low": 100 * low,
        "high": 100 * high,
        "kinds": {kind: {"n": shown[kind], "with_text": read[kind]} for kind in shown},
    }
    print(f"\n{'without a digit':26}{'pictures':>9}{'with a text':>13}")
    for kind in shown:
        print(f"{kind:26}{shown[kind]:9}{read[kind]:13}")
    print(
        f"{'all':26}{count:9}{len(mistakes):13}  {100 * len(mistakes) / count:.1f} % ({100 * low:.1f} to {100 * high:.1f}), "
        f"at most {MOST_DIGITLESS_READ:g} % wanted"
    )
    evaluation.pictures["no_digits.png"] = partial(_save_mistakes, mistakes)


def _evaluate_synthetic(reader: DigitReader, digits: Digits, count: int, evaluation: _Evaluation) -> None:
    """Read synthetic strings, print their exact match and note figures and pictures."""
    kinds: dict[str, dict[str, Any]] = {}
    mistakes: list[Mistake] = []
    print(f"\n{'synthetic strings':26}{'strings':>9}{'exact %':>9}{'95 % interval':>16}{'CER %':>8}{'target':>8}")
    for name, recipe in RECIPES.items():
        outcomes, wrong = read_made(reader, ((name, *made) for made in strings(digits, recipe, count)))
        mistakes += wrong
        (row,) = by_digits(outcomes)
        kinds[name] = {**row, "target": recipe.target}
        span = f"{row['low']:.1f} - {row['high']:.1f}"
        print(f"{name:26}{count:9}{row['exact']:9.1f}{span:>16}{row['cer']:8.1f}{recipe.target:8.1f}", flush=True)
    # The curve needs less: a fifth of the strings at each of its points.
    curve = curve_by_length(reader, digits, SYNTHETIC_LENGTHS, -(-count // 5))
    _print_by_digits(curve)
    evaluation.figures["synthetic"] = {"kinds": kinds, "by_digits": curve}

    def save_by_digits(path: Path) -> None:
        from train import plots

        plots.save_accuracy_by_digits({"synthetic strings, separated": curve}, path)

    worst = sorted(mistakes, key=lambda m: -m.outcome.confidence)[:_WORST]
    evaluation.pictures |= {
        "synthetic_mistakes.png": partial(_save_mistakes, worst),
        "synthetic_by_digits.png": save_by_digits,
    }


def _print_by_digits(rows: Iterable[dict[str, float]]) -> None:
    print(f"\n{'digits':14}{'pictures':>9}{'exact %':>9}{'95 % interval':>16}{'CER %':>8}")
    for row in rows:
        span = f"{row['low']:.1f} - {row['high']:.1f}"
        print(f"{row['digits']:<14}{row['n']:9}{row['exact']:9.1f}{span:>16}{row['cer']:8.1f}")


def _print_reliability(bins: Iterable[dict[str, float]]) -> None:
    print(f"\n{'confidence':14}{'readings':>9}{'mean':>8}{'right':>8}")
    for entry in bins:
        span = f"{entry['from']:.2f} - {entry['to']:.2f}"
        print(f"{span:14}{entry['n']:9}{entry['confidence']:8.2f}{entry['right']:8.2f}")


def _print_selective(chosen: dict[str, dict[str, Any]], target: float) -> None:
    """Print what the thresholds give on the pictures that they were not chosen on."""
    print(
        f"\n{f'{100 * target:g} % right':26}{'threshold':>10}{'accepted':>14}{'%':>7}{'right %':>9}{'95 % interval':>16}"
    )
    for name, row in chosen.items():
        if row["threshold"] is None:
            print(f"{name:26}{'none reaches it':>24}")
            continue
        number = f"{row['accepted']} of {row['n']}"
        line = f"{name:26}{row['threshold']:10.4f}{number:>14}{100 * row['coverage']:7.1f}"
        if row["right"] is not None:
            span = f"{100 * row['interval'][0]:.1f} - {100 * row['interval'][1]:.1f}"
            line += f"{100 * row['right']:9.1f}{span:>16}"
        print(line)


def _save_mistakes(mistakes: Iterable[Mistake], path: Path) -> None:
    """Save mistakes as a contact sheet: picture, truth, reading and confidence, and where the picture is from."""
    from train import plots

    tiles = [
        plots.Tile(
            m.picture,
            f"{_shorten(m.outcome.truth) or 'no digit'} read as {_shorten(m.outcome.text) or 'nothing'}, "
            f"{m.outcome.confidence:.2f}\n{_shorten(m.outcome.folder)} {_shorten(m.outcome.file)}",
        )
        for m in mistakes
    ]
    plots.save_contact_sheet(tiles, path)


def _shorten(text: str) -> str:
    """Text that fits above a small picture."""
    return text if len(text) <= 15 else f"{text[:6]}…{text[-8:]}"


def _write_errors(path: Path, outcomes: Iterable[Outcome]) -> None:
    new = path.with_name(path.name + ".new")
    with new.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("folder", "file", "truth", "text", "confidence"))
        writer.writerows((o.folder, o.file, o.truth, o.text, f"{o.confidence:.4f}") for o in outcomes if not o.exact)
    new.replace(path)


if __name__ == "__main__":
    sys.exit(main())
