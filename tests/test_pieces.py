"""Pieces of written lines: what they show, of which lines, kept whole, and what a run makes of them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_digits import write_npz

from recognizer.checkpoint import DIGITS, load_checkpoint
from recognizer.normalize import normalize
from recognizer.reader import DigitReader
from recognizer.types import CROP_SIZE
from train.data import Digits
from train.errors import DataError, RunError
from train.pieces import NONE, Pieces, cut_pieces, label_pieces, load_pieces, print_line, save_pieces
from train.run import Config
from train.synthesis.made import made_sources


@pytest.fixture(scope="module")
def reader():
    return DigitReader.from_checkpoint()


@pytest.fixture(scope="module")
def sources():
    return made_sources(200)


def labels_of(pieces):
    return [label for _, label in pieces]


def printed(text, sources, seed):
    return print_line(text, sources, np.random.default_rng(seed))


# --- one line --------------------------------------------------------------------------------------------------------


def test_a_line_is_printed_dark_on_light_and_the_same_for_the_same_state(sources):
    line = printed("2023", sources, 1)
    assert line.dtype == np.uint8
    assert line.ndim == 2
    assert np.median(line) > 150 > line.min()
    assert np.array_equal(line, printed("2023", sources, 1))
    assert not np.array_equal(line, printed("2023", sources, 2))


def test_the_digits_come_in_their_order_and_few_others(reader, sources):
    found = 0
    for seed in range(20):
        pieces = label_pieces(reader, printed("40-8265", sources, seed), "40-8265", np.random.default_rng(seed))
        if not pieces:
            continue
        found += 1
        digits = [label for label in labels_of(pieces) if label != NONE]
        assert digits == [4, 0, 8, 2, 6, 5]
        assert len(pieces) - len(digits) <= 4
        assert all(ink.dtype == np.uint8 and ink.any() for ink, _ in pieces)
    assert found >= 15


def test_each_piece_shows_its_digit(reader, sources):
    """The digit network, asked about the pieces alone, sees what their labels say."""
    right = []
    for seed in range(20):
        pieces = label_pieces(reader, printed("3470", sources, seed), "3470", np.random.default_rng(seed))
        shown = [(normalize(ink), label) for ink, label in pieces if label != NONE]
        if shown:
            seen = reader._classifier.predict(np.stack([crop for crop, _ in shown]))
            right += [row[:NONE].argmax() == label for row, (_, label) in zip(seen, shown, strict=True)]
    assert len(right) >= 40
    assert np.mean(right) > 0.7


@pytest.mark.parametrize("claimed", ["777777", "12", ""])
def test_a_line_that_shows_another_text_gives_no_digits_of_it(reader, sources, claimed):
    wrong = 0
    for seed in range(8):
        pieces = label_pieces(reader, printed("4082", sources, seed), claimed, np.random.default_rng(seed))
        wrong += any(label != NONE for label in labels_of(pieces))
    assert wrong <= 1


def test_words_and_marks_are_no_digits(reader, sources):
    labels = [
        label
        for seed in range(12)
        for label in labels_of(
            label_pieces(reader, printed("aaaa", sources, seed), "aaaa", np.random.default_rng(seed))
        )
    ]
    assert labels
    assert set(labels) == {NONE}


def test_no_line_or_several_give_nothing(reader, sources):
    blank = np.full((60, 200), 240, np.uint8)
    line = printed("2023", sources, 3)
    two = np.vstack([np.pad(line, 40, mode="edge"), np.pad(line, 40, mode="edge")])
    rng = np.random.default_rng(0)
    assert label_pieces(reader, blank, "2023", rng) == []
    assert len(reader.evidence(two)) != 1
    assert label_pieces(reader, two, "2023", rng) == []


def test_segmentation_alone_knows_no_evidence():
    assert DigitReader.from_checkpoint(method="segmentation").evidence(np.zeros((30, 30), np.uint8)) == []


# --- many lines ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_npz(tmp_path_factory.mktemp("pieces") / "digits.npz", train=400, test=40)


@pytest.fixture(scope="module")
def cut(data):
    return cut_pieces(data, validation=60, seed=3, lines=250, validation_lines=250, workers=0)


def test_the_same_seed_cuts_the_same_pieces_with_any_number_of_processes(data, cut):
    again = cut_pieces(data, validation=60, seed=3, lines=250, validation_lines=250, workers=2)
    for one, other in zip(cut[:2], again[:2], strict=True):
        assert np.array_equal(one.images, other.images)
        assert np.array_equal(one.labels, other.labels)
    assert cut.description == again.description


def test_what_was_cut(data, cut):
    for part in cut[:2]:
        assert part.images.shape == (len(part), CROP_SIZE, CROP_SIZE)
        assert part.images.dtype == np.uint8
        assert set(np.unique(part.labels)) == set(range(NONE + 1))
        assert part.images.reshape(len(part), -1).max(axis=1).min() == 255
    assert not np.array_equal(cut.training.images[:50], cut.validation.images[:50])
    assert cut.description["lines"] == [250, 250]
    files = load_checkpoint(None, DIGITS).manifest["files"]
    assert cut.description["networks"][DIGITS] == files["digits.keras"]


# --- the file --------------------------------------------------------------------------------------------------------


def test_pieces_are_kept_whole(tmp_path, cut):
    path = tmp_path / "deep" / "pieces.npz"
    save_pieces(cut, path)
    read = load_pieces(path)
    for one, other in zip(cut[:2], read[:2], strict=True):
        assert np.array_equal(one.images, other.images)
        assert np.array_equal(one.labels, other.labels)
    assert read.description == cut.description
    assert list(path.parent.iterdir()) == [path]


def test_an_interrupted_save_leaves_the_file_before(tmp_path, cut, monkeypatch):
    path = tmp_path / "pieces.npz"
    path.write_bytes(b"before")

    def interrupted(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_pieces(cut, path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_file_of_pieces_is_refused(tmp_path, cut, data):
    with pytest.raises(DataError, match="There is no file"):
        load_pieces(tmp_path / "none.npz")
    with pytest.raises(DataError, match="holds no pieces: make them"):
        load_pieces(data)
    (tmp_path / "text.npz").write_text("no pieces")
    with pytest.raises(DataError, match=r"cannot be read as an \.npz file"):
        load_pieces(tmp_path / "text.npz")
    broken = cut._replace(training=Digits(cut.training.images[:, :20], cut.training.labels))
    save_pieces(broken, tmp_path / "small.npz")
    with pytest.raises(DataError, match="holds no pieces"):
        load_pieces(tmp_path / "small.npz")


# --- runs ------------------------------------------------------------------------------------------------------------


def config_for(path: Path, data: Path) -> Config:
    return Config(data=str(data), validation=60, seed=3, non_digits=0.2, pieces=str(path))


def test_a_run_takes_pieces_of_its_own_digits_alone(tmp_path, data, cut):
    path = tmp_path / "pieces.npz"
    save_pieces(cut, path)
    config = config_for(path, data)
    dataset = config.load_dataset()
    pieces = config.load_pieces(dataset)
    assert pieces is not None
    assert len(pieces.training) == dataset.files["pieces"]["digits"]
    assert json.loads(json.dumps(dataset.files["pieces"]))["lines"] == [250, 250]
    assert replace(config, pieces=None).load_pieces(dataset) is None
    for change in ({"seed": 4}, {"validation": 50}, {"limit": 200}):
        with pytest.raises(DataError, match="hold digits that validate this run: use --seed 3 and --validation 60"):
            replace(config, **change).load_pieces(dataset)
    with pytest.raises(RunError, match="--non-digits must be above 0"):
        replace(config, non_digits=0.0).load_pieces(dataset)
    other = replace(config, data=str(write_npz(tmp_path / "other.npz", train=400, test=40, seed=9)))
    with pytest.raises(DataError, match="are of other digits than this run"):
        other.load_pieces(other.load_dataset())


@pytest.mark.train
def test_a_third_of_each_batch_is_pieces():
    pytest.importorskip("keras")
    from made_digits import make_digits

    from train.batches import DigitBatches
    from train.nondigits import Sources

    digits = make_digits(60)
    white = np.full((5, CROP_SIZE, CROP_SIZE), 255, np.uint8)
    pieces = Digits(white, np.array([1, 2, NONE, NONE, 7], np.uint8))
    batches = DigitBatches(digits, batch_size=15, seed=3, sources=Sources(digits), non_digits=0.2, pieces=pieces)
    assert len(batches) == 8  # 8 of 60 digits a batch, 2 made non-digits, 5 pieces
    images, labels = batches[0]
    assert images.shape == (15, CROP_SIZE, CROP_SIZE, 1)
    assert labels.shape == (15, NONE + 1)
    assert (images[10:] == 1).all()
    assert not (images[:10] == 1).all(axis=(1, 2, 3)).any()
    assert set(labels[10:].argmax(axis=1)) <= {1, 2, 7, NONE}
    again = DigitBatches(digits, batch_size=15, seed=3, sources=Sources(digits), non_digits=0.2, pieces=pieces)
    assert np.array_equal(labels, again[0][1])
    assert not np.array_equal(labels[10:], again[1][1][10:])


@pytest.mark.train
def test_commands_cut_and_learn(tmp_path, data, capsys):
    pytest.importorskip("keras")
    from train.__main__ import main

    path, run = tmp_path / "pieces.npz", tmp_path / "run"
    cutting = ["pieces", "--data", str(data), "--validation", "60", "--seed", "3", "--lines", "200", "--workers", "0"]
    assert main([*cutting, "--out", str(path)]) == 0
    assert "pieces, and" in capsys.readouterr().out
    learning = ["digits", "--data", str(data), "--validation", "60", "--epochs", "1", "--run", str(run)]
    assert main([*learning, "--seed", "3", "--pieces", str(path)]) == 0
    files = json.loads((run / "config.json").read_text())["files"]
    assert files["pieces"]["file"] == "pieces.npz"
    assert files["pieces"]["seed"] == 3
    assert main([*learning, "--seed", "4", "--pieces", str(path), "--run", str(tmp_path / "other")]) == 1
    assert "hold digits that validate this run" in capsys.readouterr().err
    assert main([*cutting, "--out", str(tmp_path)]) == 1
    assert "is no place for a file" in capsys.readouterr().err
    assert isinstance(load_pieces(path), Pieces)
