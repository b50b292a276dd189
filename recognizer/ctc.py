"""Reading the output of a network trained with CTC (Graves et al. 2006): (T, classes) log-probabilities in nats."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LogProbs = npt.NDArray[np.floating]
"""(T, 12) log-probabilities a frame: CTC's blank, the digits 0 to 9, any mark; or (T, 11) without the mark."""

BLANK, MARK = 0, 11


def greedy_text(log_probs: LogProbs) -> str:
    """The digits of the most probable path: each frame's best class, repeats joined, blanks and marks left out.

    Args:
        log_probs: (T, 11) or (T, 12); T may be 0.
    """
    best = log_probs.argmax(axis=1)
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    return "".join(str(c - 1) for c in best[starts] if c not in (BLANK, MARK))
