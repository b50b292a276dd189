"""Speed and memory, measured on this machine: ``python -m recognizer.benchmark``.

Prints the time that one `DigitReader.read` takes for a picture of ten digits (array in, `Reading` out), also by each method
(in brackets: its share of segmentation's time), and the time and memory of a whole ``python -m recognizer PICTURE`` from
start to end; with ``--folder``, also the time for a picture of that folder. Medians, since machines are shared and noisy; the
methods take turns, so that the noise is the same for all.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from recognizer.errors import CheckpointError, RecognizerError
from recognizer.image_io import load_image
from recognizer.reader import DigitReader
from recognizer.types import Method, RgbImage

_EXAMPLES = Path(__file__).resolve().parent / "web" / "examples"
_DIGITS = 10

_Readers = Mapping[Method, DigitReader]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures; exit code 1 where what to measure with cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m recognizer.benchmark", description=__doc__)
    parser.add_argument("--picture", type=Path, help="measure with this picture (default: a bundled one of ten digits)")
    parser.add_argument("--folder", type=Path, help="also measure with every picture in this folder, each read once")
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FOLDER", help="weights to read with (default: those built in)"
    )
    parser.add_argument("--repeat", type=int, default=100, help="readings that are timed (default: 100)")
    parser.add_argument("--starts", type=int, default=5, help="starts of the command line that are timed (default: 5)")
    arguments = parser.parse_args(argv)
    picture = arguments.picture or _ten_digits()

    try:
        readers = _readers(arguments.checkpoint)
        array = load_image(picture)
        paths = _pictures(arguments.folder) if arguments.folder else []
    except RecognizerError as error:
        print(error, file=sys.stderr)
        return 1
    reading = readers["auto"].read(array)
    by_method = _times_of_reading(readers, array, max(1, arguments.repeat))
    times = by_method["auto"]
    print(f"machine         {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    print(
        f"picture         {Path(picture).name}, {array.shape[1]}x{array.shape[0]} pixels, {len(reading.digits)} digits"
    )
    print(
        f"one reading     {statistics.median(times):.1f} ms median, {min(times):.1f} fastest, {max(times):.1f} slowest"
    )
    print(f"methods         {_side_by_side(by_method)}")
    if paths:
        in_folder = _times_of_pictures(readers, paths)
        print(f"folder          {arguments.folder.name}, {len(in_folder['auto'])} pictures: {_side_by_side(in_folder)}")

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "picture.png"
        Image.fromarray(array).save(file)
        starts = [_start(file, arguments.checkpoint) for _ in range(max(1, arguments.starts))]
    print(f"command line    {statistics.median(s for s, _, _ in starts):.2f} s median from start to end")
    print(f"its memory      {max(m for _, m, _ in starts):.0f} MB at most")
    print(f"TensorFlow      {'IMPORTED' if any(t for _, _, t in starts) else 'not imported'}")
    return 0


def _ten_digits() -> Path:
    for entry in json.loads((_EXAMPLES / "examples.json").read_text(encoding="utf-8")):
        if sum(c.isdigit() for c in entry["text"]) == _DIGITS:
            return _EXAMPLES / str(entry["file"])
    raise SystemExit("No bundled example has ten digits: name a picture with --picture.")


def _readers(checkpoint: Path | None) -> dict[Method, DigitReader]:
    """A reader of each method; of "sequence" only where there is a line network."""
    readers: dict[Method, DigitReader] = {"segmentation": DigitReader.from_checkpoint(checkpoint, "segmentation")}
    auto = DigitReader.from_checkpoint(checkpoint, "auto")
    # What is wrong with a checkpoint has come to light by now: this one can only be missing.
    with contextlib.suppress(CheckpointError):
        readers["sequence"] = DigitReader.from_checkpoint(checkpoint, "sequence")
    return readers | {"auto": auto}


def _pictures(folder: Path) -> list[Path]:
    """Paths of the pictures in a folder; what is none is passed over."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise RecognizerError(f"The folder {folder} cannot be read: {error.strerror}.") from error
    pictures = []
    for path in paths:
        with contextlib.suppress(RecognizerError):
            load_image(path)
            pictures.append(path)
    if not pictures:
        raise RecognizerError(f"The folder {folder} holds no picture that can be read.")
    return pictures


def _times_of_reading(readers: _Readers, array: RgbImage, repeat: int) -> dict[Method, list[float]]:
    """Milliseconds of each of `repeat` readings by each method, after a few that are not counted."""
    times: dict[Method, list[float]] = {method: [] for method in readers}
    for index in range(repeat + 3):
        for method, reader in readers.items():
            milliseconds = _time(reader, array)
            if index >= 3:
                times[method].append(milliseconds)
    return times


def _times_of_pictures(readers: _Readers, paths: Sequence[Path]) -> dict[Method, list[float]]:
    """Milliseconds that each method takes for each picture; each begins as often as the others, for the first is slower."""
    times: dict[Method, list[float]] = {method: [] for method in readers}
    methods = list(readers)
    for index, path in enumerate(paths):
        array = load_image(path)
        turn = index % len(methods)
        for method in methods[turn:] + methods[:turn]:
            times[method].append(_time(readers[method], array))
    return times


def _time(reader: DigitReader, array: RgbImage) -> float:
    """Milliseconds of one reading."""
    start = time.perf_counter()
    reader.read(array)
    return 1e3 * (time.perf_counter() - start)


def _side_by_side(times: dict[Method, list[float]]) -> str:
    """Median time of each method, and its share of segmentation's."""
    base = statistics.median(times["segmentation"])
    medians = {method: statistics.median(values) for method, values in times.items()}
    shown = [f"{method} {median:.1f} ms ({median / base:.2f})" for method, median in medians.items()]
    return ", ".join(shown if "sequence" in times else [*shown, "no line network"])


def _start(picture: Path, checkpoint: Path | None) -> tuple[float, float, bool]:
    """Seconds, megabytes and whether TensorFlow was imported, of one run of the command line."""
    program = (
        "import resource, sys; from recognizer.__main__ import main; status = main(sys.argv[1:]); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, int('tensorflow' in sys.modules)); sys.exit(status)"
    )
    options = [] if checkpoint is None else ["--checkpoint", str(checkpoint)]
    start = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-c", program, str(picture), *options], capture_output=True, text=True, check=True
    )
    seconds = time.perf_counter() - start
    memory, tensorflow = run.stdout.split()[-2:]
    # ru_maxrss is in kilobytes on Linux and in bytes on macOS.
    return seconds, int(memory) / (1e6 if sys.platform == "darwin" else 1e3), tensorflow == "1"


if __name__ == "__main__":
    sys.exit(main())
