"""CTC is read as it is defined: everything is compared with all paths, one by one, where there are few."""

from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recognizer import ctc
from recognizer.ctc import (
    BLANK,
    CLASSES,
    MARK,
    align,
    best_texts,
    greedy_text,
    merge_idle,
    merge_marks,
)


def text_log_probabilities(log_probs, texts):
    """Of one look alone."""
    return ctc.text_log_probabilities([log_probs], texts)[0]


def normalised(scores):
    """(T, classes) scores to log-probabilities."""
    scores = np.asarray(scores, np.float64)
    return scores - np.logaddexp.reduce(scores, axis=1, keepdims=True) if len(scores) else scores


def spelt(path, dropped=(BLANK,)):
    """The text of a path, straight from the definition."""
    kept = [c for i, c in enumerate(path) if (i == 0 or c != path[i - 1]) and c not in dropped]
    return "".join(str(c - 1) for c in kept)


def all_texts(log_probs, dropped=(BLANK,)):
    """Probability of each text that the frames can spell, added up path by path."""
    total = {}
    frames, classes = log_probs.shape
    for path in product(range(classes), repeat=frames):
        text = spelt(path, dropped)
        total[text] = total.get(text, 0.0) + float(np.exp(log_probs[np.arange(frames), path].sum()))
    return total


def frames_of(*classes, certainty=0.9, count=12):
    """Frames that are nearly sure of the given classes."""
    rest = (1 - certainty) / (count - 1)
    return np.log(np.where(np.arange(count) == np.array(classes)[:, None], certainty, rest)).astype(np.float32)


@cache
def random_frames(frames, seed, classes=11):
    return normalised(np.random.default_rng(seed).normal(0, 2, (frames, classes)))


def some_frames(classes=11, least=0, most=3):
    scores = hnp.arrays(
        np.float64, st.tuples(st.integers(least, most), st.just(classes)), elements=st.floats(-30, 5, width=32)
    )
    return scores.map(normalised)


# --- greedy ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("classes", "text"),
    [
        ((6, 6, 8, 0, 8), "577"),
        ((6, 8, 8, 8), "57"),
        ((6, 11, 6), "55"),
        ((0, 0, 0), ""),
        ((11, 11), ""),
        ((1, 0, 10, 10), "09"),
    ],
)
def test_greedy_joins_repeats_then_drops_blanks_and_marks(classes, text):
    assert greedy_text(frames_of(*classes)) == text


def test_no_frames_say_nothing():
    none = np.zeros((0, 12), np.float32)
    assert greedy_text(none) == ""
    assert merge_marks(none).shape == (0, 11)
    assert best_texts(none[:, :11]) == [("", 0.0)]
    assert text_log_probabilities(none[:, :11], ["", "1"]).tolist() == [0.0, -np.inf]
    assert align(none[:, :11], "") == []
    with pytest.raises(ValueError, match="0 frames"):
        align(none[:, :11], "1")


# --- marks -----------------------------------------------------------------------------------------------------------


def test_names_of_the_classes():
    assert (CLASSES[BLANK], CLASSES[MARK], len(CLASSES)) == ("blank", "mark", 12)
    assert "".join(CLASSES[1:MARK]) == "0123456789"


@given(some_frames(classes=12))
def test_merging_marks_is_exact(log_probs):
    """The texts of all paths, marks dropped after joining, have the probability that the merged frames give them."""
    apart, merged = all_texts(log_probs, (BLANK, MARK)), all_texts(merge_marks(log_probs))
    assert apart.keys() == merged.keys()
    for text, probability in apart.items():
        assert merged[text] == pytest.approx(probability, rel=1e-9, abs=1e-300)


def test_merging_keeps_the_rows_normalised_and_the_input_as_it_was():
    log_probs = random_frames(20, 1, 12).astype(np.float32)
    before = log_probs.copy()
    merged = merge_marks(log_probs)
    assert merged.dtype == np.float32
    assert merged.shape == (20, 11)
    assert np.allclose(np.exp(merged).sum(axis=1), 1, atol=1e-6)
    assert np.array_equal(merged[:, 1:], before[:, 1:11])
    assert np.array_equal(log_probs, before)


# --- probability of a text -------------------------------------------------------------------------------------------


@given(some_frames())
def test_forward_adds_up_all_paths(log_probs):
    total = all_texts(log_probs)
    found = np.exp(text_log_probabilities(log_probs, list(total)))
    assert np.allclose(found, list(total.values()), rtol=1e-9, atol=1e-300)
    assert found.sum() == pytest.approx(1, abs=1e-9)


def test_equal_neighbours_need_a_blank_between():
    log_probs = random_frames(4, 3)
    expected = all_texts(log_probs)
    for text in ("577", "77", "7", "777", "7777"):
        (found,) = text_log_probabilities(log_probs, [text])
        assert np.exp(found) == pytest.approx(expected.get(text, 0.0), rel=1e-9)
    assert np.isfinite(text_log_probabilities(log_probs, ["577", "1234"])).all()
    assert np.isneginf(text_log_probabilities(log_probs, ["777", "5777", "12345"])).all()


def test_texts_are_independent_of_those_beside_them():
    log_probs = random_frames(30, 5)
    texts = ["", "1", "57", "577", "0123456789", "99999999999999999999"]
    together = text_log_probabilities(log_probs, texts)
    assert together.dtype == np.float64
    for text, value in zip(texts, together, strict=True):
        assert text_log_probabilities(log_probs, [text])[0] == pytest.approx(value, abs=1e-9)
    assert text_log_probabilities(log_probs, []).shape == (0,)


def test_several_looks_are_counted_through_as_each_alone():
    rng = np.random.default_rng(7)
    looks = [normalised(rng.normal(0, 3, (frames, 11))) for frames in (9, 0, 14, 9)]
    texts = ["", "5", "577", "1234"]
    found = ctc.text_log_probabilities(looks, texts)
    assert found.shape == (4, 4)
    for row, look in zip(found, looks, strict=True):
        np.testing.assert_allclose(row, text_log_probabilities(look, texts), atol=1e-12)
    assert ctc.text_log_probabilities([], texts).shape == (0, 4)
    assert ctc.text_log_probabilities(looks, []).shape == (4, 0)


def test_impossible_classes_give_minus_infinity_without_a_warning():
    with np.errstate(divide="ignore"):
        certain = np.log(np.eye(11)[[6, 0, 8]])
    assert text_log_probabilities(certain, ["57", "5", "", "58"]).tolist() == [0.0, -np.inf, -np.inf, -np.inf]
    assert best_texts(certain) == [("57", 0.0)]
    assert align(certain, "57") == [(0, 1), (2, 3)]
    with pytest.raises(ValueError, match="'5'"):
        align(certain, "5")


def test_long_lines_neither_vanish_nor_overflow():
    log_probs = random_frames(1600, 7).astype(np.float32)
    text = greedy_text(log_probs)
    ((best, found), *_) = best_texts(log_probs)
    exact = text_log_probabilities(log_probs, [best, text])
    assert np.isfinite(exact).all()
    assert exact[0] < -745  # its probability is no float64
    assert found <= exact[0] + 1e-6


# --- beam search -----------------------------------------------------------------------------------------------------


@given(some_frames())
def test_a_wide_beam_finds_every_text_with_its_probability(log_probs):
    total = all_texts(log_probs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ctc, "_LEAST_PROBABILITY", 0.0)
        found = best_texts(log_probs, beam=3000, count=3000)
    assert len(found) == len(total)
    for text, value in found:
        assert np.exp(value) == pytest.approx(total[text], rel=1e-9, abs=1e-300)
    values = [value for _, value in found]
    assert values == sorted(values, reverse=True)


@given(some_frames(least=3))
def test_the_usual_beam_finds_the_best_text(log_probs):
    total = all_texts(log_probs)
    (best, value), *_ = best_texts(log_probs, beam=100)
    assert total[best] >= 0.99 * max(total.values())
    assert value <= np.log(total[best]) + 1e-9
    assert value >= np.log(total[best]) - 0.05


def test_the_best_text_need_not_be_that_of_the_best_path():
    # Graves et al. 2006, figure 2: two blanks are the best path, but three paths spell the digit.
    log_probs = normalised([[np.log(0.6)] + [-50.0] * 4 + [np.log(0.4)] + [-50.0] * 5] * 2)
    assert greedy_text(log_probs) == ""
    (text, value), (other, _) = best_texts(log_probs, count=2)
    assert (text, other) == ("4", "")
    assert np.exp(value) == pytest.approx(0.64)


def test_doubt_gives_alternatives_best_first():
    log_probs = frames_of(6, 0, 8, 0, 8, certainty=0.999, count=11)
    log_probs[2, [8, 2]] = np.log([0.6, 0.4])
    found = best_texts(log_probs, beam=4, count=2)
    assert [text for text, _ in found] == ["577", "517"]
    assert len(best_texts(log_probs, beam=4, count=4)) == 4
    assert len(best_texts(log_probs, beam=1, count=4)) == 1


def test_sure_blanks_only_cost_their_own_probability():
    """Frames in which only the blank is likely are not looked at one by one, and yet keep equal digits apart."""
    idle = frames_of(*[0] * 5, certainty=0.9999, count=11)
    log_probs = np.concatenate([idle, frames_of(8, count=11), idle, frames_of(8, 8, count=11), idle])
    (text, value), *_ = best_texts(log_probs)
    assert text == "77"
    assert value == pytest.approx(text_log_probabilities(log_probs, ["77"])[0], abs=1e-2)


def test_frames_without_a_digit_are_taken_together_and_lose_next_to_nothing():
    """A digit that is improbable in every one of them still counts in all."""
    idle = frames_of(*[0] * 6, certainty=1 - 2e-6, count=11)
    log_probs = np.concatenate([idle, frames_of(8, count=11), idle, idle])
    texts = ["7", "57", "73"]
    merged = merge_idle(log_probs)
    assert len(merged) == 3
    one_by_one = text_log_probabilities(log_probs, texts)
    np.testing.assert_allclose(text_log_probabilities(merged, texts), one_by_one, atol=1e-4)
    assert one_by_one[1] < -9
    assert text_log_probabilities(log_probs, ["77"])[0] < -9


def test_where_no_frame_is_idle_or_there_is_none_nothing_is_merged():
    for log_probs in (frames_of(1, 0, 2, count=11), frames_of(count=11)):
        assert np.array_equal(merge_idle(log_probs), log_probs)


def test_a_long_texts_probability_is_that_of_its_halves():
    """What is brought back to 1 on the way is not lost."""
    half = frames_of(*[5, 0, 3, 0] * 30, certainty=0.5, count=11)
    ((text, _), *_) = best_texts(half)
    wall = frames_of(0, certainty=1 - 1e-12, count=11)  # a sure blank keeps the halves apart
    both = np.concatenate([half, wall, half])
    one, two = text_log_probabilities(half, [text])[0], text_log_probabilities(both, [text + text])[0]
    assert one < -40
    assert two >= 2 * one - 1e-6


# --- alignment -------------------------------------------------------------------------------------------------------


def best_path(log_probs, text):
    frames, classes = log_probs.shape
    paths = [path for path in product(range(classes), repeat=frames) if spelt(path) == text]
    return max(paths, key=lambda path: log_probs[np.arange(frames), path].sum())


@pytest.mark.parametrize("seed", range(3))
def test_alignment_is_the_best_of_all_paths(seed):
    log_probs = random_frames(4, seed)
    for text in ("", "5", "57", "77", "577", "1234"):
        path, expected, start = best_path(log_probs, text), [], 0
        for frame in range(1, 5):
            if frame == 4 or path[frame] != path[start]:
                if path[start] != BLANK:
                    expected.append((start, frame))
                start = frame
        assert align(log_probs, text) == expected


def test_alignment_spans_the_digits_frames():
    log_probs = frames_of(0, 6, 6, 0, 8, 0, 8, 8, 8, 0, count=11)
    assert align(log_probs, "577") == [(1, 3), (4, 5), (6, 9)]


@given(st.text("0123456789", max_size=8), st.integers(0, 2**32 - 1))
def test_spans_are_in_order_and_equal_neighbours_apart(text, seed):
    spans = align(random_frames(17, seed % 50), text)
    assert len(spans) == len(text)
    assert all(0 <= start < end <= 17 for start, end in spans)
    for i in range(1, len(text)):
        assert spans[i][0] - spans[i - 1][1] >= (text[i] == text[i - 1])


@pytest.mark.parametrize("text", ["12345", "777"])
def test_a_text_that_the_frames_cannot_hold_is_named(text):
    with pytest.raises(ValueError, match=f"4 frames cannot hold the text '{text}'"):
        align(random_frames(4, 0), text)


@given(some_frames(most=12, least=12))
def test_the_best_path_is_part_of_the_texts_probability(log_probs):
    """What Viterbi finds is less than the sum over all paths."""
    (best, _), *_ = best_texts(log_probs)
    path = np.zeros(12, int)
    for digit, (start, end) in zip(best, align(log_probs, best), strict=True):
        path[start:end] = int(digit) + 1
    assert log_probs[np.arange(12), path].sum() <= text_log_probabilities(log_probs, [best])[0] + 1e-9
