"""Scores of readings: distances, figures by confidence and by length, selective reading."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.scores import (
    Outcome,
    by_digits,
    canonical,
    choose_threshold,
    edit_distance,
    reliability,
    risk_coverage,
    score,
    selective,
)

texts = st.text("0123", max_size=6)


def outcome(truth="12", text="12", confidence=0.97, milliseconds=2.0):
    return Outcome("f", "a.png", truth, text, confidence, milliseconds)


def readings(*groups):
    """Outcomes of (confidence, number right, number wrong)."""
    return [
        outcome(text=text, confidence=confidence)
        for confidence, right, wrong in groups
        for text in ["12"] * right + ["13"] * wrong
    ]


def test_only_digits_and_line_breaks_count():
    assert canonical("1.000,-\n|2 3\n\n") == "1000|23"


@given(texts, texts)
def test_edit_distance_is_a_metric(a, b):
    distance = edit_distance(a, b)
    assert (distance == 0) == (a == b)
    assert distance == edit_distance(b, a)
    assert abs(len(a) - len(b)) <= distance <= max(len(a), len(b))


def test_edit_distance_counts_each_kind_of_change():
    assert edit_distance("1234", "1334") == 1
    assert edit_distance("1234", "124") == 1
    assert edit_distance("1234", "12834") == 1
    assert edit_distance("", "12") == 2


def test_score_counts_whole_texts_and_characters():
    figures = score([outcome(), outcome("345", "34", milliseconds=4.0), outcome("6", "6", milliseconds=9.0)])
    assert figures["n"] == 3
    assert figures["exact"] == pytest.approx(200 / 3)
    assert figures["cer"] == pytest.approx(100 / 6)
    assert figures["ms"] == 4.0


def test_reliability_bins_by_confidence_and_leaves_out_pictures_without_a_reading():
    rows = reliability([outcome(), outcome(text="13"), outcome(confidence=0.3), outcome(text="", confidence=0.0)])
    assert [(row["n"], row["right"]) for row in rows] == [(1, 1.0), (2, 0.5)]
    assert rows[0]["from"] <= 0.3 < rows[0]["to"]


def test_a_confidence_of_one_is_in_the_last_bin():
    assert reliability([outcome(confidence=1.0)])[0]["to"] == 1.0


def test_figures_by_digits_do_not_count_line_breaks():
    rows = by_digits([outcome(), outcome(text="1"), outcome("1|2", "1|2"), outcome("7", "7"), outcome("", "")])
    assert [(row["digits"], row["n"]) for row in rows] == [(0, 1), (1, 1), (2, 3)]
    assert rows[2]["exact"] == pytest.approx(200 / 3)
    assert rows[2]["low"] < rows[2]["exact"] < rows[2]["high"]
    assert rows[1]["high"] == 100


def test_risk_falls_where_the_confidence_tells_right_from_wrong():
    outcomes = [*readings((0.9, 6, 0), (0.5, 2, 2)), outcome(text="", confidence=0.0)]
    # Readings of one confidence are accepted together; the picture without a reading never is.
    assert risk_coverage(outcomes) == [(pytest.approx(6 / 11), 0.0), (pytest.approx(10 / 11), pytest.approx(0.2))]
    assert risk_coverage([outcome(text="", confidence=0.0)]) == []


def test_the_lowest_threshold_that_keeps_the_rate_is_chosen():
    assert choose_threshold(readings((0.99, 60, 0), (0.9, 60, 0), (0.8, 0, 30)), 0.99) == 0.9
    assert choose_threshold(readings((0.99, 60, 0), (0.9, 60, 1)), 0.99) is None
    # A mistake on top is made up for by what follows.
    assert choose_threshold(readings((0.99, 0, 1), (0.9, 300, 0)), 0.99) == 0.9


def test_few_readings_promise_nothing():
    assert choose_threshold(readings((0.99, 97, 0)), 0.99) is None
    assert choose_threshold(readings((0.99, 98, 0)), 0.99) == 0.99
    assert choose_threshold([], 0.99) is None


@given(st.lists(st.tuples(st.sampled_from([0.2, 0.5, 0.8, 0.9]), st.booleans()), max_size=40))
def test_what_a_threshold_accepts_reaches_the_rate(pairs):
    outcomes = [outcome(text="12" if right else "13", confidence=confidence) for confidence, right in pairs]
    threshold = choose_threshold(outcomes, 0.7)
    if threshold is not None:
        accepted = [o for o in outcomes if o.confidence >= threshold]
        assert sum(o.exact for o in accepted) >= 0.7 * len(accepted)


def test_a_threshold_is_measured_on_pictures_that_it_was_not_chosen_on():
    chosen_on = readings((0.99, 100, 0), (0.5, 0, 100))
    rest = readings((0.99, 50, 50), (0.5, 100, 0))
    row = selective([o for pair in zip(chosen_on, rest, strict=True) for o in pair], 0.95)
    assert row["threshold"] == 0.99
    assert (row["n"], row["accepted"], row["coverage"], row["right"]) == (200, 100, 0.5, 0.5)
    assert row["interval"][0] < 0.5 < row["interval"][1]


def test_nothing_is_accepted_without_a_threshold():
    row = selective(readings((0.9, 4, 4)), 0.99)
    assert (row["threshold"], row["accepted"], row["coverage"], row["right"]) == (None, 0, 0.0, None)
