"""Pictures on their side or upside down."""

from dataclasses import replace

import numpy as np
import pytest
from made_answers import MadeSequence

from recognizer import DigitReader
from recognizer.checkpoint import load_checkpoint
from recognizer.classifier import DigitClassifier
from recognizer.orientation import ON_SIDE, UPSIDE_DOWN, is_rather, other_ways_up
from recognizer.types import Box, Component, Digit, Mark, Reading


def strokes(*places, width=10, height=14):
    return [Component(Box(x, y, width, height), np.full((height, width), 255, np.uint8)) for x, y in places]


ROW = strokes(*((20 * i, 5) for i in range(4)))
COLUMN = strokes(*((5, 20 * i) for i in range(4)))


def reading(text, confidence):
    box = Box(0, 0, 5, 5)
    lines = tuple(
        tuple(Digit(label, confidence, box, tuple(float(label == str(i)) for i in range(10))) for label in line)
        for line in text.split("\n")
        if line
    )
    return Reading(lines, confidence if text else 0.0, 100, 100)


def test_sure_row_is_upright():
    assert other_ways_up(reading("2023", 0.99), ROW) == []


def test_picture_without_strokes_is_not_turned():
    assert other_ways_up(reading("", 0.0), []) == []


def test_column_may_be_a_row_on_its_side():
    assert other_ways_up(reading("0", 0.97), COLUMN) == [*ON_SIDE]
    assert other_ways_up(reading("1\n2\n3\n4", 0.99), COLUMN) == [*ON_SIDE]


def test_doubtful_text_of_few_of_the_strokes_may_be_of_another_way_up():
    assert other_ways_up(reading("20", 0.8), ROW) == [*ON_SIDE]
    assert other_ways_up(reading("203", 0.8), ROW) == []


def test_joined_digits_may_lie_on_their_side():
    assert other_ways_up(reading("8", 0.8), COLUMN[:1]) == [*ON_SIDE]
    assert other_ways_up(reading("8", 0.95), COLUMN[:1]) == []


def test_text_that_is_hardly_believed_may_stand_upside_down():
    assert other_ways_up(reading("2023", 0.5), ROW) == [UPSIDE_DOWN]
    assert other_ways_up(reading("2023", 0.5), ROW, upside_down=False) == []
    assert other_ways_up(reading("20\n23\n20", 0.5), ROW) == []
    assert other_ways_up(reading("20\n23\n20", 0.2), ROW) == [UPSIDE_DOWN]


def test_long_page_may_well_be_improbable_as_a_whole():
    page = "\n".join(["2023"] * 20)
    assert other_ways_up(reading(page, 0.1), ROW) == []
    assert other_ways_up(reading(page, 0.001), ROW) == [UPSIDE_DOWN]


@pytest.mark.parametrize(
    ("first", "turned", "quarters", "expected"),
    [
        (("26", 0.7), ("2023", 0.8), 1, True),
        (("26", 0.7), ("2023", 0.72), 1, False),  # hardly surer
        (("26", 0.2), ("20", 0.45), 1, False),  # doubtful itself
        (("26", 0.5), ("2023", 0.85), UPSIDE_DOWN, True),
        (("26", 0.5), ("2023", 0.75), UPSIDE_DOWN, False),  # many a number can be read upside down
        (("00", 0.95), ("2023", 0.85), -1, True),
        (("00", 0.95), ("2023", 0.7), -1, False),
        (("0\n0\n0\n0", 0.95), ("2023", 0.99), 1, False),  # a column of single digits
        (("", 0.0), ("20", 0.85), 1, True),
        (("", 0.0), ("20", 0.75), 1, False),
        (("", 0.0), ("203", 0.75), 1, True),
        (("", 0.0), ("7", 0.99), 1, False),  # a lone digit may be anything
        (("", 0.0), ("111", 0.99), 1, False),  # lines
        (("8", 0.5), ("2\n0\n23", 0.9), 1, False),  # a row on its side
        (("00", 0.95), ("20231964", 0.4), 1, True),  # chance hardly makes eight digits
        (("00", 0.95), ("20231964", 0.25), 1, False),
        (("00", 0.5), ("20\n23\n19\n64", 0.4), 1, False),  # pairs it does
    ],
)
def test_surer_way_up_is_kept(first, turned, quarters, expected):
    assert is_rather(reading(*first), reading(*turned), quarters) is expected


def test_letters_of_a_word_on_its_side_are_no_digits():
    none, turned = reading("", 0.0), reading("70", 0.9)
    commas, letters = (tuple(Mark(Box(20 * i, 0, 1, height)) for i in range(2)) for height in (2, 5))
    assert is_rather(none, replace(turned, marks=commas), 1)
    assert not is_rather(none, replace(turned, marks=letters), 1)
    assert is_rather(reading("7", 0.5), replace(turned, marks=letters), 1)


@pytest.mark.parametrize(
    ("method", "quarters"),
    [("auto", 1), ("auto", 2), ("auto", 3), ("segmentation", 1), ("segmentation", 3), ("sequence", 1), ("sequence", 3)],
)
def test_turned_number_is_read_and_its_boxes_lie_in_the_picture_as_it_was_shown(write, method, quarters):
    reader = DigitReader.from_checkpoint(method=method)
    upright = write("2573844", height=60)
    before = reader.read(upright)
    assert before.text == "2573844"
    trace = reader.trace(np.rot90(upright, quarters))
    assert trace.reading.text == "2573844"
    assert (trace.tilt + 90 * quarters) % 360 == 0
    height, width = np.rot90(upright, quarters).shape[:2]
    assert (trace.reading.width, trace.reading.height) == (width, height)
    for digit, level in zip(trace.reading.digits, before.digits, strict=True):
        alone = np.zeros(upright.shape[:2], np.uint8)
        box = level.box
        alone[box.y : box.bottom, box.x : box.right] = 1
        rows, columns = np.nonzero(np.rot90(alone, quarters))
        expected = (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)
        assert np.allclose(digit.box, expected, atol=2)


def test_page_on_its_side_is_read_line_by_line(reader, write):
    assert reader.read(np.rot90(write("99168\n25301\n80745", height=50))).text == "99168\n25301\n80745"


def test_column_of_single_digits_stays_one(reader, write):
    trace = reader.trace(write("2\n5\n7\n4", height=50))
    assert trace.reading.text == "2\n5\n7\n4"
    assert trace.tilt == 0


def test_what_is_read_no_better_any_other_way_up_stays_as_it_was(write):
    """The made line network reads the same whatever it sees."""
    picture = write("253")
    classifier = DigitClassifier(load_checkpoint())
    trace = DigitReader(classifier, MadeSequence("258", certainty=0.5)).trace(picture)
    assert trace.reading.confidence < 0.6
    assert trace.tilt == 0
