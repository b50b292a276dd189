"""Many pictures at once, without gradio: unpacked, read one by one, corrected by hand, written to a file."""

from __future__ import annotations

import csv
import io
import json
import logging
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.draw import annotate
from recognizer.errors import RecognizerError
from recognizer.image_io import load_image
from recognizer.table import disarm, doubtful_places, escape
from recognizer.types import Reading
from recognizer.web.edit import clean_number
from recognizer.web.language import say
from recognizer.web.limits import MAX_BATCH_FILES, MAX_FILE_BYTES, MAX_PIXELS_DECODED, too_many_pixels
from recognizer.web.result import UNSURE_BELOW, Reader, problem_of

LINE_BREAK = "|"
"""Stands between the lines of a number in a table."""
COLUMNS = ("BATCH_NUMBER", "BATCH_FILE", "BATCH_TEXT", "BATCH_CHECK", "BATCH_CONFIDENCE")
"""Headers of the table, as named in `strings`."""
TEXT_COLUMN = 2
"""The one column of the table that a person may change."""
MAX_ARCHIVE_ENTRIES = 10 * MAX_BATCH_FILES
"""An archive that lists more is not looked into: each of its pictures costs a look at the whole list."""

_ARCHIVE = ".zip"
_CLUTTER = {"thumbs.db", "desktop.ini"}
_LONGEST_NAME = 120
_LONGEST_EDIT = 1000
_SHOWN_SIDE = (480, 1280)
"""Least and most pixels of the longer side of the picture shown for a row."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """Where one picture of a batch lies. Nothing of it is kept but its place: it is opened when it is read or shown."""

    name: str
    """What its row is called: one printable line, told apart from every other in the batch. Never used as a path."""
    path: Path | None = None
    """The uploaded file; None for one that did not arrive."""
    member: int | None = None
    """Its place in the list of the uploaded archive; None for a file that is a picture itself."""
    copy: int = 0
    """How many times the same file came before it."""
    problem: str = ""
    """Name in `strings` of why it cannot be read, where that is known without opening it."""

    @property
    def key(self) -> tuple[str, int | None, int]:
        """The same for the same picture given again."""
        return str(self.path or self.name), self.member, self.copy


@dataclass(slots=True)
class Row:
    """One picture of a batch and what became of it."""

    number: int
    """From 1 on, and never another row's: what a person edits is found by it, however the table is sorted or filtered."""
    source: Source
    reading: Reading | None = None
    """None where the picture could not be read."""
    problem: str = ""
    """Why not, as a sentence."""
    edited: str | None = None
    """The text as a person corrected it, lines joined by a line feed; None where nobody did."""

    @property
    def text(self) -> str:
        """The text that counts, lines joined by a line feed."""
        if self.edited is not None:
            return self.edited
        return self.reading.text if self.reading else ""

    @property
    def is_doubtful(self) -> bool:
        """Whether a person should look at it, whether or not one did."""
        reading = self.reading
        return reading is None or not reading.digits or reading.confidence < UNSURE_BELOW or bool(reading.doubtful)

    def edit(self, text: str) -> None:
        """Take the text, lines joined by a line feed, for what it says; what was read is no edit."""
        self.edited = None if self.reading is not None and text == self.reading.text else text


@dataclass(slots=True)
class Batch:
    """The pictures that one visitor gave: those read, and those still to be read."""

    rows: list[Row] = field(default_factory=list)
    unread: list[Source] = field(default_factory=list)
    given: int = 0
    """How many pictures there were before `MAX_BATCH_FILES` of them were taken."""
    stopped: bool = False
    """Set, from any thread, to stop after the picture that is being read."""
    refused: list[str] = field(default_factory=list)
    """What was said of the last edit: Gradio reports one edit twice, and it is to be said once."""

    def take(self, sources: Iterable[Source]) -> None:
        """Make these the batch. What was read of them before, and corrected, stays; the others are yet to be read."""
        known = {row.source.key: row for row in self.rows}
        every = list(sources)
        self.given = len(every)
        self.rows, self.unread, self.stopped = [], [], False
        for source in every[:MAX_BATCH_FILES]:
            row = known.get(source.key)
            if row is None:
                self.unread.append(source)
            else:
                self.rows.append(row)
                row.source = source

    def read_next(self, reader: Reader, language: str | None = None) -> Row:
        """Read the first of the unread pictures; an error becomes a sentence in its row and is never raised."""
        source = self.unread[0]
        row = Row(1 + max((row.number for row in self.rows), default=0), source)
        row.reading, row.problem = read_source(reader, source, language)
        self.rows.append(row)
        del self.unread[0]
        return row

    def row(self, number: Any) -> Row | None:
        """The row of a number; None where there is none."""
        return next((row for row in self.rows if row.number == number), None)


class _RefusedError(Exception):
    """A source cannot be read; the message is the name in `strings` of the sentence that says why."""


def unpack(uploads: Iterable[tuple[Path, str]], missing: Iterable[str] = ()) -> list[Source]:
    """The pictures in what was uploaded: files as they are, and the members of each .zip.

    Folders, what a computer adds to an archive by itself, and hidden files are left out. An archive that cannot be looked
    into is a source with its problem. Nothing is written to disk, and no name in an archive is ever used as a path.

    Args:
        uploads: path and name of each uploaded file.
        missing: names of the files that were too large to be uploaded.
    """
    copies: Counter[Path] = Counter()
    found: list[Source] = []
    for path, name in uploads:
        source = Source(name, path, copy=copies[path])
        copies[path] += 1
        found += _members(source) if name.lower().endswith(_ARCHIVE) else [source]
    found += [Source(name, problem="BATCH_FILE_TOO_LARGE") for name in missing]
    return list(_told_apart(found))


def read_source(reader: Reader, source: Source, language: str | None = None) -> tuple[Reading | None, str]:
    """Read one picture.

    Returns:
        The reading and "", or None and the sentence that says why there is none.
    """
    most = MAX_PIXELS_DECODED // 1_000_000
    try:
        data = _content(source)
        if too_many_pixels(data):
            return None, say(language, "PROBLEM_TOO_LARGE", name=_short(source), most=most)
        return reader.read(data), ""
    except _RefusedError as error:
        return None, say(language, str(error), name=_short(source), most=MAX_FILE_BYTES // 1024**2)
    except RecognizerError as error:
        return None, problem_of(error, Path(_short(source)), language)
    except Exception:
        _log.exception("A picture of a batch could not be read")
        return None, say(language, "UNEXPECTED")


def picture_of(row: Row, language: str | None = None) -> tuple[npt.NDArray[np.uint8] | None, str]:
    """The picture of a row with its boxes, (height, width, 3) uint8 RGB; or None and the sentence that says why not."""
    if row.reading is None:
        return None, row.problem
    try:
        return annotate(load_image(_content(row.source)), row.reading, longest_side=_SHOWN_SIDE), ""
    except (_RefusedError, RecognizerError):  # it was read before: by now its upload has been deleted
        return None, say(language, "BATCH_PICTURE_GONE", name=_short(row.source))


def in_one_line(text: str) -> str:
    """A text as a table shows it."""
    return text.replace("\n", LINE_BREAK)


def parse_edit(text: str) -> str | None:
    """What a person typed into the text column, as a text with a line feed between lines; None where it is no number.

    Digits, "|" or a line break between lines; spaces are dropped, and digits of other scripts are digits too.
    """
    text = text.replace(LINE_BREAK, "\n")
    if len(text) > _LONGEST_EDIT or not all(c.isspace() or c.isdecimal() for c in text):
        return None
    return clean_number(text)


def edit_rows(batch: Batch, typed: Iterable[tuple[Any, Any]], language: str | None = None) -> list[str]:
    """Take over what a person changed.

    Args:
        batch: the batch, whose rows are changed.
        typed: number and text, lines joined by "|", of rows as they now stand in the browser: in any order, changed or not.
            What is no row of the batch is passed over.
        language: tag of the visitor's language.

    Returns:
        A sentence for each edit that was refused.
    """
    refused = []
    for number, cell in typed:
        row = batch.row(number)
        if row is None or str(cell) == in_one_line(row.text):
            continue
        text = parse_edit(str(cell))
        if text is None:
            refused.append(say(language, "BATCH_BAD_EDIT", number=row.number, line_break=LINE_BREAK))
        else:
            row.edit(text)
    return refused


def table(batch: Batch, only_doubtful: bool = False, language: str | None = None) -> dict[str, Any]:
    """The batch as gr.Dataframe takes it, with "headers" and "data".

    Columns: number, file, text, what is to be checked (the doubtful digits, or why there is no text), and confidence, which
    can best do without a place on a narrow screen.
    """
    return {
        "headers": [
            say(language, name)
            for name in ("BATCH_NUMBER", "BATCH_FILE", "BATCH_TEXT", "BATCH_CHECK", "BATCH_CONFIDENCE")
        ],
        "data": [
            [row.number, row.source.name, in_one_line(row.text), _to_check(row, language), _confidence(row, language)]
            for row in batch.rows
            if row.is_doubtful or not only_doubtful
        ],
    }


def summary(batch: Batch, language: str | None = None) -> list[str]:
    """How the batch stands, in sentences: how many were read and what is left to do."""
    rows = batch.rows
    edited = sum(row.edited is not None for row in rows)
    unreadable = sum(row.reading is None and row.edited is None for row in rows)
    check = to_check(batch) - unreadable
    pictures = say(language, "BATCH_PICTURE" if len(rows) == 1 else "BATCH_PICTURES", count=len(rows))
    said = [
        say(
            language,
            "BATCH_SUMMARY_EDITED" if edited else "BATCH_SUMMARY",
            pictures=pictures,
            read=len(rows) - edited - unreadable - check,
            edited=edited,
            check=check,
            unreadable=unreadable,
        )
    ]
    if batch.unread and batch.stopped:
        said.append(say(language, "BATCH_STOPPED", count=len(batch.unread)))
    if batch.given > MAX_BATCH_FILES:
        said.append(say(language, "BATCH_TOO_MANY", given=batch.given, most=MAX_BATCH_FILES))
    return said


def to_check(batch: Batch) -> int:
    """How many rows a person should look at and has not corrected."""
    return sum(row.is_doubtful and row.edited is None for row in batch.rows)


def to_csv(batch: Batch) -> bytes:
    """The whole batch as a table: UTF-8 with a byte order mark, without which Excel garbles names.

    Texts stand as they are, leading zeros and all; what a spreadsheet would run as a formula is disarmed.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(("file", "text", "confidence", "doubtful", "edited", "problem"))
    for row in batch.rows:
        reading = row.reading if row.edited is None else None
        writer.writerow(
            (
                disarm(row.source.name),
                "\n".join(map(disarm, row.text.split("\n"))),
                f"{reading.confidence:.4f}" if reading else "",
                doubtful_places(reading) if reading else "",
                "" if row.edited is None else "yes",
                disarm(row.problem),
            )
        )
    return file.getvalue().encode("utf-8-sig")


def to_json(batch: Batch) -> bytes:
    """The whole batch as a list of objects: the text that counts, whether a person gave it, and the reading in full."""
    rows = [
        {
            "file": row.source.name,
            "text": row.text,
            "edited": row.edited is not None,
            "problem": row.problem or None,
            "reading": row.reading.to_dict() if row.reading else None,
        }
        for row in batch.rows
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def _members(archive: Source) -> list[Source]:
    """The pictures in an archive, or the archive itself with its problem."""
    assert archive.path is not None
    try:
        if archive.path.stat().st_size > MAX_FILE_BYTES:
            return [replace(archive, problem="BATCH_FILE_TOO_LARGE")]
        with zipfile.ZipFile(archive.path) as opened:
            entries = opened.infolist()
    except Exception:  # zipfile and what it unpacks with raise almost anything on a damaged file
        return [replace(archive, problem="BATCH_ZIP_DAMAGED")]
    if len(entries) > MAX_ARCHIVE_ENTRIES:
        return [replace(archive, problem="BATCH_ZIP_TOO_FULL")]
    wanted = [(place, entry) for place, entry in enumerate(entries) if _is_wanted(entry)]
    if not wanted:
        return [replace(archive, problem="BATCH_ZIP_EMPTY")]
    if any(entry.flag_bits & 1 for _, entry in wanted):
        return [replace(archive, problem="BATCH_ZIP_LOCKED")]
    return [
        replace(
            archive,
            name=f"{archive.name}/{entry.filename}",
            member=place,
            problem="BATCH_ZIP_IN_ZIP" if entry.filename.lower().endswith(_ARCHIVE) else "",
        )
        for place, entry in wanted
    ]


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    parts = entry.filename.replace("\\", "/").split("/")
    last = parts[-1].lower()
    return bool(last) and "__MACOSX" not in parts and not last.startswith(".") and last not in _CLUTTER


def _told_apart(sources: Iterable[Source]) -> Iterator[Source]:
    """The sources with names that are one printable line and all different."""
    taken: set[str] = set()
    for source in sources:
        name = escape(source.name)
        if len(name) > _LONGEST_NAME:  # its end tells more: the file after its folders
            name = "…" + name[1 - _LONGEST_NAME :]
        wanted, count = name, 1
        while name in taken:
            count += 1
            name = f"{wanted} ({count})"
        taken.add(name)
        yield replace(source, name=name)


def _short(source: Source) -> str:
    """The file's own name, without its archive and folders."""
    return source.name.replace("\\", "/").rsplit("/", 1)[-1] or source.name


def _content(source: Source) -> bytes:
    """The file's bytes, at most `MAX_FILE_BYTES`; raises `_RefusedError`."""
    if source.problem or source.path is None:
        raise _RefusedError(source.problem or "BATCH_PICTURE_GONE")
    try:
        with source.path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1) if source.member is None else _unpacked(file, source.member)
    except OSError as error:
        raise _RefusedError("BATCH_PICTURE_GONE") from error
    if len(data) > MAX_FILE_BYTES:
        raise _RefusedError("BATCH_FILE_TOO_LARGE")
    return data


def _unpacked(file: Any, member: int) -> bytes:
    """A member's bytes, cut off after `MAX_FILE_BYTES` + 1, whatever size the archive claims."""
    try:
        with zipfile.ZipFile(file) as archive:
            entry = archive.infolist()[member]
            if entry.file_size > MAX_FILE_BYTES:
                raise _RefusedError("BATCH_FILE_TOO_LARGE")
            # The other methods are rare, and one of them lets a file ask for gigabytes of memory.
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise _RefusedError("BATCH_ZIP_METHOD")
            with archive.open(entry) as opened:
                return opened.read(MAX_FILE_BYTES + 1)
    except _RefusedError:
        raise
    except Exception as error:  # zipfile and what it unpacks with raise almost anything on a damaged file
        raise _RefusedError("BATCH_MEMBER_DAMAGED") from error


def _confidence(row: Row, language: str | None) -> str:
    """Percent rounded down, so that 100 is never claimed; or that the text is a person's."""
    if row.edited is not None:
        return say(language, "BATCH_EDITED")
    return f"{int(row.reading.confidence * 100)} %" if row.reading and row.reading.digits else ""


def _to_check(row: Row, language: str | None) -> str:
    """What to look at in a row; of one that a person corrected, what had been read."""
    if row.reading is None:
        return row.problem
    if row.edited is not None:
        return say(language, "WAS_READ", number=in_one_line(row.reading.text)) if row.reading.digits else ""
    if not row.reading.digits:
        return say(language, "NOTHING_FOUND")
    places = doubtful_places(row.reading, say(language, "BATCH_LINE", line="{line}", places="{places}"))
    if places:
        return places if len(row.reading.lines) > 1 else say(language, "BATCH_DIGITS", places=places)
    return say(language, "BATCH_WHOLE") if row.reading.confidence < UNSURE_BELOW else ""
