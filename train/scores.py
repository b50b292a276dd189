"""How readings of labelled pictures are scored: exact match, character error rate, calibration, selective reading."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from train.evaluate import wilson_interval

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

    @property
    def digits(self) -> int:
        """True number of digits."""
        return len(self.truth.replace("|", ""))


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


def by_digits(outcomes: Iterable[Outcome]) -> list[dict[str, float]]:
    """Figures by the true number of digits, ascending: `digits`, `n`, and in percent `exact`, its 95 % interval from
    `low` to `high`, and `cer`."""
    groups: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.digits, []).append(outcome)
    rows = []
    for digits, group in sorted(groups.items()):
        low, high = wilson_interval(sum(o.exact for o in group), len(group))
        figures = score(group)
        del figures["ms"]
        rows.append({"digits": digits, **figures, "low": 100 * low, "high": 100 * high})
    return rows


# --- selective reading -----------------------------------------------------------------------------------------------


def risk_coverage(outcomes: Sequence[Outcome]) -> list[tuple[float, float]]:
    """What each threshold on the confidence gives (El-Yaniv and Wiener 2010): pairs of the share of pictures whose reading
    is accepted and the share of these that is wrong, the highest threshold first. No reading is never accepted."""
    return [(count / len(outcomes), 1 - right / count) for _, count, right in _thresholds(outcomes)]


def _thresholds(outcomes: Iterable[Outcome]) -> list[tuple[float, int, int]]:
    """Of each confidence that occurs, descending: itself, how many readings have at least it, how many are right."""
    read = sorted((o for o in outcomes if o.text), key=lambda o: -o.confidence)
    right = np.cumsum([o.exact for o in read], dtype=int).tolist()
    last = [one.confidence > other.confidence for one, other in pairwise(read)] + [True] * bool(read)
    return [(o.confidence, i + 1, right[i]) for i, o in enumerate(read) if last[i]]


def choose_threshold(outcomes: Iterable[Outcome], target: float) -> float | None:
    """The lowest confidence from which on readings are right at least at the rate `target`, 0 to 1.

    The rate is Laplace's estimate, (right + 1) / (accepted + 2), which is below the share that is right: the best of many
    thresholds on some hundred pictures promises too much, and from few pictures nothing can be promised. 0.99 takes 98
    right readings at least.

    Returns:
        The threshold, to accept readings of at least this confidence; None where no threshold reaches the rate.
    """
    reached = [confidence for confidence, n, right in _thresholds(outcomes) if (right + 1) / (n + 2) >= target]
    return reached[-1] if reached else None


def selective(outcomes: Sequence[Outcome], target: float) -> dict[str, Any]:
    """Choose a threshold on every other picture and see what it gives on the rest.

    Returns:
        `target`, `threshold` (None: not reached), and of the rest their number `n`, the number `accepted`, the share
        `coverage` that is accepted, the share `right` of these (None where there are none) and its 95 % `interval`.
    """
    threshold, rest = choose_threshold(outcomes[::2], target), outcomes[1::2]
    accepted = [o for o in rest if threshold is not None and o.text and o.confidence >= threshold]
    right = sum(o.exact for o in accepted)
    return {
        "target": target,
        "threshold": threshold,
        "n": len(rest),
        "accepted": len(accepted),
        "coverage": len(accepted) / len(rest) if rest else 0.0,
        "right": right / len(accepted) if accepted else None,
        "interval": wilson_interval(right, len(accepted)) if accepted else None,
    }
