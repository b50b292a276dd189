"""How many lines a second the processes write that prepare them for the network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

import cv2

from train.line_batches import CHUNK, Stream, line_batches

_BATCH = 16
"""Lines a batch: fewer than in training, so that a short measurement has many of them."""
_WARM_UP = 2
"""Chunks of batches for each process that are not timed: meanwhile the processes start."""


class Speed(NamedTuple):
    """What was measured."""

    lines: int
    seconds: float
    cpu_seconds: float
    """Of the process that measured; what others spent is not in it."""

    @property
    def a_second(self) -> float:
        """Lines a second of the clock."""
        return self.lines / self.seconds

    @property
    def a_cpu_second(self) -> float:
        """Lines a second of a processor that nobody else uses; only where this process wrote them itself."""
        return self.lines / self.cpu_seconds


def measure_speed(stream: Stream, count: int, workers: int = 0) -> Speed:
    """Write lines as for training, padded and in batches, and time it.

    Args:
        stream: the lines.
        count: how many; rounded up to whole chunks of batches.
        workers: processes that write; 0 writes in this one.

    Raises:
        RunError: a process died.
    """
    with _one_thread(), closing(line_batches(stream, _BATCH, workers=workers)) as batches:
        for _ in range(CHUNK * _WARM_UP * max(1, workers)):
            next(batches)
        start, cpu_start = time.perf_counter(), time.process_time()
        lines = 0
        for _ in range(CHUNK * -(-count // (CHUNK * _BATCH))):
            lines += len(next(batches)[0])
        return Speed(lines, time.perf_counter() - start, time.process_time() - cpu_start)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep OpenCV to one thread, as in the processes that write for training."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
