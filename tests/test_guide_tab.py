"""The guide: each picture is read as its caption says, fails where it is shown to fail, and is the project's own."""

from __future__ import annotations

import copy
import gc
import io
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from recognizer.types import Box, Digit, Reading
from recognizer.web import strings
from recognizer.web.guide_tab import GUIDE_FOLDER, LISTING, TOUR, TOUR_STILL, load_guide, outcome
from recognizer.web.result import percent
from train import guide as make
from train.examples import encode_jpeg

GUIDE = load_guide()
GOOD = [entry["good"] for entry in GUIDE["photos"]]
BAD = [entry["bad"] for entry in GUIDE["photos"]]
ENTRIES = [*GOOD, *BAD, *GUIDE["limits"]]


def name_of(entry: dict[str, Any]) -> str:
    return str(entry["file"])


def maker_of(file: str) -> make.Maker:
    name, _, how = file.removesuffix(".jpg").partition("-")
    return make.PHOTOS[name][how == "bad"] if how else make.LIMITS[name]


# --- what ships ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ENTRIES, ids=name_of)
def test_a_picture_is_read_as_its_caption_says(reader, entry):
    reading = reader.read(GUIDE_FOLDER / entry["file"])
    assert reading.text == entry["read"]
    assert reading.confidence == pytest.approx(entry["confidence"], abs=0.05)
    if entry in GOOD:
        assert not any(digit.is_doubtful for digit in reading.digits)


@pytest.mark.parametrize("entry", [*BAD, *GUIDE["limits"]], ids=name_of)
def test_what_is_shown_to_fail_fails(entry):
    assert entry["read"] != entry["text"]
    assert 1 <= entry["misread"] <= GUIDE["tried"]


def test_what_is_shown_to_be_read_is_read():
    assert all(entry["read"] == entry["text"] for entry in GOOD)
    for good, bad in zip(GOOD, BAD, strict=True):
        assert good["text"] == bad["text"]
        assert good["misread"] < bad["misread"]


@pytest.mark.parametrize("entry", ENTRIES, ids=name_of)
def test_a_picture_is_one_that_the_command_makes(entry):
    name = entry["file"].removesuffix(".jpg")
    with Image.open(GUIDE_FOLDER / entry["file"]) as image:
        shown = np.asarray(image.convert("RGB")).astype(int)
    differences = []
    for attempt in range(make.TRIED):
        text, picture = maker_of(entry["file"])(make.rng_of(name, attempt))
        with Image.open(io.BytesIO(encode_jpeg(picture, 80))) as image:
            made = np.asarray(image.convert("RGB")).astype(int)
        if text == entry["text"] and made.shape == shown.shape:
            differences.append((np.abs(made - shown) > 40).mean())
    assert min(differences) < 0.001  # another OpenCV or JPEG library rounds a few edge pixels differently


def test_the_guide_has_words_for_all_its_pictures_and_no_others():
    names = [entry["name"] for entry in (*GUIDE["photos"], *GUIDE["limits"])]
    assert {f"GUIDE_{name.upper()}" for name in (*make.PHOTOS, *make.LIMITS)} <= set(vars(strings))
    assert set(names) <= {*make.PHOTOS, *make.LIMITS}
    assert {path.name for path in GUIDE_FOLDER.iterdir()} == {
        LISTING,
        TOUR,
        TOUR_STILL,
        *(entry["file"] for entry in ENTRIES),
    }


def test_the_tour_moves_and_is_small():
    assert (GUIDE_FOLDER / TOUR).stat().st_size < 1_000_000
    with Image.open(GUIDE_FOLDER / TOUR) as tour, Image.open(GUIDE_FOLDER / TOUR_STILL) as still:
        assert tour.is_animated
        assert tour.n_frames > 20
        assert tour.info["loop"] == 0
        assert tour.size == still.size
        assert not getattr(still, "is_animated", False)


def test_the_pictures_are_small():
    assert sum((GUIDE_FOLDER / entry["file"]).stat().st_size for entry in ENTRIES) < 400_000


# --- captions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ENTRIES, ids=name_of)
def test_captions_tell_what_was_read_and_how_surely(entry):
    said = outcome(entry, GUIDE["tried"])
    if entry["read"]:
        assert f"**{' / '.join(entry['read'].splitlines())}**" in said
        assert percent(entry["confidence"]) in said
    else:
        assert strings.GUIDE_NOTHING in said
        assert "**" not in said
    assert f"{entry['misread']} of {GUIDE['tried']}" in said


# --- the command -----------------------------------------------------------------------------------------------------


class StubReader:
    """Reads one text in every picture, with one confidence."""

    def __init__(self, text: str, confidence: float = 0.99) -> None:
        self.reading = Reading(
            tuple(
                tuple(Digit(label, confidence, Box(0, 0, 5, 5)) for label in line) for line in text.split("\n") if line
            ),
            confidence,
        )

    def read(self, picture: Any) -> Reading:
        assert isinstance(picture, bytes)
        return self.reading


def made(text: str) -> make.Maker:
    return lambda rng: (text, rng.integers(0, 256, (20, 30, 3)).astype(np.uint8))


@pytest.fixture
def few(monkeypatch):
    """Two pairs and two limits, of which a reader that always says 7 fails at one each."""
    monkeypatch.setattr(make, "TRIED", 3)
    monkeypatch.setattr(make, "PHOTOS", {"light": (made("7"), made("8")), "focus": (made("7"), made("7"))})
    monkeypatch.setattr(make, "LIMITS", {"signs": made("-7"), "slash": made("7")})


def test_the_command_leaves_out_what_does_no_harm(few, tmp_path):
    (tmp_path / "slash.jpg").write_bytes(b"of a reader that failed there")
    (tmp_path / TOUR).write_bytes(b"the tour")
    assert make.write_guide(tmp_path, StubReader("7")) == ["focus", "slash"]
    assert {path.name for path in tmp_path.iterdir()} == {"light-good.jpg", "light-bad.jpg", "signs.jpg", LISTING, TOUR}
    guide = load_guide(tmp_path)
    common = {"read": "7", "confidence": 0.99}
    assert guide == {
        "tried": 3,
        "photos": [
            {
                "name": "light",
                "good": {"file": "light-good.jpg", "text": "7", "misread": 0, **common},
                "bad": {"file": "light-bad.jpg", "text": "8", "misread": 3, **common},
            }
        ],
        "limits": [{"name": "signs", "file": "signs.jpg", "text": "-7", "misread": 3, **common}],
    }


def test_a_good_photograph_is_one_that_leaves_no_doubt(few, tmp_path):
    assert "light" in make.write_guide(tmp_path, StubReader("7", 0.5))


def test_a_pair_is_the_same_writing():
    good, bad = (make.PHOTOS["alone"][k](make.rng_of(f"alone-{how}", 4)) for k, how in enumerate(("good", "bad")))
    assert good[0] == bad[0]
    assert good[1].shape == bad[1].shape
    assert not np.array_equal(good[1], bad[1])


def test_damaged_weights_are_one_sentence(tmp_path, capsys):
    assert make.main(["--checkpoint", str(tmp_path), "--to", str(tmp_path / "made")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("python -m train guide: There is no checkpoint")
    assert error.count("\n") == 1
    assert not (tmp_path / "made").exists()


# --- the tab ---------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
class TestTab:
    @pytest.fixture(autouse=True)
    def collect_garbage(self, tmp_path, monkeypatch):
        """Collect what Gradio leaves open here, not in the middle of a later test."""
        monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
        yield
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()

    @staticmethod
    def build(*folder: Any) -> Any:
        import gradio as gr

        from recognizer.web.guide_tab import build_guide_tab

        with gr.Blocks(analytics_enabled=False) as page, gr.Tabs(), gr.Tab("guide") as tab:
            build_guide_tab(tab, *folder)
        return page

    @staticmethod
    def of_kind(page: Any, kind: str) -> list[Any]:
        return [block for block in page.blocks.values() if block.get_block_name() == kind]

    def test_every_picture_is_shown_with_its_caption(self):
        page = self.build()
        pictures = self.of_kind(page, "image")
        assert len(pictures) == len(ENTRIES) + 2
        assert all(picture.value["path"] and picture.alt_text for picture in pictures)
        (event,) = page.fns.values()
        said = event.fn("en")
        assert len(said) == len(event.outputs) == len(ENTRIES) + 2
        assert [output.value for output in event.outputs] == said
        assert {outcome(entry, GUIDE["tried"]) for entry in ENTRIES} <= set(said)

    def test_the_tour_is_sent_as_it_was_recorded(self):
        sent = next(picture for picture in self.of_kind(self.build(), "image") if picture.elem_id == "tour")
        assert Path(sent.value["path"]).read_bytes() == (GUIDE_FOLDER / TOUR).read_bytes()

    def test_without_pictures_there_is_still_a_guide(self, tmp_path):
        page = self.build(tmp_path)
        assert not self.of_kind(page, "image")
        assert not page.fns
        assert self.of_kind(page, "markdown")

    def test_a_guide_without_limits_shows_none(self, tmp_path):
        listing = copy.deepcopy(GUIDE)
        listing["limits"] = []
        for entry in (*GOOD, *BAD):
            (tmp_path / entry["file"]).write_bytes((GUIDE_FOLDER / entry["file"]).read_bytes())
        (tmp_path / LISTING).write_text(json.dumps(listing), encoding="utf-8")
        page = self.build(tmp_path)
        assert len(self.of_kind(page, "image")) == len(GOOD) + len(BAD)
        assert not [block for block in self.of_kind(page, "markdown") if "GUIDE_LIMITS" in str(block.value)]
