"""Real handwriting, where it is at hand: floors well under what is measured, and no picture that breaks the reader."""

import csv
import os
import re
from pathlib import Path

import pytest

DATA = os.environ.get("RECOGNIZER_DATA", "")
STRINGS = Path(DATA) / "strings"
FLOORS = {
    "cheque_amounts": 65,
    "form_fields": 90,
    "marksheet_cells": 85,
    "pen_strings": 80,
    "photos": 85,
    "table_cells": 70,
}
"""Percent of `SAMPLE` pictures of a folder whose whole text has to be right."""
SAMPLE = 40

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not DATA, reason="RECOGNIZER_DATA names no folder with real data"),
]


def labelled(folder):
    """Paths and texts of some pictures from all over a folder, always the same."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [(folder / row["file"], row["text"]) for row in rows[:: max(1, len(rows) // SAMPLE)][:SAMPLE]]


def canonical(text):
    """Digits alone, lines parted by "|"."""
    return "|".join(line for line in (re.sub(r"[^0-9]", "", part) for part in re.split(r"[|\n]", text)) if line)


def folders():
    return sorted(path.parent for path in STRINGS.glob("*/labels.csv"))


@pytest.mark.parametrize("name", FLOORS)
def test_share_of_texts_that_are_right(reader, name):
    cases = labelled(STRINGS / name)
    wrong = [path.name for path, text in cases if canonical(reader.read(path).text) != canonical(text)]
    share = 100 * (1 - len(wrong) / len(cases))
    assert share >= FLOORS[name], f"{share:.0f} % of {len(cases)}, wrong: {', '.join(wrong)}"


def test_no_folder_breaks_the_reader(reader):
    assert len(folders()) >= len(FLOORS)
    read = 0
    for folder in folders():
        for path, _ in labelled(folder)[:5]:
            reading = reader.read(path)
            for digit in reading.digits:
                assert 0 <= digit.box.x < digit.box.right <= reading.width, path.name
                assert 0 <= digit.box.y < digit.box.bottom <= reading.height, path.name
            read += bool(reading.text)
    assert read > 2 * len(folders()), "most pictures hold digits, and digits are found"
