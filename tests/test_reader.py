"""The whole way of a picture: what is read, where, and that nothing is read where nothing is written."""

import io
import json
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from made_answers import MadeSequence
from PIL import Image

import recognizer
from recognizer import binarize, combine
from recognizer.binarize import USUAL, WIDE
from recognizer.checkpoint import SECOND_STRINGS, STRINGS, bundled_folder, load_checkpoint, verify_file
from recognizer.classifier import DigitClassifier
from recognizer.ctc import CLASSES, greedy_text
from recognizer.decode import calibrate
from recognizer.errors import CheckpointError, ImageLoadError, RecognizerError
from recognizer.reader import DigitReader
from recognizer.tilt import Tilt
from recognizer.types import CLASS_NAMES, LINE_HEIGHT
from train.examples import blackboard, chalk, jpeg, put_ink, render_number, rotate, shadow

PICTURES = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))


def assert_consistent(reading, shape):
    """What holds for every reading of a picture of this shape."""
    assert (reading.height, reading.width) == shape[:2]
    assert reading.text == "\n".join("".join(d.label for d in line) for line in reading.lines)
    assert all(reading.lines)
    assert 0 <= reading.confidence <= 1
    for digit in reading.digits:
        assert 0 <= digit.box.x < digit.box.right <= reading.width
        assert 0 <= digit.box.y < digit.box.bottom <= reading.height
        assert {digit.label, *(a.label for a in digit.alternatives)} == set(CLASS_NAMES)
        others = [a.confidence for a in digit.alternatives]
        assert others == sorted(others, reverse=True)
        assert digit.confidence <= digit.confidence + sum(others) <= 1 + 1e-4  # the rest: that it is no digit
    for mark in reading.marks:
        assert 0 <= mark.box.x < mark.box.right <= reading.width
        assert 0 <= mark.box.y < mark.box.bottom <= reading.height
    again = json.loads(json.dumps(reading.to_dict(), allow_nan=False))
    assert again == reading.to_dict()
    assert again["text"] == reading.text


# --- what is read ----------------------------------------------------------------------------------------------------


def test_number_is_read_with_its_boxes_in_order(reader, page):
    reading = reader.read(page)
    assert reading.text == "253"
    assert_consistent(reading, page.shape)
    lefts = [digit.box.x for digit in reading.digits]
    assert lefts == sorted(lefts)


def test_segmentation_multiplies_its_digits_confidences(page):
    reading = DigitReader.from_checkpoint(method="segmentation").read(page)
    assert reading.text == "253"
    assert reading.confidence == pytest.approx(calibrate(float(np.prod([d.confidence for d in reading.digits]))))
    shares = [[d.confidence, *(a.confidence for a in d.alternatives)] for d in reading.digits]
    assert shares == [sorted(share, reverse=True) for share in shares]


def test_boxes_hold_the_ink_of_their_digits(reader, page):
    dark = page[:, :, 0] < 100
    boxes = [digit.box for digit in reader.read(page).digits]
    inside = np.zeros_like(dark)
    for box in boxes:
        assert dark[box.y : box.bottom, box.x : box.right].any()
        inside[box.y : box.bottom, box.x : box.right] = True
    assert np.count_nonzero(dark & ~inside) < 0.02 * np.count_nonzero(dark)


@pytest.mark.parametrize("label", CLASS_NAMES)
def test_every_digit_alone_is_read(reader, write, label):
    assert reader.read(write(label, seed=4)).text == label


@pytest.mark.parametrize("label", CLASS_NAMES)
def test_closely_cropped_digits_are_read(reader, label):
    """As cells of a table are cut out: with 4 pixels of paper on each side, where a bar or a foot spans the picture."""
    wrong = []
    for seed in range(12):
        ink = render_number(label, seed, 60, pen_width=0.09)
        rows, columns = np.nonzero(ink > 20)
        ink = np.pad(ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1], 4)
        text = reader.read(255 - ink).text
        wrong += [(seed, text)] if text != label else []
    assert len(wrong) <= 1, wrong


def test_lines_are_read_from_top_to_bottom(reader, write):
    picture = write("253\n9916\n807", seed=2)
    reading = reader.read(picture)
    assert reading.text == "253\n9916\n807"
    assert_consistent(reading, picture.shape)
    assert "".join(d.label for d in reading.digits) == "2539916807"
    middles = [np.mean([d.box.centre[1] for d in line]) for line in reading.lines]
    assert middles == sorted(middles)


@pytest.mark.parametrize("height", [18, 30, 60, 200, 500])
def test_size_of_the_writing_does_not_matter(reader, write, height):
    picture = write("253", height=height, pen_width=0.1)
    reading = reader.read(picture)
    assert reading.text == "253"
    assert_consistent(reading, picture.shape)


def test_photograph_of_12_megapixels_is_read(reader, page):
    large = cv2.resize(page, (4000, round(page.shape[0] * 4000 / page.shape[1])), interpolation=cv2.INTER_CUBIC)
    reading = reader.read(large)
    assert reading.text == "253"
    assert_consistent(reading, large.shape)
    for small, big in zip(reader.read(page).digits, reading.digits, strict=True):
        assert np.allclose(np.array(big.box) * page.shape[1] / 4000, small.box, atol=4)


@pytest.mark.parametrize(
    "condition",
    [
        lambda p: rotate(p, 5),
        lambda p: rotate(p, -5),
        lambda p: shadow(p, 20, 0.6),
        lambda p: jpeg(p, 40),
        lambda p: jpeg(shadow(rotate(p, 3), 200, 0.5), 40),
    ],
    ids=["left", "right", "shadow", "jpeg", "all"],
)
def test_condition_of_the_picture_does_not_matter(reader, page, condition):
    assert reader.read(condition(page)).text == "253"


def test_light_on_dark_is_read_like_dark_on_light(reader, page):
    plain, inverted = reader.trace(page), reader.trace(255 - page)
    assert inverted.reading.text == "253"
    assert np.abs(inverted.grey.astype(int) - plain.grey).max() <= 1
    for one, other in zip(plain.reading.digits, inverted.reading.digits, strict=True):
        assert np.allclose(one.box, other.box, atol=1)


def test_chalk_on_a_blackboard_is_read(reader):
    rng = np.random.default_rng(3)
    ink = render_number("1729", 8, 90, pen_width=0.09)
    board = blackboard(*ink.shape, rng)
    assert reader.read(put_ink(board, chalk(ink, rng), (236, 238, 230))).text == "1729"


@pytest.mark.parametrize(("left", "top"), [(40, 0), (0, 40), (75, 33)])
def test_moving_the_picture_moves_the_boxes(reader, page, left, top):
    moved = np.pad(page, ((top, 0), (left, 0), (0, 0)), constant_values=255)
    before, after = reader.read(page), reader.read(moved)
    assert after.text == before.text == "253"
    for one, other in zip(before.digits, after.digits, strict=True):
        assert np.allclose(np.array(other.box) - one.box, (left, top, 0, 0), atol=2)


def test_all_sources_of_one_picture_agree(reader, page, tmp_path):
    path = tmp_path / "page.png"
    Image.fromarray(page).save(path)
    sources = [path, str(path), path.read_bytes(), Image.open(io.BytesIO(path.read_bytes())), page, page / 255]
    readings = [reader.read(source) for source in sources]
    assert all(reading == readings[0] for reading in readings)


def test_reading_twice_gives_the_same(reader, page):
    assert reader.read(page) == reader.read(page)


def test_callers_picture_is_not_changed(reader, page):
    array, image = page.copy(), Image.fromarray(page)
    reader.read(array)
    reader.read(image)
    assert np.array_equal(array, page)
    assert np.array_equal(np.asarray(image), page)


# --- where nothing is written ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 2), (60, 34), (400, 600)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_even_picture_reads_as_nothing(reader, shape, level):
    reading = reader.read(np.full(shape, level, np.uint8))
    assert (reading.text, reading.digits, reading.confidence) == ("", (), 0.0)
    assert (reading.height, reading.width) == shape


@pytest.mark.parametrize("spread", [2, 10, 40])
@pytest.mark.parametrize("shape", [(60, 100), (300, 500), (900, 1600)])
def test_noise_reads_as_nothing(reader, shape, spread):
    noise = np.random.default_rng(7).normal(150, spread, shape)
    assert reader.read(np.clip(noise, 0, 255).astype(np.uint8)).text == ""


def test_uniform_noise_reads_as_nothing(reader):
    assert reader.read(np.random.default_rng(7).integers(0, 256, (300, 400), np.uint8)).text == ""


@pytest.mark.parametrize("steps", [(0, 1), (1, 0), (1, 1), (-1, 1)])
def test_gradient_reads_as_nothing(reader, steps):
    rows, columns = np.mgrid[0:200, 0:300]
    slope = rows * steps[0] + columns * steps[1]
    light = 40 + 200 * (slope - slope.min()) / np.ptp(slope)
    assert reader.read(light.astype(np.uint8)).text == ""


def test_vignette_reads_as_nothing(reader):
    rows, columns = np.mgrid[-1:1:300j, -1:1:400j]
    assert reader.read((240 - 80 * (rows**2 + columns**2)).astype(np.uint8)).text == ""


def test_one_speck_on_paper_gives_boxes_inside_at_worst(reader):
    picture = np.full((200, 300), 240, np.uint8)
    picture[100, 150] = 0
    assert_consistent(reader.read(picture), picture.shape)


@settings(max_examples=40)
@given(PICTURES)
def test_any_picture_gives_a_consistent_reading(reader, picture):
    assert_consistent(reader.read(picture), picture.shape)


@settings(max_examples=15)
@given(st.integers(1, 6), st.integers(100, 2000), st.booleans())
def test_strips_are_read_or_empty(reader, thin, long, upright):
    picture = np.full((thin, long), 230, np.uint8)
    picture[thin // 2 :, long // 3 : long // 2] = 10
    picture = picture.T if upright else picture
    assert_consistent(reader.read(picture), picture.shape)


# --- trace -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["253", "", "1\n2"])
def test_trace_holds_every_intermediate_picture(reader, write, text):
    picture = write(text)
    trace = reader.trace(picture)
    assert trace.reading == reader.read(picture)
    assert trace.reading.text == text
    count = len(trace.reading.digits)
    assert np.array_equal(trace.picture, picture)
    assert not np.shares_memory(trace.picture, picture)
    shape = trace.grey.shape
    assert np.allclose(shape, np.array(picture.shape[:2]) * trace.scale, atol=1)
    for stage in (trace.grey, trace.binary, trace.cleaned, trace.dilated):
        assert stage.shape == shape
        assert stage.dtype == np.uint8
    assert np.all(trace.cleaned <= trace.binary)
    assert np.all(trace.dilated >= trace.cleaned)
    assert trace.crops.shape == (count, 28, 28)
    assert trace.crops.dtype == np.uint8
    assert trace.probabilities.shape == (count, 11)
    assert trace.probabilities.dtype == np.float32
    assert len(trace.boxes) == count
    assert all(crop.max() == 255 for crop in trace.crops)


def test_trace_lists_the_digits_in_reading_order(reader, write):
    trace = reader.trace(write("253\n9916", seed=2))
    labels = [CLASS_NAMES[index] for index in trace.probabilities[:, :10].argmax(axis=1)]
    assert labels == [digit.label for digit in trace.reading.digits]
    for box, digit in zip(trace.boxes, trace.reading.digits, strict=True):
        assert np.allclose(np.array(box) / trace.scale, digit.box, atol=2)


def test_trace_of_touching_digits_holds_the_chosen_pieces_alone(write):
    trace = DigitReader.from_checkpoint(method="segmentation").trace(write("0505", pitch=0.6))
    count = len(trace.reading.digits)
    assert count > 1
    assert len(trace.crops) == len(trace.probabilities) == len(trace.boxes) == count
    labels = [CLASS_NAMES[index] for index in trace.probabilities[:, :10].argmax(axis=1)]
    assert labels == [digit.label for digit in trace.reading.digits]


# --- methods: a hand-made answer stands for the line network's -------------------------------------------------------


@pytest.fixture(autouse=True, scope="module")
def every_text_is_believed():
    """Made-up answers contradict the ink: what is hardly believed has its test in test_combine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(combine, "_LEAST_BELIEVED", 0.0)
        patch.setattr(combine, "_LEAST_OF_ONE", 0.0)
        yield


@pytest.fixture(scope="module")
def classifier():
    return DigitClassifier(load_checkpoint())


@pytest.fixture
def digits_alone(tmp_path):
    """A checkpoint folder without a line network."""
    for name in ("digits.json", "digits.onnx"):
        (tmp_path / name).symlink_to(bundled_folder() / name)
    return tmp_path


def assert_trace_consistent(trace, picture):
    assert_consistent(trace.reading, picture.shape)
    count = len(trace.reading.digits)
    assert len(trace.boxes) == len(trace.crops) == len(trace.probabilities) == count
    assert trace.crops.dtype == np.uint8
    assert trace.probabilities.dtype == np.float32
    if not trace.tilt and picture.shape[0] * trace.scale == pytest.approx(len(trace.grey), abs=1):
        for box, digit in zip(trace.boxes, trace.reading.digits, strict=True):
            assert np.allclose(np.array(box) / trace.scale, digit.box, atol=2)


def test_line_network_wins_where_it_is_sure(classifier, page):
    reading = DigitReader(classifier, MadeSequence("258", certainty=1 - 1e-12)).read(page)
    assert reading.text == "258"
    assert_consistent(reading, page.shape)


def test_segmentation_wins_where_the_line_network_is_not_sure(classifier, page):
    assert DigitReader(classifier, MadeSequence("258", certainty=0.3)).read(page).text == "253"


@pytest.mark.parametrize(
    ("method", "text"), [("auto", "253"), ("segmentation", "253"), ("sequence", "258")], ids=["auto", "digits", "line"]
)
def test_method_says_who_is_asked(classifier, page, method, text):
    made = DigitReader(classifier, MadeSequence("258", certainty=0.6), method)
    assert made.method == method
    assert made.read(page).text == text


@pytest.fixture
def thresholds(monkeypatch):
    """By which thresholds ink was sought, one after the other."""
    asked = []

    def find_ink(prepared, threshold):
        asked.append(threshold)
        return binarize.find_ink(prepared, threshold)

    monkeypatch.setattr("recognizer.reader.find_ink", find_ink)
    return asked


def test_a_sure_reading_and_one_by_segmentation_are_not_read_again(classifier, page, thresholds):
    assert DigitReader(classifier, MadeSequence("253", certainty=0.999)).read(page).confidence > 0.9
    DigitReader(classifier).read(np.full_like(page, 255))
    assert thresholds == [USUAL, USUAL]


def test_of_a_doubtful_reading_and_another_the_better_is_kept(classifier, page, thresholds, monkeypatch):
    monkeypatch.setattr("recognizer.reader.other_ways_up", lambda reading, strokes, upside_down: [])
    doubtful = DigitReader(classifier, MadeSequence("258", certainty=0.6))
    first, confidence = doubtful.trace(page), doubtful.read(page).confidence
    assert confidence < 0.88
    assert thresholds == [USUAL, WIDE] * 2

    monkeypatch.setattr("recognizer.reader.gives_way", lambda first, second: True)
    second = doubtful.trace(page)
    assert_trace_consistent(second, page)
    assert (second.binary != first.binary).any()  # all that is kept is of the second reading


def test_blank_paper_is_looked_at_once(classifier, thresholds):
    assert DigitReader(classifier, MadeSequence("253")).read(np.full((90, 200), 255, np.uint8)).text == ""
    assert thresholds == [USUAL]


# --- the second line network ------------------------------------------------------------------------------------------


class Asked(MadeSequence):
    """A line network that counts how often it was asked."""

    count = 0

    def predict(self, lines):
        self.count += 1
        return super().predict(lines)


@pytest.mark.parametrize("method", ["auto", "sequence"])
def test_second_line_network_is_asked_where_the_reading_is_in_doubt(classifier, page, method):
    second = Asked("253", certainty=0.999)
    made = DigitReader(classifier, MadeSequence("258", certainty=0.6), method, second)
    trace = made.trace(page)
    assert second.count
    assert trace.reading.text == "253"
    assert trace.reading.confidence > 0.88
    assert_trace_consistent(trace, page)
    alone = DigitReader(classifier, MadeSequence("253", certainty=0.999), method).trace(page)
    assert np.array_equal(trace.line_log_probs, alone.line_log_probs)  # all that is kept is of the second network


def test_second_line_network_is_not_asked_of_a_sure_reading_nor_by_segmentation(classifier, page):
    second = Asked("258", certainty=1 - 1e-12)
    sure = DigitReader(classifier, MadeSequence("253", certainty=0.999), second=second)
    assert sure.read(page).text == "253"
    doubtful = MadeSequence("258", certainty=0.6)
    assert DigitReader(classifier, doubtful, "segmentation", second).read(page).text == "253"
    assert DigitReader(classifier, None, "auto", second).read(page).text == "253"
    assert not second.count


def test_second_line_network_that_is_no_surer_changes_nothing(classifier, page):
    doubtful = MadeSequence("258", certainty=0.6)
    first = DigitReader(classifier, doubtful, "sequence").read(page)
    second = Asked("259", certainty=0.6)
    both = DigitReader(classifier, doubtful, "sequence", second).read(page)
    assert second.count
    assert (both.text, both.confidence) == (first.text, first.confidence)


def test_ink_is_found_once_for_both_line_networks(classifier, page, thresholds):
    doubtful, second = MadeSequence("258", certainty=0.6), Asked("259", certainty=0.6)
    assert DigitReader(classifier, doubtful, "sequence", second).read(page).confidence < 0.88
    assert second.count
    assert thresholds == [USUAL, WIDE]


def test_of_a_page_the_second_line_network_is_not_asked(classifier, write):
    second = Asked("253", certainty=0.999)
    picture = write("253\n807\n941")
    reading = DigitReader(classifier, MadeSequence("258", certainty=0.6), "sequence", second).read(picture)
    assert len(reading.lines) == 3
    assert reading.confidence < 0.88
    assert not second.count


# --- pictures that are turned -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [-35, -25, -15, -8, 8, 15, 25, 35])
@pytest.mark.parametrize("method", ["auto", "segmentation"])
def test_number_in_a_turned_picture_is_read(write, degrees, method):
    picture = rotate(write("9916847512", height=60), degrees)
    trace = DigitReader.from_checkpoint(method=method).trace(picture)
    assert trace.reading.text == "9916847512"
    assert trace.tilt == pytest.approx(-degrees, abs=3)
    assert_consistent(trace.reading, picture.shape)
    assert len(trace.boxes) == len(trace.crops) == len(trace.probabilities) == 10


@pytest.mark.parametrize("degrees", [-30, -12, 12, 30])
def test_boxes_of_a_turned_picture_lie_where_its_digits_are(reader, write, degrees):
    """Each box holds the ink of its digit, turned alone."""
    level = write("9916847512", height=60)
    picture = rotate(level, degrees)
    digits, before = reader.read(picture).digits, reader.read(level).digits
    for digit, upright in zip(digits, before, strict=True):
        box = upright.box
        alone = np.full_like(level, 255)
        alone[box.y : box.bottom, box.x : box.right] = level[box.y : box.bottom, box.x : box.right]
        x, y, width, height = cv2.boundingRect((rotate(alone, degrees)[:, :, 0] < 100).astype(np.uint8))
        assert np.allclose(digit.box, (x, y, width, height), atol=6)


def test_page_that_lies_askew_is_read_line_by_line(reader, write):
    picture = rotate(write("99168\n25301\n80745", height=50), -20)
    assert reader.read(picture).text == "99168\n25301\n80745"


def test_light_writing_in_a_turned_picture_is_read(reader, write):
    assert reader.read(255 - rotate(write("9916847512", height=60), 20)).text == "9916847512"


def test_doubtful_reading_of_what_may_be_turned_is_tried_level(classifier, write, monkeypatch):
    picture = rotate(write("253"), 12)
    tilt = Tilt(-12.0, beside=2.0, gain=1.4, digits=3)
    assert tilt.is_possible
    assert not tilt.is_clear
    monkeypatch.setattr("recognizer.reader.measure_tilt", lambda strokes: tilt)
    sure = DigitReader(classifier, MadeSequence("253", certainty=0.999)).trace(picture)
    assert sure.tilt == 0

    monkeypatch.setattr("recognizer.reader.is_doubtful", lambda reading: True)
    monkeypatch.setattr("recognizer.reader.has_few_lines", lambda reading: False)
    monkeypatch.setattr("recognizer.reader.gives_way", lambda first, second: True)
    assert DigitReader(classifier, MadeSequence("253", certainty=0.999)).trace(picture).tilt == -12


@pytest.mark.parametrize("height", [26, 40, 60])
@pytest.mark.parametrize("degrees", [0, 20])
def test_small_number_on_a_large_page_is_read_and_found(reader, write, height, degrees):
    number = rotate(write("9916847512", height=height), degrees)
    page = np.full((2400, 3200, 3), 255, np.uint8)
    page[1500 : 1500 + number.shape[0], 700 : 700 + number.shape[1]] = number
    trace = reader.trace(page)
    assert trace.reading.text == "9916847512"
    assert trace.scale > 800 / 3200
    assert_consistent(trace.reading, page.shape)
    dark = page[:, :, 0] < 100
    for digit in trace.reading.digits:
        box = digit.box
        assert dark[box.y : box.bottom, box.x : box.right].any()
        dark[box.y : box.bottom, box.x : box.right] = False
    assert np.count_nonzero(dark) < 0.05 * np.count_nonzero(page[:, :, 0] < 100)


def test_level_picture_is_not_turned(reader, page):
    assert reader.trace(page).tilt == 0


def test_readers_that_agree_give_the_same_boxes_and_more_confidence(classifier, page):
    alone = DigitReader(classifier).read(page)
    both = DigitReader(classifier, MadeSequence("253", certainty=0.999)).read(page)
    assert both.text == alone.text == "253"
    assert [d.box for d in both.digits] == [d.box for d in alone.digits]
    assert both.confidence > alone.confidence


@pytest.mark.parametrize("text", ["258", "2-3", "2", "25377", "---", ""])
def test_whatever_the_line_network_says_the_trace_is_consistent(classifier, page, text):
    made = DigitReader(classifier, MadeSequence(text), "sequence")
    trace = made.trace(page)
    assert trace.reading.text == text.replace("-", "")
    assert_trace_consistent(trace, page)
    assert made.read(page) == trace.reading
    if len(text) < 4:
        assert len(trace.reading.digits) + len(trace.reading.marks) == 3
    if not text.strip("-"):
        assert trace.reading.confidence == 0


def test_digits_without_a_piece_of_their_own_are_placed_in_the_ink(classifier, write):
    """Thirteen digits where three are written: no pieces spell them, the line network's frames place them."""
    picture = write("253")
    trace = DigitReader(classifier, MadeSequence("2222255555333"), "sequence").trace(picture)
    assert trace.reading.text == "2222255555333"
    assert_trace_consistent(trace, picture)
    lefts = [box.x for box in trace.boxes]
    assert lefts == sorted(lefts)
    assert np.allclose(trace.probabilities[:, :10].max(axis=1), 0.99, atol=1e-3)
    assert not trace.probabilities[:, 10:].any()


def test_each_line_has_its_own_answer(classifier, write):
    picture = write("253\n9916\n807", seed=2)
    trace = DigitReader(classifier, MadeSequence("253", "9916", "807", certainty=0.9999)).trace(picture)
    assert trace.reading.text == "253\n9916\n807"
    assert_trace_consistent(trace, picture)
    assert len(trace.line_pictures) == len(trace.line_log_probs) == 3
    for line, log_probs, text in zip(trace.line_pictures, trace.line_log_probs, ("253", "9916", "807"), strict=True):
        assert line.dtype == np.uint8
        assert line.shape[0] == LINE_HEIGHT
        assert log_probs.dtype == np.float32
        assert log_probs.shape == (-(-line.shape[1] // 2), len(CLASSES))
        assert greedy_text(log_probs) == text


def test_lines_of_marks_are_left_out_of_the_text(classifier, write):
    made = DigitReader(classifier, MadeSequence("253", "-", "807", certainty=0.9999), "sequence")
    trace = made.trace(write("253\n1\n807", seed=2))
    assert trace.reading.text == "253\n807"
    assert len(trace.reading.marks) == 1
    assert len(trace.line_pictures) == 3


@pytest.mark.parametrize("made", [None, MadeSequence("253")], ids=["no line network", "not asked"])
def test_segmentation_keeps_no_lines(classifier, page, made):
    trace = DigitReader(classifier, made, "segmentation").trace(page)
    assert trace.line_pictures == trace.line_log_probs == ()


def test_empty_picture_has_no_lines(classifier):
    trace = DigitReader(classifier, MadeSequence("253")).trace(np.full((60, 80), 255, np.uint8))
    assert trace.reading.text == ""
    assert trace.line_pictures == trace.line_log_probs == ()


@settings(max_examples=25)
@given(PICTURES, st.text("0123456789-", max_size=6), st.sampled_from(["auto", "sequence"]))
def test_any_picture_and_any_answer_give_a_consistent_reading(classifier, picture, text, method):
    assert_trace_consistent(DigitReader(classifier, MadeSequence(text), method).trace(picture), picture)


@pytest.mark.parametrize("method", ["", "digits", "Auto", None])
def test_unknown_method_is_named(classifier, method):
    for make in (lambda: DigitReader(classifier, method=method), lambda: DigitReader.from_checkpoint(method=method)):
        with pytest.raises(ValueError, match="auto, segmentation, sequence, not"):
            make()


def test_sequence_needs_a_line_network(classifier):
    with pytest.raises(ValueError, match="'sequence' needs a line network"):
        DigitReader(classifier, method="sequence")


def test_checkpoint_without_a_line_network_reads_by_segmentation(digits_alone, page):
    for method in ("auto", "segmentation"):
        made = DigitReader.from_checkpoint(digits_alone, method)
        assert made.read(page).text == "253"
        assert made.trace(page).line_pictures == ()


def test_checkpoint_without_a_line_network_says_what_to_do_instead(digits_alone):
    with pytest.raises(CheckpointError) as caught:
        DigitReader.from_checkpoint(digits_alone, "sequence")
    sentence = str(caught.value)
    assert str(digits_alone) in sentence
    assert "'segmentation'" in sentence
    assert sentence.endswith(".")


@pytest.fixture
def one_line_network(digits_alone):
    """A checkpoint folder with one line network alone, as earlier versions wrote it."""
    for name in ("strings.json", "strings.onnx", "strings.int8.onnx"):
        (digits_alone / name).symlink_to(bundled_folder() / name)
    return digits_alone


@pytest.mark.parametrize("method", ["auto", "sequence"])
@pytest.mark.parametrize("name", ["strings", "strings2"])
def test_damaged_line_network_is_never_passed_over(one_line_network, name, method):
    manifest = one_line_network / f"{name}.json"
    manifest.unlink(missing_ok=True)  # a link to the bundled one
    manifest.write_text("{")
    with pytest.raises(CheckpointError, match=rf"{name}\.json is damaged"):
        DigitReader.from_checkpoint(one_line_network, method)
    DigitReader.from_checkpoint(one_line_network, "segmentation")


@pytest.mark.parametrize("method", ["auto", "sequence"])
def test_checkpoint_without_a_second_line_network_reads_with_the_first(one_line_network, method, page):
    assert DigitReader.from_checkpoint(one_line_network, method).read(page).text == "253"


def test_second_line_network_takes_no_other_s_place(digits_alone):
    for path in bundled_folder().glob("strings2.*"):
        (digits_alone / path.name).symlink_to(path)
    assert DigitReader.from_checkpoint(digits_alone).read(np.full((40, 40), 255, np.uint8)).text == ""
    with pytest.raises(CheckpointError, match="needs a line network"):
        DigitReader.from_checkpoint(digits_alone, "sequence")


def test_bundled_second_line_network_is_whole_and_another():
    first, second = (load_checkpoint(None, name) for name in (STRINGS, SECOND_STRINGS))
    for checkpoint in (first, second):
        verify_file(checkpoint, checkpoint.keras_path)
        verify_file(checkpoint, checkpoint.onnx_path)
    assert first.class_names == second.class_names
    assert first.manifest["input"] == second.manifest["input"]
    assert set(first.manifest["files"].values()).isdisjoint(second.manifest["files"].values())


# --- one reader, many callers ----------------------------------------------------------------------------------------


def test_threads_read_what_one_thread_reads(reader, write):
    pictures = [write(text, seed=6) for text in ("1", "253", "9916847512", "", "807\n41")]
    alone = [reader.read(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(reader.read, pictures * 4))
    for index, reading in enumerate(together):
        expected = alone[index % len(pictures)]
        assert reading.text == expected.text
        assert [d.box for d in reading.digits] == [d.box for d in expected.digits]
        assert reading.confidence == pytest.approx(expected.confidence, abs=1e-5)


def test_threads_do_not_mix_their_lines(classifier, write):
    made = DigitReader(classifier, MadeSequence("253", "9916", certainty=0.9))
    pictures = [write(text, seed=6) for text in ("253", "253\n9916", "", "807\n41")]
    alone = [made.trace(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(made.trace, pictures * 4))
    for index, trace in enumerate(together):
        expected = alone[index % len(pictures)]
        assert trace.reading.text == expected.reading.text
        assert trace.boxes == expected.boxes
        for one, other in zip(trace.line_pictures, expected.line_pictures, strict=True):
            assert np.array_equal(one, other)


def test_two_readers_agree(reader, page):
    assert DigitReader.from_checkpoint().read(page).text == reader.read(page).text


def test_unreadable_picture_leaves_the_reader_working(reader, page):
    with pytest.raises(ImageLoadError):
        reader.read(b"no picture")
    assert reader.read(page).text == "253"


def test_package_offers_what_its_callers_need():
    assert recognizer.DigitReader is DigitReader
    assert issubclass(ImageLoadError, recognizer.RecognizerError)
    assert recognizer.RecognizerError is RecognizerError
    assert all(hasattr(recognizer, name) for name in recognizer.__all__)
