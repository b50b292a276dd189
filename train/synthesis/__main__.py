"""Write lines as training does, measure how many a second, and show some: `python -m train.synthesis`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from recognizer.errors import RecognizerError
from train.errors import ReportError
from train.examples import encode_png
from train.synthesis.made import made_sources
from train.synthesis.sources import read_sources
from train.synthesis.speed import measure_speed
from train.synthesis.stream import StringStream


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.data is None and (options.pen_strokes or options.optdigits):
        parser.error("--pen-strokes and --optdigits add to the digits of --data: give that too")
    try:
        return _run(options)
    except RecognizerError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(
            f"{parser.prog}: the package {error.name} is missing: "
            'install the training extra with `python -m pip install -e ".[train]"`.',
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130


def _run(options: argparse.Namespace) -> int:
    sources = read_sources(options.data, options.pen_strokes, options.optdigits) if options.data else made_sources()
    if options.sheet:
        from train.sheets import line_sheet, synthesised_lines

        sheet = encode_png(line_sheet(synthesised_lines(sources, options.lines, options.seed)))
        try:
            options.sheet.write_bytes(sheet)
        except OSError as error:
            raise ReportError(f"{options.sheet} cannot be written: {error.strerror}.") from error
        print(f"wrote {options.sheet}")
    stream = StringStream(sources, options.seed)
    alone = measure_speed(stream, options.count)
    print(
        f"1 process, CPU time: {alone.lines} lines in {alone.cpu_seconds:.2f} s, {alone.a_cpu_second:.0f} a second",
        flush=True,
    )
    together = measure_speed(stream, options.count, options.workers)
    processes = "1 process" if options.workers == 1 else f"{options.workers} processes"
    print(f"{processes}, clock: {together.lines} lines in {together.seconds:.2f} s, {together.a_second:.0f} a second")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m train.synthesis",
        description="Write lines as training does and print how many a second; show some of them.",
    )
    parser.add_argument("--count", type=_positive_int, default=2000, metavar="N", help="lines to time (default: 2000)")
    parser.add_argument("--workers", type=_positive_int, default=2, metavar="N", help="processes (default: 2)")
    parser.add_argument("--seed", type=_natural, default=1, metavar="N", help="of the lines (default: 1)")
    data = parser.add_argument_group("data")
    data.add_argument(
        "--data", type=Path, metavar="NPZ", help="write with the digits of this file (default: the project's own)"
    )
    data.add_argument("--pen-strokes", type=Path, metavar="FILE", help="with --data: further digits, .jsonl.gz")
    data.add_argument("--optdigits", type=Path, metavar="NPZ", help="with --data: the optdigits originals too")
    sheet = parser.add_argument_group("contact sheet")
    sheet.add_argument("--sheet", type=Path, metavar="FILE", help="write lines with their texts as a PNG file")
    sheet.add_argument("--lines", type=_positive_int, default=60, metavar="N", help="how many (default: 60)")
    return parser


def _positive_int(text: str) -> int:
    if (value := _natural(text)) == 0:
        raise argparse.ArgumentTypeError("must be a whole number of at least 1, not '0'")
    return value


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 0, not {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
