"""One text of a line from what two readers say of it, and the ink that spells it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_answers import answer, spread

from recognizer import combine
from recognizer.combine import (
    LineEvidence,
    Look,
    gains_by_light,
    gives_way,
    has_few_lines,
    is_doubtful,
    read_line,
    read_lines,
    see_characters,
    spell,
)
from recognizer.ctc import BLANK, MARK
from recognizer.decode import choose, decode, text_of
from recognizer.lines import LinePicture, cut_line
from recognizer.sequence import FRAME
from recognizer.types import CLASS_NAMES, Box, Component, Digit, Piece, Reading

PITCH = 18


@pytest.fixture(autouse=True, scope="module")
def every_text_is_believed():
    """Made-up evidence is worse than a real line's: what is hardly believed has a test of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(combine, "_LEAST_BELIEVED", 0.0)
        patch.setattr(combine, "_LEAST_OF_ONE", 0.0)
        patch.setattr(combine, "_LEAST_OF_MANY", 0.0)
        yield


def component(x, width=12, height=20, y=6):
    return Component(Box(x, y, width, height), np.full((height, width), 255, np.uint8))


def halves(x):
    """A component as wide as two digits, cut in its middle: left half, whole, right half."""
    return [Piece(component(x), 0, 1, 0.5), Piece(component(x, 24), 0, 2), Piece(component(x + 12), 1, 2)]


def singles(count):
    return [[Piece(component(10 + PITCH * i))] for i in range(count)]


def rows(text, probability=0.99, other=None, classes=11):
    """What the digit network says of as many pieces: each digit with a probability, the rest for `other` or shared alike.

    "-" stands for no digit.
    """
    table = np.zeros((len(text), classes), np.float32)
    for row, label in zip(table, text, strict=True):
        index = 10 if label == "-" else int(label)
        if other is None:
            row[:] = (1 - probability) / (classes - 1)
        else:
            row[other] = 1 - probability
        row[index] = probability
    return table


def evidence(line, probabilities, log_probs):
    return LineEvidence(line, 0, probabilities, Look(log_probs))


def torn(text, other, share, frames=24):
    """The line network's answer where its last digit is `other` with that share."""
    log_probs = spread(text, frames)
    place = int(np.flatnonzero(log_probs.argmax(axis=1))[-1])
    log_probs[place] = np.log(1e-4)
    log_probs[place, int(text[-1]) + 1], log_probs[place, int(other) + 1] = np.log([1 - share, share])
    return log_probs


def scene(line):
    """Mask, line picture and components of a line's ink."""
    components = [max((p.component for p in pieces), key=lambda c: c.box.width) for pieces in line]
    mask = np.zeros((32, 20 + max(c.box.right for c in components)), np.uint8)
    for one in components:
        mask[one.box.y : one.box.bottom, one.box.x : one.box.right] = one.ink
    return cut_line(255 - mask, mask, components), mask, components


def spelled(said, text, segmented=()):
    return spell(said, text, segmented, *scene(said.pieces))


# --- what needs no cutting -------------------------------------------------------------------------------------------


def said_of(classes_at, line, certainty=0.999):
    """The line network's answer that sees each class at a column of the picture at working size; with `line`'s picture."""
    picture, _, components = scene([[Piece(c)] for c in line])
    classes = [BLANK] * (picture.image.shape[1] // FRAME)
    for x, value in classes_at:
        classes[int((x - picture.x) * picture.scale / FRAME)] = value
    return picture, answer(classes, certainty), components


def test_characters_are_seen_in_their_components():
    line = [component(10, 24), component(50), component(80)]
    first, *others = see_characters(*said_of([(15, 3), (27, 6), (86, 8)], line))
    assert first.middles == pytest.approx((5, 17), abs=2)
    assert [len(seen.middles) for seen in others] == [0, 1]
    assert all(seen.sure for seen in [first, *others])


def test_mark_is_a_character():
    line = [component(10), component(40), component(70)]
    seen = see_characters(*said_of([(16, 3), (46, MARK), (76, 8)], line))
    assert [len(one.middles) for one in seen] == [1, 1, 1]


def test_line_network_may_be_unsure_of_what_it_sees():
    picture, said, line = said_of([(16, 3), (46, 8)], [component(10), component(40)])
    place = int((46 - picture.x) * picture.scale / FRAME)
    said[place] = np.log((1 - 0.4) / 11)
    said[place, 8] = np.log(0.4)
    assert [(len(seen.middles), seen.sure) for seen in see_characters(picture, said, line)] == [(1, True), (1, False)]


# --- the text --------------------------------------------------------------------------------------------------------


def test_readers_that_agree_are_sure():
    said = evidence(singles(3), rows("253"), spread("253", 30))
    text, probability = read_line(said, "253", alone=False)
    assert text == "253"
    assert 0.9 < probability <= 1


def test_doubt_that_it_is_a_digit_weighs_most_where_no_other_stands_beside():
    alone, beside = (
        read_line(evidence(singles(len(text)), rows(text, 0.2, other=10), spread(text, 12 * len(text))), text, False)[1]
        for text in ("3", "33")
    )
    assert alone < beside - 0.2


def test_line_network_wins_where_the_pieces_are_in_doubt():
    said = evidence(singles(2), rows("21", 0.55, other=7), spread("27", 24, 0.999))
    text, probability = read_line(said, "21", alone=False)
    assert text == "27"
    assert probability > 0.9


def test_segmentation_wins_where_the_line_network_is_in_doubt():
    said = evidence(singles(2), rows("27", 0.999), torn("27", "1", 0.51))
    assert read_line(said, "27", alone=True)[0] == "21"
    assert read_line(said, "27", alone=False)[0] == "27"


def bars(*heights):
    """A digit as high as 20 pixels before and after bars."""
    return [[Piece(component(10 + PITCH * i, height=height))] for i, height in enumerate((20, *heights, 20))]


def mark_over_digit(line, place, text):
    """How much more probably a piece is a mark than the digit that it looks like, in nats."""
    digits, marks = evidence(line, rows(text), spread(text, 40)).scores
    return marks[place] - digits[place, int(text[place])]


def test_a_bar_within_a_line_is_a_slash_if_it_is_taller_than_the_digits():
    assert mark_over_digit(bars(20), 1, "212") < -2
    assert mark_over_digit(bars(28), 1, "212") > -0.5
    assert mark_over_digit(bars(28), 1, "252") < -2, "what looks like another digit is none"


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([(6, 20), (2, 27), (6, 20)], {1}),  # (top, height) of each
        ([(6, 20), (2, 24), (6, 20)], set()),  # too short
        ([(6, 20), (9, 27), (6, 20)], set()),  # begins below the tops of its neighbours
        ([(2, 27), (6, 20), (6, 20)], set()),  # at the end of the line
        ([(20, 6), (2, 27), (6, 20)], set()),  # beside a comma
        ([(4, 20), (0, 30), (14, 20), (2, 30), (6, 20)], set()),  # a line that jumps
    ],
)
def test_a_bar_that_is_much_longer_than_both_its_neighbours_is_no_1(boxes, expected):
    line = [[Piece(component(10 + PITCH * i, 12, height, y))] for i, (y, height) in enumerate(boxes)]
    said = evidence(line, rows("2" * len(line)), spread("2", 24))
    assert said.slashes == expected


@pytest.mark.parametrize(("share", "height", "expected"), [(0.9, 27, "25"), (0.9, 20, "215"), (0.999, 27, "215")])
def test_a_long_bar_is_read_as_a_1_only_where_the_line_network_is_very_sure(share, height, expected):
    assert read_line(barred(share, height), "215", alone=False)[0] == expected


def barred(share, height):
    """A line of which the line network finds "215" so probable, and else "25": its bar is so high."""
    said = spread("215", 24)
    place = int(np.flatnonzero(said.argmax(axis=1))[1])
    said[place] = np.log(1e-6)
    said[place, [BLANK, 2]] = np.log([1 - share, share])
    return evidence(bars(height), rows("215"), said)


def climbing(x, y, width, height):
    """A stroke of 4 pixels from the lower left to the upper right."""
    rows, columns = np.indices((height, width))
    away = np.abs((height - 1 - rows) * (width - 1) - columns * (height - 1)) / np.hypot(width - 1, height - 1)
    return Component(Box(x, y, width, height), np.where(away <= 2, 255, 0).astype(np.uint8))


def flagged(flag):
    """ "17" whose 1 has a stem of 20 pixels, and before it what may be its flag."""
    return [[Piece(part)] for part in (flag, component(30, 5), component(48))]


@pytest.mark.parametrize(
    ("flag", "is_flag"),
    [
        (climbing(15, 12, 12, 12), True),
        (climbing(11, 9, 14, 16), True),
        (component(15, 12, 12, 12), False),  # a blot
        (climbing(15, 6, 12, 20), False),  # as high as the stem: a 1 that leans
        (climbing(4, 12, 12, 12), False),  # far away
        (climbing(15, 20, 12, 12), False),  # below: a comma
        (climbing(20, 12, 6, 12), False),  # upright
    ],
)
def test_flag_of_a_1_is_known_by_its_form_and_its_place(flag, is_flag):
    said = evidence(flagged(flag), rows("117"), spread("117", 24))
    assert said.flags == ({0} if is_flag else set())


@pytest.mark.parametrize(("probability", "expected"), [(0.9, "17"), (0.9999, "117")])
def test_flag_and_stem_are_two_1s_only_where_the_line_network_is_very_sure(probability, expected):
    said = spread("117", 24)
    place = int(np.flatnonzero(said.argmax(axis=1))[0])
    said[place] = np.log(1e-7)
    said[place, [BLANK, 2]] = np.log([1 - probability, probability])
    for flag, read in ((climbing(15, 12, 12, 12), expected), (climbing(15, 6, 12, 20), "117")):
        line = evidence(flagged(flag), rows("1-7", 0.5, other=1), said)
        assert read_line(line, "117", alone=False)[0] == read


def test_a_stroke_like_a_flag_before_another_digit_is_a_1():
    line = flagged(climbing(15, 12, 12, 12))
    said = spread("167", 24)
    assert read_line(evidence(line, rows("167"), said), "167", alone=False)[0] == "167"


@pytest.mark.parametrize(
    ("others", "expected"),
    [([27, 27], "25"), ([27, 27, 20], "25"), ([27], "215"), ([27, 20, 20, 20], "215"), ([], "215"), ([20, 20], "215")],
)
def test_a_bar_is_what_it_is_in_most_lines(others, expected):
    lines = [barred(0.97, 20), *(barred(0.97 if height < 27 else 0.5, height) for height in others)]
    (first, _), *rest = read_lines(lines, ["215"] * len(lines), alone=False)
    assert first == expected
    assert [text for (text, _), height in zip(rest, others, strict=True) if height == 27] == ["25"] * others.count(27)


def test_what_other_lines_say_makes_no_clear_1_a_slash():
    lines = [barred(0.99999, 20), barred(0.5, 27), barred(0.5, 27)]
    assert [text for text, _ in read_lines(lines, ["215"] * 3, alone=False)] == ["215", "25", "25"]


def test_line_network_alone_reads_each_line_alone():
    lines = [barred(0.6, 20), barred(0.4, 27), barred(0.4, 27)]
    assert [text for text, _ in read_lines(lines, ["215"] * 3, alone=True)] == ["215", "25", "25"]


def test_a_bar_at_the_end_of_a_line_is_a_1_if_it_is_no_taller_than_the_digits():
    low, tall = bars(20, 20)[:-1], bars(20, 28)[:-1]
    assert mark_over_digit(low, 2, "211") < mark_over_digit(tall, 2, "211") - 2


def test_doubt_of_both_lowers_the_probability():
    sure = evidence(singles(2), rows("27", 0.999), torn("27", "1", 0.1))
    doubtful = evidence(singles(2), rows("27", 0.6, other=1), torn("27", "1", 0.4))
    (text, high), (same, low) = (read_line(said, "27", alone=False) for said in (sure, doubtful))
    assert text == same == "27"
    assert low < high


def test_alone_the_pieces_have_no_say():
    log_probs = torn("27", "1", 0.4)
    answers = [
        read_line(evidence(singles(count), rows(text), log_probs), text, alone=True)
        for count, text in ((2, "21"), (3, "999"), (1, "5"))
    ]
    assert {text for text, _ in answers} == {"27"}
    assert np.ptp([probability for _, probability in answers]) == 0


def test_text_of_the_pieces_is_weighed_even_where_the_line_network_does_not_think_of_it():
    """A line network that sees nothing, and is not sure of it, leaves the line to the pieces."""
    blind = answer([BLANK] * 12, 0.2)
    assert read_line(evidence(singles(2), rows("46", 0.9999), blind), "46", alone=False)[0] == "46"
    assert read_line(evidence(singles(2), rows("46", 0.9999), blind), "46", alone=True)[0] != "46"


def test_marks_between_the_digits_are_no_part_of_the_text():
    said = evidence(singles(5), rows("12-34"), spread("12-34", 40))
    for alone in (True, False):
        assert read_line(said, "1234", alone)[0] == "1234"


def test_line_of_marks_reads_as_nothing():
    said = evidence(singles(2), rows("--"), spread("--", 20))
    for alone in (True, False):
        text, probability = read_line(said, "", alone)
        assert text == ""
        assert probability > 0.5


def test_text_that_is_hardly_believed_is_none(monkeypatch):
    said = evidence(singles(2), rows("46", 0.6, other=1), torn("46", "1", 0.4))
    text, probability = read_line(said, "46", alone=False)
    monkeypatch.setattr(combine, "_LEAST_BELIEVED", probability + 0.01)
    assert text == "46"
    assert read_line(said, "46", alone=False) == ("", pytest.approx(1 - probability))


def test_one_digit_alone_takes_more_belief(monkeypatch):
    for text, name in (("4", "_LEAST_OF_ONE"), ("46", "_LEAST_BELIEVED")):
        said = evidence(singles(len(text)), rows(text, 0.6, other=1), torn(text, "1", 0.4))
        probability = read_line(said, text, alone=False)[1]
        monkeypatch.setattr(combine, name, probability + 0.01)
        assert read_line(said, text, alone=False) == ("", pytest.approx(1 - probability))
        monkeypatch.setattr(combine, name, 0.0)
        assert read_line(said, text, alone=False)[0] == text


def test_many_digits_take_less_belief(monkeypatch):
    monkeypatch.setattr(combine, "_LEAST_BELIEVED", 1.0)
    for text, read in (("4621", ""), ("46213", "46213")):
        said = evidence(singles(len(text)), rows(text, 0.6, other=1), torn(text, "1", 0.4))
        assert read_line(said, text, alone=False)[0] == read


def test_text_of_more_digits_than_frames_is_possible_but_not_likely():
    said = evidence(singles(3), rows("253", 0.9), answer([6, BLANK], 0.99))
    text, probability = read_line(said, "253", alone=False)
    assert text == "5"
    assert 0 < probability <= 1


@given(st.text("0123456789", min_size=1, max_size=5), st.text("0123456789", max_size=5), st.booleans())
def test_any_two_opinions_give_one_of_their_texts_and_a_probability(pieces, line, alone):
    said = evidence(singles(len(pieces)), rows(pieces), spread(line, 24, 0.9))
    text, probability = read_line(said, pieces, alone)
    assert text == line or not alone
    assert 0 < probability <= 1


# --- its ink ---------------------------------------------------------------------------------------------------------


def test_each_digit_gets_its_piece_and_both_opinions():
    said = evidence(singles(3), rows("253"), spread("253", 30))
    choices = spelled(said, "253")
    assert [choice.index for choice in choices] == [0, 1, 2]
    assert [choice.label for choice in choices] == [2, 5, 3]
    assert [choice.box for choice in choices] == [pieces[0].component.box for pieces in said.pieces]
    for choice in choices:
        assert not choice.is_mark
        assert choice.in_line.shape == (10,)
        assert choice.in_line[choice.label] == pytest.approx(0.99, rel=1e-4)


def test_indices_count_all_pieces_of_the_picture():
    said = LineEvidence(singles(2), 40, rows("25"), Look(spread("25", 30)))
    assert [choice.index for choice in spelled(said, "25")] == [40, 41]


def test_touching_digits_are_cut_as_the_text_wants_them():
    said = evidence([halves(10)], rows("808"), spread("88", 30))
    assert [choice.index for choice in spelled(said, "88")] == [0, 2]
    assert [choice.index for choice in spelled(said, "0")] == [1]


def test_ink_that_the_text_does_not_name_is_a_mark():
    said = evidence(singles(3), rows("2-3"), spread("2-3", 30))
    choices = spelled(said, "23")
    assert [choice.is_mark for choice in choices] == [False, True, False]
    assert choices[1].label is None
    assert choices[1].in_line is None


@pytest.mark.parametrize("text", ["25", "253", "2537"])
def test_text_that_the_pieces_cannot_spell_is_placed_by_its_frames(text):
    said = evidence([[Piece(component(10, 60))]], rows("8"), spread(text, 36))
    choices = spelled(said, text)
    assert [choice.index for choice in choices] == [-1] * len(text)
    assert [CLASS_NAMES[choice.label] for choice in choices] == list(text)
    lefts = [choice.box.x for choice in choices]
    assert lefts == sorted(set(lefts))
    assert choices[0].box.x == 10
    assert choices[-1].box.right == 70
    assert all(choice.box.height == 20 for choice in choices)
    reading = decode([choices], said.probabilities, CLASS_NAMES, lambda box: box, (90, 32), [0.8])
    assert reading.text == text
    assert reading.confidence == pytest.approx(0.8)
    assert all(digit.confidence == pytest.approx(0.99, rel=1e-4) for digit in reading.digits)


@pytest.mark.parametrize("classes", [10, 11])
def test_empty_text_leaves_nothing_but_marks(classes):
    said = evidence([halves(10), [Piece(component(50))]], rows("8088", classes=classes), spread("--", 30))
    choices = spelled(said, "")
    assert all(choice.is_mark for choice in choices)
    assert {pixel for c in choices for pixel in range(c.box.x, c.box.right)} == {*range(10, 34), *range(50, 62)}
    assert decode([choices], said.probabilities, CLASS_NAMES, lambda box: box, (90, 32), []).text == ""


def test_text_of_more_digits_than_frames_is_left_to_the_pieces():
    said = evidence(singles(3), rows("253"), answer([6, BLANK]))
    segmented = choose([said.pieces], said.probabilities)[0]
    assert spelled(said, "253", segmented) == segmented


@given(st.text("0123456789", max_size=6), st.text("0123456789-", min_size=1, max_size=4))
def test_any_text_is_spelled(text, pieces):
    """Whatever the pieces look like: all digits are there, left to right, in boxes inside the picture."""
    line = [halves(10), *([Piece(component(40 + PITCH * i))] for i in range(len(pieces)))]
    said = evidence(line, np.concatenate([rows("808"), rows(pieces)]), spread(text, 50))
    picture, mask, components = scene(line)
    choices = spell(said, text, [], picture, mask, components)
    digits = [choice for choice in choices if not choice.is_mark]
    assert "".join(CLASS_NAMES[choice.label] for choice in digits) == text
    lefts = [choice.box.x for choice in choices]
    assert lefts == sorted(lefts)
    for choice in choices:
        assert 0 <= choice.box.x < choice.box.right <= mask.shape[1]
        assert 0 <= choice.box.y < choice.box.bottom <= mask.shape[0]


def test_evidence_is_not_changed():
    said = evidence(singles(3), rows("253"), spread("2-3", 30))
    before = said.probabilities.copy(), said.look.answer.copy()
    text, _ = read_line(said, "253", alone=False)
    spelled(said, text)
    for array, kept in zip((said.probabilities, said.look.answer), before, strict=True):
        assert np.array_equal(array, kept)


def test_segmentation_that_agrees_is_spelled_by_its_own_pieces():
    said = evidence(singles(3), rows("253"), spread("253", 30))
    segmented = choose([said.pieces], said.probabilities)[0]
    assert text_of(segmented, said.probabilities) == "253"
    assert [(c.index, c.box) for c in spelled(said, "253", segmented)] == [(c.index, c.box) for c in segmented]


# --- further looks ---------------------------------------------------------------------------------------------------


def looking_again(first, *further):
    """Evidence of two digits "27" whose second one is in doubt, and what further looks say; and how often they were asked."""
    asked = []

    def look_again():
        asked.append(True)
        return list(further)

    return LineEvidence(singles(2), 0, rows("27", 0.6, other=1), Look(first), look_again), asked


def test_a_sure_line_is_looked_at_once():
    said, asked = looking_again(spread("27", 24), torn("27", "1", 0.9))
    said = replace(said, probabilities=rows("27", 0.999))
    assert read_line(said, "27", alone=False)[0] == "27"
    assert not asked


@pytest.mark.parametrize("alone", [True, False])
def test_further_looks_decide_a_doubtful_line(alone):
    first = torn("27", "1", 0.55)
    assert read_line(replace(looking_again(first)[0], probabilities=rows("21", 0.6, other=7)), "21", alone)[0] == "21"
    said, asked = looking_again(first, spread("27", 30), spread("27", 20))
    text, probability = read_line(said, "27", alone)
    assert text == "27"
    assert asked == [True]
    assert probability > read_line(looking_again(first)[0], "27", alone)[1]


def test_a_text_that_only_further_looks_see_is_weighed():
    said, _ = looking_again(torn("27", "1", 0.55), spread("24", 30), spread("24", 20))
    assert read_line(said, "27", alone=True)[0] == "24"


def looking_closer(first, *framings):
    """As `looking_again`, with what the line network says of several framings of the line."""
    asked = []

    def look_closer():
        asked.append(True)
        return [list(looks) for looks in framings]

    return LineEvidence(singles(2), 0, rows("27", 0.6, other=1), Look(first), look_closer=look_closer), asked


@pytest.mark.parametrize("alone", [True, False])
def test_a_doubtful_line_is_read_as_it_looks_from_nearer(alone):
    first = torn("27", "4", 0.55)
    pieces = rows("24", 0.55, other=7)
    before = read_line(replace(looking_closer(first)[0], probabilities=pieces), "24", alone)
    assert before[0] == "24"
    said, asked = looking_closer(first, [torn("27", "9", 0.6)], [spread("27", 28)] * 3)
    text, probability = read_line(replace(said, probabilities=pieces), "24", alone)
    assert text == "27"
    assert asked == [True]
    assert probability > before[1] + combine._BETTER


def test_a_framing_that_says_the_same_or_is_in_doubt_itself_changes_nothing():
    first = torn("27", "1", 0.45)
    plain, _ = looking_closer(first)
    doubtful, asked = looking_closer(first, [torn("27", "1", 0.5)], [answer([BLANK] * 20, 0.3)])
    assert read_line(doubtful, "27", alone=False) == read_line(plain, "27", alone=False)
    assert asked == [True]


def joined(*framings, first="4"):
    """One piece that is no digit to the digit network, of which the line network says one digit at first, and what it says of
    the nearer framings."""
    said, _ = looking_closer(spread(first, 24), *framings)
    return replace(said, pieces=singles(1), probabilities=rows("0", 0.01, other=10))


def test_what_most_framings_say_of_joined_digits_is_read_without_pieces():
    near, other = [spread("273", 28)] * 3, [spread("213", 28)] * 3
    for framings in ([near, other, near], [near] * 3):
        text, probability = read_line(joined(*framings), "0", alone=False)
        assert text == "273"
        assert 0.5 < probability < 1
    doubtful = [torn("273", "8", 0.4)] * 3
    assert read_line(joined(doubtful, other, doubtful), "0", alone=False)[1] < probability


def test_framings_that_differ_or_say_one_digit_over_and_over_do_not_count_without_pieces():
    before = read_line(joined(), "0", alone=False)
    assert before[1] < combine._HOPELESS
    differing = [[spread(text, 28)] * 3 for text in ("273", "213", "279")]
    for framings in (differing, [[spread("111", 28)] * 3] * 3, [[spread("7", 28)] * 3] * 3):
        assert read_line(joined(*framings), "0", alone=False) == before


def looking_at_band(first, *looks):
    """As `looking_closer`, with what the line network says where the digits' height is told by their rows."""
    asked = []

    def look_at_band():
        asked.append(True)
        return LinePicture(np.zeros((32, 2 * len(looks[0])), np.uint8), 0.0, 0.0, 1.0), list(looks)

    return LineEvidence(singles(2), 0, rows("27", 0.6, other=1), Look(first), look_at_band=look_at_band), asked


@pytest.mark.parametrize("alone", [True, False])
def test_where_rows_tell_the_digits_height_the_first_look_does_not_count(alone):
    wrong = torn("41", "7", 0.5)
    said, asked = looking_at_band(wrong, *[spread("27", 28)] * 3)
    text, probability = read_line(replace(said, probabilities=rows("27", 0.99)), "27", alone)
    assert (text, asked) == ("27", [True])
    counted, _ = looking_closer(wrong, [spread("27", 28)] * 3)
    assert probability > read_line(replace(counted, probabilities=rows("27", 0.99)), "27", alone)[1] + 0.01


def test_a_text_that_only_the_rows_show_is_spelled_by_what_is_seen_there():
    """The usual look sees a 4 alone; what the other sees, 2 and 7, has their places and is sure of them."""
    near = spread("27", 30)
    said, _ = looking_at_band(spread("4", 24), *[near] * 3)
    line = [pieces[0].component for pieces in said.pieces]
    mask = np.zeros((32, 60), np.uint8)
    for part in line:
        x, y, width, height = part.box
        mask[y : y + height, x : x + width] = 255
    usual = LinePicture(np.zeros((32, 48), np.uint8), 0.0, 0.0, 1.0)
    choices = spell(said, "27", [], usual, mask, line)
    assert [choice.label for choice in choices] == [2, 7]
    assert [choice.index for choice in choices] == [-1, -1]
    for choice in choices:
        assert choice.in_line[choice.label] > 0.9
    assert choices[0].box.right <= choices[1].box.x
    assert [choice.label for choice in spell(said, "4", [], usual, mask, line) if not choice.is_mark] == [4]


def test_a_sure_line_is_not_looked_at_by_its_rows():
    said, asked = looking_at_band(spread("27", 24), spread("11", 24))
    assert read_line(replace(said, probabilities=rows("27", 0.999)), "27", alone=False)[0] == "27"
    assert not asked


def test_a_sure_line_is_not_looked_at_from_nearer():
    said, asked = looking_closer(spread("27", 24), [spread("11", 24)])
    assert read_line(replace(said, probabilities=rows("27", 0.999)), "27", alone=False)[0] == "27"
    assert not asked


@pytest.mark.parametrize(("height", "expected"), [(20, "251"), (28, "25")])
def test_from_nearer_a_1_at_the_end_is_lost_only_where_it_is_taller_than_the_digits(height, expected):
    first, near = torn("251", "7", 0.45), [spread("25", 24, 0.999)] * 6
    said = LineEvidence(bars(20, height)[:-1], 0, rows("251", 0.55), Look(first), look_closer=lambda: [near])
    assert read_line(said, "251", alone=True)[0] == expected


def reading(confidence, *lines):
    digits = [[Digit(label, 1.0, Box(0, 0, 1, 1), ()) for label in line] for line in lines]
    return Reading(tuple(map(tuple, digits)), confidence, 9, 9)


@pytest.mark.parametrize(
    ("read", "doubtful", "few"),
    [
        (reading(0.5, "12"), True, True),
        (reading(0.95, "12"), False, True),
        (reading(0.5, "12", "3"), True, True),
        (reading(0.5, "12", "3", "4"), True, False),
        (reading(0.0), True, True),
    ],
    ids=["doubtful", "sure", "two lines", "a page", "nothing"],
)
def test_doubt_and_the_number_of_lines_tell_whether_a_picture_is_read_again(read, doubtful, few):
    assert (is_doubtful(read), has_few_lines(read)) == (doubtful, few)


def test_a_reading_gives_way_to_one_that_is_clearly_more_probable_and_none_only_to_a_probable_one():
    first = reading(0.5, "12")
    assert gives_way(first, reading(0.7, "13"))
    assert not gives_way(first, reading(0.6, "13"))
    assert not gives_way(first, reading(0.0))
    assert gives_way(reading(0.0), reading(0.8, "13"))
    assert not gives_way(reading(0.0), reading(0.6, "13"))


@pytest.mark.parametrize(("text", "least"), [("3", 0.8), ("11", 0.8), ("13", 0.5), ("135", 0.3), ("111", 0.8)])
def test_where_there_was_no_text_the_second_line_network_is_believed_the_sooner_the_less_it_may_be_chance(text, least):
    none = reading(0.0)
    assert gives_way(none, reading(least + 0.05, text), by_second=True)
    assert not gives_way(none, reading(least - 0.05, text), by_second=True)


def test_a_text_gives_way_to_the_second_line_network_s_as_to_any_other():
    assert not gives_way(reading(0.5, "12"), reading(0.6, "13"), by_second=True)
    assert gives_way(reading(0.5, "12"), reading(0.7, "13"), by_second=True)


@pytest.mark.parametrize(("text", "wins"), [("135", True), ("13", False), ("111", False)])
def test_a_long_text_is_rather_a_number_than_chance_unless_it_is_all_1s(text, wins):
    assert gives_way(reading(0.0), reading(0.4, text)) is wins
    assert not gives_way(reading(0.0), reading(0.2, text))


def test_a_sure_text_gives_way_to_a_longer_one_in_even_light_that_is_as_sure():
    first = reading(0.97, "2")
    assert gains_by_light(first, reading(0.95, "27"), is_more_ink=True)
    assert not gains_by_light(first, reading(0.99, "7"), is_more_ink=True)
    assert not gains_by_light(first, reading(0.8, "27"), is_more_ink=True)


def test_a_doubtful_text_gives_way_in_even_light_where_the_other_is_sure_or_more_ink_speaks_for_it():
    first = reading(0.5, "27")
    assert gains_by_light(first, reading(0.9, "217"), is_more_ink=False)
    assert gains_by_light(first, reading(0.7, "217"), is_more_ink=True)
    assert not gains_by_light(first, reading(0.55, "217"), is_more_ink=True)
    assert not gains_by_light(first, reading(0.7, "217"), is_more_ink=False)


def test_a_lone_digit_in_even_light_has_to_be_sure():
    nothing = reading(0.0)
    assert gains_by_light(nothing, reading(0.8, "17"), is_more_ink=True)
    assert not gains_by_light(nothing, reading(0.8, "7"), is_more_ink=True)
    assert gains_by_light(nothing, reading(0.9, "7"), is_more_ink=False)


def test_creases_that_even_light_shows_are_no_text():
    assert not gains_by_light(reading(0.0), reading(0.99, "1"), is_more_ink=True)
    assert not gains_by_light(reading(0.0), reading(0.99, "11"), is_more_ink=True)
    assert gains_by_light(reading(0.5, "1"), reading(0.99, "11"), is_more_ink=True)
