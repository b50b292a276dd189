"""Many pictures at once, without the page: what is taken from files and archives, and what comes out as table and file."""

import csv
import io
import json
import pickle
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from test_web import StubReader, reading_of

from recognizer.errors import ImageLoadError
from recognizer.types import Reading
from recognizer.web import batch as module
from recognizer.web import strings
from recognizer.web.batch import (
    COLUMNS,
    TEXT_COLUMN,
    Batch,
    Row,
    Source,
    edit_rows,
    parse_edit,
    picture_of,
    summary,
    table,
    to_csv,
    to_json,
    unpack,
)
from recognizer.web.limits import MAX_BATCH_FILES, MAX_FILE_BYTES, MAX_PIXELS_DECODED
from recognizer.web.result import UNSURE_BELOW


def png(width: int = 4, height: int = 3, mode: str = "L") -> bytes:
    file = io.BytesIO()
    Image.new(mode, (width, height), 1).save(file, "PNG")
    return file.getvalue()


def upload(folder: Path, name: str, content: bytes | None = None) -> tuple[Path, str]:
    path = folder / name
    path.write_bytes(png() if content is None else content)
    return path, name


def packed(
    folder: Path, members: dict[str, bytes], name: str = "box.zip", method: int = zipfile.ZIP_DEFLATED
) -> tuple[Path, str]:
    path = folder / name
    with zipfile.ZipFile(path, "w", method) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path, name


def read_all(sources: list[Source], reader: Any, batch: Batch | None = None) -> Batch:
    batch = batch or Batch()
    batch.take(sources)
    while batch.unread and not batch.stopped:
        batch.read_next(reader)
    return batch


def batch_of(*readings: Reading | str) -> Batch:
    """A batch with a row for each reading, and for each problem."""
    rows = [
        Row(number, Source(f"{number}.png"), reading)
        if isinstance(reading, Reading)
        else Row(number, Source(f"{number}.png"), problem=reading)
        for number, reading in enumerate(readings, 1)
    ]
    return Batch(rows, given=len(rows))


@pytest.fixture
def stub():
    return StubReader(reading_of("253"))


# --- what is taken ---------------------------------------------------------------------------------------------------


def test_files_and_members_of_an_archive_are_read_alike(tmp_path, stub):
    content = {"a.png": png(5), "deep/er/b.png": png(6), "c.png": png(7)}
    sources = unpack([packed(tmp_path, content), upload(tmp_path, "single.png", png(8))])
    assert [source.name for source in sources] == [
        "box.zip/a.png",
        "box.zip/deep/er/b.png",
        "box.zip/c.png",
        "single.png",
    ]
    batch = read_all(sources, stub)
    assert [row.text for row in batch.rows] == ["253"] * 4
    assert stub.shown == [*content.values(), png(8)]


@pytest.mark.parametrize("name", ["../../up.png", "/etc/root.png", "C:\\x\\drive.png", "..\\up.png", "a/../../b.png"])
def test_names_in_an_archive_are_labels_only(tmp_path, stub, name):
    folder = tmp_path / "uploads"
    folder.mkdir()
    batch = read_all(unpack([packed(folder, {name: png()})]), stub)
    assert [row.text for row in batch.rows] == ["253"]
    assert stub.shown == [png()]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["box.zip", "uploads"]  # nothing was unpacked anywhere


def test_folders_hidden_files_and_clutter_are_left_out(tmp_path):
    members = dict.fromkeys(
        ("a/", "a/1.png", "__MACOSX/a/._1.png", "a/.DS_Store", ".hidden.png", "a/Thumbs.db", "Desktop.ini"), b""
    )
    assert [source.name for source in unpack([packed(tmp_path, members)])] == ["box.zip/a/1.png"]


def encrypted(data: bytes) -> bytes:
    """The archive with every member marked as encrypted."""
    changed = bytearray(data)
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for found in re.finditer(re.escape(signature), data):
            changed[found.start() + place] |= 1
    return bytes(changed)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("none.zip", b"", "BATCH_ZIP_DAMAGED"),
        ("text.zip", b"this is no archive", "BATCH_ZIP_DAMAGED"),
        ("half.zip", None, "BATCH_ZIP_DAMAGED"),
        ("locked.ZIP", None, "BATCH_ZIP_LOCKED"),
        ("empty.zip", None, "BATCH_ZIP_EMPTY"),
        ("full.zip", None, "BATCH_ZIP_TOO_FULL"),
        ("big.zip", b"\0" * (MAX_FILE_BYTES + 1), "BATCH_FILE_TOO_LARGE"),
    ],
)
def test_archive_that_cannot_be_looked_into_is_a_row_with_its_reason(
    tmp_path, stub, monkeypatch, name, content, problem
):
    monkeypatch.setattr(module, "MAX_ARCHIVE_ENTRIES", 3)
    members = {"empty.zip": {}, "full.zip": dict.fromkeys("abcd", png())}.get(name, {"a.png": png()})
    path, _ = packed(tmp_path, members, name)
    whole = path.read_bytes()
    if content is None:
        content = {"half.zip": whole[: len(whole) // 2], "locked.ZIP": encrypted(whole)}.get(name, whole)
    path.write_bytes(content)
    batch = read_all(unpack([(path, name), upload(tmp_path, "good.png")]), stub)
    assert [row.text for row in batch.rows] == ["", "253"]
    assert batch.rows[0].problem == getattr(strings, problem).format(name=name, most=10)


def test_member_that_is_an_archive_or_damaged_is_a_row_and_the_others_are_read(tmp_path, stub):
    path, name = packed(tmp_path, {"in.zip": b"PK", "flip.png": b"x" * 50, "ok.png": png()}, method=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"x" * 50, b"y" * 50))  # its checksum is wrong now
    batch = read_all(unpack([(path, name)]), stub)
    assert [row.text for row in batch.rows] == ["", "", "253"]
    assert batch.rows[0].problem == strings.BATCH_ZIP_IN_ZIP.format(name="in.zip")
    assert batch.rows[1].problem == strings.BATCH_MEMBER_DAMAGED.format(name="flip.png")


def test_rare_method_of_compression_is_refused(tmp_path, stub):
    batch = read_all(unpack([packed(tmp_path, {"a.png": png()}, method=zipfile.ZIP_LZMA)]), stub)
    assert batch.rows[0].problem == strings.BATCH_ZIP_METHOD.format(name="a.png")
    assert stub.shown == []


@pytest.mark.parametrize("lies", [False, True], ids=["declared", "lying"])
def test_archive_bomb_is_not_unpacked(tmp_path, stub, lies):
    path, name = packed(tmp_path, {"bomb.png": b"\0" * (MAX_FILE_BYTES + 1), "ok.png": png()})
    if lies:  # claim a size of 100 bytes in the list and before the member
        size = struct.pack("<L", MAX_FILE_BYTES + 1)
        path.write_bytes(path.read_bytes().replace(size, struct.pack("<L", 100)))
    batch = read_all(unpack([(path, name)]), stub)
    assert [row.text for row in batch.rows] == ["", "253"]
    reason = strings.BATCH_MEMBER_DAMAGED if lies else strings.BATCH_FILE_TOO_LARGE
    assert batch.rows[0].problem == reason.format(name="bomb.png", most=10)
    assert stub.shown == [png()]


def test_same_names_are_kept_apart(tmp_path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
    one, two = upload(tmp_path / "x", "scan.png", png(5)), upload(tmp_path / "y", "scan.png", png(6))
    sources = unpack([one, two, one])
    assert [source.name for source in sources] == ["scan.png", "scan.png (2)", "scan.png (3)"]
    assert len({source.key for source in sources}) == 3


def test_names_are_one_short_printable_line(tmp_path):
    path, _ = upload(tmp_path, "a.png")
    evil = "x" * 500 + "\n\x1b[31m\u202egnp.exe.png"
    (source,) = unpack([(path, evil)])
    assert source.name.isprintable()
    assert len(source.name) <= 120
    assert source.name.endswith("gnp.exe.png")


# --- limits: each is exceeded, and what comes after is read ----------------------------------------------------------


def test_file_of_more_than_ten_megabytes_is_a_row_and_the_next_is_read(tmp_path, stub):
    large = upload(tmp_path, "large.png", b"\0" * (MAX_FILE_BYTES + 1))
    batch = read_all(unpack([large, upload(tmp_path, "next.png")], missing=["left-out.png"]), stub)
    assert [row.text for row in batch.rows] == ["", "253", ""]
    assert batch.rows[0].problem == strings.BATCH_FILE_TOO_LARGE.format(name="large.png", most=10)
    assert batch.rows[2].problem == strings.BATCH_FILE_TOO_LARGE.format(name="left-out.png", most=10)
    assert stub.shown == [png()]


def test_picture_of_more_than_fifty_megapixels_is_not_decoded_and_the_next_is_read(tmp_path, stub):
    height = MAX_PIXELS_DECODED // 10_000 + 1
    batch = read_all(unpack([upload(tmp_path, "huge.png", png(10_000, height, "1")), upload(tmp_path, "n.png")]), stub)
    assert batch.rows[0].problem == strings.PROBLEM_TOO_LARGE.format(name="huge.png", most=50)
    assert batch.rows[1].text == "253"
    assert stub.shown == [png()]


def test_beyond_200_the_first_are_taken_and_the_rest_are_counted(tmp_path, stub):
    given = MAX_BATCH_FILES + 3
    sources = unpack([packed(tmp_path, {f"{n:03}.png": png() for n in range(given)})])
    batch = read_all(sources, stub)
    assert len(batch.rows) == MAX_BATCH_FILES
    assert batch.rows[-1].source.name == f"box.zip/{MAX_BATCH_FILES - 1:03}.png"
    assert strings.BATCH_TOO_MANY.format(given=given, most=MAX_BATCH_FILES) in summary(batch)
    after = read_all(sources[MAX_BATCH_FILES:], stub, batch)
    assert [row.text for row in after.rows] == ["253"] * 3
    assert len(summary(after)) == 1


def test_page_tells_the_limits_as_they_are():
    assert f"{MAX_BATCH_FILES} pictures" in strings.BATCH_HINT
    assert f"{MAX_FILE_BYTES // 1024**2} MB" in strings.BATCH_HINT


# --- reading ---------------------------------------------------------------------------------------------------------


def test_pictures_are_read_one_by_one_and_a_bad_one_is_a_row(tmp_path, reader, write):
    good = io.BytesIO()
    Image.fromarray(write("253")).save(good, "PNG")
    files = [
        upload(tmp_path, "holiday.png", b"this is no picture"),
        upload(tmp_path, "cut.png", good.getvalue()[:300]),
        upload(tmp_path, "empty.png", b""),
        upload(tmp_path, "good.png", good.getvalue()),
    ]
    batch = read_all(unpack(files), reader)
    assert [row.problem for row in batch.rows] == [
        strings.PROBLEM_UNKNOWN_FORMAT.format(name="holiday.png"),
        strings.PROBLEM_DAMAGED.format(name="cut.png"),
        strings.PROBLEM_EMPTY.format(name="empty.png"),
        "",
    ]
    assert batch.rows[3].text == "253"
    shown, problem = picture_of(batch.rows[3])
    assert problem == ""
    assert shown.dtype == np.uint8
    assert shown.ndim == 3


def test_unexpected_error_is_one_plain_sentence(tmp_path):
    batch = read_all(unpack([upload(tmp_path, "a.png")]), StubReader(ZeroDivisionError("secret detail")))
    assert batch.rows[0].problem == strings.UNEXPECTED


def test_path_of_an_upload_is_not_told(tmp_path):
    batch = read_all(unpack([upload(tmp_path, "a.png")]), StubReader(ImageLoadError("a.png has a strange shape.")))
    assert batch.rows[0].problem == "a.png has a strange shape."
    for content in (to_csv(batch), to_json(batch)):
        assert str(tmp_path).encode() not in content


def test_stopped_batch_keeps_what_was_read_and_goes_on(tmp_path):
    sources = unpack([upload(tmp_path, f"{n}.png") for n in range(5)])
    batch = Batch()

    class Stopping(StubReader):
        def read(self, picture):
            batch.stopped = len(self.shown) == 1
            return super().read(picture)

    reader = Stopping(reading_of("12"))
    read_all(sources, reader, batch)
    assert [row.source.name for row in batch.rows] == ["0.png", "1.png"]
    assert strings.BATCH_STOPPED.format(count=3) in summary(batch)
    batch.rows[0].edit("99")
    read_all(sources, reader, batch)
    assert [row.text for row in batch.rows] == ["99", "12", "12", "12", "12"]
    assert [row.number for row in batch.rows] == [1, 2, 3, 4, 5]
    assert len(reader.shown) == 5  # none twice


def test_file_taken_away_takes_its_row_along_and_moves_no_edit(tmp_path, stub):
    files = [upload(tmp_path, f"{n}.png") for n in range(3)]
    batch = read_all(unpack(files), stub)
    batch.rows[2].edit("3")
    read_all(unpack([files[0], files[2], upload(tmp_path, "new.png")]), stub, batch)
    assert [(row.source.name, row.text) for row in batch.rows] == [("0.png", "253"), ("2.png", "3"), ("new.png", "253")]
    assert len({row.number for row in batch.rows}) == 3


def test_batch_holds_no_pictures(tmp_path, stub):
    noise = np.random.default_rng(2023).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    batch = read_all(unpack([upload(tmp_path, f"{n}.png", file.getvalue()) for n in range(4)]), stub)
    assert len(pickle.dumps(batch)) < len(file.getvalue()) / 4


def test_picture_that_was_deleted_since_says_so(tmp_path, stub):
    batch = read_all(unpack([upload(tmp_path, "a.png"), upload(tmp_path, "b.png", b"bad")]), stub)
    (tmp_path / "a.png").unlink()
    assert picture_of(batch.rows[0]) == (None, strings.BATCH_PICTURE_GONE.format(name="a.png"))


# --- table, filter, edits --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reading", "doubtful"),
    [
        (reading_of("253"), False),
        (reading_of("253", confidence=UNSURE_BELOW), False),
        (reading_of("253", confidence=UNSURE_BELOW - 0.01), True),
        (reading_of("253", {1: 0.5}), True),
        (Reading(), True),
        ("broken.png is damaged.", True),
    ],
)
def test_doubtful_rows_are_those_to_look_at(reading, doubtful):
    batch = batch_of(reading)
    assert batch.rows[0].is_doubtful is doubtful
    assert len(table(batch, only_doubtful=True)["data"]) == doubtful
    row = table(batch)["data"][0]
    assert bool(row[COLUMNS.index("BATCH_CHECK")]) is doubtful


def test_table_names_doubtful_digits_and_the_reason():
    batch = batch_of(reading_of("253", {1: 0.5, 2: 0.6}), reading_of("12\n43", {2: 0.4}), Reading(), "Why.")
    data = table(batch)["data"]
    assert [row[0] for row in data] == [1, 2, 3, 4]
    assert [row[TEXT_COLUMN] for row in data] == ["253", "12|43", "", ""]
    check = [row[COLUMNS.index("BATCH_CHECK")] for row in data]
    assert check == ["digits 2 3", "line 2: 1", strings.NOTHING_FOUND, "Why."]


def test_confidence_is_never_certainty():
    (row,) = table(batch_of(reading_of("1", confidence=0.9999)))["data"]
    assert row[COLUMNS.index("BATCH_CONFIDENCE")] == "99 %"


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("253", "253"),
        (" 2 5 3 ", "253"),
        ("007", "007"),
        ("25|3", "25\n3"),
        ("25\n3", "25\n3"),
        ("|25||3|", "25\n3"),
        ("２５", "25"),
        ("", ""),
    ],
)
def test_edits_are_digits_and_line_breaks(typed, text):
    assert parse_edit(typed) == text


@pytest.mark.parametrize("typed", ["25a", "=1+1", "-5", "2,5", "²", "1" * 2000, "<b>"])
def test_other_edits_are_refused(typed):
    assert parse_edit(typed) is None
    batch = batch_of(reading_of("253"))
    assert len(edit_rows(batch, [(1, typed)])) == 1
    assert batch.rows[0].text == "253"
    assert batch.rows[0].edited is None


def test_edit_is_marked_survives_the_filter_and_can_be_taken_back():
    batch = batch_of(reading_of("253"), reading_of("99", {0: 0.5}))
    assert edit_rows(batch, [(2, "89")]) == []
    shown = table(batch, only_doubtful=True)["data"]
    assert [(row[0], row[TEXT_COLUMN], row[-1]) for row in shown] == [(2, "89", strings.BATCH_EDITED)]
    assert "99" in shown[0][COLUMNS.index("BATCH_CHECK")]
    edit_rows(batch, [(2, "99")])
    assert batch.rows[1].edited is None


def test_edits_find_their_rows_whatever_the_table_shows():
    batch = batch_of(*(reading_of(str(n)) for n in range(1, 6)))
    # Sorted, filtered, with a row that the visitor added and one that he emptied of its number.
    assert edit_rows(batch, [(5, "55"), (2, "2"), (None, "7"), ("", "8"), (77, "9"), (1, "11")]) == []
    assert [row.text for row in batch.rows] == ["11", "2", "3", "4", "55"]


def test_picture_without_reading_takes_a_number_by_hand():
    batch = batch_of("Why.", Reading())
    edit_rows(batch, [(1, "12"), (2, "3|4")])
    assert [row.text for row in batch.rows] == ["12", "3\n4"]
    assert "2 corrected by hand, 0 to check, 0 not readable" in summary(batch)[0]


def test_summary_counts_each_picture_once():
    sure, unsure = reading_of("253"), reading_of("25", {0: 0.5})
    batch = batch_of(*[sure] * 45, *[unsure] * 2, Reading(), "Why.", "Why.")
    assert summary(batch) == ["50 pictures: 45 read, 3 to check, 2 not readable."]
    assert summary(batch_of(sure)) == ["1 picture: 1 read, 0 to check, 0 not readable."]
    batch.rows[45].edit("1")
    assert summary(batch) == ["50 pictures: 45 read, 1 corrected by hand, 2 to check, 2 not readable."]


# --- downloads -------------------------------------------------------------------------------------------------------


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_csv_opens_in_a_spreadsheet_with_every_row_and_edit():
    batch = batch_of(reading_of("007"), reading_of("12\n43", {2: 0.4}), "Why.", reading_of("99"))
    batch.rows[3].edit("0089")
    content = to_csv(batch)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = rows_of(content)
    assert [row["text"] for row in rows] == ["007", "12\n43", "", "0089"]
    assert [row["edited"] for row in rows] == ["", "", "", "yes"]
    assert [row["doubtful"] for row in rows] == ["", "line 2: 1", "", ""]
    assert [row["problem"] for row in rows] == ["", "", "Why.", ""]
    assert rows[0]["confidence"] == "0.9700"
    assert rows[3]["confidence"] == ""


@pytest.mark.parametrize("name", ["=1+2.png", "+3.png", "-4.png", "@sum.png", "=cmd|'C calc'!A0.zip"])
def test_formulas_are_disarmed_in_every_column(tmp_path, stub, name):
    batch = read_all([Source(name, tmp_path / "none.png")], stub)
    batch.rows[0].edited = "=1+1\n@2"  # no edit can be that; the file has to hold all the same
    (row,) = rows_of(to_csv(batch))
    assert row["file"] == f"'{name}"
    assert row["text"] == "'=1+1\n'@2"
    assert not any(value.startswith(("=", "+", "-", "@")) for value in row.values())
    assert name in row["problem"]


def test_json_holds_the_whole_reading_beside_the_text_that_counts():
    batch = batch_of(reading_of("25", {0: 0.5}), "Why.")
    batch.rows[0].edit("35")
    first, second = json.loads(to_json(batch))
    assert (first["file"], first["text"], first["edited"], first["problem"]) == ("1.png", "35", True, None)
    assert first["reading"] == json.loads(json.dumps(reading_of("25", {0: 0.5}).to_dict()))
    assert (second["text"], second["problem"], second["reading"]) == ("", "Why.", None)


def test_empty_batch_has_an_empty_table_and_files():
    assert table(Batch())["data"] == []
    assert rows_of(to_csv(Batch())) == []
    assert json.loads(to_json(Batch())) == []
