"""Printed words beside a number are marks; digits, however they stand, are no words."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer import DigitReader
from recognizer.combine import LineEvidence, Look
from recognizer.types import Box, Component, Piece
from recognizer.words import leave_out_words, leave_out_words_of_cells, look_like_words, part_at_gaps
from train.examples import labelled, put_ink, render_number, rotate, sheet

font_manager = pytest.importorskip("matplotlib.font_manager", exc_type=ImportError)
SANS, SERIF, MONO = (font_manager.findfont(f"DejaVu {family}") for family in ("Sans", "Serif", "Sans Mono"))
PEN = 7


def number(text, height=80, room=50, seed=5):
    ink = render_number(text, seed, height, pen_width=PEN / height)
    return put_ink(sheet(ink.shape[0] + 2 * room, ink.shape[1] + 2 * room), ink, left=room, top=room)


def components(*boxes):
    return [Component(Box(*box), np.full((box[3], box[2]), 255, np.uint8)) for box in boxes]


@pytest.mark.parametrize("font", [SANS, SERIF, MONO], ids=["sans", "serif", "mono"])
@pytest.mark.parametrize("word", ["Amount", "Betrag", "Weight (kg)", "Invoice number"])
@pytest.mark.parametrize("text", ["253", "80652"])
def test_number_behind_a_printed_word_is_read(reader, font, word, text):
    assert reader.read(labelled(number(text), word, font, share=0.25)).text == text


@pytest.mark.parametrize("text", ["1936", "15280", "80652"])
def test_short_word_that_the_first_line_network_takes_for_digits_is_left_out(reader, text):
    """It reads "110" before the number, in doubt; the second knows better."""
    assert reader.read(labelled(number(text), "No.", SANS, share=0.25)).text == text


@pytest.mark.parametrize("degrees", [-5, 4])
def test_word_and_number_may_climb_or_sink(reader, degrees):
    picture = labelled(number("80652"), "Invoice number", SANS, share=0.25)
    assert reader.read(rotate(picture, degrees, None)).text == "80652"


@pytest.mark.parametrize("text", ["253", "80652"])
def test_number_below_a_printed_heading_is_read(reader, text):
    page = number(text)
    heading = labelled(sheet(60, 300), "Amount", SANS, share=0.6)[:, :300]
    width = max(page.shape[1], heading.shape[1])
    rows = [
        cv2.copyMakeBorder(part, 0, 0, 0, width - part.shape[1], cv2.BORDER_CONSTANT, value=(255, 255, 255))
        for part in (heading, page)
    ]
    assert reader.read(np.vstack(rows)).text == text


@pytest.mark.parametrize("method", ["auto", "sequence"])
def test_letters_become_marks_before_the_number(method):
    plain, word = number("80652"), "Betrag"
    picture = labelled(plain, word, SERIF, share=0.25)
    reading = DigitReader.from_checkpoint(method=method).read(picture)
    assert reading.text == "80652"
    first = min(digit.box.x for digit in reading.digits)
    letters = [mark for mark in reading.marks if mark.box.right < first]
    assert len(letters) >= 3
    assert all(mark.box.x >= 0 and mark.box.right <= picture.shape[1] for mark in reading.marks)


@pytest.mark.parametrize("word", ["Amount", "Total:", "No."])
def test_printed_word_alone_gives_no_more_than_before(reader, word, monkeypatch):
    picture = labelled(sheet(120, 40), word, SANS)
    text = reader.read(picture).text
    monkeypatch.setattr(DigitReader, "_without_words", lambda *_: None)
    assert text == reader.read(picture).text


@pytest.mark.parametrize("text", ["1000", "10 000", "711 17", "00 00", "1 1 1", "9 7 4 6"])
def test_groups_of_digits_are_no_words(reader, text, monkeypatch):
    """Asked of every picture, not of doubtful ones alone."""
    inks = [render_number(group, 5, 80, pen_width=PEN / 80) for group in text.split()]
    picture, left = sheet(240, 120 + sum(ink.shape[1] + 40 for ink in inks)), 60
    for ink in inks:
        picture = put_ink(picture, ink, left=left, top=20)
        left += ink.shape[1] + 40
    asked = []
    monkeypatch.setattr("recognizer.reader.is_doubtful", lambda reading: True)
    monkeypatch.setattr(
        "recognizer.reader.leave_out_words",
        lambda *arguments: asked.append(leave_out_words(*arguments)) or asked[-1],
    )
    assert reader.read(picture).text.replace("\n", "") == text.replace(" ", "")
    assert not any(asked)


def test_wide_gaps_part_a_line():
    line = components((0, 10, 10, 20), (14, 10, 10, 20), (60, 0, 20, 30), (84, 0, 20, 30), (140, 0, 20, 30))
    assert [[len(group) for group in groups] for groups in part_at_gaps([line])] == [[2, 2, 1]]


def test_gap_is_measured_by_the_lower_of_both_sides():
    small, large = components((0, 40, 10, 20), (12, 40, 10, 20)), components((35, 0, 40, 60), (80, 0, 40, 60))
    assert [[len(group) for group in groups] for groups in part_at_gaps([[*small, *large]])] == [[2, 2]]
    assert part_at_gaps([large]) == []


def test_pages_and_single_groups_are_not_parted():
    line = components((0, 0, 10, 20), (60, 0, 10, 20))
    assert part_at_gaps([]) == []
    assert part_at_gaps([line[:1]]) == []
    assert [len(groups) for groups in part_at_gaps([line, line])] == [2, 2]
    assert part_at_gaps([line] * 3) == []
    assert part_at_gaps([components(*((60 * x, 0, 10, 20) for x in range(80)))]) != []
    assert part_at_gaps([components(*((60 * x, 0, 10, 20) for x in range(81)))]) == []


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 40), st.integers(1, 40), st.integers(1, 60)), max_size=12)
)
def test_parting_keeps_every_component_in_order(boxes):
    line = sorted(components(*boxes), key=lambda c: c.box.centre[0])
    parted = part_at_gaps([line] if line else [])
    together = [component for groups in parted for group in groups for component in group]
    assert together == [] or [c.box for c in together] == [c.box for c in line]
    assert all(group for groups in parted for group in groups)


def evidence_of(probabilities):
    """Of three letters side by side, of which only the digit network's word differs."""
    pieces = [[Piece(component, 0, 1, 0.0)] for component in THREE]
    return LineEvidence(
        pieces, 0, probabilities.astype(np.float32), Look(np.log(np.full((12, 12), 1 / 12, np.float32)))
    )


def tell(lines, evidence, texts):
    return leave_out_words(lines, evidence, look_like_words(lines, evidence), texts)


THREE = components((0, 0, 10, 20), (12, 0, 10, 20), (24, 0, 10, 20))
LETTERS, DIGITS = evidence_of(np.eye(11)[[10, 10, 10]]), evidence_of(np.eye(3, 11))


def test_a_digit_network_that_knows_no_marks_finds_no_words():
    """Ten classes tell nothing of letters."""
    assert not any(look_like_words([[THREE]], [evidence_of(np.full((3, 10), 0.1))]))
    assert any(look_like_words([[THREE]], [LETTERS]))


def test_words_are_told_from_numbers_where_there_are_both():
    assert tell([[THREE]], [LETTERS], [("", 0.9)]) is None
    parted = [[THREE, THREE]]
    numbers = tell(parted, [LETTERS, DIGITS], [("", 0.9), ("012", 0.97)])
    assert numbers is not None
    assert (numbers.words, numbers.digits) == (THREE, THREE)
    assert tell(parted, [DIGITS, DIGITS], [("", 0.9), ("012", 0.97)]) is None


def test_what_has_the_shape_of_a_word_must_be_the_surer_a_number():
    parted = [[THREE, THREE]]
    assert tell(parted, [LETTERS, DIGITS], [("115", 0.88), ("012", 0.97)]) is not None
    assert tell(parted, [LETTERS, DIGITS], [("115", 0.92), ("012", 0.97)]) is None
    assert tell(parted, [LETTERS, DIGITS], [("115", 0.7), ("012", 0.8)]) is not None


def tell_cells(*cells):
    return leave_out_words_of_cells(
        [THREE] * len(cells), [own for own, _, _ in cells], [(text, sure) for _, text, sure in cells]
    )


def test_words_in_a_table_are_left_out_where_they_are_no_sure_numbers():
    number = DIGITS, "012", 0.5
    assert tell_cells((LETTERS, "115", 0.55), number, number) == [("", pytest.approx(0.45)), ("012", 0.5), ("012", 0.5)]
    assert tell_cells((LETTERS, "115", 0.65), number) == [("115", 0.65), ("012", 0.5)]


def test_what_has_numbers_in_few_of_its_cells_is_no_table():
    number, empty = (DIGITS, "012", 0.9), (DIGITS, "", 0.9)
    assert tell_cells(number, empty) is not None
    assert tell_cells(number, empty, empty) is None
    assert tell_cells(number, *[empty] * 19) == [("", 1.0)] * 20  # a texture


@pytest.mark.parametrize(("left", "is_digit"), [(60, False), (96, True)])
def test_what_is_neither_belongs_to_what_stands_nearest(left, is_digit):
    """A bracket behind a word, or the first 1 of a number, which alone may be either."""
    bar = components((left, 0, 4, 20))
    digits = components((120, 0, 10, 20), (132, 0, 10, 20), (144, 0, 10, 20))
    one = [[Piece(bar[0], 0, 1, 0.0)]]
    bar_evidence = LineEvidence(one, 0, np.eye(11, dtype=np.float32)[[1]], LETTERS.look)
    numbers = tell([[THREE, bar, digits]], [LETTERS, bar_evidence, DIGITS], [("", 0.9), ("", 0.9), ("012", 0.97)])
    assert numbers is not None
    assert bar[0] in (numbers.digits if is_digit else numbers.words)
    assert len(numbers.digits) + len(numbers.words) == 7


def test_a_line_of_what_is_neither_tells_nothing():
    bar = components((0, 0, 4, 20))
    bar_evidence = LineEvidence([[Piece(bar[0], 0, 1, 0.0)]], 0, np.eye(11, dtype=np.float32)[[1]], LETTERS.look)
    texts = [("", 0.9), ("012", 0.97), ("", 0.9)]
    assert tell([[THREE, THREE], [bar]], [LETTERS, DIGITS, bar_evidence], texts) is None
