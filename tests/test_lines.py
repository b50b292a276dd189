"""A line is cut out of its picture at one height and with white ink, wherever and however large it was written."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.lines import Framing, closer_looks, cut_line, find_band, further_looks, look_at_band, place_frames
from recognizer.segment import find_components
from recognizer.types import Box, Component
from train.examples import render_number

INK, PAPER = 40, 230


def picture_of(ink, top=30, left=40, bottom=30, right=40, dark=INK, light=PAPER):
    """Dark ink on light paper with empty paper around, and its mask."""
    cover = np.pad(ink, ((top, bottom), (left, right))) / 255
    flat = np.round(light + (dark - light) * cover).astype(np.uint8)
    return flat, np.where(cover > 0.5, 255, 0).astype(np.uint8)


def cropped(ink):
    x, y, width, height = cv2.boundingRect((ink > 127).view(np.uint8))
    return ink[y : y + height, x : x + width]


def cut(flat, mask):
    return cut_line(flat, mask, find_components(mask, mask))


def number(text="2537", height=60, seed=3):
    return cropped(render_number(text, seed, height))


def ink_rows(line):
    rows = np.flatnonzero((line.image > 127).any(axis=1))
    return int(rows[0]), int(rows[-1]) + 1


def ink_columns(line):
    columns = np.flatnonzero((line.image > 127).any(axis=0))
    return int(columns[0]), int(columns[-1]) + 1


@pytest.mark.parametrize("height", [12, 22, 60, 250])
def test_digits_of_any_size_come_out_at_one_height(height):
    line = cut(*picture_of(number(height=height)))
    assert line.image.dtype == np.uint8
    assert line.image.shape[0] == 32
    top, bottom = ink_rows(line)
    assert 19 <= bottom - top <= 28  # the digits stand a little higher and lower than one another
    assert abs((top + bottom) / 2 - 16) <= 1.5
    left, right = ink_columns(line)
    assert 4 <= left <= 8
    assert 4 <= line.image.shape[1] - right <= 8


def test_a_single_digit_is_22_pixels_high():
    top, bottom = ink_rows(cut(*picture_of(number("8"))))
    assert bottom - top == pytest.approx(22, abs=1)


@pytest.mark.parametrize(("dark", "light"), [(40, 230), (0, 255), (150, 200), (90, 120)])
def test_ink_is_white_on_black_however_faint(dark, light):
    reference = cut(*picture_of(number(), dark=0, light=255)).image
    image = cut(*picture_of(number(), dark=dark, light=light)).image
    assert image.max() == 255
    assert np.median(image[image > 60]) > 200
    assert np.median(image) == 0
    assert np.abs(image.astype(int) - reference).mean() < 6


def test_uneven_ink_keeps_its_greys():
    ink = number("8888", height=80)
    faded = ink.copy()
    quarter = ink.shape[1] // 4
    faded[:, -quarter:] = faded[:, -quarter:] // 2
    flat, _ = picture_of(faded)
    _, mask = picture_of(ink)
    image = cut(flat, mask).image
    quarter = image.shape[1] // 4
    first, last = (np.median(part[part > 60]) for part in (image[:, :quarter], image[:, -quarter:]))
    assert first > 240
    assert 100 < last < 0.75 * first


@pytest.mark.parametrize("moved", [(1, 0), (0, 1), (17, 33), (100, 3)])
def test_a_moved_picture_gives_the_same_line(moved):
    down, right = moved
    still, shifted = cut(*picture_of(number())), cut(*picture_of(number(), top=30 + down, left=40 + right))
    assert np.array_equal(still.image, shifted.image)
    assert shifted.scale == still.scale
    assert (shifted.x - still.x, shifted.y - still.y) == (right, down)


def test_the_corner_and_the_scale_lead_back_to_the_picture():
    flat, mask = picture_of(number(height=90), top=50, left=70)
    line = cut(flat, mask)
    left, right = ink_columns(line)
    top, bottom = ink_rows(line)
    x, y, width, height = cv2.boundingRect(mask)
    pixel = 1 / line.scale
    assert line.x + left * pixel == pytest.approx(x, abs=1.5 * pixel)
    assert line.x + right * pixel == pytest.approx(x + width, abs=1.5 * pixel)
    assert line.y + top * pixel == pytest.approx(y, abs=1.5 * pixel)
    assert line.y + bottom * pixel == pytest.approx(y + height, abs=1.5 * pixel)


def test_beyond_the_pictures_edge_there_is_paper():
    ink = number()
    whole, cramped = cut(*picture_of(ink)), cut(*picture_of(ink, 0, 0, 0, 0))
    assert cramped.image.shape == whole.image.shape
    assert cramped.x < 0
    assert cramped.y < 0
    assert np.abs(cramped.image.astype(int) - whole.image).mean() < 4
    for edge in (cramped.image[0], cramped.image[-1], cramped.image[:, 0], cramped.image[:, -1]):
        assert edge.max() < 60


def test_other_lines_do_not_count():
    """Ink that lies in the picture but not in the line changes neither scale nor place."""
    ink = number()
    flat, mask = picture_of(ink, bottom=200)
    line = find_components(mask, mask)
    alone = cut_line(flat, mask, line)
    flat[150:190, 40:100] = INK
    mask[150:190, 40:100] = 255
    beside = cut_line(flat, mask, line)
    assert np.array_equal(alone.image, beside.image)
    assert (alone.x, alone.y, alone.scale) == (beside.x, beside.y, beside.scale)


def row_of(ink, count, step, turned=False):
    """The same digit `count` times, each `step` pixels higher than the one before."""
    height, width = ink.shape
    canvas = np.zeros((height + count * abs(step), count * (width + 20)), np.uint8)
    for i in range(count):
        y, x = (count - 1 - i if step > 0 else i) * abs(step), i * (width + 20)
        canvas[y : y + height, x : x + width] = ink
    return cropped(canvas)


@pytest.mark.parametrize("step", [12, -12])
def test_a_line_that_climbs_or_sinks_is_levelled(step):
    ink = number("5")
    top, bottom = ink_rows(cut(*picture_of(row_of(ink, 8, step))))
    assert bottom - top <= 24
    assert (top + bottom) / 2 == pytest.approx(16, abs=1)
    still = cut(*picture_of(row_of(ink, 8, 0)))
    level = cut(*picture_of(row_of(ink, 8, step), top=200, bottom=200))
    assert level.image.shape == still.image.shape
    assert np.abs(level.image.astype(int) - still.image).mean() < 12


def test_the_start_of_a_long_climbing_line_is_not_lost():
    ink = row_of(number("8"), 12, 14)
    line = cut(*picture_of(ink, 0, 0, 0, 0))
    left, right = ink_columns(line)
    assert left <= 8
    assert line.image.shape[1] - right <= 8


def test_two_digits_on_two_steps_are_made_small_enough():
    """Two digits make no line that could be said to climb."""
    top, bottom = ink_rows(cut(*picture_of(row_of(number("5"), 2, 25))))
    assert 26 <= bottom - top <= 31


def test_digits_stay_large_beside_a_tall_slash():
    ink = number("8", height=60)
    height, width = ink.shape
    canvas = np.zeros((2 * height, 5 * (width + 20)), np.uint8)
    for i in (0, 1, 3, 4):
        x = i * (width + 20)
        canvas[height // 2 : height // 2 + height, x : x + width] = ink
    middle = 2 * (width + 20) + width // 2
    cv2.line(canvas, (middle - 10, 2 * height - 3), (middle + 10, 2), 255, 5)
    line = cut(*picture_of(canvas))
    rows = np.flatnonzero((line.image[:, : line.image.shape[1] // 3] > 127).any(axis=1))
    assert rows[-1] + 1 - rows[0] == pytest.approx(22, abs=1)
    assert line.image[0].max() > 127  # the slash reaches over the edge
    assert line.image[-1].max() > 127


def test_a_digit_much_taller_than_the_others_is_not_cut_off():
    low, tall = number("000", 36), number("3", 60)
    ink = np.hstack([tall, np.zeros((len(tall), 12), np.uint8), np.pad(low, ((len(tall) - len(low), 0), (0, 0)))])
    flat, mask = picture_of(ink)
    line = cut(flat, mask)
    assert ink_rows(line)[0] >= 1
    assert ink_rows(line)[1] <= 31
    assert line.y <= 30


def test_a_very_long_line_stays_within_memory():
    ink = np.tile(np.pad(number("1", height=40), ((0, 0), (5, 5))), (1, 400))
    line = cut(*picture_of(ink))
    assert line.image.shape[0] == 32
    assert 1500 <= line.image.shape[1] <= 1620


@pytest.mark.parametrize("box", [Box(0, 0, 1, 1), Box(10, 10, 1, 1), Box(5, 5, 40, 1), Box(20, 0, 1, 50)])
def test_ink_of_any_form_is_cut(box):
    flat, mask = np.full((50, 60), PAPER, np.uint8), np.zeros((50, 60), np.uint8)
    inside = np.s_[box.y : box.bottom, box.x : box.right]
    flat[inside], mask[inside] = INK, 255
    line = cut_line(flat, mask, [Component(box, mask[inside].copy())])
    assert line.image.shape[0] == 32
    assert line.image.shape[1] >= 8
    assert line.image.max() > 127


@pytest.mark.parametrize("level", [0, INK, 255])
def test_a_picture_of_nothing_but_ink_is_cut(level):
    """Nothing tells the ink from the paper then."""
    flat, mask = np.full((40, 60), level, np.uint8), np.full((40, 60), 255, np.uint8)
    line = cut_line(flat, mask, [Component(Box(0, 0, 60, 40), mask.copy())])
    assert line.image.shape[0] == 32
    assert line.image.shape[1] >= 32


def test_the_picture_is_not_changed():
    flat, mask = picture_of(number())
    before = flat.copy(), mask.copy()
    cut(flat, mask)
    assert np.array_equal(flat, before[0])
    assert np.array_equal(mask, before[1])


# --- digits known by their frames ------------------------------------------------------------------------------------


def frames_of(line, box):
    """The frames, two pixels wide, that lie over a box at working size."""
    left, right = ((x - line.x) * line.scale / 2 for x in (box.x, box.right))
    return int(left), int(np.ceil(right))


@pytest.mark.parametrize("height", [14, 60, 200])
def test_digits_are_placed_where_their_frames_are(height):
    flat, mask = picture_of(number("2537", height=height))
    line = sorted(find_components(mask, mask), key=lambda c: c.box.x)
    picture = cut_line(flat, mask, line)
    wanted = [component.box for component in line]
    placed = place_frames(picture, [frames_of(picture, box) for box in wanted], 2, mask, line)
    assert len(placed) == len(wanted) == 4
    for box, expected in zip(placed, wanted, strict=True):
        assert np.allclose(box, expected, atol=0.12 * height)


def test_touching_ink_is_shared_half_way():
    mask = np.zeros((40, 100), np.uint8)
    mask[10:30, 20:80] = 255
    line = [Component(Box(20, 10, 60, 20), mask[10:30, 20:80])]
    picture = cut_line(255 - mask, mask, line)
    frames = [frames_of(picture, Box(x, 10, 10, 20)) for x in (25, 65)]
    first, last = place_frames(picture, frames, 2, mask, line)
    assert first.x == 20
    assert last.right == 80
    assert abs(first.right - 50) <= 3
    assert first.right == last.x


@pytest.mark.parametrize("spans", [[(0, 1)] * 12, [(0, 1), (400, 401)], [(10, 11), (5, 6)]], ids=["one", "far", "back"])
def test_placed_boxes_lie_in_the_picture_wherever_the_frames_are(spans):
    flat, mask = picture_of(number("1", height=20), 0, 0, 0, 0)
    line = find_components(mask, mask)
    placed = place_frames(cut_line(flat, mask, line), spans, 2, mask, line)
    assert len(placed) == len(spans)
    for box in placed:
        assert 0 <= box.x < box.right <= mask.shape[1]
        assert 0 <= box.y < box.bottom <= mask.shape[0]


def test_what_reaches_over_the_digits_is_left_out_of_their_places_on_demand():
    flat, mask = joined_date()
    components = find_components(mask, mask)
    picture, _ = look_at_band(flat, mask, components)
    spans = [(start, start + 6) for start in range(0, picture.image.shape[1] // 2 - 6, 12)]
    whole, alone = (place_frames(picture, spans, 2, mask, components, text_alone) for text_alone in (False, True))
    assert max(box.height for box in whole) > 120
    assert max(box.height for box in alone) < 90
    for box in alone:
        assert 60 <= box.y < box.bottom <= 160


def test_paper_under_the_frames_is_as_high_as_the_line():
    mask = np.zeros((40, 100), np.uint8)
    mask[10:30, 10:20] = mask[10:30, 80:90] = 255
    line = [Component(Box(x, 10, 10, 20), mask[10:30, x : x + 10]) for x in (10, 80)]
    picture = cut_line(255 - mask, mask, line)
    frames = [frames_of(picture, Box(x, 10, 10, 20)) for x in (10, 45, 80)]
    placed = place_frames(picture, frames, 2, mask, line)
    assert placed[0] == line[0].box
    assert placed[2] == line[1].box
    assert (placed[1].y, placed[1].height) == (10, 20)
    assert 20 <= placed[1].x < placed[1].right <= 80


def test_further_looks_are_the_same_line_broader_and_narrower():
    flat, mask = picture_of(number())
    components = find_components(mask, mask)
    first = cut_line(flat, mask, components)
    looks = further_looks(flat, mask, components, first)
    assert [look.shape[0] for look in looks] == [32, 32]
    broad, narrow = (look.shape[1] / first.image.shape[1] for look in looks)
    assert 1.1 < broad < 1.2
    assert 0.8 < narrow < 0.9
    assert all(look.dtype == np.uint8 and look.max() > 200 for look in looks)


def test_a_further_look_shows_tall_marks_whole():
    ink = np.pad(number("88", height=60), ((30, 30), (0, 60)))
    cv2.line(ink, (ink.shape[1] - 30, 2), (ink.shape[1] - 10, len(ink) - 3), 255, 5)
    flat, mask = picture_of(ink)
    components = find_components(mask, mask)
    looks = further_looks(flat, mask, components, cut_line(flat, mask, components))
    assert len(looks) == 3
    rows = np.flatnonzero((looks[2] > 127).any(axis=1))
    assert rows[0] >= 1
    assert rows[-1] <= 30


def test_a_further_look_opens_what_a_thick_pen_has_closed():
    thin = number("80", height=60)
    flat, mask = picture_of(thin)
    components = find_components(mask, mask)
    assert len(further_looks(flat, mask, components, cut_line(flat, mask, components))) == 2
    # The same, out of focus: the holes are grey.
    flat, mask = picture_of(cv2.GaussianBlur(cv2.dilate(thin, np.ones((9, 9), np.uint8)), (0, 0), 5))
    components = find_components(mask, mask)
    first = cut_line(flat, mask, components)
    looks = further_looks(flat, mask, components, first)
    assert len(looks) == 3
    assert looks[2].shape == first.image.shape
    assert (looks[2] <= first.image).all()
    assert np.count_nonzero(looks[2] > 127) < 0.95 * np.count_nonzero(first.image > 127)


def digits_and_a_slash():
    """Two digits with a slash between that touches both, so that all is one component twice as high as a digit."""
    left, right = number("2", 60, 3), number("5", 60, 4)
    ink = np.zeros((130, left.shape[1] + right.shape[1] + 24), np.uint8)
    ink[40 : 40 + len(left), : left.shape[1]] = left
    ink[40 : 40 + len(right), -right.shape[1] :] = right
    cv2.line(ink, (left.shape[1] + 16, 2), (left.shape[1] - 8, 127), 255, 5)
    cv2.line(ink, (left.shape[1] // 2, 70), (len(ink[0]) - right.shape[1] // 2, 70), 255, 5)
    return picture_of(ink)


def test_closer_looks_show_digits_larger_that_touch_what_is_tall():
    flat, mask = digits_and_a_slash()
    components = find_components(mask, mask)
    assert len(components) == 1
    first = cut_line(flat, mask, components)
    framings = closer_looks(flat, mask, components)
    assert len(framings) >= 2
    for looks in framings:
        assert all(look.shape[0] == 32 and look.dtype == np.uint8 for look in looks)
        assert looks[0].shape[1] > 1.1 * first.image.shape[1]
        assert looks[1].shape[1] > looks[0].shape[1] > looks[2].shape[1]


def joined_date(rise=0):
    """Pairs of joined 0s of 60 rows, the first of each pair joined to a slash that is more than twice as high; all of them are
    joined where the line is level, and each pair stands so much higher than the one before where it rises."""
    ink = np.zeros((160 + 4 * rise, 980), np.uint8)
    for pair in range(5):
        left, top = 20 + 195 * pair, 50 + rise * (4 - pair)
        for x in (left, left + 90):
            cv2.rectangle(ink, (x, top), (x + 40, top + 59), 255, 5)
        cv2.line(ink, (left + 40, top + 20), (left + 90, top + 20), 255, 5)
        cv2.line(ink, (left - 5, top + 100), (left + 20, top - 40), 255, 5)
        if pair < 4 and not rise:
            cv2.line(ink, (left + 130, top + 40), (left + 195, top + 40), 255, 5)
    return picture_of(ink)


@pytest.mark.parametrize("rise", [0, 12])
def test_digits_that_are_joined_to_slashes_are_found_by_the_rows_that_they_stand_in(rise):
    flat, mask = joined_date(rise)
    components = find_components(mask, mask)
    assert len(components) == (5 if rise else 1)
    top, bottom = find_band(components)
    assert top == pytest.approx(80 + 2 * rise, abs=8)
    assert bottom == pytest.approx(140 + 2 * rise, abs=8)
    picture, further = look_at_band(flat, mask, components)
    looks = [picture.image, *further]
    usual = cut_line(flat, mask, components)
    assert all(look.shape[0] == 32 and look.dtype == np.uint8 for look in looks)
    assert looks[0].shape[1] > 1.4 * usual.image.shape[1]
    assert looks[1].shape[1] > looks[0].shape[1] > looks[2].shape[1]
    last_digit = looks[0][:, -looks[0].shape[1] // 16 :]
    rows = np.flatnonzero((last_digit > 127).any(axis=1))
    assert 17 <= rows[-1] + 1 - rows[0] <= 24


def test_digits_that_stand_apart_tell_their_height_themselves():
    flat, mask = picture_of(number("122596"))
    components = find_components(mask, mask)
    assert find_band(components) is None
    assert look_at_band(flat, mask, components) is None


@given(
    st.lists(
        st.tuples(st.integers(0, 80), st.integers(0, 40), st.integers(1, 90), st.integers(1, 60)),
        min_size=1,
        max_size=6,
    )
)
def test_the_rows_of_the_digits_lie_about_the_ink_whatever_it_is(boxes):
    line = [Component(Box(*box), np.full((box[3], box[2]), 255, np.uint8)) for box in boxes]
    if (band := find_band(line)) is not None:
        assert -10 <= band[0] < band[1] <= 110


@pytest.mark.parametrize("anchor", [0.0, 0.5, 1.0])
def test_what_is_anchored_keeps_its_place(anchor):
    """Twice as near: a digit of 22 rows, cut from a look of 32, of which its top, its middle or its foot stays in place."""
    ink = np.zeros((66, 30), np.uint8)
    ink[:3], ink[-3:], ink[32:35] = 255, 255, 255
    ink[:, :3] = 255
    flat, mask = picture_of(ink)
    components = find_components(mask, mask)
    near = cut_line(flat, mask, components, Framing(2.0, anchor)).image
    usual = cut_line(flat, mask, components).image
    column = near.shape[1] // 2
    row = {0.0: 5, 0.5: 15, 1.0: 26}[anchor]
    assert usual[row, usual.shape[1] // 2] > 100
    assert near[max(0, row - 1) : row + 2, column].max() > 100
