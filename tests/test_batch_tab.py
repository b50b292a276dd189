"""The tab of many pictures: its events around a stub reader, and the real page in a real browser."""

import csv
import gc
import io
import json
import re
import warnings
import zipfile
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import in_browser
import numpy as np
import pytest
from in_browser import GOLDEN, PATIENCE, expect
from PIL import Image
from test_web import StubReader, reading_of

from recognizer.web import strings
from recognizer.web.limits import MAX_BATCH_FILES, MAX_FILE_BYTES

address, browser, page, phone = in_browser.address, in_browser.browser, in_browser.page, in_browser.phone

TABLE = "#batch-table"


# Gradio and the libraries below it warn of their own deprecations while they are imported and a page is built.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
class TestEvents:
    @pytest.fixture(autouse=True)
    def collect_garbage(self):
        """Collect what Gradio leaves open (an event loop a page) here, not in the middle of a later test."""
        yield
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()

    @pytest.fixture
    def uploads(self, tmp_path, monkeypatch):
        folder = tmp_path / "uploads"
        folder.mkdir()
        monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
        return folder

    @pytest.fixture
    def batch(self, uploads):
        """Two pictures, read: the second is to be checked."""
        from recognizer.web import batch_tab

        readings = iter([reading_of("253"), reading_of("99", {0: 0.5})])
        reader = StubReader(reading_of("1"))
        given = []
        for name in ("a.png", "b.png"):
            Image.new("L", (40, 30), len(given)).save(uploads / name)
            given.append({"path": str(uploads / name), "orig_name": name})
        found = batch_tab._begin(given, None, False, "[]", "en")[0]
        while found.unread:
            reader.answer = next(readings)
            batch_tab._read(Once(reader, found), found, "en", lambda *_, **__: None)
            found.stopped = False
        return found

    def test_only_uploads_are_read(self, uploads):
        from recognizer.web import batch_tab

        (uploads / "a.png").write_bytes(b"x")
        inside = {"path": str(uploads / "a.png"), "orig_name": "Holiday picture.png"}
        given: list[Any] = [inside, {"path": "/etc/hostname"}, {"path": str(uploads / ".." / "secret")}, {}, None, "x"]
        assert batch_tab._uploads(given) == [(uploads / "a.png", "Holiday picture.png")]
        assert batch_tab._uploads(None) == []

    @pytest.mark.parametrize(
        ("said", "names"), [('["a.png"]', ["a.png"]), ("[]", []), ("{", []), ('"a"', []), ("[1]", ["1"]), ("", [])]
    )
    def test_names_of_what_was_left_out_may_be_anything(self, said, names):
        from recognizer.web import batch_tab

        assert batch_tab._names(said) == names

    def test_nothing_given_says_so_and_changes_nothing(self, batch, capsys):
        from recognizer.web import batch_tab

        assert all(value == {"__type__": "update"} for value in batch_tab._begin(None, batch, False, "[]", "en"))
        assert strings.BATCH_NO_FILES in capsys.readouterr().out
        assert len(batch.rows) == 2

    def test_progress_counts_the_pictures(self, batch, uploads):
        from recognizer.web import batch_tab

        given = [{"path": str(path), "orig_name": path.name} for path in sorted(uploads.iterdir())]
        again = batch_tab._begin(given, None, False, "[]", "en")[0]
        told: list[tuple[float, str]] = []
        batch_tab._read(StubReader(reading_of("1")), again, "en", lambda done, desc: told.append((done, desc)))
        assert told == [
            (0.0, strings.BATCH_READING.format(place=1, count=2, name="a.png")),
            (0.5, strings.BATCH_READING.format(place=2, count=2, name="b.png")),
        ]

    def test_clicked_row_is_found_by_its_number(self, batch):
        from recognizer.web import batch_tab

        clicked = SimpleNamespace(
            row_value=[2, "b.png", "99", "", ""]
        )  # as the table sends it, wherever the row stands
        number, _, picture, reason, text = batch_tab._choose(batch, "en", clicked)
        assert (number, text, reason) == (2, "99", "")
        assert picture.label == "b.png"
        assert picture.value is not None
        assert batch_tab._choose(None, "en", clicked)[0] is None
        assert batch_tab._choose(batch, "en", SimpleNamespace(row_value=["", "", "", "", ""]))[0] is None

    def test_picture_that_cannot_be_shown_gives_the_reason(self, batch, uploads):
        from recognizer.web import batch_tab

        (uploads / "b.png").unlink()
        _, _, picture, reason, text = batch_tab._choose(batch, "en", SimpleNamespace(row_value=[2]))
        assert picture.visible is False
        assert "no longer here" in reason
        assert text == "99"

    def test_bad_edit_is_undone_with_one_sentence(self, batch):
        from recognizer.web import batch_tab

        cells = [[2, "b.png", "9x", "", ""]]
        with pytest.warns(UserWarning, match="Row 2 keeps its number"):
            _, table = batch_tab._edit(cells, batch, False, "en")
        assert [row[2] for row in table["data"]] == ["253", "99"]
        batch_tab._edit(cells, batch, False, "en")  # Gradio reports it twice: a second warning would fail this test

    def test_table_with_other_columns_edits_nothing(self, batch):
        from recognizer.web import batch_tab

        batch_tab._edit([[1, "12", "13", "14"], [1, "a.png", "15", "", "", ""]], batch, False, "en")
        assert [row.text for row in batch.rows] == ["253", "99"]

    def test_number_below_the_picture_edits_the_chosen_row(self, batch):
        from recognizer.web import batch_tab

        number, status, table = batch_tab._edit_chosen("8 9", 2, batch, True, "en")
        assert number == "89"
        assert "1 corrected by hand" in status
        assert [row[:3] for row in table["data"]] == [[2, "b.png", "89"]]
        assert batch_tab._edit_chosen("5", None, batch, True, "en") == batch_tab._edit_chosen(
            "89", 2, batch, True, "en"
        )

    @pytest.mark.parametrize("suffix", ["csv", "json"])
    def test_file_has_the_date_in_its_name_and_lies_among_the_uploads(self, batch, uploads, suffix):
        from recognizer.web import batch_tab

        path = Path(batch_tab._file_maker(suffix, lambda batch: b"content")(batch, "en"))
        assert path.name == f"numbers-{date.today().isoformat()}.{suffix}"
        assert path.is_relative_to(uploads)  # where Gradio's sweep finds it
        assert path.read_bytes() == b"content"

    def test_batch_that_is_gone_says_so(self, uploads):
        from recognizer.web import batch_tab

        with pytest.warns(UserWarning, match="no longer here"):
            assert batch_tab._file_maker("csv", lambda batch: b"")(None, "en") is None
        with pytest.warns(UserWarning, match="no longer here"):
            batch_tab._edit([[1, "", "5", "", ""]], None, False, "en")
        assert batch_tab._table(None, True, "en")["data"] == []
        batch_tab._stop(None, "en")

    def test_no_event_is_an_endpoint(self):
        import gradio as gr

        from recognizer.web.batch_tab import build_batch_tab

        with gr.Blocks() as blocks, gr.Tab() as tab:
            build_batch_tab(tab, blocks, StubReader(reading_of("1")))
        assert [fn.api_name for fn in blocks.fns.values() if fn.api_visibility == "public"] == []


class Once:
    """A reader that stops the batch after one picture."""

    def __init__(self, reader: StubReader, batch: Any) -> None:
        self.reader = reader
        self.batch = batch

    def read(self, picture: Any) -> Any:
        self.batch.stopped = True
        return self.reader.read(picture)

    trace: Any = None


# --- in a browser ----------------------------------------------------------------------------------------------------


def give(page: Any, *files: Path) -> None:
    page.get_by_role("tab", name=strings.BATCH_TAB).click()
    page.set_input_files("#batch-files input[type=file]", files)


def read_all(page: Any, summary: str) -> None:
    page.click("#batch-read")
    expect(page.locator("#batch-status .verdict")).to_contain_text(summary, timeout=4 * PATIENCE)


def wait_for_files(page: Any, *names: str) -> None:
    for name in names:
        expect(page.locator(f'#batch-files .filename[aria-label="{name}"]')).to_be_visible()


def row(page: Any, file: str) -> Any:
    return page.locator(f"{TABLE} .virtual-row").filter(has=page.get_by_text(file, exact=True))


def cell(page: Any, file: str, column: int = 2) -> Any:
    return row(page, file).locator(f'[data-col="{column}"]')


def shown(page: Any, file: str, column: int = 2) -> Any:
    """What a cell says, without the menu of one that is selected."""
    return cell(page, file, column).locator("span").first


def edit(page: Any, file: str, text: str) -> None:
    cell(page, file).dblclick()
    typing = cell(page, file).locator("textarea, input")
    typing.fill(text)
    typing.press("Enter")


def download(page: Any, button: str) -> tuple[str, bytes]:
    with page.expect_download() as started:
        page.click(button)
    return started.value.suggested_filename, Path(started.value.path()).read_bytes()


@pytest.fixture
def files(tmp_path):
    """A picture, and an archive with another one and a broken one."""
    (tmp_path / "sure.png").write_bytes((GOLDEN / "2023_plain.png").read_bytes())
    with zipfile.ZipFile(tmp_path / "box.zip", "w") as archive:
        archive.write(GOLDEN / "253_plain.png", "in/253.png")
        archive.writestr("holiday.png", "this is no picture")
    return [tmp_path / "sure.png", tmp_path / "box.zip"]


class TestBrowser:
    pytestmark = in_browser.marks

    def test_pictures_are_read_corrected_and_downloaded(self, page, files):
        give(page, *files)
        wait_for_files(page, "sure.png", "box.zip")
        read_all(page, "3 pictures: ")
        expect(shown(page, "sure.png")).to_have_text("2023")
        expect(shown(page, "box.zip/in/253.png")).to_have_text("253")
        expect(shown(page, "box.zip/holiday.png", 3)).to_contain_text("holiday.png is not a picture")

        # Sorted by number, largest first, and filtered: an edit keeps to its row.
        page.locator(f"{TABLE} [data-testid=header-2] .cell-menu-button").click()
        page.get_by_text("Sort descending").click()
        expect(page.locator(f'{TABLE} .virtual-row [data-col="2"]').first).to_have_text("253")
        edit(page, "sure.png", "2O24")
        expect(page.get_by_test_id("toast-body")).to_contain_text("keeps its number")
        expect(shown(page, "sure.png")).to_have_text("2023")
        edit(page, "sure.png", "007")
        expect(shown(page, "sure.png", 4)).to_have_text(strings.BATCH_EDITED)
        page.locator("#batch-filter input").check()
        expect(row(page, "sure.png")).to_have_count(0)
        cell(page, "box.zip/holiday.png", 1).click()
        expect(page.locator("#batch-reason")).to_contain_text("holiday.png is not a picture")
        number = page.locator("#batch-number").locator("input, textarea")
        number.fill("8|9")
        number.press("Enter")
        expect(shown(page, "box.zip/holiday.png")).to_have_text("8|9")
        page.locator("#batch-filter input").uncheck()
        expect(shown(page, "sure.png")).to_have_text("007")
        expect(shown(page, "box.zip/in/253.png")).to_have_text("253")
        expect(page.locator("#batch-status")).to_contain_text("2 corrected by hand")

        cell(page, "box.zip/in/253.png", 1).click()
        expect(page.locator("#batch-picture img")).to_be_visible()
        expect(number).to_have_value("253")

        name, content = download(page, "#batch-csv")
        assert re.fullmatch(r"numbers-\d{4}-\d\d-\d\d\.csv", name)
        rows = {row["file"]: row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))}
        assert {file: row["text"] for file, row in rows.items()} == {
            "sure.png": "007",
            "box.zip/in/253.png": "253",
            "box.zip/holiday.png": "8\n9",
        }
        # A correction after the first download is in the second.
        edit(page, "sure.png", "11")
        expect(page.locator("#batch-status")).to_contain_text("2 corrected by hand")
        expect(shown(page, "sure.png")).to_have_text("11")
        name, content = download(page, "#batch-json")
        assert name.endswith(".json")
        assert {row["file"]: (row["text"], row["edited"]) for row in json.loads(content)} == {
            "sure.png": ("11", True),
            "box.zip/in/253.png": ("253", False),
            "box.zip/holiday.png": ("8\n9", True),
        }

    def test_fifty_pictures_of_which_two_are_broken(self, page, tmp_path):
        names = [f"{place:02}.png" for place in range(1, 51)]
        whole = (GOLDEN / "253_plain.png").read_bytes()
        broken = {"17.png": b"this is no picture", "50.png": whole[: len(whole) // 2]}
        for name in names:
            (tmp_path / name).write_bytes(broken.get(name, whole))
        give(page, *(tmp_path / name for name in names))
        wait_for_files(page, names[0])
        page.evaluate(
            """() => {
              window.places = new Set();
              new MutationObserver(() => {
                const place = document.body.innerText.match(/Picture (\\d+) of 50/)?.[1];
                if (place) window.places.add(Number(place));
              }).observe(document.body, { childList: true, characterData: true, subtree: true });
            }"""
        )
        counts = strings.BATCH_PICTURES.format(count=50)
        read_all(page, strings.BATCH_SUMMARY.format(pictures=counts, read=48, check=0, unreadable=2))
        places = page.evaluate("[...window.places]")
        assert len(places) > 2, "the progress is to be seen"
        assert places == sorted(places)
        assert set(places) <= set(range(1, 51))

        page.locator("#batch-filter input").check()
        expect(page.locator(f"{TABLE} .virtual-row")).to_have_count(2)
        expect(shown(page, "17.png", 3)).to_contain_text("17.png is not a picture")
        expect(shown(page, "50.png", 3)).to_contain_text("50.png is damaged")
        _, content = download(page, "#batch-csv")
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        assert [(row["file"], row["text"]) for row in rows] == [
            (name, "" if name in broken else "253") for name in names
        ]

    @pytest.mark.parametrize("way", ["chosen", "dropped"])
    def test_file_that_is_too_large_is_a_row_and_the_others_are_read(self, page, tmp_path, files, way):
        large = tmp_path / "large.png"
        large.write_bytes(b"\0" * (MAX_FILE_BYTES + 1))
        if way == "chosen":
            give(page, large, files[0])
        else:
            page.get_by_role("tab", name=strings.BATCH_TAB).click()
            page.wait_for_selector("#batch-files input[type=file]", state="attached")
            page.evaluate(
                """([bytes, size]) => {
                  const data = new DataTransfer();
                  data.items.add(new File([new Uint8Array(size)], "large.png", { type: "image/png" }));
                  data.items.add(new File([new Uint8Array(bytes)], "sure.png", { type: "image/png" }));
                  const target = document.querySelector("#batch-files input[type=file]").parentElement;
                  target.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
                }""",
                [list(files[0].read_bytes()), MAX_FILE_BYTES + 1],
            )
        wait_for_files(page, "sure.png")
        read_all(page, "2 pictures: ")
        expect(shown(page, "sure.png")).to_have_text("2023")
        expect(shown(page, "large.png", 3)).to_have_text(strings.BATCH_FILE_TOO_LARGE.format(name="large.png", most=10))

    def test_page_reads_on_after_the_other_limits_were_exceeded(self, page, tmp_path, files):
        Image.new("1", (8000, 6500), 1).save(tmp_path / "huge.png")
        small = io.BytesIO()
        Image.fromarray(np.full((20, 20), 255, np.uint8)).save(small, "PNG")
        with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
            for place in range(MAX_BATCH_FILES):
                archive.writestr(f"{place:03}.png", small.getvalue())
        give(page, tmp_path / "huge.png", tmp_path / "many.zip", files[0])
        wait_for_files(page, "huge.png", "many.zip", "sure.png")
        read_all(page, strings.BATCH_TOO_MANY.format(given=MAX_BATCH_FILES + 2, most=MAX_BATCH_FILES))
        expect(shown(page, "huge.png", 3)).to_contain_text("50 megapixels")
        page.locator("#batch-files").get_by_label("Clear").click()
        page.set_input_files("#batch-files input[type=file]", files[0])
        wait_for_files(page, "sure.png")
        read_all(page, "1 picture: ")
        expect(shown(page, "sure.png")).to_have_text("2023")

    def test_phone_has_room_for_the_table(self, phone, files):
        give(phone, *files)
        wait_for_files(phone, "sure.png", "box.zip")
        read_all(phone, "3 pictures: ")
        expect(shown(phone, "sure.png")).to_have_text("2023")
        cell(phone, "sure.png").tap()
        expect(phone.locator("#batch-picture img")).to_be_visible()
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360
        for column in (1, 2):
            box = cell(phone, "sure.png", column).bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 360
