"""What a notebook shows of a reading: the annotated picture, the text and what to look at, whatever became of the picture."""

import base64
import copy
import io
import pickle
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from recognizer.draw import annotate
from recognizer.types import Box, Digit, Reading


class Elements(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, content):
        super().__init__()
        self.found, self.texts, self.open = [], [], []
        self.feed(content)
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def images(self):
        return [attributes for tag, attributes in self.found if tag == "img"]


def shown(reading):
    return Elements(reading._repr_html_())


def picture_in(elements):
    (image,) = elements.images
    head, _, data = image["src"].partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data, validate=True))))


def made_reading(*lines, **options):
    """A reading of digits that are doubtful where their label is followed by a "?"."""
    digits = [
        tuple(
            Digit(mark[0], 0.4 if mark[1:] else 0.95, Box(10 * place, 20 * row, 8, 15))
            for place, mark in enumerate(re.findall(r".\??", line))
        )
        for row, line in enumerate(lines)
    ]
    return Reading(tuple(digits), 0.5, 100, 60, **options)


@pytest.mark.parametrize("kind", ["path", "str", "bytes", "view", "image", "array", "grey"])
def test_the_annotated_picture_is_shown_of_every_kind_of_source(reader, page, tmp_path, kind):
    path = tmp_path / "253.png"
    Image.fromarray(page).save(path)
    data = path.read_bytes()
    grey = np.asarray(Image.fromarray(page).convert("L"))
    kinds = {
        "path": path,
        "str": str(path),
        "bytes": data,
        "view": memoryview(data),
        "image": Image.fromarray(page),
        "array": page,
        "grey": grey,
    }
    source = kinds[kind]
    reading = reader.read(source)
    assert reading.source is source
    elements = shown(reading)
    assert elements.images[0]["alt"] == "253"
    assert "max-width" in elements.images[0]["style"]
    expected = annotate(grey if kind == "grey" else page, reading, longest_side=(320, 960))
    assert np.array_equal(picture_in(elements), expected)
    assert elements.texts[0] == "253"
    assert f"Confidence {reading.confidence:.2f}" in elements.texts[1]


def test_a_trace_shows_its_picture(reader, page):
    trace = reader.trace(page)
    assert trace._repr_html_() == reader.read(page)._repr_html_()


def test_a_large_picture_is_shown_small():
    reading = made_reading("12", source=np.full((60, 100, 3), 255, np.uint8))
    assert picture_in(shown(reading)).shape[1] >= 320
    large = Reading(width=4000, height=3000, source=np.full((3000, 4000), 255, np.uint8))
    assert picture_in(shown(large)).shape[:2] == (720, 960)


def test_doubtful_digits_are_named():
    assert "look at" not in shown(made_reading("12")).texts[-1]
    assert shown(made_reading("12?3")).texts[-1].endswith("digits to look at: 2")
    elements = shown(made_reading("12", "4?5?"))
    assert elements.texts[0] == "12\n45"
    assert elements.texts[-1].endswith("digits to look at: line 2: 1 2")


def test_no_digit_is_said():
    elements = shown(Reading(width=100, height=60, source=np.full((60, 100), 255, np.uint8)))
    assert elements.texts == ["No digit found."]
    assert elements.images[0]["alt"] == "A picture without a digit"


@pytest.mark.parametrize("source", [None, 7, b"", "missing.png", np.zeros((9, 9)), np.zeros((100, 60), np.uint8)])
def test_without_its_picture_a_reading_is_text(source):
    elements = shown(made_reading("12?", source=source))
    assert elements.images == []
    assert elements.texts == ["12", "Confidence 0.50; digits to look at: 2"]


def test_a_file_that_is_gone_or_an_image_that_was_closed_is_left_out(reader, page, tmp_path):
    path = tmp_path / "253.png"
    Image.fromarray(page).save(path)
    reading = reader.read(path)
    path.unlink()
    assert shown(reading).images == []
    image = Image.fromarray(page)
    reading = reader.read(image)
    image.close()
    assert shown(reading).images == []
    assert shown(reading).texts[0] == "253"


def test_everything_is_escaped():
    label = '"><script>alert(1)</script>'
    reading = Reading(((Digit(label, 0.9, Box(1, 1, 8, 9)),),), 0.5, 100, 60, source=np.zeros((60, 100), np.uint8))
    elements = shown(reading)
    assert {tag for tag, _ in elements.found} == {"div", "img"}
    assert elements.images[0]["alt"] == elements.texts[0] == label


def test_a_copy_goes_without_the_source_and_is_equal(reader, page):
    reading = reader.read(page)
    for other in (copy.copy(reading), copy.deepcopy(reading), pickle.loads(pickle.dumps(reading))):
        assert other == reading
        assert hash(other) == hash(reading)
        assert other.source is None
        assert other._repr_html_() != ""
    assert len(pickle.dumps(reading)) < page.nbytes / 2
    assert "source" not in repr(reading)
    assert "source" not in reading.to_dict()
