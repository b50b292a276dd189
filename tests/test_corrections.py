"""Corrections are kept whole, once a picture, by several at once and within bounds; and training takes them."""

import csv
import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recognizer.types import Reading
from recognizer.web.corrections import LABELS, CorrectionsError, CorrectionsFolder
from train import evaluate_strings

ROOT = Path(__file__).resolve().parents[1]


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
