"""Digits in forms that American hands hardly have, as pen strokes.

In units of the digit's height: from y = -0.5 (top) to y = 0.5 (foot), x centred on 0.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from train.pen import Stroke, smooth


def flagged_one(rng: np.random.Generator) -> list[Stroke]:
    """A 1 as it is written where people read a bare stroke as an l: an upstroke, long or near the stem, sometimes a foot."""
    u = rng.uniform
    reach, drop = u(0.12, 0.62), u(0.15, 0.95)
    if rng.random() < 0.3:  # up along the stem, as with a hairpin
        reach, drop = u(0.08, 0.3), u(0.6, 1.0)
    elif rng.random() < 0.12:  # as long as the stem: near a Λ
        reach, drop = u(0.25, 0.6), u(0.85, 1.05)
    drop = max(drop, 0.5 * reach)  # a 7 has a flatter one
    bow = u(-0.05, 0.06)
    top = -0.5 if rng.random() < 0.7 else u(-0.75, -0.5)
    flag = [(-reach, -0.5 + drop), (-reach / 2 + bow, (drop - 0.5 + top) / 2 + bow), (0.0, top)]
    if rng.random() < 0.2:  # a top that is a bend
        flag[2:] = [(-0.03, top + 0.04), (0.03, top), (0.05, top + 0.08)]
    strokes = [np.array([*flag, (u(-0.04, 0.04), 0.0), (u(-0.08, 0.08), 0.5)], np.float32)]
    if rng.random() < 0.1:  # a top that is a narrow loop, as of an l: the upstroke crosses the stem
        strokes = [smooth([(-reach, -0.5 + drop), (0.02, -0.2), (u(0.06, 0.16), -0.44), (0.0, -0.5), (-0.06, -0.25)])]
        strokes[0] = np.concatenate([strokes[0], np.array([(u(-0.06, 0.02), 0.1), (u(-0.08, 0.08), 0.5)], np.float32)])
    if rng.random() < 0.18:
        strokes.append(np.array([(-u(0.0, 0.3), 0.5), (u(0.1, 0.35), u(0.46, 0.5))], np.float32))
    return strokes


def hooked_one(rng: np.random.Generator) -> list[Stroke]:
    """A 1 with a short flat flag: only the 7s of the same hand tell that it is none (see `barred_seven`)."""
    u = rng.uniform
    reach, dip, foot = u(0.12, 0.32), u(-0.03, 0.12), u(-0.14, 0.04)
    corner = [(0.0, -0.5)] if rng.random() < 0.6 else [(-0.03, -0.5), (0.02, -0.44)]
    return [np.array([(-reach, -0.5 + dip), *corner, (u(-0.02, 0.04) + 0.4 * foot, 0.0), (foot, 0.5)], np.float32)]


def barred_seven(rng: np.random.Generator) -> list[Stroke]:
    """A 7 of one whose 1s have a flat flag: broader at the top than any of these, or with a bar."""
    u = rng.uniform
    has_bar = rng.random() < 0.6
    left, right = -u(0.15 if has_bar else 0.3, 0.45), u(0.1 if has_bar else 0.2, 0.3)
    top = [(left, -0.5 + u(-0.02, 0.08)), (right, -0.5 + u(-0.05, 0.05))]
    if rng.random() < 0.3:  # a serif at the left
        top.insert(0, (left + u(-0.02, 0.03), -0.5 + u(0.08, 0.2)))
    strokes = [np.array([*top, (u(0.0, 0.12), u(-0.1, 0.1)), (u(-0.2, 0.02), 0.5)], np.float32)]
    return barred(strokes, rng) if has_bar else strokes


def bare_one(rng: np.random.Generator) -> list[Stroke]:
    """A 1 that is nothing but a bar."""
    lean = rng.normal(0.0, 0.05)
    return [np.array([(lean, -0.5), (rng.normal(0.0, 0.01), 0.0), (-lean, 0.5)], np.float32)]


def zero_in_a_run(rng: np.random.Generator) -> list[Stroke]:
    """A 0 in one go: begun anywhere near the top, closed or not, often led on to the right."""
    begin = rng.uniform(-2.6, -0.6)
    turn = rng.uniform(4.9, 7.2)
    # Counter-clockwise on paper, as nearly everybody writes it; the other way round in some hands that run zeros together.
    angles = begin - np.linspace(0.0, turn, 20) * (1 if rng.random() < 0.85 else -1)
    radius = rng.uniform(0.38, 0.75)
    points = np.stack([radius * np.cos(angles), 0.5 * np.sin(angles)], axis=1)
    points *= np.linspace(1.0, rng.uniform(0.85, 1.05), 20)[:, None]
    if rng.random() < 0.6:
        reach, rise = rng.uniform(0.2, 0.9), rng.uniform(-0.2, 0.15)
        sag = rng.uniform(0.0, 0.2)
        tail = np.array([(reach * t, rise * t + 4 * sag * t * (1 - t)) for t in (0.25, 0.5, 0.75, 1.0)])
        points = np.concatenate([points, points[-1] + tail])
    return [points.astype(np.float32)]


def _open_four(rng: np.random.Generator) -> list[Stroke]:
    """A 4 that is open at the top: down, across, and a stem that may begin as low as the bar."""
    u = rng.uniform
    bar = u(-0.02, 0.22)
    corner = (-u(0.2, 0.36), bar)
    end = (u(0.2, 0.42), bar + u(-0.1, 0.06))
    stem = u(0.0, 0.22)
    first = [(-u(0.0, 0.3), -0.5), corner, end]
    if rng.random() < 0.25:
        return _hooked_four(rng)
    if rng.random() < 0.2:
        return _low_four(rng)
    if rng.random() < 0.4:  # rounded, as an h upside down
        first = [(-u(0.15, 0.35), -0.5), (-0.3, bar - 0.12), (-0.12, bar + 0.04), (stem, bar - u(0.05, 0.2))]
    return [np.array(first, np.float32), np.array([(stem, u(-0.5, 0.0)), (stem - u(-0.05, 0.12), 0.5)], np.float32)]


def _low_four(rng: np.random.Generator) -> list[Stroke]:
    """A 4 of an L and a short stroke beside its foot: near "1," or "L,"."""
    u = rng.uniform
    bar, end = u(0.2, 0.4), u(0.05, 0.22)
    left = [(-u(0.15, 0.3), -0.5), (-u(0.18, 0.32), bar - 0.05), (end + u(-0.1, 0.1), bar + u(-0.06, 0.04))]
    stem = end + u(-0.04, 0.12)
    return [np.array(left, np.float32), np.array([(stem, u(-0.1, bar)), (stem - u(-0.02, 0.1), 0.5)], np.float32)]


def _hooked_four(rng: np.random.Generator) -> list[Stroke]:
    """A 4 in one go: down, to the right, and down again, near an h."""
    u = rng.uniform
    low, right = u(0.0, 0.3), u(0.1, 0.35)
    rise = u(0.0, 0.15)
    corner = (-u(0.15, 0.35), low)
    stem = [(right, low - rise), (right + u(-0.03, 0.05), low + 0.1), (right - u(0.0, 0.12), 0.5)]
    if rng.random() < 0.5:  # rounded
        return [smooth([(-u(0.0, 0.3), -0.5), corner, (corner[0] + 0.15, low - 0.3 * rise), *stem])]
    return [np.array([(-u(0.0, 0.3), -0.5), corner, *stem], np.float32)]


def _stemmed_nine(rng: np.random.Generator) -> list[Stroke]:
    """A 9 whose loop ends on, or before, a stem that comes down from its left: near a P, or a q with a hook."""
    kind = rng.random()
    if kind < 0.25:
        return _looped_nine(rng)
    if kind < 0.65:
        return _legged_nine(rng)
    u = rng.uniform
    width, low = u(0.2, 0.46), u(-0.12, 0.08)
    stem = u(-0.22, 0.02)
    loop = [
        (stem + u(-0.16, 0.02), -0.34),
        (stem + width * 0.5, -0.5),
        (stem + width, -0.42),
        (stem + width, low - 0.15),
    ]
    loop += [(stem + width * 0.55, low), (stem + u(-0.05, 0.12), low - u(0.0, 0.08))]
    down = [(stem + u(-0.02, 0.06), u(-0.5, -0.3)), (stem, 0.1), (stem + u(-0.14, 0.06), 0.5)]
    return [smooth(loop), np.array(down, np.float32)]


def _looped_nine(rng: np.random.Generator) -> list[Stroke]:
    """A 9 in one go, up the right side of its loop and down the left, which goes on as the stem: near an l with a loop."""
    u = rng.uniform
    width, low, left = u(0.18, 0.4), u(-0.1, 0.1), u(-0.2, -0.05)
    right, foot = left + width, left + u(-0.14, 0.12)
    loop = [(left + u(-0.06, 0.1), low), (left + 0.6 * width, low - 0.06), (right, -0.26), (left + 0.65 * width, -0.5)]
    stem = [(left + 0.1 * width, -0.36), (left, low - 0.05), ((left + foot) / 2, 0.25), (foot, 0.5)]
    if rng.random() < 0.4:  # curled to the right
        stem[-1:] = [(foot + 0.02, 0.42), (foot + 0.1, 0.5), (foot + u(0.15, 0.32), u(0.36, 0.46))]
    return [smooth([*loop, *stem])]


def _legged_nine(rng: np.random.Generator) -> list[Stroke]:
    """A 9 in one go, clockwise: a bowl that closes on its left, and from there a leg down, straight, bowed or to the right:
    near a P, an R, or a question mark."""
    u = rng.uniform
    width, low, left = u(0.3, 0.62), u(-0.12, 0.12), -u(0.15, 0.35)
    right, back = left + width, left + u(0.0, 0.2) * width
    bowl = [
        (left + u(0.0, 0.15) * width, low - u(0.0, 0.1)),
        (left, -0.3),
        (left + 0.5 * width, -0.5),
        (right, -0.33),
        (right - 0.15 * width, low - 0.06),
        (back, low),
    ]
    end = u(-0.3, 0.35)
    leg = [(back + u(0.0, 0.2), low + 0.12), (back + end + u(-0.05, 0.2), 0.34), (back + end, 0.5)]
    if rng.random() < 0.15:  # a foot that curls to the left
        leg += [(back + end - u(0.1, 0.25), 0.48), (back + end - u(0.2, 0.3), u(0.36, 0.46))]
    if rng.random() < 0.35:  # a corner where bowl and leg meet
        return [np.concatenate([smooth(bowl), smooth([bowl[-1], *leg])])]
    return [smooth([*bowl, *leg])]


def _ticked_five(rng: np.random.Generator) -> list[Stroke]:
    """A 5 in a hurry: a tick, down and up again, and its bar beside the top."""
    u = rng.uniform
    foot = (u(-0.15, 0.05), 0.5)
    top = (u(0.05, 0.25), u(-0.5, -0.25))
    tick = [(-u(0.2, 0.42), u(-0.25, 0.1)), (-u(0.12, 0.25), u(-0.1, 0.15)), foot, (u(0.0, 0.15), u(-0.05, 0.2)), top]
    strokes = [smooth(tick)]
    if rng.random() < 0.8:
        x, y = top[0] + u(-0.05, 0.15), top[1] + u(-0.15, 0.05)
        strokes.append(np.array([(x, y), (x + u(0.2, 0.5), y + u(-0.12, 0.05))], np.float32))
    return strokes


def _curled_two(rng: np.random.Generator) -> list[Stroke]:
    """A 2 that begins with a curl in its bow, often with a loop at its foot: near a 9, or an L in a copperplate hand."""
    u = rng.uniform
    x, y, size = -u(0.02, 0.2), u(-0.3, -0.12), u(0.05, 0.17)
    if rng.random() < 0.3:  # a curl that nearly fills the bow: near an 8
        x, y, size = -u(0.0, 0.08), u(-0.3, -0.22), u(0.15, 0.22)
    turn = np.linspace(u(-0.6, 1.2), u(3.4, 4.4), 6)  # from inside to the left and up, clockwise on paper
    curl = [(x + size * np.cos(a), y + size * np.sin(a)) for a in turn]
    foot = (-u(0.18, 0.36), u(0.38, 0.5))
    bow = [(-0.08, -0.48), (0.12, -0.5), (u(0.18, 0.34), u(-0.42, -0.25)), (0.12, u(-0.1, 0.08)), (-0.1, 0.27), foot]
    tail = [(u(-0.08, 0.1), u(0.32, 0.46)), (u(0.15, 0.3), 0.49), (u(0.28, 0.5), u(0.3, 0.46))]
    if rng.random() < 0.5:  # the loop at the foot
        back = u(0.03, 0.1)
        tail = [(foot[0] - back, foot[1] - 0.02), (foot[0] - 0.02, foot[1] - u(0.1, 0.18)), *tail]
    return [smooth([*curl, *bow, *tail])]


def _crossed_seven(rng: np.random.Generator) -> list[Stroke]:
    """A 7 with a bar and hardly a top: near a t or an f."""
    u = rng.uniform
    hook, bar, half = u(0.03, 0.3), u(-0.12, 0.12), u(0.16, 0.34)
    stem = [(-hook, u(-0.42, -0.2)), (-hook / 2, -0.5), (u(0.02, 0.16), -0.48), (0.02, 0.0), (u(-0.14, 0.02), 0.5)]
    if rng.random() < 0.15:  # no top at all: near a +
        stem = [(u(0.0, 0.14), -0.5), (u(-0.02, 0.05), 0.0), (u(-0.14, 0.0), 0.5)]
    if rng.random() < 0.15:  # a foot that curls to the right
        stem += [(stem[-1][0] + u(0.1, 0.25), u(0.4, 0.46))]
    return [smooth(stem), np.array([(-half, bar + u(-0.05, 0.1)), (half, bar - u(0.0, 0.1))], np.float32)]


SCHOOLED: dict[str, Callable[[np.random.Generator], list[Stroke]]] = {
    "2": _curled_two,
    "4": _open_four,
    "5": _ticked_five,
    "7": _crossed_seven,
    "9": _stemmed_nine,
}


def barred(strokes: list[Stroke], rng: np.random.Generator) -> list[Stroke]:
    """A 7 with a bar added."""
    # The bar crosses the stem, which at half height lies left of the middle of the box.
    points = np.concatenate(strokes)
    x = float(points[np.abs(points[:, 1] - 0.05).argmin(), 0])
    length, y, tilt = rng.uniform(0.15, 0.32), rng.uniform(-0.05, 0.12), rng.uniform(-0.1, 0.06)
    return [*strokes, np.array([(x - length, y - tilt), (x + length, y + tilt)], np.float32)]


def tailed(strokes: list[Stroke], rng: np.random.Generator) -> list[Stroke]:
    """A 0 with a tail added at its top."""
    x = float(np.concatenate(strokes)[:, 0].max())
    end = (x * 0.4 + rng.uniform(0.15, 0.45), -0.5 + rng.uniform(-0.1, 0.25))
    sag = -0.5 + rng.uniform(0.0, 0.25)
    return [*strokes, np.array([(x * rng.uniform(-0.3, 0.5), -0.48), (x * 0.7, sag), end], np.float32)]
