"""Batches of line pictures, prepared by other processes while the network trains. Imports no Keras, for the processes' sake."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.types import LINE_HEIGHT
from train.errors import RunError

CHUNK = 8
"""Batches whose lines are drawn together and sorted by width: alike in width, they need little padding."""
_AHEAD = 2
"""Chunks per process that wait for the network; enough that it never waits for one."""
_WIDTH_STEP, _LABEL_STEP = 16, 4
"""Widths and label counts are rounded up to multiples of these: few shapes, for backends that compile each anew."""
_LEAST_WIDTH = 32

LineBatch = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]
"""(N, 32, W) uint8 pictures, padded with 0 on the right, and (N, L) int32 classes, padded with 0."""


class Stream(Protocol):
    """Lines by number, as `train.synthesis.StringStream` draws them."""

    def batch(self, index: int, size: int) -> tuple[list[npt.NDArray[np.uint8]], list[list[int]]]:
        """Batch number `index`: `size` pictures, each (32, W) uint8, and the classes that each shows, 1 to 11."""


def pad(lines: Sequence[npt.NDArray[np.uint8]], labels: Sequence[Sequence[int]]) -> LineBatch:
    """Put lines of any width into one batch.

    Args:
        lines: (32, W) uint8 each.
        labels: classes of each line, none of them 0.
    """
    # CTC needs a frame for each label and one between equal neighbours, or the loss is infinite.
    width = max(_LEAST_WIDTH, *(line.shape[1] for line in lines), *(4 * len(label) for label in labels))
    pictures = np.zeros((len(lines), LINE_HEIGHT, _rounded_up(width, _WIDTH_STEP)), np.uint8)
    classes = np.zeros((len(lines), _rounded_up(max(1, *(len(label) for label in labels)), _LABEL_STEP)), np.int32)
    for i, (line, label) in enumerate(zip(lines, labels, strict=True)):
        pictures[i, :, : line.shape[1]] = line
        classes[i, : len(label)] = label
    return pictures, classes


def sorted_batches(
    lines: Sequence[npt.NDArray[np.uint8]], labels: Sequence[Sequence[int]], size: int
) -> list[LineBatch]:
    """Batches of `size` lines (the last one perhaps smaller), narrow lines first."""
    order = sorted(range(len(lines)), key=lambda i: lines[i].shape[1])
    parts = [order[start : start + size] for start in range(0, len(order), size)]
    return [pad([lines[i] for i in part], [labels[i] for i in part]) for part in parts]


def line_batches(stream: Stream, size: int, *, first: int = 0, workers: int = 1) -> Generator[LineBatch, None, None]:
    """Endless training batches; close the iterator to end its processes.

    Which lines batch b holds depends on the stream and on b alone, so a resumed run sees what an uninterrupted one would
    have seen, with any number of workers.

    Args:
        stream: the lines.
        size: lines a batch.
        first: number of the first batch.
        workers: processes that prepare batches; 0 prepares them in this one.

    Raises:
        RunError: a process died.
    """
    chunk, skip = divmod(first, CHUNK)
    for batches in _chunks(stream, size, chunk, workers):
        yield from batches[skip:]
        skip = 0


def _chunks(stream: Stream, size: int, chunk: int, workers: int) -> Generator[list[LineBatch], None, None]:
    if workers == 0:
        while True:
            yield _prepare(stream, chunk, size)
            chunk += 1
    # Spawned, not forked: a fork of a process in which Keras runs threads may hang.
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start, (stream,))
    waiting: deque[Future[list[LineBatch]]] = deque()
    try:
        while True:
            while len(waiting) < workers * _AHEAD:
                waiting.append(pool.submit(_prepare_here, chunk, size))
                chunk += 1
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise RunError(
            "A process that prepares lines died (out of memory?): go on with --resume, perhaps with fewer --workers."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _prepare(stream: Stream, chunk: int, size: int) -> list[LineBatch]:
    batches = sorted_batches(*stream.batch(chunk, CHUNK * size), size)
    return [batches[i] for i in np.random.default_rng(chunk).permutation(CHUNK)]


# --- in the other processes ------------------------------------------------------------------------------------------

_stream: Stream | None = None


def _start(stream: Stream) -> None:
    global _stream
    _stream = stream
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the first one ends the others
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that was killed cannot end its processes, and they would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _prepare_here(chunk: int, size: int) -> list[LineBatch]:
    assert _stream is not None
    return _prepare(_stream, chunk, size)


def _rounded_up(number: int, step: int) -> int:
    return -(-number // step) * step
