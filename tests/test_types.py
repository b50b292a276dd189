"""What a reading is made of: boxes, order, text, plain JSON."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recognizer.types import CLASS_NAMES, DOUBTFUL_BELOW, Alternative, Box, Component, Digit, Mark, Reading, Trace

boxes = st.builds(Box, *[st.integers(0, 50)] * 2, *[st.integers(1, 50)] * 2)


def digit(label: str, x: int = 0) -> Digit:
    others = tuple(Alternative(other, 0.1 / 9) for other in CLASS_NAMES if other != label)
    return Digit(label, 0.9, Box(x, 3, 10, 20), others)


def test_box_ends_one_pixel_behind_its_last():
    box = Box(2, 3, 10, 20)
    assert (box.right, box.bottom, box.centre) == (12, 23, (7.0, 13.0))


@given(boxes, boxes)
def test_union_is_the_smallest_box_around_both(one, other):
    union = one.union(other)
    assert union == other.union(one)
    assert union.x == min(one.x, other.x)
    assert union.y == min(one.y, other.y)
    assert union.right == max(one.right, other.right)
    assert union.bottom == max(one.bottom, other.bottom)


@given(boxes)
def test_union_with_itself_changes_nothing(box):
    assert box.union(box) == box


def test_area_counts_ink_pixels_and_not_the_box():
    ink = np.zeros((4, 5), np.uint8)
    ink[1, 1:4] = 255
    assert Component(Box(0, 0, 5, 4), ink).area == 3


def test_no_digit_is_an_empty_text_without_confidence():
    reading = Reading(width=4, height=3)
    assert (reading.text, reading.digits, reading.confidence) == ("", (), 0.0)
    assert reading.to_dict() == {
        "text": "",
        "confidence": 0.0,
        "width": 4,
        "height": 3,
        "digits": [],
        "marks": [],
    }


def test_text_joins_digits_and_lines():
    reading = Reading(((digit("2"), digit("0")), (digit("7"),)), 0.5, 100, 80)
    assert reading.text == "20\n7"
    assert [d.label for d in reading.digits] == ["2", "0", "7"]


def test_dictionary_survives_json_and_agrees_with_the_text():
    marks = (Mark(Box(60, 20, 4, 9)),)
    reading = Reading(((digit("2", 1), digit("0", 15)), (digit("7"),)), 0.5, 100, 80, marks)
    again = json.loads(json.dumps(reading.to_dict(), allow_nan=False))
    assert again == reading.to_dict()
    assert again["text"] == "\n".join(
        "".join(d["label"] for d in again["digits"] if d["line"] == line) for line in range(2)
    )
    assert again["digits"][1]["box"] == {"x": 15, "y": 3, "width": 10, "height": 20}
    assert len(again["digits"][-1]["alternatives"]) == 9
    assert again["marks"] == [{"box": {"x": 60, "y": 20, "width": 4, "height": 9}}]


def test_probabilities_name_every_label_in_order():
    probabilities = digit("7").probabilities
    assert tuple(probabilities) == CLASS_NAMES
    assert probabilities["7"] == 0.9
    assert abs(sum(probabilities.values()) - 1) < 1e-9


def test_digits_below_the_threshold_are_doubtful():
    sure, doubtful = Digit("2", 0.9, Box(0, 0, 1, 1)), Digit("7", 0.8999, Box(2, 0, 1, 1))
    reading = Reading(((sure, doubtful), (doubtful, sure)), 0.5, 9, 9)
    assert DOUBTFUL_BELOW == 0.9
    assert reading.doubtful == (doubtful, doubtful)
    assert [digit["doubtful"] for digit in reading.to_dict()["digits"]] == [False, True, True, False]
    assert Reading().doubtful == ()


def test_traces_share_no_arrays():
    empty = np.zeros((1, 1), np.uint8)
    one, other = (Trace(Reading(), np.zeros((1, 1, 3), np.uint8), *[empty] * 4) for _ in range(2))
    assert one.crops.shape == (0, 28, 28)
    assert one.probabilities.shape == (0, 10)
    assert one.crops is not other.crops
    assert one.line_pictures == one.line_log_probs == ()
