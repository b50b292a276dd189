"""The pictures that the project made itself are read exactly: the published numbers under every condition."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

GOLDEN = Path(__file__).parent / "golden"
EXAMPLES = Path(__file__).parents[1] / "recognizer" / "web" / "examples"


def cases():
    """Path and text of every made picture."""
    with (GOLDEN / "labels.csv").open(newline="", encoding="utf-8") as file:
        golden = [(GOLDEN / row["file"], row["text"].replace("|", "\n")) for row in csv.DictReader(file)]
    entries = json.loads((EXAMPLES / "examples.json").read_text(encoding="utf-8"))
    return golden + [(EXAMPLES / entry["file"], entry["text"]) for entry in entries]


def name_of(value):
    return value.name if isinstance(value, Path) else ""


@pytest.mark.parametrize(("path", "text"), cases(), ids=name_of)
def test_made_picture_is_read_exactly(reader, path, text):
    reading = reader.read(path)
    assert reading.text == text
    with Image.open(path) as image:
        array = np.asarray(image.convert("RGB"))
    assert reader.read(array) == reading


def test_every_golden_picture_has_a_label_and_the_published_numbers_are_there():
    paths = [path for path, _ in cases()]
    pictures = {p for folder in (GOLDEN, EXAMPLES) for p in folder.iterdir() if p.suffix in (".png", ".jpg")}
    assert set(paths) == pictures
    assert len(paths) == len(pictures)
    assert {"", "1", "253", "9916847512"} <= {text for _, text in cases()}
