"""The real page in a real browser: behind accounts, and where it is told to keep corrections."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import in_browser
import pytest
from in_browser import (
    EXAMPLES,
    ONE,
    SEVEN,
    SMALL_PHONE,
    draw,
    expect,
    opened,
    opened_page,
    page_fits,
    served_by_app,
    show_picture,
    wait_for_number,
    wait_for_verdict,
    wait_until_ready,
)
from PIL import Image

from recognizer.web import strings
from recognizer.web.accounts import ATTEMPTS_ON_NAME, LOCKED_FOR, Accounts
from recognizer.web.canvas import SHEET
from recognizer.web.language import say

browser = in_browser.browser
pytestmark = in_browser.marks

PASSWORD = "seven green pens"
REFUSED = ["status of 4(01|00|09|29)"]
"""What a browser writes of an answer that is a refusal."""
BEHIND = ("config", "gradio_api/info", "theme.css", "gradio_api/file=app.py")
"""Some of what the page is made of; test_gate.py has all of it."""


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a page with accounts, where anyone may register; "known" and "locked" have one."""
    folder = tmp_path_factory.mktemp("gated")
    with Accounts(folder / "users.db") as accounts:
        for name in ("known", "locked"):
            accounts.add_user(name, PASSWORD)
    server = folder / "server"
    server.mkdir()
    with served_by_app(server, "--auth", folder / "users.db", "--allow-registration") as address:
        yield address


def fill_in(page: Any, button: str, **fields: str) -> None:
    """Fill in a form by the labels in `strings`, and send it."""
    for label, value in fields.items():
        page.get_by_label(getattr(strings, label), exact=True).fill(value)
    page.get_by_role("button", name=button, exact=True).click()


def log_in(page: Any, name: str, password: str = PASSWORD) -> None:
    fill_in(page, strings.LOG_IN, USER_NAME=name, PASSWORD=password)


def register(page: Any, name: str, password: str = PASSWORD, again: str = PASSWORD) -> None:
    fill_in(page, strings.REGISTER, USER_NAME=name, PASSWORD=password, PASSWORD_AGAIN=again)


def expect_inside(page: Any, name: str) -> None:
    wait_until_ready(page)
    expect(page.locator("#account")).to_contain_text(strings.LOGGED_IN.format(name=name))


def expect_problem(page: Any, sentence: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("alert")).to_have_text(sentence)


def expect_closed(page: Any, address: str) -> None:
    """Nothing of the page is had by whoever has not logged in."""
    page.goto(address)
    expect(page).to_have_url(f"{address}login")
    expect(page.locator("#canvas")).to_have_count(0)
    for path in BEHIND:
        answer = page.request.get(address + path)
        assert answer.status == 401, path
        assert answer.json() == {"detail": strings.ACCOUNT_NEEDED}
    assert page.request.post(f"{address}gradio_api/upload", multipart={"files": "a"}).status == 401


def test_page_is_closed_until_a_visitor_registers_or_logs_in(browser, gated):
    with opened(browser, gated, errors_told=REFUSED) as page:
        expect_closed(page, gated)
        page.get_by_role("link", name=strings.REGISTER_LINK).click()
        register(page, "ann_new")
        expect_inside(page, "ann_new")
        draw(page, SEVEN)
        wait_for_number(page, "7")
        show_picture(page, EXAMPLES / "note.jpg")
        wait_for_number(page, "1984")

        page.click("#log-out")
        page.wait_for_url("**/login")
        page.go_back()  # to what the next one at the same computer must not see
        expect(page).to_have_url(f"{gated}login")
        expect_closed(page, gated)

        page.goto(gated)
        log_in(page, "ann_new")
        expect_inside(page, "ann_new")
        page.reload()
        expect_inside(page, "ann_new")
        show_picture(page, EXAMPLES / "note.jpg")
        wait_for_number(page, "1984")


def test_session_that_ended_elsewhere_is_told(browser, gated):
    with opened(browser, gated, errors_told=[*REFUSED, "^Response$"]) as page:  # Gradio's word on a refused upload
        log_in(page, "known")
        expect_inside(page, "known")
        other = page.context.new_page()
        other.goto(gated)
        expect_inside(other, "known")
        other.click("#log-out")
        other.wait_for_url("**/login")
        draw(page, SEVEN)
        wait_for_verdict(page, strings.ACCOUNT_NEEDED)
        show_picture(page, EXAMPLES / "note.jpg")
        expect(page.get_by_test_id("toast-body")).to_contain_text(strings.ACCOUNT_NEEDED)
        wait_for_number(page, "")


def test_what_is_wrong_with_a_registration_is_told(browser, gated):
    with opened(browser, f"{gated}register", errors_told=REFUSED, locale="de") as page:
        for name, password, again, sentence, values in [
            ("bea_new", PASSWORD, PASSWORD.upper(), "ACCOUNT_PASSWORDS_DIFFER", {}),
            ("bea_new", "short", "short", "ACCOUNT_PASSWORD_SHORT", {"least": 10}),
            ("Known", PASSWORD, PASSWORD, "ACCOUNT_TAKEN", {"name": "Known"}),
        ]:
            page.locator("#username").fill(name)
            page.locator("#password").fill(password)
            page.locator("#password_again").fill(again)
            page.get_by_role("button").click()
            expect_problem(page, say("de", sentence, **values))
            expect(page.locator("#username")).to_have_value(name)
            expect(page.locator("#password")).to_have_value("")


def test_wrong_passwords_are_told_and_lock_one_user_out_but_no_other(browser, gated):
    with opened(browser, gated, errors_told=REFUSED, **SMALL_PHONE) as phone, opened(browser, gated) as inside:
        log_in(inside, "locked")
        expect_inside(inside, "locked")

        for attempt in range(ATTEMPTS_ON_NAME):
            log_in(phone, "LOCKED", f"{PASSWORD} {attempt}")
            expect_problem(phone, strings.ACCOUNT_WRONG)
            phone.get_by_role("alert").evaluate("(alert) => alert.remove()")  # the next one is a new one
        assert page_fits(phone)
        log_in(phone, "locked")  # even with the right password
        minutes = LOCKED_FOR // 60
        locked = "|".join(re.escape(strings.ACCOUNT_LOCKED.format(minutes=m)) for m in (minutes - 1, minutes))
        expect_problem(phone, re.compile(f"^({locked})$"))

        # Whoever is in stays in, and others come in, from the same address too.
        draw(inside, SEVEN)
        wait_for_number(inside, "7")
        log_in(phone, "known")
        expect_inside(phone, "known")
        draw(phone, SEVEN)
        wait_for_number(phone, "7")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def keeping(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a page that offers to keep corrections in `kept`."""
    with served_by_app(tmp_path_factory.mktemp("server"), "--keep-corrections", kept) as address:
        yield address


def pictures_and_labels(folder: Path) -> tuple[list[str], dict[str, str]]:
    """Names of the pictures in a folder of corrections, and the number of each; none before the first."""
    labels = folder / "labels.csv"
    text = labels.read_text(encoding="utf-8") if labels.exists() else ""
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return sorted(path.name for path in folder.glob("*.png")), {row["file"]: row["text"] for row in rows}


def test_corrections_are_kept_only_where_the_visitor_asks_for_it(browser, keeping, kept):
    with opened_page(browser, keeping) as page:
        expect(page.get_by_text(strings.PRIVACY_NOTE_KEEPING)).to_be_visible()
        expect(page.get_by_text(strings.PRIVACY_NOTE)).to_have_count(0)
        offer = page.locator("#keep")
        button = page.get_by_role("button", name=strings.KEEP)
        draw(page, SEVEN, ONE)
        wait_for_number(page, "71")
        expect(page.locator("#digit label")).to_have_count(2)
        expect(offer).not_to_be_visible()  # there is nothing to keep of what was read right

        page.get_by_test_id("9-confidence-set").click()
        wait_for_number(page, "91")
        expect(offer).to_contain_text(strings.KEEP_HINT)
        page.get_by_test_id("7-confidence-set").click()
        wait_for_number(page, "71")
        expect(offer).not_to_be_visible()
        page.get_by_test_id("4-confidence-set").click()
        wait_for_number(page, "41")
        expect(button).to_be_visible()
        assert pictures_and_labels(kept) == ([], {})

        button.click()
        wait_for_verdict(page, strings.KEPT)
        expect(offer).not_to_be_visible()
        (name,), labels = pictures_and_labels(kept)
        assert labels == {name: "41"}
        with Image.open(kept / name) as picture:
            assert picture.size == SHEET
            assert picture.convert("L").getextrema()[0] < 60  # the ink that was drawn

        # On second thoughts: the last number of a picture counts.
        page.get_by_test_id("2-confidence-set").click()
        wait_for_number(page, "21")
        button.click()
        wait_for_verdict(page, strings.KEPT)
        assert pictures_and_labels(kept) == ([name], {name: "21"})
