"""Corrections are kept whole, once a picture, by several at once and within bounds; and training takes them."""

import csv
import hashlib
import itertools
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_digits import write_npz
from made_lines import BarStream
from PIL import Image

from recognizer.errors import ImageLoadError
from recognizer.image_io import load_image
from recognizer.types import Reading
from recognizer.web.corrections import LABELS, CorrectionsError, CorrectionsFolder
from train import corrections, evaluate_strings
from train.corrections import CorrectedLines, WithCorrections, load_corrections, vary
from train.errors import DataError, RunError
from train.line_batches import line_batches
from train.synthesis import StringStream

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "tests" / "golden" / "page.png"


def picture(number=0):
    """A small picture, another one for each number below 256."""
    made = np.full((12, 20, 3), 255, np.uint8)
    made[3:9, 4:7] = number
    return made


def rows(folder):
    with (folder / LABELS).open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def pictures_in(folder):
    return sorted(folder.glob("*.png"))


# --- what is kept ----------------------------------------------------------------------------------------------------


def test_a_correction_is_a_picture_named_by_its_content_and_a_line(tmp_path):
    folder = CorrectionsFolder(tmp_path / "deep" / "kept")
    made = picture()
    folder.keep(made, "2023\n7", Reading())
    (path,) = pictures_in(folder.path)
    assert path.stem == hashlib.sha256(path.read_bytes()).hexdigest()
    assert rows(folder.path) == [["file", "text"], [path.name, "2023|7"]]
    with Image.open(path) as image:
        assert (image.format, image.mode, image.info) == ("PNG", "RGB", {})
        assert np.array_equal(np.asarray(image), made)
    assert {p.name for p in folder.path.iterdir()} == {path.name, LABELS, ".lock"}


@pytest.mark.skipif(os.name != "posix", reason="another system's permissions")
def test_only_this_user_may_read_what_is_kept(tmp_path):
    CorrectionsFolder(tmp_path).keep(picture(), "1")
    assert {path.stat().st_mode & 0o077 for path in (*pictures_in(tmp_path), tmp_path / LABELS)} == {0}


def test_of_the_same_picture_the_last_number_counts(tmp_path):
    folder = CorrectionsFolder(tmp_path)
    folder.keep(picture(1), "1")
    folder.keep(picture(2), "2")
    CorrectionsFolder(tmp_path).keep(picture(1).copy(), "17")
    assert [text for _, text in rows(tmp_path)] == ["text", "17", "2"]
    assert len(pictures_in(tmp_path)) == 2


def test_what_was_there_stays(tmp_path):
    (tmp_path / LABELS).write_text('file,text\r\n"my, own.jpg",12-5\r\n', encoding="utf-8")
    CorrectionsFolder(tmp_path).keep(picture(), "3")
    assert rows(tmp_path)[:2] == [["file", "text"], ["my, own.jpg", "12-5"]]
    assert rows(tmp_path)[2][1] == "3"


@pytest.mark.parametrize(
    "text", ["", "\n", "1\n", "\n1", "1\n\n2", "12 3", "1|2", "1,5", "=1", "٣", "1\r\n2", "1" * 1001]
)
def test_what_is_no_number_is_refused(tmp_path, text):
    folder = CorrectionsFolder(tmp_path)
    with pytest.raises(CorrectionsError, match=r"^The correction was not kept: .* digits and line breaks\.$") as caught:
        folder.keep(picture(), text)
    assert caught.value.reason == "text"
    assert pictures_in(tmp_path) == []
    assert not (tmp_path / LABELS).exists()


# --- bounds ----------------------------------------------------------------------------------------------------------


def test_a_full_folder_takes_no_new_picture_but_a_new_number(tmp_path):
    folder = CorrectionsFolder(tmp_path, max_pictures=2)
    folder.keep(picture(1), "1")
    folder.keep(picture(2), "2")
    with pytest.raises(CorrectionsError, match=r"^The correction was not kept: .* full\.$") as caught:
        folder.keep(picture(3), "3")
    assert caught.value.reason == "full"
    folder.keep(picture(2), "22")
    assert [text for _, text in rows(tmp_path)] == ["text", "1", "22"]
    assert len(pictures_in(tmp_path)) == 2


def test_the_pictures_take_no_more_bytes_than_allowed(tmp_path):
    CorrectionsFolder(tmp_path).keep(picture(1), "1")
    size = pictures_in(tmp_path)[0].stat().st_size
    folder = CorrectionsFolder(tmp_path, max_bytes=2 * size + 10)
    folder.keep(picture(2), "2")
    with pytest.raises(CorrectionsError, match="full"):
        folder.keep(picture(3), "3")
    assert len(pictures_in(tmp_path)) == 2


# --- several at once, and what goes wrong ----------------------------------------------------------------------------


def test_processes_and_threads_lose_nothing_to_each_other(tmp_path):
    script = (
        "import sys\nfrom test_corrections import *\nfolder = CorrectionsFolder(sys.argv[1])\n"
        "for number in range(int(sys.argv[2]), int(sys.argv[2]) + 15):\n    folder.keep(picture(number), str(number))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    started = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(first)], env=environment)
        for first in (0, 100)
    ]
    folder = CorrectionsFolder(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: folder.keep(picture(number), str(number)), range(200, 220)))
    assert [process.wait(timeout=120) for process in started] == [0, 0]
    found = rows(tmp_path)[1:]
    assert sorted(int(text) for _, text in found) == [*range(15), *range(100, 115), *range(200, 220)]
    for name, text in found:
        assert np.asarray(Image.open(tmp_path / name))[5, 5, 0] == int(text)
    assert {path.name for path in tmp_path.iterdir()} == {LABELS, ".lock", *(name for name, _ in found)}


def test_a_write_that_fails_leaves_the_old_labels(tmp_path, monkeypatch):
    folder = CorrectionsFolder(tmp_path)
    folder.keep(picture(1), "1")
    before = (tmp_path / LABELS).read_bytes()
    replace = Path.replace

    def fail(source, target):
        if target.name == LABELS:
            raise OSError(28, "No space left on device", str(target))
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(CorrectionsError) as caught:
        folder.keep(picture(2), "2")
    assert str(caught.value) == "The correction was not kept: No space left on device."
    assert caught.value.reason == "disk"
    assert (tmp_path / LABELS).read_bytes() == before
    assert not list(tmp_path.glob(".*.part"))
    monkeypatch.undo()
    folder.keep(picture(2), "2")
    assert [text for _, text in rows(tmp_path)] == ["text", "1", "2"]


def test_a_folder_that_cannot_be_used_is_named_at_the_start(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / LABELS).write_text("name;number\n")
    (tmp_path / "bytes").mkdir()
    (tmp_path / "bytes" / LABELS).write_bytes(b"file,text\n\xff,1\n")
    for name in ("file", "file/below", "other", "bytes"):
        with pytest.raises(
            CorrectionsError, match=r"^Corrections cannot be kept in .* name another folder\.$"
        ) as caught:
            CorrectionsFolder(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)
        assert caught.value.reason == "folder"
    assert (tmp_path / "other" / LABELS).read_text() == "name;number\n"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_written_to_is_named_at_the_start(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(CorrectionsError, match="Permission denied"):
            CorrectionsFolder(tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_that_was_spoilt_meanwhile_tells_no_visitor_where_it_is(tmp_path):
    folder = CorrectionsFolder(tmp_path)
    (tmp_path / LABELS).write_text("rubbish\n")
    with pytest.raises(CorrectionsError, match=r"^The correction was not kept: labels\.csv has to be .*\.$") as caught:
        folder.keep(picture(), "1")
    assert str(tmp_path) not in str(caught.value)
    assert (tmp_path / LABELS).read_text() == "rubbish\n"


# --- scoring and training --------------------------------------------------------------------------------------------


def test_the_reader_is_scored_on_corrections_as_they_are(tmp_path, write, capsys):
    folder = CorrectionsFolder(tmp_path / "kept")
    folder.keep(write("253"), "253")
    folder.keep(write("807"), "801")  # a person may err too
    assert evaluate_strings.main([str(folder.path)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    (row,) = (line.split() for line in out.splitlines() if line.startswith("kept"))
    assert row[:3] == ["kept", "2", "50.0"]


@pytest.fixture
def kept(tmp_path, write):
    """A folder of three corrections: a line, a page of three lines, and a line that is said to be two."""
    folder = CorrectionsFolder(tmp_path / "kept")
    folder.keep(write("253"), "258")
    folder.keep(load_image(PAGE), "253\n9916\n807")
    folder.keep(write("4711"), "47\n11")
    return folder.path


def test_lines_are_cut_as_the_reader_cuts_them(kept, write, reader):
    corrected = load_corrections(kept, reader)
    expected = [line for picture in (write("253"), PAGE) for line in reader.trace(picture).line_pictures]
    assert len(corrected.lines) == len(expected) == 4
    assert all(np.array_equal(one, other) for one, other in zip(corrected.lines, expected, strict=True))
    assert corrected.labels == ((3, 6, 9), (3, 6, 4), (10, 10, 2, 7), (9, 1, 8))


def test_the_description_tells_the_folder_from_others(kept, reader):
    def describe():
        return load_corrections(kept, reader).description

    first = describe()
    assert {name: first[name] for name in ("file", "pictures", "left_out", "lines")} == {
        "file": "kept",
        "pictures": 2,
        "left_out": 1,
        "lines": 4,
    }
    assert describe() == first
    CorrectionsFolder(kept).keep(load_image(PAGE), "253\n9916\n801")
    other = describe()
    assert len(other["sha256"]) == len(first["sha256"]) == 64
    assert other == {**first, "sha256": other["sha256"]} != first


def test_marks_of_a_label_are_marks_and_lines_without_digits_none(tmp_path, write, reader):
    Image.fromarray(write("125")).save(tmp_path / "own.png")
    (tmp_path / LABELS).write_text("file,text\nown.png,12-5 ²| - \n", encoding="utf-8")
    assert load_corrections(tmp_path, reader).labels == ((2, 3, 11, 6, 11),)


def test_lines_too_wide_for_a_batch_are_left_out(kept, reader, monkeypatch):
    widest = max(line.shape[1] for line in load_corrections(kept, reader).lines)
    monkeypatch.setattr(corrections, "WIDEST", widest - 1)
    corrected = load_corrections(kept, reader)
    assert (corrected.description["lines"], corrected.description["pictures"]) == (3, 2)
    monkeypatch.setattr(corrections, "WIDEST", 10)
    with pytest.raises(DataError, match="nothing to learn from"):
        load_corrections(kept, reader)


def test_a_folder_that_cannot_be_learnt_from_is_named_in_one_sentence(tmp_path, reader):
    with pytest.raises(ImageLoadError, match=r"labels\.csv has to be a CSV file"):
        load_corrections(tmp_path, reader)
    (tmp_path / LABELS).write_text("file,text\nmissing.png,1\n")
    with pytest.raises(ImageLoadError, match=r"missing\.png does not exist"):
        load_corrections(tmp_path, reader)


# Told apart by their widths, which no change brings near another's.
WIDTHS = [round(20 * 1.3**place) for place in range(8)]
LINES = CorrectedLines(
    tuple(np.pad(np.full((16, width - 8), 255, np.uint8), ((8, 8), (4, 4))) for width in WIDTHS),
    tuple((label,) for label in range(1, 9)),
    {},
)


class Recorded(BarStream):
    """Notes how many lines were asked for."""

    def batch(self, index, size):
        self.asked = size
        return super().batch(index, size)


@pytest.mark.parametrize(("size", "real"), [(4, 0), (40, 4), (64, 6), (500, 8)])
def test_a_tenth_of_the_lines_are_corrected_ones_each_at_most_once(size, real):
    written = Recorded()
    lines, labels = WithCorrections(written, LINES, 3).batch(5, size)
    assert (written.asked, len(lines), len(labels)) == (size - real, size, size)
    theirs = BarStream().batch(5, size - real)
    assert all(np.array_equal(one, other) for one, other in zip(lines, theirs[0], strict=False))
    assert labels[: size - real] == theirs[1]
    shown = [label for (label,) in labels[size - real :]]
    assert len(set(shown)) == len(shown) == real
    for line, label in zip(lines[size - real :], shown, strict=True):
        assert (line.dtype, line.shape[0]) == (np.uint8, 32)
        width = LINES.lines[label - 1].shape[1]
        assert abs(line.shape[1] - width) <= 0.1 * width
        assert line.max() > 150


def test_a_batch_depends_on_its_number_and_the_seed_alone():
    def drawn(seed, index):
        lines, _ = WithCorrections(BarStream(), LINES, seed).batch(index, 60)
        return [line.tobytes() for line in lines]

    stream = WithCorrections(BarStream(), LINES, 3)
    stream.batch(1, 60)
    assert [line.tobytes() for line in stream.batch(2, 60)[0]] == drawn(3, 2)
    assert drawn(3, 2)[54:] != drawn(4, 2)[54:]
    assert drawn(3, 2)[54:] != drawn(3, 3)[54:]


def test_another_process_draws_the_same(kept, reader):
    stream = WithCorrections(BarStream(), load_corrections(kept, reader), 3)
    here = list(itertools.islice(line_batches(stream, 16, workers=0), 9))
    batches = line_batches(stream, 16, workers=1)
    there = list(itertools.islice(batches, 9))
    batches.close()
    for one, other in zip(here, there, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@given(st.integers(0, 2**32), st.integers(1, 90))
def test_a_line_changes_little(seed, width):
    line = np.zeros((32, width), np.uint8)
    line[8:24, width // 3 : max(width // 3 + 1, 2 * width // 3)] = 200
    before = line.copy()
    changed = vary(line, np.random.default_rng(seed))
    assert np.array_equal(line, before)
    assert (changed.dtype, changed.shape[0]) == (np.uint8, 32)
    assert abs(changed.shape[1] - width) <= max(1, 0.1 * width)
    assert np.array_equal(changed, vary(line, np.random.default_rng(seed)))


# --- a run -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def strings(monkeypatch):
    """`train.strings`, a rehearsal of which takes seconds; `strings.stream` becomes what the last run learnt from."""
    pytest.importorskip("keras")
    from train import strings
    from train.__main__ import QUICK_STRINGS

    monkeypatch.setattr("train.__main__._import_keras_quietly", lambda: None)  # capsys owns the stream it silences
    monkeypatch.setattr(strings, "FRESH_LINES", 12)
    for name, value in {"limit": 150, "validation": 30, "validation_lines": 8, "steps": 2, "epoch_steps": 1}.items():
        monkeypatch.setitem(QUICK_STRINGS, name, value)
    fit = strings.fit

    def note(network, stream, *arguments, **options):
        monkeypatch.setattr(strings, "stream", stream, raising=False)
        fit(network, stream, *arguments, **options)

    monkeypatch.setattr(strings, "fit", note)
    return strings


def train_command(folder, data, *more):
    return [
        "strings",
        "--quick",
        "--data",
        str(data),
        "--batch-size",
        "4",
        "--workers",
        "0",
        "--run",
        str(folder),
        *more,
    ]


@pytest.mark.train
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
def test_a_run_learns_from_corrections_and_says_so(strings, kept, tmp_path, capsys):
    from train.__main__ import main
    from train.export import training_options

    data, run = write_npz(tmp_path / "made.npz", train=200, test=20), tmp_path / "run"
    assert main(train_command(run, data, "--corrections", str(kept))) == 0
    assert "4 lines; 1 pictures left out" in capsys.readouterr().out
    assert isinstance(strings.stream, WithCorrections)
    lines, labels = strings.stream.batch(0, 60)
    assert len(lines) == 60
    assert {(3, 6, 9), (10, 10, 2, 7)} <= {tuple(label) for label in labels[-4:]}
    description = json.loads((run / "config.json").read_text(encoding="utf-8"))
    assert description["training"]["corrections"] == str(kept)
    assert training_options(description)["corrections"] == "kept"
    assert description["files"]["corrections"]["file"] == "kept"
    assert description["files"]["corrections"]["lines"] == 4

    assert main(["strings", "--resume", str(run), "--workers", "0"]) == 0
    CorrectionsFolder(kept).keep(picture(), "1")
    assert main(["strings", "--resume", str(run), "--workers", "0"]) == 1
    assert "data files differ" in capsys.readouterr().err


@pytest.mark.train
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
def test_without_corrections_a_run_learns_from_written_lines_as_ever(strings, tmp_path, capsys, monkeypatch):
    from train.__main__ import main

    learnt_from = []

    def stop(network, stream, *arguments, **options):
        learnt_from.append(stream)
        raise RunError("That is enough.")

    monkeypatch.setattr(strings, "fit", stop)
    data, run = write_npz(tmp_path / "made.npz", train=200, test=20), tmp_path / "run"
    assert main(train_command(run, data)) == 1
    assert [type(stream) for stream in learnt_from] == [StringStream]
    capsys.readouterr()
    description = json.loads((run / "config.json").read_text(encoding="utf-8"))
    assert description["training"]["corrections"] is None
    assert set(description["files"]) == {"emnist"}

    missing = str(tmp_path / "nothing")
    assert main(train_command(tmp_path / "other", data, "--corrections", missing)) == 1
    error = capsys.readouterr().err
    assert "labels.csv has to be a CSV file" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "other").exists()
