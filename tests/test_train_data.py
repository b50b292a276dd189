"""Reading and splitting the training data."""

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest
from made_digits import make_digits, write_npz

from train.data import (
    PEN_HEIGHT,
    Digits,
    load_characters,
    load_dataset,
    load_letters,
    load_optdigits,
    load_pen_strokes,
    split_validation,
)
from train.errors import DataError


def digests(digits: Digits) -> set[bytes]:
    return {image.tobytes() for image in digits.images}


def test_split_is_disjoint_complete_and_stratified() -> None:
    rng = np.random.default_rng(0)
    labels = rng.choice(10, 3000, p=np.arange(1, 11) / 55).astype(np.uint8)
    digits = Digits(rng.integers(0, 256, (3000, 28, 28), np.uint8), labels)
    rest, held = split_validation(digits, 300, seed=5)
    assert digests(rest).isdisjoint(digests(held))
    assert digests(rest) | digests(held) == digests(digits)
    for label in range(10):
        assert abs((held.labels == label).sum() - (labels == label).sum() / 10) <= 0.5


def test_split_is_fixed_by_its_seed() -> None:
    digits = make_digits(200)
    first, again, other = (split_validation(digits, 40, seed)[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.images, again.images)
    assert digests(first) != digests(other)


@pytest.mark.parametrize("count", [0, 101, -3])
def test_split_refuses_a_part_that_leaves_too_little(count: int) -> None:
    with pytest.raises(DataError, match="1 to 100 of the 200 digits"):
        split_validation(make_digits(200), count, seed=0)


def test_only_digits_are_taken_and_test_stays_apart(tmp_path: Path) -> None:
    train, test = load_characters(write_npz(tmp_path / "made.npz", train=50, test=20))
    assert (len(train), len(test)) == (50, 20)
    assert train.labels.max() == 9
    np.testing.assert_array_equal(train.images, make_digits(70).images[:50])
    np.testing.assert_array_equal(test.images, make_digits(70).images[50:])


def test_letters_are_taken_by_class_and_part(tmp_path: Path) -> None:
    path = tmp_path / "letters.npz"
    images = np.arange(6 * 784, dtype=np.uint32).astype(np.uint8).reshape(6, 28, 28)
    chars = np.array([ord(c) for c in "AaB1Aa"], np.uint8)
    np.savez(path, images=images, chars=chars, test=np.arange(6) >= 4)
    np.testing.assert_array_equal(load_letters(path, "AB"), images[[0, 2]])
    np.testing.assert_array_equal(load_letters(path, "Aa", test=True), images[[4, 5]])
    assert load_letters(path, "z").shape == (0, 28, 28)


def test_labels_may_stand_for_chars(tmp_path: Path) -> None:
    digits = make_digits(30)
    np.savez(tmp_path / "made.npz", images=digits.images, labels=digits.labels, test=np.arange(30) >= 20)
    train, _ = load_characters(tmp_path / "made.npz")
    np.testing.assert_array_equal(train.labels, digits.labels[:20])


def images_of(shape: tuple[int, ...], dtype: type = np.uint8) -> dict[str, np.ndarray]:
    count = shape[0]
    return {"images": np.zeros(shape, dtype), "labels": np.zeros(count, np.uint8), "test": np.arange(count) > 2}


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"images": np.zeros((5, 28, 28), np.uint8)}, "has the arrays 'images', but needs"),
        (images_of((5, 32, 32)), r"\(5, 32, 32\) uint8, but must be \(N, 28, 28\) uint8"),
        (images_of((5, 28, 28), np.float32), "float32, but must be"),
        ({**images_of((5, 28, 28)), "labels": np.zeros(4, np.uint8)}, "its arrays hold 5, 5 and 4 entries"),
        ({**images_of((5, 28, 28)), "test": np.zeros(5, bool)}, "no digits in its test part"),
        ({**images_of((5, 28, 28)), "test": np.ones(5, bool)}, "no digits in its train part"),
    ],
)
def test_another_layout_is_refused_in_one_sentence(tmp_path: Path, arrays: dict, complaint: str) -> None:
    np.savez(tmp_path / "made.npz", **arrays)
    with pytest.raises(DataError, match=complaint) as caught:
        load_characters(tmp_path / "made.npz")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"<html>gone</html>", b"PK\x03\x04 cut off"])
def test_a_file_that_is_no_npz_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "made.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"cannot be read as an \.npz file"):
        load_characters(path)
    with pytest.raises(DataError, match=r"cannot be read as an \.npz file"):
        load_optdigits(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no file"):
        load_characters(tmp_path / "none.npz")
    with pytest.raises(DataError, match="There is no file"):
        load_pen_strokes(tmp_path / "none.jsonl.gz")
    with pytest.raises(DataError, match="cannot be read"):
        load_characters(tmp_path)


def test_an_array_with_objects_in_it_is_not_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "made.npz", images=np.array([{}], dtype=object), labels=np.zeros(1), test=np.zeros(1))
    with pytest.raises(DataError):
        load_characters(tmp_path / "made.npz")


# --- pen strokes -----------------------------------------------------------------------------------------------------


def write_strokes(path: Path, *records: object) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record) + "\n")
    return path


# A seven as a tablet records it, y growing upwards: the bar at the top, then down to the left.
SEVEN = {"text": "7", "source": "made", "strokes": [[[0, 300], [200, 300], [80, 0]], []]}


def test_strokes_are_drawn_upright_in_emnist_form(tmp_path: Path) -> None:
    strokes = load_pen_strokes(write_strokes(tmp_path / "pen.jsonl.gz", SEVEN))
    assert strokes.labels.tolist() == [7]
    image = strokes.draw(0, 8.0)
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    ink = image > 127
    assert ink[:6].any(axis=0).sum() > 1.5 * ink[-6:].any(axis=0).sum()  # the bar is above


def test_strokes_are_brought_to_one_size_and_grow_with_the_pen(tmp_path: Path) -> None:
    tiny = {**SEVEN, "strokes": [[[x / 1000, y / 1000] for x, y in SEVEN["strokes"][0]]]}
    strokes = load_pen_strokes(write_strokes(tmp_path / "pen.jsonl.gz", SEVEN, tiny))
    spans = [np.ptp(np.concatenate(one), axis=0).max() for one in strokes.strokes]
    assert spans == pytest.approx([PEN_HEIGHT, PEN_HEIGHT], rel=1e-5)
    assert strokes.draw(0, 12.0).sum() > 1.5 * strokes.draw(0, 4.0).sum()


def test_a_single_dot_draws_something(tmp_path: Path) -> None:
    strokes = load_pen_strokes(
        write_strokes(tmp_path / "pen.jsonl.gz", {"text": "1", "source": "", "strokes": [[[5, 5]]]})
    )
    assert strokes.draw(0, 3.0).max() == 255


@pytest.mark.parametrize(
    "record", [{"text": "x", "strokes": []}, {"text": "1"}, ["1"], {"text": "1", "strokes": [[[1, 2, 3]]]}, 7]
)
def test_a_line_of_another_layout_is_named(tmp_path: Path, record: object) -> None:
    path = write_strokes(tmp_path / "pen.jsonl.gz", SEVEN, record)
    with pytest.raises(DataError, match="Line 2 of"):
        load_pen_strokes(path)


def test_strokes_that_are_no_gzip_or_empty_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "pen.jsonl.gz"
    path.write_bytes(b"no gzip")
    with pytest.raises(DataError, match="gzipped"):
        load_pen_strokes(path)
    whole = write_strokes(path, *[SEVEN] * 100).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="gzipped"):
        load_pen_strokes(path)
    with pytest.raises(DataError, match="no pen strokes"):
        load_pen_strokes(write_strokes(path))


# --- all together ----------------------------------------------------------------------------------------------------


def write_optdigits(path: Path) -> Path:
    parts = {}
    for number, part in enumerate(("tra", "tes_b", "windep")):
        parts[f"{part}_images"] = np.zeros((3, 32, 32), np.uint8)
        parts[f"{part}_images"][:, 4:28, 10 + number : 14 + number] = 255
        parts[f"{part}_labels"] = np.full(3, number, np.uint8)
    np.savez(path, **parts)
    return path


def test_optdigits_leaves_its_test_writers_out(tmp_path: Path) -> None:
    digits = load_optdigits(write_optdigits(tmp_path / "opt.npz"))
    assert digits.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert digits.images.shape == (6, 28, 28)
    assert (digits.images.max(axis=(1, 2)) == 255).all()


def test_all_sources_come_together_and_only_emnist_is_held_out(tmp_path: Path) -> None:
    data = write_npz(tmp_path / "made.npz", train=120, test=40)
    strokes = write_strokes(tmp_path / "pen.jsonl.gz", SEVEN)
    dataset = load_dataset(data, strokes, write_optdigits(tmp_path / "opt.npz"), validation=20, seed=3)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test), len(dataset.strokes)) == (106, 20, 40, 1)
    assert digests(dataset.validation) <= digests(make_digits(160))
    parts = [digests(part) for part in (dataset.train, dataset.validation, dataset.test)]
    assert parts[0].isdisjoint(parts[1] | parts[2])
    assert parts[1].isdisjoint(parts[2])
    assert {name: entry["digits"] for name, entry in dataset.files.items()} == {
        "emnist": 100,
        "optdigits": 6,
        "pen_strokes": 1,
    }


def test_a_limit_takes_fewer_digits(tmp_path: Path) -> None:
    data = write_npz(tmp_path / "made.npz", train=120, test=40)
    dataset = load_dataset(data, validation=20, seed=3, limit=60)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (40, 20, 40)


# --- the real data ---------------------------------------------------------------------------------------------------

DATA = Path(os.environ.get("RECOGNIZER_DATA", "")) / "data"
needs_data = pytest.mark.skipif("RECOGNIZER_DATA" not in os.environ, reason="RECOGNIZER_DATA is not set")


@pytest.mark.data
@needs_data
def test_real_parts_are_disjoint_and_of_the_known_size() -> None:
    dataset = load_dataset(DATA / "emnist_characters.npz", validation=6000, seed=1)
    assert len(dataset.train) + len(dataset.validation) == 78_978
    assert len(dataset.test) == 29_003
    parts = [digests(part) for part in (dataset.train, dataset.validation, dataset.test)]
    assert sum(len(part) for part in parts) == len(set().union(*parts))
    shares = [np.bincount(part.labels) / len(part) for part in (dataset.train, dataset.validation)]
    np.testing.assert_allclose(*shares, atol=2e-4)


@pytest.mark.data
@needs_data
def test_real_strokes_and_optdigits_look_like_emnist() -> None:
    """The mean image of each class is most like EMNIST's when it is neither mirrored, nor turned, nor on its head."""
    emnist, _ = load_characters(DATA / "emnist_characters.npz")
    strokes = load_pen_strokes(DATA / "pen_digit_strokes.jsonl.gz")
    index = np.arange(0, len(strokes), 5)
    drawn = Digits(np.stack([strokes.draw(i, 9.0) for i in index]), strokes.labels[index])

    def means(digits: Digits) -> np.ndarray:
        lopsided = (2, 3, 4, 5, 6, 7, 9)
        mean = np.stack([digits.images[digits.labels == k].mean(axis=0) for k in lopsided])
        mean -= mean.mean(axis=(1, 2), keepdims=True)
        return mean / np.linalg.norm(mean, axis=(1, 2), keepdims=True)

    wanted = means(emnist)
    for other in (drawn, load_optdigits(DATA / "optdigits.npz")):
        found = means(other)
        upright = (found * wanted).sum(axis=(1, 2)).mean()
        wrong = [
            (np.rot90(side, turns, axes=(1, 2)) * wanted).sum(axis=(1, 2)).mean()
            for side in (found, found[:, :, ::-1])
            for turns in range(4)
        ][1:]
        assert upright > 0.7
        assert max(wrong) < upright - 0.05
