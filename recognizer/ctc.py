"""Reading the output of a network trained with CTC: (T, classes) log-probabilities in nats, T frames from left to right.

Connectionist temporal classification (Graves et al. 2006, "Connectionist temporal classification: labelling unsegmented
sequence data with recurrent neural networks", ICML) gives each frame a class, often the blank. A path of such classes spells
the text that is left when equal neighbours are joined and then the blanks dropped: "55_5" is 55. A text's probability is the
sum over all the paths that spell it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from recognizer.types import CLASS_NAMES

LogProbs = npt.NDArray[np.floating]
"""(T, 12) log-probabilities a frame: CTC's blank, the digits 0 to 9, any mark; or (T, 11) without the mark."""

CLASSES = ("blank", *CLASS_NAMES, "mark")
"""Name of each class, in order."""
BLANK, MARK = 0, 11

_LEAST_PROBABILITY = 1e-3
"""The beam search takes no notice of a digit that is less probable than this in its frame."""
_LOG_IDLE = math.log(1e-5)
"""A frame in which no digit is as probable as this is taken together with its neighbours of the kind."""
_SMALL = 1e-100
"""Probabilities of prefixes are brought back to 1 when the largest falls below this, long before they vanish ..."""
_RESCALED = 32
"""... and those of a text's states each time after so many frames."""


def greedy_text(log_probs: LogProbs) -> str:
    """The digits of the most probable path: each frame's best class, repeats joined, blanks and marks left out.

    Args:
        log_probs: (T, 11) or (T, 12); T may be 0.
    """
    classes, _, _ = greedy_runs(log_probs)
    return "".join(str(c - 1) for c in classes if c not in (BLANK, MARK))


def greedy_runs(log_probs: LogProbs) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The most probable path as runs of one class: its class, first frame and the one after its last, (number of runs,) each.

    Args:
        log_probs: (T, 11) or (T, 12); T may be 0.
    """
    best = log_probs.argmax(axis=1)
    starts = np.flatnonzero(_changes(best))
    return best[starts], starts, np.append(starts, len(best))[1:]


def _changes(values: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    """Which values differ from the one before them, the first among them: (N,) of (N,)."""
    return np.append(len(values) > 0, values[1:] != values[:-1])[: len(values)]


def merge_marks(log_probs: LogProbs) -> LogProbs:
    """Take marks for blanks, so that what is left are probabilities of digits alone.

    This is exact: a mark between two digits keeps equal ones apart, as a blank does, and is then dropped as a blank is. So the
    probability of a text of digits, summed over all ways to have marks in it, is its probability with blank and mark as one.

    Args:
        log_probs: (T, 12).

    Returns:
        (T, 11) of the same dtype.
    """
    merged = log_probs[:, :MARK].copy()
    merged[:, BLANK] = np.logaddexp(log_probs[:, BLANK], log_probs[:, MARK])
    return merged


def best_texts(log_probs: LogProbs, beam: int = 8, count: int = 4) -> list[tuple[str, float]]:
    """Search for the most probable texts by prefix beam search.

    Graves 2012, "Supervised sequence labelling with recurrent neural networks", section 7.5, in the form of Hannun et al. 2014,
    "First-pass large vocabulary continuous speech recognition using bi-directional recurrent DNNs" (arXiv:1408.2873), without
    a language model: the paths that spell a prefix are added up, those that end in a blank apart from the others, and the
    `beam` most probable prefixes live on.

    Args:
        log_probs: (T, 11), each row normalised; T may be 0.
        beam: number of prefixes kept from frame to frame.
        count: number of texts wanted, at most `beam`.

    Returns:
        Up to `count` texts with their log-probabilities, most probable first. These are lower bounds: what was pruned is
        missing from them (see `text_log_probabilities`).
    """
    probs = np.exp(log_probs.astype(np.float64))
    frames, digits = np.nonzero(probs[:, 1:] > _LEAST_PROBABILITY)
    likely: dict[int, list[tuple[str, float]]] = {}
    for frame, digit, p in zip(frames.tolist(), digits.tolist(), probs[frames, digits + 1].tolist(), strict=True):
        likely.setdefault(frame, []).append((CLASS_NAMES[digit], p))
    blanks = probs[:, BLANK].tolist()
    # A frame without a likely digit is blank, and changes nothing but that the paths now end in a blank.
    is_idle = np.ones(len(probs), bool)
    is_idle[frames] = False
    scale = float(log_probs[is_idle, BLANK].sum(dtype=np.float64))

    # Of each prefix, the probability of the paths that end in a blank, and of those that end in its last digit.
    prefixes = [("", 1.0, 0.0)]
    for before, frame in pairwise([-1, *likely]):
        if frame > before + 1:
            prefixes = [(prefix, in_blank + in_digit, 0.0) for prefix, in_blank, in_digit in prefixes]
        prefixes = _extend(prefixes, blanks[frame], likely[frame])
        prefixes.sort(key=_probability, reverse=True)
        del prefixes[beam:]
        top = _probability(prefixes[0])
        if top < _SMALL:
            scale += math.log(top)
            prefixes = [(prefix, in_blank / top, in_digit / top) for prefix, in_blank, in_digit in prefixes]
    found = [(entry[0], _probability(entry)) for entry in prefixes[:count]]
    return [(text, math.log(probability) + scale) for text, probability in found if probability > 0]


def _extend(
    prefixes: list[tuple[str, float, float]], blank: float, digits: list[tuple[str, float]]
) -> list[tuple[str, float, float]]:
    """All that the prefixes may become in a frame of the given probabilities."""
    ends_in_blank: dict[str, float] = {}
    ends_in_digit: dict[str, float] = {}
    so_far = ends_in_digit.get
    for prefix, in_blank, in_digit in prefixes:
        both = in_blank + in_digit
        ends_in_blank[prefix] = both * blank
        last = prefix[-1:]
        for digit, p in digits:
            longer = prefix + digit
            if digit == last:
                # The same digit goes on; only after a blank does it begin anew.
                ends_in_digit[prefix] = so_far(prefix, 0.0) + in_digit * p
                ends_in_digit[longer] = so_far(longer, 0.0) + in_blank * p
            else:
                ends_in_digit[longer] = so_far(longer, 0.0) + both * p
    known = [(prefix, p, ends_in_digit.pop(prefix, 0.0)) for prefix, p in ends_in_blank.items()]
    return known + [(prefix, 0.0, p) for prefix, p in ends_in_digit.items()]


def _probability(entry: tuple[str, float, float]) -> float:
    return entry[1] + entry[2]


def text_log_probabilities(looks: Sequence[LogProbs], texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """Log-probability of each text in each of several looks at a line, by the forward algorithm of Graves et al. 2006,
    section 4.1. All are counted through together, which takes hardly longer than one.

    Args:
        looks: (T, 11) each, each row normalised; T may differ and be 0.
        texts: digits; "" for no digit at all.

    Returns:
        (number of looks, number of texts) float64 in nats, -inf where the frames cannot hold a text.
    """
    if not texts or not looks:
        return np.zeros((len(looks), len(texts)))
    states = _states(texts)
    # Probabilities, not their logarithms: to add them is many times cheaper.
    emissions = np.exp(_side_by_side(looks))[:, :, states]
    # A digit follows another without a blank between where the two differ.
    skip = (states[:, 3::2] != states[:, 1:-2:2]).astype(np.float64)
    # One more state on the left, that nothing comes from.
    padded = np.zeros((len(looks), len(texts), states.shape[1] + 1))
    reached, one_left, digits = padded[..., 1:], padded[..., :-1], padded[..., 2:-2:2]
    reached[..., 0] = 1.0
    skipped, new = np.empty((len(looks), *skip.shape)), np.empty_like(reached)
    may_skip = new[..., 3::2]
    scale = np.zeros((len(looks), len(texts)))
    for frame, emission in enumerate(emissions):
        if frame % _RESCALED == _RESCALED - 1:
            top = np.maximum(reached.max(axis=-1), _SMALL)
            scale += np.log(top)
            reached /= top[..., None]
        np.multiply(digits, skip, out=skipped)
        np.add(reached, one_left, out=new)
        np.add(may_skip, skipped, out=may_skip)
        np.multiply(new, emission, out=reached)
    # A path ends in the last digit or in the blank behind it; of "", in the blank.
    lengths = np.array([len(text) for text in texts])
    rows = np.arange(len(texts))
    with np.errstate(divide="ignore"):
        ends = np.log(padded[:, rows, 2 * lengths] + reached[:, rows, 2 * lengths])
    return np.asarray(ends + scale, dtype=np.float64)


def _side_by_side(looks: Sequence[LogProbs]) -> npt.NDArray[np.float64]:
    """(most frames, number of looks, 11): shorter ones end in frames that surely are blank, which change no probability."""
    frames = np.full((max(map(len, looks)), len(looks), looks[0].shape[1]), -np.inf)
    frames[:, :, BLANK] = 0.0
    for index, look in enumerate(looks):
        frames[: len(look), index] = look
    return frames


def merge_idle(log_probs: LogProbs) -> npt.NDArray[np.float64]:
    """Make one frame of each run of frames that hardly can be a digit: most frames are, and they all cost the same time.

    In the one frame the blanks of all stand together, or a digit that any of them has. What is left out is hardly possible:
    that two of them have a digit, or one of them the same as the frame beside them.

    Args:
        log_probs: (T, 11), each row normalised.

    Returns:
        (T', 11) with T' at most T, for `text_log_probabilities`.
    """
    wide = log_probs.astype(np.float64)
    idle = wide[:, 1:].max(axis=1, initial=-np.inf) < _LOG_IDLE
    starts = np.flatnonzero(~idle | _changes(idle))
    if len(starts) == len(wide):
        return wide
    with np.errstate(divide="ignore"):
        merged = np.log(np.add.reduceat(np.exp(wide), starts, axis=0))
    merged[:, BLANK] = np.add.reduceat(wide[:, BLANK], starts)
    return np.asarray(merged, dtype=np.float64)


def align(log_probs: LogProbs, text: str) -> list[tuple[int, int]]:
    """Find the frames of each digit of a known text on its most probable path (Viterbi).

    Args:
        log_probs: (T, 11), each row normalised; T may be 0.
        text: digits.

    Returns:
        First frame of each digit and the one after its last, from left to right.

    Raises:
        ValueError: T frames cannot hold the text.
    """
    classes, starts, ends = greedy_runs(log_probs)
    seen = classes != BLANK
    if "".join(CLASS_NAMES[c - 1] for c in classes[seen]) == text:  # no path at all is more probable than this one
        return list(zip(starts[seen].tolist(), ends[seen].tolist(), strict=True))
    (states,) = _states([text])
    emissions = log_probs.astype(np.float64)[:, states]
    count = len(states)
    skip = np.full(count, -np.inf)
    skip[3::2] = np.where(states[3::2] != states[1:-2:2], 0.0, -np.inf)
    padded = np.full(count + 2, -np.inf)
    padded[2] = 0.0
    # ways[s]: how well state s is reached by staying, from one state before, and from two before
    ways = np.empty((3, count))
    steps = np.empty((len(emissions), count), np.intp)
    columns = np.arange(count)
    for step, emission in zip(steps, emissions, strict=True):
        ways[0], ways[1] = padded[2:], padded[1:-1]
        np.add(padded[:-2], skip, out=ways[2])
        np.argmax(ways, axis=0, out=step)
        np.add(ways[step, columns], emission, out=padded[2:])
    state = count - 1 if not text or padded[-1] >= padded[-2] else count - 2
    if padded[2 + state] == -np.inf:
        raise ValueError(f"{len(emissions)} frames cannot hold the text {text!r}")
    path = np.empty(len(emissions), np.intp)
    for frame in range(len(emissions) - 1, -1, -1):
        path[frame] = state
        state -= int(steps[frame, state])
    firsts = np.searchsorted(path, 2 * np.arange(len(text)) + 1, side="left")
    ends = np.searchsorted(path, 2 * np.arange(len(text)) + 1, side="right")
    return [(int(first), int(end)) for first, end in zip(firsts, ends, strict=True)]


def _states(texts: Sequence[str]) -> npt.NDArray[np.intp]:
    """Classes that a path goes through: (number of texts, 2 * longest + 1), the text's digits with a blank around each; filled
    up with blanks, which lead nowhere back."""
    states = np.full((len(texts), 2 * max(len(text) for text in texts) + 1), BLANK, np.intp)
    for row, text in zip(states, texts, strict=True):
        row[1 : 2 * len(text) : 2] = [CLASS_NAMES.index(digit) + 1 for digit in text]
    return states
