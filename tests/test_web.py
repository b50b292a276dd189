"""The page around a stub reader: what it shows of readings, of doubt and of errors, and how it starts."""

import gc
import os
import re
import socket
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_answers import spread
from PIL import Image

from recognizer.errors import ImageLoadError
from recognizer.types import Alternative, Box, Digit, Mark, Reading, Trace
from recognizer.web import console, launch, strings
from recognizer.web.limits import MAX_FILE_BYTES
from recognizer.web.result import STAGES, UNSURE_BELOW, digit_choices, look, percent, stages_of, verdict

ROOT = Path(__file__).resolve().parents[1]


def digit(label: str, confidence: float = 0.99, x: int = 10) -> Digit:
    others = [str(i) for i in range(10) if str(i) != label]
    rest = 1 - confidence
    alternatives = (Alternative(others[0], rest * 0.6), *(Alternative(other, rest * 0.05) for other in others[1:]))
    return Digit(label, confidence, Box(x, 20, 20, 40), alternatives)


def reading_of(text: str, confidences: dict[int, float] | None = None, confidence: float = 0.97) -> Reading:
    """A reading of `text`; `confidences` names digits, counted over all lines, that are less sure."""
    lines, index = [], 0
    for line in text.split("\n"):
        digits = []
        for label in line:
            digits.append(digit(label, (confidences or {}).get(index, 0.99), 10 + 30 * len(digits)))
            index += 1
        lines.append(tuple(digits))
    return Reading(tuple(line for line in lines if line), confidence, 400, 100)


class StubReader:
    """Answers with one reading, or raises one error, and notes what it was shown."""

    def __init__(self, answer: Reading | Exception, lines: tuple[str, ...] = ()) -> None:
        self.answer = answer
        self.lines = lines
        self.shown: list[Any] = []

    def read(self, picture: Any) -> Reading:
        return self.trace(picture).reading

    def trace(self, picture: Any) -> Trace:
        self.shown.append(picture)
        if isinstance(self.answer, Exception):
            raise self.answer
        grey = np.full((100, 400), 200, np.uint8)
        ink = np.zeros((100, 400), np.uint8)
        count = len(self.answer.digits)
        return Trace(
            self.answer,
            np.full((100, 400, 3), 200, np.uint8),
            grey,
            ink,
            ink,
            ink,
            tuple(one.box for one in self.answer.digits),
            np.zeros((count, 28, 28), np.uint8),
            np.zeros((count, 10), np.float32),
            line_pictures=tuple(np.zeros((32, 80), np.uint8) for _ in self.lines),
            line_log_probs=tuple(spread(line, 40) for line in self.lines),
        )


def words(html: str) -> str:
    return re.sub(r"<[^>]+>", " ", html)


def test_sure_reading_is_called_sure():
    said = verdict(look(StubReader(reading_of("253", confidence=0.985)), "x"))
    assert "sure" in said
    assert "unsure" not in said.lower()
    assert "98 %" in said


def test_doubtful_digit_is_named_with_its_alternative():
    said = words(verdict(look(StubReader(reading_of("253", {1: 0.55}, 0.5)), "x")))
    assert "50 %" in said
    assert "digit 2 (5, or else 0)" in said
    assert "digit 1" not in said


def test_doubt_in_several_lines_names_the_line():
    assert "line 2, digit 1 (4, or else 0)" in verdict(look(StubReader(reading_of("12\n43", {2: 0.4}, 0.4)), "x"))


def test_many_doubts_are_counted():
    said = verdict(look(StubReader(reading_of("12345", dict.fromkeys(range(5), 0.4), 0.01)), "x"))
    assert "and 2 more" in said


def test_unsure_number_without_one_doubtful_digit_still_names_the_weakest():
    said = verdict(look(StubReader(reading_of("1234567", {4: 0.93}, 0.7)), "x"))
    assert "unsure" in said
    assert "digit 5" in said


def test_words_and_tone_of_the_verdict_agree():
    for confidence in (0.01, 0.5, UNSURE_BELOW - 0.01, UNSURE_BELOW, 0.95, 0.999):
        said = verdict(look(StubReader(reading_of("12", {}, confidence)), "x"))
        assert ("Sure:" in said or "Fairly sure:" in said) == (confidence >= UNSURE_BELOW)
        assert ('"verdict sure"' in said) == (confidence >= UNSURE_BELOW)


def test_no_digit_says_so_with_a_hint():
    said = words(verdict(look(StubReader(Reading()), "x")))
    assert strings.NOTHING_FOUND in said
    assert strings.NOTHING_FOUND_HINT in said


@pytest.mark.parametrize(
    ("confidence", "shown"),
    [(1.0, "over 99.9 %"), (0.9999, "over 99.9 %"), (0.9959, "99.5 %"), (0.979, "97 %"), (0.0, "0 %")],
)
def test_percent_never_claims_certainty(confidence, shown):
    assert percent(confidence) == shown


def test_readers_sentence_reaches_the_page_without_the_uploads_path():
    result = look(
        StubReader(ImageLoadError("/tmp/abc/photo.png is empty (0 bytes): save it again.")), "/tmp/abc/photo.png"
    )
    assert result.problem == "photo.png is empty (0 bytes): save it again."
    assert "photo.png is empty" in verdict(result)


def test_unexpected_error_is_one_plain_sentence():
    result = look(StubReader(ZeroDivisionError("secret detail")), "x")
    assert result.problem == strings.UNEXPECTED
    assert "secret" not in verdict(result)


def test_sentences_are_escaped():
    assert "<script>" not in verdict(look(StubReader(ImageLoadError("<script>alert(1)</script>")), "x"))


@pytest.mark.parametrize(("count", "said"), [(0, ""), (1, strings.MARK), (3, strings.MARKS.format(count=3))])
def test_marks_are_counted(count, said):
    marks = tuple(Mark(Box(100 + 20 * i, 30, 5, 5)) for i in range(count))
    verdict_said = words(verdict(look(StubReader(replace(reading_of("253"), marks=marks)), "x")))
    assert ("Left out" in verdict_said) is bool(count)
    assert said in verdict_said
    assert "Sure" in verdict_said


def test_result_holds_every_stage_and_small_pictures_only():
    result = look(StubReader(reading_of("253"), lines=("253",)), "x")
    assert list(stages_of(result)) == list(STAGES)
    assert all(max(picture.shape[:2]) <= 1280 for picture in stages_of(result).values())
    assert result.annotated is not None


def test_lines_are_no_stage_where_no_network_looked_at_them():
    assert set(stages_of(look(StubReader(reading_of("253")), "x"))) == set(STAGES) - {"lines"}


def test_doubtful_digits_are_marked_among_the_choices():
    assert digit_choices(reading_of("25", {1: 0.5})) == [("2", 0), ("5?", 1)]


# Gradio and the libraries below it warn of their own deprecations while they are imported and a page is built.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
class TestPage:
    @pytest.fixture(autouse=True)
    def uploads(self, tmp_path, monkeypatch):
        monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))

    @pytest.fixture(autouse=True)
    def collect_garbage(self):
        """Collect what Gradio leaves open (an event loop a page) here, not in the middle of a later test."""
        yield
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()

    def test_builds_with_a_stub_and_offers_one_endpoint(self):
        from recognizer.web.page import build_page, launch_options

        page = build_page(StubReader(reading_of("253")))
        named = [fn.api_name for fn in page.fns.values() if fn.api_visibility == "public"]
        assert named == ["read"]
        assert launch_options()["max_file_size"] == MAX_FILE_BYTES
        assert page.analytics_enabled is False
        frequency, age = page.delete_cache
        assert frequency + age <= 3600
        assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"

    @pytest.mark.parametrize("shared", [False, True])
    def test_says_when_it_is_public(self, shared):
        from recognizer.web.page import build_page

        page = build_page(StubReader(Reading()), shared=shared)
        texts = [str(getattr(block, "value", "")) for block in page.blocks.values()]
        assert any("SHARED_NOTE" in text for text in texts) is shared

    def test_handlers_fill_the_result(self):
        from recognizer.web import read_tab

        result = look(StubReader(reading_of("253", {0: 0.5})), "x")
        text, said, _, annotated, _, bars, kept, keeping = read_tab._show(result)
        assert text == "253"
        assert "digit 1" in said
        with Image.open(annotated) as picture:
            np.testing.assert_array_equal(np.asarray(picture), result.annotated)
        assert bars == pytest.approx(result.reading.digits[0].probabilities)
        assert sum(bars.values()) == pytest.approx(1)
        assert kept is result
        assert not keeping.visible

    def test_a_click_on_the_picture_chooses_the_digit(self):
        import gradio as gr

        from recognizer.web import read_tab

        result = look(StubReader(reading_of("253")), "x")
        assert len(result.places) == 3

        def click(x: float, y: float) -> list[Any]:
            return read_tab._choose(result, gr.SelectData(None, {"index": [x, y], "value": None}))

        for index, place in enumerate(result.places):
            chosen, bars = click(*place.centre)
            assert chosen == index
            assert bars == pytest.approx(result.reading.digits[index].probabilities)
        assert click(10_000, 10_000) == [gr.skip(), gr.skip()]

    def test_a_wrong_digit_is_replaced_and_can_be_put_back(self):
        from recognizer.web import read_tab

        result = look(StubReader(reading_of("253\n88", {1: 0.5})), "x")
        number, said, digits, keeping = read_tab._correct_digit(1, "253\n88", result, "en", "6", keeps=True)
        assert number == "263\n88"
        assert strings.CORRECTED in said
        assert "253 | 88" in said
        assert [name for name, _ in digits.choices] == ["2", "6", "3", "8", "8"]
        assert keeping.visible
        number, said, digits, keeping = read_tab._correct_digit(1, number, result, "en", "5", keeps=True)
        assert number == "253\n88"
        assert strings.CORRECTED not in said
        assert [name for name, _ in digits.choices] == ["2", "5?", "3", "8", "8"]
        assert not keeping.visible

    def test_nothing_is_offered_to_be_kept_unless_the_owner_collects(self):
        from recognizer.web import read_tab

        result = look(StubReader(reading_of("253")), "x")
        assert not read_tab._correct("263", result, "en", keeps=False)[3].visible

    def test_a_kept_correction_reaches_the_folder(self):
        from recognizer.web import read_tab

        result = look(StubReader(reading_of("253")), "x")
        kept: list[Any] = []
        said, keeping = read_tab._keep(lambda *given: kept.append(given), "2 6 3", result, "en")
        assert strings.KEPT in said
        assert not keeping.visible
        ((picture, number, reading),) = kept
        assert (picture.shape, picture.dtype) == ((100, 400, 3), np.uint8)
        assert (number, reading.text) == ("263", "253")

    @pytest.mark.parametrize("lines", [(), ("253",)], ids=["digits", "lines too"])
    def test_steps_are_as_many_as_there_are_pictures(self, lines):
        from recognizer.web import stages_tab

        count = len(STAGES)
        intro, row, *rest = stages_tab._fill(look(StubReader(reading_of("253"), lines), "x"))
        columns, pictures = rest[:count], rest[count:]
        assert row.visible
        assert [column.visible for column in columns] == [picture is not None for picture in pictures]
        shown = sum(picture is not None for picture in pictures)
        assert shown == count - (not lines)
        assert f"{shown} steps" in intro
        assert "STAGES_WAITING" in str(stages_tab._fill(None)[0])

    def test_the_same_picture_is_a_file_of_its_own_for_each_visitor(self):
        from recognizer.web.pictures import picture_file

        picture = np.zeros((10, 20, 3), np.uint8)
        assert picture_file(picture) != picture_file(picture)
        assert picture_file(None) is None

    def test_only_uploads_are_read(self, tmp_path, monkeypatch):
        from recognizer.web import read_tab

        uploads = tmp_path / "uploads"
        uploads.mkdir()
        monkeypatch.setenv("GRADIO_TEMP_DIR", str(uploads))
        reader = StubReader(reading_of("253"))
        assert read_tab._look_at_upload(reader, {"path": str(uploads / "a.png")}).reading.text == "253"
        for path in ("/etc/hostname", str(uploads / ".." / "secret.png"), ""):
            assert read_tab._look_at_upload(reader, {"path": path}).problem == strings.NO_PICTURE
        assert read_tab._look_at_upload(reader, None).problem == strings.NO_PICTURE
        assert len(reader.shown) == 1

    def test_unreadable_upload_is_taken_out_of_the_input(self, tmp_path, monkeypatch):
        from recognizer.web import read_tab

        monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
        shown = read_tab._show_upload(
            StubReader(ImageLoadError("x.png is no picture.")), {"path": str(tmp_path / "x.png")}, "en"
        )
        assert shown[0] is None
        assert shown[1] == ""
        assert "x.png is no picture." in shown[2]

    def test_examples_are_listed_and_an_empty_folder_is_none(self, tmp_path):
        from recognizer.web.read_tab import load_examples

        assert load_examples(tmp_path) == []
        assert all(path.is_file() for path in load_examples())
        assert all(hasattr(strings, f"EXAMPLE_{path.stem.upper()}") for path in load_examples())


def run_app(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py"), *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_help_names_every_option():
    done = run_app("--help")
    assert done.returncode == 0
    for option in ("--port", "--host", "--share", "--open"):
        assert option in done.stdout


def test_taken_port_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_app("--port", str(port))
    assert done.returncode == 1
    assert done.stderr.strip() == console.PORT_TAKEN.format(port=port, host="127.0.0.1")


def test_next_free_port_is_taken_where_none_is_named(monkeypatch):
    monkeypatch.setattr(launch, "_is_free", lambda host, port: port >= launch.FIRST_PORT + 3)
    assert launch._free_port("127.0.0.1", None) == launch.FIRST_PORT + 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--host", "192.0.2.1"), "not an address of this computer"),
        (("--port", "0"), "from 1 to 65535"),
        (("--port", "x"), "from 1 to 65535"),
    ],
)
def test_bad_addresses_are_refused_without_a_traceback(arguments, sentence):
    done = run_app(*arguments)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
