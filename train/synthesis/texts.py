"""What people write as numbers: counts, years, amounts, dates, times, telephone numbers, with their marks."""

from __future__ import annotations

import numpy as np

LETTER = "a"
"""Stands for any letter that looks like no digit."""
WORD_LETTER = "b"
"""Stands for any letter but those that some hands write for a digit: only in words of several, for many a letter alone looks
like one."""
DOODLE = "~"
"""Stands for a scribble or a piece of a drawing, which no class is given to."""
PRINTED = "p"
"""Stands for a printed word, which no class is given to."""
MARKS = ".,-=/:'$€£#*()x" + LETTER
"""What may stand in a text beside digits and spaces."""

_LENGTHS = np.array([0.07, 0.13, 0.16, 0.17, 0.16, 0.11, 0.07, 0.05, 0.03, 0.03, 0.01, 0.01])
_KINDS = ("plain", "year", "amount", "decimal", "date", "phone", "time", "marks")
_SHARES = np.array([0.32, 0.08, 0.14, 0.08, 0.17, 0.08, 0.05, 0.08])


_WORD_BEFORE, _WORD_BEHIND, _WORDS_ALONE = 0.1, 0.04, 0.02
"""Shares of the texts that have a printed word before or behind them, or that are nothing else."""


def random_text(rng: np.random.Generator) -> str:
    """Make up a text: digits, spaces, `MARKS`, `WORD_LETTER`, `DOODLE` and `PRINTED`."""
    share = rng.random()
    if share < _WORDS_ALONE:
        return " ".join(PRINTED * int(rng.integers(1, 4)))
    written = _written_text(rng)
    share -= _WORDS_ALONE
    if share < _WORD_BEFORE:
        return f"{PRINTED} {PRINTED} {written}" if share < 0.2 * _WORD_BEFORE else f"{PRINTED} {written}"
    return f"{written} {PRINTED}" if share < _WORD_BEFORE + _WORD_BEHIND else written


def _written_text(rng: np.random.Generator) -> str:
    """What a hand writes: a text without `PRINTED`."""
    kind = _KINDS[int(rng.choice(len(_KINDS), p=_SHARES))]
    if kind == "plain":
        return _plain(rng)
    if kind == "year":
        return f"{rng.choice(['18', '19', '19', '20'])}{_digits(rng, 2)}" + ("." if rng.random() < 0.1 else "")
    if kind == "amount":
        return _amount(rng)
    if kind == "decimal":
        sign = "-" if rng.random() < 0.15 else ""
        return f"{sign}{_digits(rng, int(rng.integers(1, 4)))}{rng.choice(list('.,'))}{_digits(rng, int(rng.integers(1, 4)))}"
    if kind == "date":
        mark = str(rng.choice(list("/-."), p=[0.55, 0.3, 0.15]))
        day, month = str(rng.integers(1, 32)), str(rng.integers(1, 13))
        if rng.random() < 0.5:
            day, month = day.zfill(2), month.zfill(2)
        if rng.random() < 0.5:
            return mark.join((day, month))
        year = _digits(rng, 2) if rng.random() < 0.7 else f"{rng.choice(['19', '20'])}{_digits(rng, 2)}"
        return mark.join((day, month, year))
    if kind == "phone":
        groups = ((3, 3, 4), (3, 4), (5, 4), (1, 3, 3, 4), (2, 2, 2), (4, 6), (3, 2, 4))[int(rng.integers(7))]
        mark = str(rng.choice(["-", " - ", " ", "."], p=[0.55, 0.2, 0.15, 0.1]))
        return mark.join(_digits(rng, n) for n in groups)
    if kind == "time":
        return f"{rng.integers(0, 24)}:{_digits(rng, 2)}" + (f":{_digits(rng, 2)}" if rng.random() < 0.2 else "")
    what = rng.random()
    if what < 0.4:  # a word
        if rng.random() < 0.5:
            return LETTER * int(rng.integers(2, 9))
        return " ".join(WORD_LETTER * int(rng.integers(4, 11)) for _ in range(int(rng.integers(1, 3))))
    if what < 0.8:
        return DOODLE * int(rng.integers(1, 4))
    return "".join(rng.choice(list(MARKS), int(rng.integers(0, 4))))


def _plain(rng: np.random.Generator) -> str:
    count = 1 + int(rng.choice(len(_LENGTHS), p=_LENGTHS))
    text = _digits(rng, count)
    if count > 1 and rng.random() < 0.10:
        at = int(rng.integers(1, count))
        text = f"{text[:at]} {text[at:]}"
    if rng.random() < 0.06:  # any mark anywhere, for whatever the other kinds leave out
        at = int(rng.integers(0, len(text) + 1))
        text = text[:at] + str(rng.choice(list(MARKS))) + text[at:]
    if rng.random() < 0.08:
        text += str(rng.choice(["-", "=", ".", ".-", "/-", LETTER, ",-", "x"]))
    return text


def _amount(rng: np.random.Generator) -> str:
    """Thousands in groups, round sums, and what is put before and after so that nobody adds a digit."""
    count = int(rng.integers(3, 9))
    digits = _digits(rng, count, leading_zero=False)
    if rng.random() < 0.45:
        zeros = int(rng.integers(1, count))
        digits = digits[: count - zeros] + "0" * zeros
    mark = str(rng.choice([".", "", " ", ",", "'"], p=[0.5, 0.25, 0.1, 0.1, 0.05]))
    groups = [digits[max(0, end - 3) : end] for end in range(len(digits), 0, -3)][::-1]
    text = mark.join(groups)
    if rng.random() < 0.2:
        text += str(rng.choice([",00", ".00", ",-", ".-", "," + _digits(rng, 2)]))
    if rng.random() < 0.3:
        text += str(rng.choice(["-", "=", "--", "=-", ".-", " -", "/-", ".", "==", "*", " = "]))
    if rng.random() < 0.12:
        text = str(rng.choice(["$", "€", "£", "#", "=", "*", "-", "$ ", LETTER + LETTER])) + text
    return text


def _digits(rng: np.random.Generator, count: int, leading_zero: bool = True) -> str:
    digits = rng.integers(0, 10, count)
    if rng.random() < 0.25 and count > 1:  # equal neighbours are what a sequence reader loses most easily
        at = int(rng.integers(1, count))
        digits[at] = digits[at - 1]
    # A bar at the end of a line is a 1, or a border: what is seldom seen there would be taken for the other.
    for end in (0, -1):
        if rng.random() < 0.08:
            digits[end] = 1
    if rng.random() < 0.03:
        digits[rng.random(count) < 0.8] = 1
    if not leading_zero and digits[0] == 0:
        digits[0] = rng.integers(1, 10)
    return "".join(map(str, digits))
