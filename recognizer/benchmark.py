"""Speed and memory, measured on this machine: ``python -m recognizer.benchmark``.

Prints the time that one `DigitReader.read` takes for a picture of ten digits (array in, `Reading` out), and the time and
memory of a whole ``python -m recognizer PICTURE`` from start to end. Medians, since machines are shared and noisy.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from recognizer.errors import RecognizerError
from recognizer.image_io import load_image
from recognizer.reader import DigitReader

_EXAMPLES = Path(__file__).resolve().parent / "web" / "examples"
_DIGITS = 10


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures; exit code 1 where the picture to measure with cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m recognizer.benchmark", description=__doc__)
    parser.add_argument("--picture", type=Path, help="measure with this picture (default: a bundled one of ten digits)")
    parser.add_argument("--repeat", type=int, default=100, help="readings that are timed (default: 100)")
    parser.add_argument("--starts", type=int, default=5, help="starts of the command line that are timed (default: 5)")
    arguments = parser.parse_args(argv)
    picture = arguments.picture or _ten_digits()

    try:
        reader = DigitReader.from_checkpoint()
        array = load_image(picture)
    except RecognizerError as error:
        print(error, file=sys.stderr)
        return 1
    reading = reader.read(array)
    times = _times_of_reading(reader, array, max(1, arguments.repeat))
    print(f"machine         {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    print(
        f"picture         {Path(picture).name}, {array.shape[1]}x{array.shape[0]} pixels, {len(reading.digits)} digits"
    )
    print(
        f"one reading     {statistics.median(times):.1f} ms median, {min(times):.1f} fastest, {max(times):.1f} slowest"
    )

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "picture.png"
        Image.fromarray(array).save(file)
        starts = [_start(file) for _ in range(max(1, arguments.starts))]
    print(f"command line    {statistics.median(s for s, _, _ in starts):.2f} s median from start to end")
    print(f"its memory      {max(m for _, m, _ in starts):.0f} MB at most")
    print(f"TensorFlow      {'IMPORTED' if any(t for _, _, t in starts) else 'not imported'}")
    return 0


def _ten_digits() -> Path:
    for entry in json.loads((_EXAMPLES / "examples.json").read_text(encoding="utf-8")):
        if sum(c.isdigit() for c in entry["text"]) == _DIGITS:
            return _EXAMPLES / str(entry["file"])
    raise SystemExit("No bundled example has ten digits: name a picture with --picture.")


def _times_of_reading(reader: DigitReader, array: np.ndarray, repeat: int) -> list[float]:
    """Milliseconds of each of `repeat` readings, after a few that are not counted."""
    times = []
    for index in range(repeat + 3):
        start = time.perf_counter()
        reader.read(array)
        if index >= 3:
            times.append(1e3 * (time.perf_counter() - start))
    return times


def _start(picture: Path) -> tuple[float, float, bool]:
    """Seconds, megabytes and whether TensorFlow was imported, of one run of the command line."""
    program = (
        "import resource, sys; from recognizer.__main__ import main; status = main([sys.argv[1]]); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, int('tensorflow' in sys.modules)); sys.exit(status)"
    )
    start = time.perf_counter()
    run = subprocess.run([sys.executable, "-c", program, str(picture)], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    memory, tensorflow = run.stdout.split()[-2:]
    # ru_maxrss is in kilobytes on Linux and in bytes on macOS.
    return seconds, int(memory) / (1e6 if sys.platform == "darwin" else 1e3), tensorflow == "1"


if __name__ == "__main__":
    sys.exit(main())
