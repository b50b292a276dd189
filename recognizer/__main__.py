"""Command line: ``python -m recognizer PICTURE... [--json | --csv FILE] [--method METHOD]``."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from recognizer.errors import RecognizerError
from recognizer.table import disarm, doubtful_places, escape
from recognizer.types import Method, Reading

_EXIT_FAILED = 1

_DESCRIPTION = """\
Read handwritten numbers from pictures. Prints one line a picture: path, text and confidence (0 to 1), separated by
tabs; the lines of a picture with several are joined by "|". A picture that cannot be read is named on the error output,
the others are read all the same, and the exit code is then 1."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 where every picture was read, 1 where one could not be or the output could not be written.
    """
    parser = argparse.ArgumentParser(prog="python -m recognizer", description=_DESCRIPTION)
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="picture file: PNG, JPEG, TIFF, WebP, BMP, ...")
    output = parser.add_mutually_exclusive_group()
    output.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object a line: every digit with its box, whether it is doubtful and what else it may be, and the "
        "marks that were left out",
    )
    output.add_argument(
        "--csv",
        type=Path,
        metavar="FILE",
        help="write a table with a header line to FILE: file, text, confidence, and which digits of the text are doubtful, "
        "counted from 1",
    )
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FOLDER", help="weights to read with (default: those built in)"
    )
    parser.add_argument(
        "--method",
        choices=get_args(Method),
        default="auto",
        help="how lines are read: digit by digit (segmentation), as a whole (sequence), or both together (auto, the default)",
    )
    arguments = parser.parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file name may hold what the terminal's encoding does not: escaped it is better than a traceback.
            stream.reconfigure(errors="backslashreplace")

    try:
        return _run(arguments)
    except RecognizerError as error:
        return _complain(str(error))
    except BrokenPipeError:
        # The reader of our output (`head`, say) has seen enough. Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _complain("Stopped.")


def _run(arguments: argparse.Namespace) -> int:
    if arguments.csv is not None:
        return _write_csv(arguments)
    status = [0]
    for path, reading in _read_all(arguments, status):
        if arguments.json:
            line = json.dumps({"file": escape(path), **reading.to_dict()}, ensure_ascii=False)
        else:
            line = "\t".join((escape(path), reading.text.replace("\n", "|"), f"{reading.confidence:.4f}"))
        print(line, flush=True)
    return status[0]


def _read_all(arguments: argparse.Namespace, status: list[int]) -> Iterator[tuple[str, Reading]]:
    """Path and reading of each picture that can be read; complains of the others and sets `status[0]`."""
    from recognizer.reader import DigitReader  # here, for it loads OpenCV and ONNX Runtime, which --help does not need

    reader = DigitReader.from_checkpoint(arguments.checkpoint, arguments.method)
    for path in arguments.pictures:
        try:
            yield path, reader.read(path)
        except RecognizerError as error:
            status[0] = _complain(str(error))


def _write_csv(arguments: argparse.Namespace) -> int:
    """Write the table beside its destination and move it there when whole: an old file is never lost to half a new one."""
    target: Path = arguments.csv
    status = [0]
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    except OSError as error:
        return _complain(f"{target} cannot be written: {error.strerror}.")
    part = Path(name)
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("file", "text", "confidence", "doubtful"))
            for path, reading in _read_all(arguments, status):
                writer.writerow((disarm(path), reading.text, f"{reading.confidence:.4f}", doubtful_places(reading)))
        part.chmod(0o666 & ~_umask())
        part.replace(target)
    except OSError as error:
        return _complain(f"{target} cannot be written: {error.strerror}.")
    finally:
        part.unlink(missing_ok=True)
    return status[0]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _complain(sentence: str) -> int:
    print(escape(sentence), file=sys.stderr, flush=True)
    return _EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
