"""Training lines are what their labels say, look as the reader's own lines do, and come back by number."""

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from recognizer.types import LINE_HEIGHT
from train.data import NO_STROKES, Digits, StrokedDigits
from train.pen import smooth
from train.synthesis import MARK, StringStream, degrade, load_sources, random_hand, random_text, synthesise, write_line
from train.synthesis.forms import Forms
from train.synthesis.line import FINE, ROWS, Hand
from train.synthesis.made import made_sources
from train.synthesis.marks import doodle, mark_strokes
from train.synthesis.print import LETTERS, printed_word
from train.synthesis.schooled import SCHOOLED, barred_seven, hooked_one
from train.synthesis.sources import prepare_sources
from train.synthesis.stream import classes_of
from train.synthesis.texts import DOODLE, LETTER, MARKS, PRINTED, WORD_LETTER

PLAIN = replace(
    random_hand(np.random.default_rng(0)),
    height=22.0,
    slant=0.0,
    aspect=1.0,
    pen=0.1,
    strokes=0.0,
    gap=0.15,
    gap_jitter=0.0,
    drift=0.0,
    offset=0.0,
    size_jitter=0.0,
    baseline_jitter=0.0,
    turn=0.0,
    space=0.5,
    joined=0.0,
    flagged=0.0,
    hooked=False,
    bare=0.0,
    loops=0.0,
    schooled="",
    alike=False,
)
"""A hand without any fancies."""


@pytest.fixture(scope="module")
def sources():
    return made_sources(100)


def width_of(ink):
    """Columns from the first to the last ink."""
    columns = np.flatnonzero(ink.max(axis=0) > 100)
    return int(columns[-1] - columns[0] + 1) if len(columns) else 0


def height_of(ink):
    return width_of(ink.T)


def written(text, hand: Hand, sources, count=12):
    """The text in several attempts."""
    return [write_line(text, hand, sources, np.random.default_rng(seed))[0] for seed in range(count)]


# --- texts -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def texts():
    rng = np.random.default_rng(1)
    return [random_text(rng) for _ in range(4000)]


def test_texts_hold_nothing_but_digits_spaces_and_marks(texts):
    assert {c for text in texts for c in text} == set("0123456789 " + MARKS + WORD_LETTER + DOODLE + PRINTED)
    assert max(map(len, texts)) <= 28


def test_texts_are_mostly_numbers_of_every_length_and_digit(texts):
    counts = np.array([sum(c.isdigit() for c in text) for text in texts])
    assert np.count_nonzero(counts) > 0.9 * len(texts)
    assert set(range(13)) <= set(counts.tolist())
    digits = np.array([int(c) for text in texts for c in text if c.isdigit()])
    shares = np.bincount(digits, minlength=10) / len(digits)
    assert shares.min() > 0.06
    assert sum(a == b for text in texts for a, b in pairwise(text) if a.isdigit()) > 500


def test_the_same_randomness_gives_the_same_text():
    assert [random_text(np.random.default_rng(4)) for _ in range(3)] == [random_text(np.random.default_rng(4))] * 3


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        *[("", []), (" ", []), ("0", [1]), ("577", [6, 8, 8]), ("9 9", [10, 10])],
        *[("-1,5a", [MARK, 2, MARK, 6, MARK]), ("p 1~", [2])],
    ],
)
def test_classes_leave_out_what_is_nothing(text, classes):
    assert classes_of(text) == classes


# --- marks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", MARKS.replace(LETTER, ""))
def test_every_mark_can_be_drawn(mark, sources):
    for seed in range(20):
        strokes = mark_strokes(mark, np.random.default_rng(seed))
        points = np.concatenate(strokes)
        assert all(stroke.dtype == np.float32 and stroke.shape[1] == 2 for stroke in strokes)
        assert np.isfinite(points).all()
        assert np.abs(points).max() <= 1.0
    assert all(ink.max() > 200 for ink in written(mark, PLAIN, sources))


def test_no_mark_is_named():
    with pytest.raises(ValueError, match="'q' is no mark"):
        mark_strokes("q", np.random.default_rng(0))


def test_smoothing_cuts_corners_and_keeps_the_ends():
    corner = smooth([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)])
    assert corner.dtype == np.float32
    assert corner[[0, -1]].tolist() == [[0, 0], [1, 1]]
    assert corner.min() >= 0
    assert corner.max() <= 1
    assert np.linalg.norm(corner - (1, 0), axis=1).min() > 0.1
    straight = smooth([(0.0, 0.0), (2.0, 1.0)])
    assert np.allclose(straight[:, 0], 2 * straight[:, 1])


def test_letters_are_drawn_with_and_without_a_source_of_them(sources):
    without = replace(sources, by_label=(*sources.by_label[:10], np.zeros(0, np.intp), np.zeros(0, np.intp)))
    for some in (sources, without):
        assert all(ink.max() > 200 for ink in written(LETTER + WORD_LETTER, PLAIN, some))


def test_letters_that_look_like_digits_stand_in_words_only(texts):
    words = [text for text in texts if WORD_LETTER in text]
    assert words
    assert all(set(text) <= {WORD_LETTER, PRINTED, " "} and WORD_LETTER * 4 in text for text in words)


# --- print -----------------------------------------------------------------------------------------------------------


def test_printed_words_stand_before_and_behind_numbers_and_alone(texts):
    numbers = [text for text in texts if any(map(str.isdigit, text))]
    before, behind = (np.mean([text[end] == PRINTED for text in numbers]) for end in (0, -1))
    alone = np.mean([bool(text) and set(text) <= {PRINTED, " "} for text in texts])
    assert 0.07 < before < 0.12
    assert 0.02 < behind < 0.06
    assert 0.01 < alone < 0.04


@pytest.mark.parametrize("letter", LETTERS)
def test_printed_letters_stand_on_one_line(letter):
    points = np.concatenate(LETTERS[letter])
    low, high = points.min(axis=0), points.max(axis=0)
    assert low[0] > -0.05
    assert high[0] <= 0.9
    assert low[1] >= -1.06
    if letter.isalpha() and letter not in "gjpqyQJ":
        assert high[1] == pytest.approx(0, abs=0.02)
        assert low[1] == pytest.approx(-1 if letter.isupper() or letter in "bdfhkl" else low[1], abs=0.02)


def test_words_are_of_letters_on_one_level():
    levels = []
    for seed in range(200):
        strokes = printed_word(np.random.default_rng(seed))
        points = np.concatenate(strokes)
        assert points.dtype == np.float32
        assert np.ptp(points[:, 0]) > 0.5
        assert -1.1 < points[:, 1].min() < points[:, 1].max() < 0.4
        levels.append(np.isclose([stroke[:, 1].max() for stroke in strokes], 0, atol=0.02).mean())
    assert np.mean(levels) > 0.5


def test_print_is_written_and_is_nothing(sources):
    for seed in range(20):
        ink, _ = write_line(PRINTED, PLAIN, sources, np.random.default_rng(seed))
        assert ink.max() > 200
        assert ink.shape[0] == ROWS
    assert classes_of(PRINTED) == []


# --- forms -----------------------------------------------------------------------------------------------------------


def test_one_hand_writes_a_digit_alike(sources):
    """Along one line the same digits differ less than digits of many hands do."""

    def spread(alike):
        distances = []
        for seed in range(40):
            forms = Forms(alike, sources, np.random.default_rng(seed))
            shown = sources.forms[[forms.image(4) for _ in range(5)]]
            distances.append(np.linalg.norm(shown[1:] - shown[0], axis=1).mean())
        return np.mean(distances)

    assert spread(True) < 0.9 * spread(False)


def test_one_hand_takes_pen_digits_from_one_writer():
    strokes = StrokedDigits(
        tuple((np.array([[0, 0], [0, 10 + 5 * writer]], np.float32),) for writer in range(3) for _ in range(10)),
        np.tile(np.arange(10, dtype=np.uint8), 3),
        tuple("abc"[writer] for writer in range(3) for _ in range(10)),
    )
    made = prepare_sources(Digits(np.zeros((10, 28, 28), np.uint8), np.arange(10, dtype=np.uint8)), strokes)
    assert [[list(own) for own in writer] for writer in made.writers] == [
        [[10 * writer + label] for label in range(10)] for writer in range(3)
    ]
    whose = {id(made.strokes[i][0]): i // 10 for i in range(30)}
    mixed = 0
    for seed in range(60):
        forms = Forms(True, made, np.random.default_rng(seed))
        mixed += len({whose[id(forms.pen_digit(label)[0])] for label in (1, 2, 3, 4, 5, 6, 8, 9)}) > 1
        assert id(forms.pen_digit(3)[0]) == id(forms.pen_digit(3)[0])
    assert 5 <= mixed <= 35  # about 30 %: those lines are anybody's


def test_a_writer_of_few_digits_writes_no_line_alone():
    one = (np.array([[0, 0], [0, 10]], np.float32),)
    strokes = StrokedDigits((one,) * 8, np.array([0, 1, 2, 3, 3, 3, 0, 1], np.uint8), ("a",) * 8)
    assert prepare_sources(Digits(np.zeros((1, 28, 28), np.uint8), np.zeros(1, np.uint8)), strokes).writers == ()


def test_forms_without_strokes_or_letters():
    made = prepare_sources(Digits(np.zeros((10, 28, 28), np.uint8), np.arange(10, dtype=np.uint8)), NO_STROKES)
    forms = Forms(True, made, np.random.default_rng(0))
    assert forms.pen_digit(1) is None
    assert forms.letter(any_letter=True) is None
    assert [forms.image(7) for _ in range(3)] == [7, 7, 7]


@pytest.mark.parametrize("digit", SCHOOLED)
def test_school_forms_are_of_a_digits_size(digit):
    for seed in range(50):
        points = np.concatenate(SCHOOLED[digit](np.random.default_rng(seed)))
        assert points.dtype == np.float32
        low, high = points.min(axis=0), points.max(axis=0)
        assert 0.6 <= high[1] - low[1] <= 1.25
        assert 0.2 <= high[0] - low[0] <= 1.2


def test_a_seven_beside_hooked_ones_is_broader_or_has_a_bar():
    def top(strokes):
        return float(np.ptp(strokes[0][strokes[0][:, 1] < -0.3][:, 0]))

    for seed in range(50):
        one, seven = hooked_one(np.random.default_rng(seed)), barred_seven(np.random.default_rng(seed))
        assert top(one) < 0.4
        assert len(seven) == 2 or top(seven) > 0.45


def test_ones_are_hooked_only_where_a_seven_tells(sources):
    hooked = replace(PLAIN, hooked=True)
    for text, same in (("1", True), ("77", True), ("17", False)):
        pairs = zip(written(text, PLAIN, sources, 4), written(text, hooked, sources, 4), strict=True)
        assert [np.array_equal(plain, other) for plain, other in pairs] == [same] * 4


def test_a_bare_one_is_a_bar_of_a_digits_height(sources):
    hand = replace(PLAIN, bare=1.0)
    for ink in written("1", hand, sources):
        assert height_of(ink) == pytest.approx(FINE * hand.height * (1 + hand.pen), rel=0.1)
        assert width_of(ink) < 0.4 * height_of(ink)


def test_many_lines_begin_or_end_with_a_one(texts):
    numbers = [text for text in texts if text.isdigit()]
    for end in (0, -1):
        assert np.mean([text[end] == "1" for text in numbers]) > 0.15


def test_slashes_seldom_look_like_ones():
    def stands_like_a_one(seed):
        points = np.concatenate(mark_strokes("/", np.random.default_rng(seed)))
        low, high = points.min(axis=0), points.max(axis=0)
        return high[1] - low[1] < 1.15 and high[0] - low[0] < 0.3

    assert 0.02 < np.mean([stands_like_a_one(seed) for seed in range(1000)]) < 0.2


@pytest.mark.parametrize("seed", range(60))
def test_doodles_are_about_as_high_as_digits(seed):
    points = np.concatenate(doodle(np.random.default_rng(seed)))
    assert np.isfinite(points).all()
    assert 0.2 < np.ptp(points[:, 1]) < 2.0


# --- writing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " ", "0123456789", "5 7-7a", "-" * 9, "8" * 40])
def test_a_line_is_written_whatever_the_text(text, sources):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        ink, (first, last) = write_line(text, random_hand(rng), sources, rng)
        assert ink.dtype == np.uint8
        assert ink.shape[0] == ROWS == FINE * LINE_HEIGHT
        assert 0 <= first < last <= ROWS
        assert ink.any() == bool(text.strip())


@pytest.mark.parametrize("share", [0.0, 1.0], ids=["images", "strokes"])
def test_digits_have_their_widths_and_the_hands_height(sources, share):
    hand = replace(PLAIN, strokes=share)
    widths = {d: np.mean([width_of(ink) for ink in written(d, hand, sources)]) for d in "0123456789"}
    assert all(widths["1"] < 0.75 * widths[d] for d in "023456789")
    heights = [height_of(ink) for d in "023456789" for ink in written(d, hand, sources, 3)]
    # Of images the ink fits the height, of strokes the middle of the pen.
    assert np.median(heights) == pytest.approx(FINE * hand.height * (1 + share * hand.pen), rel=0.08)
    smaller = replace(hand, height=14.0)
    assert np.median([height_of(ink) for ink in written("8", smaller, sources)]) == pytest.approx(28, rel=0.2)


def test_more_digits_are_wider_and_lean_and_swell_with_the_hand(sources):
    widths = [
        np.mean([width_of(ink) for ink in written(text, PLAIN, sources)]) for text in ("8", "88", "8888", "8 888")
    ]
    assert widths == sorted(widths)
    assert widths[3] > widths[2] + 5
    thin, thick = (
        np.mean([(i > 100).sum() for i in written("8", replace(PLAIN, pen=p), sources)]) for p in (0.05, 0.15)
    )
    assert thick > 1.5 * thin

    def lean(ink):
        rows, columns = np.nonzero(ink > 100)
        upper = rows < np.median(rows)
        return columns[upper].mean() - columns[~upper].mean()

    assert np.mean([lean(ink) for ink in written("8", replace(PLAIN, slant=0.6), sources)]) > 8
    assert abs(np.mean([lean(ink) for ink in written("8", PLAIN, sources)])) < 8


def test_the_gap_decides_whether_digits_touch(sources):
    assert parts_of("0808", sources, gap=0.4) >= 4
    assert parts_of("0808", sources, gap=-0.1) < 3


def parts_of(text, sources, **hand):
    """Mean number of pieces of ink that a text is written in."""
    lines = written(text, replace(PLAIN, **hand), sources)
    return np.mean([cv2.connectedComponents((ink > 100).view(np.uint8))[0] - 1 for ink in lines])


def test_a_mark_keeps_off_the_digits(sources):
    """Even in a hand whose digits overlap: a mark that they run over could not be told by anybody."""
    for line in written("8,8", replace(PLAIN, gap=-0.3), sources):
        assert cv2.connectedComponents((line > 100).view(np.uint8))[0] - 1 >= 3


@pytest.mark.parametrize("mark", "/-")
def test_a_slash_or_a_dash_may_touch_the_digits(sources, mark):
    assert parts_of(f"8{mark}8", sources, gap=0.3) >= 3
    assert parts_of(f"8{mark}8", sources, gap=-0.3) < 2.5


def test_digits_beside_slashes_are_small_in_some_lines(sources):
    def height(text):
        """Lowest digit of a text, in pixels."""
        lines = written(text, replace(PLAIN, height=24.0, gap=0.3), sources, 24)
        return min(np.ptp(np.flatnonzero((line[:, : line.shape[1] // 4] > 100).any(axis=1))) for line in lines)

    assert height("8//8") < 0.75 * height("8--8")


def test_a_climbing_line_stays_in_the_picture(sources):
    level = replace(PLAIN, height=22.0)
    for drift in (-0.1, 0.1):
        for ink in written("88888888", replace(level, drift=drift), sources, 4):
            rows = np.flatnonzero(ink.max(axis=1) > 100)
            assert rows[0] >= 1
            assert rows[-1] <= ROWS - 2


def test_sources_are_not_changed(sources):
    before = sources.images.copy(), [stroke.copy() for digit in sources.strokes for stroke in digit]
    StringStream(sources, 3).batch(0, 40)
    assert np.array_equal(sources.images, before[0])
    after = [stroke for digit in sources.strokes for stroke in digit]
    assert all(np.array_equal(one, other) for one, other in zip(after, before[1], strict=True))


def test_sources_know_where_the_ink_is():
    images = np.zeros((3, 28, 28), np.uint8)
    images[0, 4:24, 10:13] = 255
    images[1, 2:26, 5:20] = 90
    made = load_sources(Digits(images, np.array([1, 8, 8], np.uint8)), NO_STROKES)
    assert made.boxes.tolist() == [[10, 4, 3, 20], [5, 2, 15, 24], [0, 0, 28, 28]]
    assert [list(index) for index in made.by_label] == [[], [0], *[[]] * 6, [1, 2], *[[]] * 3]


def test_pen_digits_are_centred_and_of_unit_height(sources):
    for digit in sources.strokes:
        points = np.concatenate(digit)
        low, high = points.min(axis=0), points.max(axis=0)
        assert np.allclose(low + high, 0, atol=0.03)  # long strokes lose some of their points
        assert 0.5 < high[1] - low[1] <= 1.001


# --- paper -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [0, 1, 30, 700])
def test_paper_takes_ink_of_any_width(width):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        ink = np.zeros((ROWS, width), np.uint8)
        ink[20:44] = 255
        picture = degrade(ink, (20, 44), rng, neighbour=ink)
        assert picture.dtype == np.uint8
        assert picture.shape[0] == LINE_HEIGHT
        assert picture.shape[1] >= max(16, width / FINE + 4)


@pytest.mark.parametrize("text", ["1", "8", "577", "1.234,50"])
def test_pictures_show_bright_ink_on_dark_ground(text, sources):
    pictures = [synthesise(text, sources, np.random.default_rng(seed)) for seed in range(30)]
    for picture in pictures:
        assert picture.max() > 120
        assert picture.std() > 10
    assert np.median([np.median(picture) for picture in pictures]) < 60


def test_blank_texts_give_pictures(sources):
    for text in ("", " "):
        for seed in range(10):
            picture = synthesise(text, sources, np.random.default_rng(seed))
            assert picture.shape[0] == LINE_HEIGHT
            assert picture.shape[1] >= 16


# --- the stream ------------------------------------------------------------------------------------------------------


def test_the_same_seed_and_number_give_the_same_lines(sources):
    stream, again = StringStream(sources, 7), StringStream(sources, 7)
    stream.batch(0, 5)
    lines, labels = stream.batch(3, 20)
    other_lines, other_labels = again.batch(3, 20)
    assert labels == other_labels
    assert all(np.array_equal(one, other) for one, other in zip(lines, other_lines, strict=True))
    assert stream.batch(4, 20)[1] != labels
    assert StringStream(sources, 8).batch(3, 20)[1] != labels


def test_lines_and_labels_are_of_their_form_and_belong_together(sources):
    lines, labels = StringStream(sources, 7).batch(2, 60)
    assert len(lines) == len(labels) == 60
    for line in lines:
        assert line.dtype == np.uint8
        assert line.shape[0] == LINE_HEIGHT
        assert line.shape[1] >= 16
    assert {c for label in labels for c in label} <= set(range(1, 12))
    rng = np.random.default_rng([7, 2])
    texts = [random_text(rng) for _ in range(60)]
    assert labels == [classes_of(text) for text in texts]
    # More characters take more room.
    sizes = [
        (line.shape[1], len(label))
        for line, label, text in zip(lines, labels, texts, strict=True)
        if PRINTED not in text
    ]
    assert np.corrcoef(np.array(sizes).T)[0, 1] > 0.7
