"""`python -m train.synthesis`: the project's own characters, the speed, the contact sheet."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from made_digits import write_npz
from PIL import Image

from recognizer.checkpoint import load_checkpoint
from recognizer.classifier import DigitClassifier
from train.errors import DataError
from train.synthesis.__main__ import main
from train.synthesis.made import made_sources, sources_at_hand
from train.synthesis.sources import read_sources
from train.synthesis.speed import measure_speed

DATA = os.environ.get("RECOGNIZER_DATA", "")


class Lines:
    """A stream of lines that cost nothing; keeps what was asked for."""

    def __init__(self):
        self.asked = []
        self.threads = set()

    def batch(self, index, size):
        self.asked.append(index)
        self.threads.add(cv2.getNumThreads())
        return [np.zeros((32, 40), np.uint8)] * size, [[1]] * size


def test_made_characters_are_digits_and_letters():
    sources = made_sources(200)
    assert sources.images.shape[1:] == (28, 28)
    assert [len(index) for index in sources.by_label[:10]] == [20] * 10
    assert len(sources.by_label[10]) >= 50
    assert [len(index) for index in sources.strokes_by_label] == [20] * 10
    probabilities = DigitClassifier(load_checkpoint()).predict(sources.images[:200])
    assert (probabilities[:, :10].argmax(axis=1) == np.arange(200) % 10).mean() > 0.9


def test_the_seed_decides_the_characters():
    first, again, other = made_sources(20), made_sources(20), made_sources(20, seed=7)
    np.testing.assert_array_equal(first.images, again.images)
    assert not np.array_equal(first.images, other.images)


def test_read_sources_hold_every_training_digit(tmp_path):
    sources = read_sources(write_npz(tmp_path / "made.npz", train=120, test=40))
    assert sum(len(index) for index in sources.by_label[:10]) == 120
    assert not len(sources.strokes)


def test_without_data_the_characters_are_made(tmp_path):
    for folder in (None, tmp_path):
        assert len(sources_at_hand(folder).strokes) == 1000
    (tmp_path / "data").mkdir()
    with pytest.raises(DataError, match=r"emnist_characters\.npz: check the path"):
        sources_at_hand(tmp_path)


@pytest.mark.data
@pytest.mark.skipif(not DATA, reason="RECOGNIZER_DATA names no folder with real data")
def test_data_at_hand_are_taken():
    sources = sources_at_hand(DATA)
    assert sum(len(index) for index in sources.by_label[:10]) > 50_000
    assert len(sources.strokes) > 10_000


def test_speed_counts_whole_chunks_after_the_first_ones():
    stream, threads = Lines(), cv2.getNumThreads()
    speed = measure_speed(stream, 129)
    assert speed.lines == 256
    assert stream.asked == [0, 1, 2, 3]  # the first two warm up
    assert speed.a_second == pytest.approx(256 / speed.seconds)
    assert speed.a_cpu_second == pytest.approx(256 / speed.cpu_seconds)
    assert stream.threads == {1}
    assert cv2.getNumThreads() == threads


@pytest.mark.train
def test_the_command_prints_figures_and_writes_a_sheet(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    sheet = tmp_path / "lines.png"
    assert main(["--count", "100", "--workers", "1", "--lines", "5", "--sheet", str(sheet)]) == 0
    wrote, alone, together = capsys.readouterr().out.splitlines()
    assert wrote == f"wrote {sheet}"
    assert alone.startswith("1 process, CPU time: 128 lines in ")
    assert together.startswith("1 process, clock: 128 lines in ")
    with Image.open(sheet) as image:
        assert image.format == "PNG"
        assert image.width == 1200


@pytest.mark.train
def test_what_cannot_be_used_is_answered_in_one_sentence(tmp_path, capsys, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    cases = {
        "There is no file none.npz": ["--data", "none.npz"],
        "nowhere/lines.png cannot be written: No such file or directory.": ["--sheet", "nowhere/lines.png"],
        ". cannot be written: Is a directory.": ["--sheet", "."],
    }
    for complaint, arguments in cases.items():
        assert main(arguments) == 1, arguments
        error = capsys.readouterr().err
        assert error.startswith(f"python -m train.synthesis: {complaint}")
        assert error.count("\n") == 1
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [["--count", "0"], ["--workers", "two"], ["--seed", "-1"], ["--lines", "1.5"], ["--pen-strokes", "pen.jsonl.gz"]],
)
def test_bad_options_exit_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("python -m train.synthesis: error: ")
