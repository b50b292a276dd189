"""The page for those who do not see it well, or use no mouse: axe-core on every tab and state, and the keyboard."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import in_browser
import pytest
from in_browser import (
    EXAMPLES,
    GOLDEN,
    PATIENCE,
    SMALL_PHONE,
    draw,
    expect,
    open_tab,
    opened,
    opened_page,
    served_by_app,
    show_picture,
    wait_for_number,
    wait_for_verdict,
    wait_until_ready,
)

from recognizer.web import strings

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the test extra (axe)")

address, browser, page = in_browser.address, in_browser.browser, in_browser.page
pytestmark = in_browser.marks

SEVEN = [(0.4, 0.25), (0.58, 0.25), (0.48, 0.75)]

Check = Callable[[Any, str], None]
"""Takes the page and the name of the state it is in."""

# What is still fading in has other colours than it will have; messages run off for ten seconds.
_REST = """
() => Promise.all(document.getAnimations()
  .filter((animation) => animation.effect.getComputedTiming().endTime < 2000)
  .map((animation) => animation.finished.catch(() => null)))
"""


def violations(page: Any) -> list[str]:
    """What axe finds that is serious or critical, a line each: impact, rule, what it asks for, and where."""
    page.mouse.move(0, 0)
    page.evaluate(_REST)
    found = axe.Axe().run(page).response["violations"]
    lines = []
    for violation in found:
        if violation["impact"] in ("serious", "critical"):
            targets = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
            lines.append(f"{violation['impact']} {violation['id']} ({violation['help']}): {'; '.join(targets)}")
    return lines


@pytest.fixture
def check() -> Iterator[Check]:
    """Look at the page in one state after another; what is found in any of them is told at the end."""
    found: list[str] = []
    yield lambda page, state: found.extend(f"{state}: {line}" for line in violations(page))
    assert not found, "\n" + "\n".join(found)


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def window(browser: Any, address: str, scheme: str) -> Iterator[Any]:
    """The page on a desktop, in either theme."""
    with opened_page(browser, address, color_scheme=scheme) as page:
        yield page


@pytest.fixture(scope="module")
def accounts_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the page with accounts, where everyone may register and corrections are kept."""
    folder = tmp_path_factory.mktemp("accounts")
    options = ("--auth", folder / "users.db", "--allow-registration", "--keep-corrections", folder / "kept")
    with served_by_app(folder, *options) as address:
        yield address


# --- axe -------------------------------------------------------------------------------------------------------------


def test_reading(window, check, tmp_path):
    check(window, "before a reading")
    draw(window, SEVEN)
    wait_for_number(window, "7")
    check(window, "drawing")
    open_tab(window, strings.PICTURE_TAB)
    expect(window.locator("#picture")).to_be_visible()
    check(window, "no picture yet")
    show_picture(window, GOLDEN / "page.png")
    wait_for_number(window, "253\n9916\n807")
    expect(window.locator("#annotated img")).to_be_visible()
    check(window, "picture")
    window.locator("#digit label").nth(1).click()
    window.locator("[data-testid$=confidence-set]").nth(1).click()
    wait_for_verdict(window, strings.CORRECTED)
    check(window, "correction")
    broken = tmp_path / "holiday.png"
    broken.write_text("this is no picture")
    show_picture(window, broken)
    wait_for_verdict(window, "holiday.png is not a picture")
    check(window, "error")


def test_batch(window, check, tmp_path):
    open_tab(window, strings.BATCH_TAB)
    expect(window.locator("#batch-files")).to_be_visible()
    check(window, "empty")
    window.click("#batch-read")
    expect(window.get_by_test_id("toast-body")).to_be_visible()
    check(window, "message")
    window.get_by_test_id("toast-close").click()
    fill_batch(window, tmp_path)
    check(window, "table")
    window.locator('#batch-table [data-col="1"]').first.click()
    expect(window.locator("#batch-picture img")).to_be_visible()
    check(window, "chosen row")


def fill_batch(page: Any, folder: Path) -> None:
    """Read two pictures and a file that is none."""
    broken = folder / "cut-off.png"
    broken.write_bytes((EXAMPLES / "tablet.png").read_bytes()[:2000])
    page.set_input_files("#batch-files input[type=file]", [EXAMPLES / "note.jpg", GOLDEN / "blank.png", broken])
    expect(page.locator("#batch-files .filename")).to_have_count(3)
    page.click("#batch-read")
    expect(page.locator("#batch-status .verdict")).to_contain_text("3 pictures: ", timeout=4 * PATIENCE)


def test_steps(window, check):
    open_tab(window, strings.STAGES_TAB)
    expect(window.get_by_text(strings.STAGES_WAITING)).to_be_visible()
    check(window, "before a reading")
    open_tab(window, strings.READ_TAB)
    show_picture(window, EXAMPLES / "note.jpg")
    wait_for_number(window, "1984")
    open_tab(window, strings.STAGES_TAB)
    expect(window.locator("#stage-crops img")).to_be_visible()
    check(window, "steps")


def test_guide(window, check):
    open_tab(window, strings.GUIDE_TAB)
    expect(window.locator("#tour img")).to_be_visible()
    check(window, "guide")


def test_networks(window, check):
    open_tab(window, strings.NETWORK_TAB)
    expect(window.locator("#network-digits svg.marks").first).to_be_visible()
    check(window, "networks")
    folded = window.locator(".network button.label-wrap")
    for place in range(folded.count()):
        folded.nth(place).click()
    expect(window.locator(".network table").last).to_be_visible()
    check(window, "networks, unfolded")


def test_phone(browser, address, check, scheme, tmp_path):
    with opened_page(browser, address, **SMALL_PHONE, color_scheme=scheme) as phone:
        check(phone, "before a reading")
        draw(phone, SEVEN)
        wait_for_number(phone, "7")
        check(phone, "drawing")
        phone.locator(".overflow-menu:visible > button").first.click()
        check(phone, "menu of the tabs")
        phone.locator(".overflow-menu:visible > button").first.click()
        phone.get_by_role("button", name="Thumbnail 5 of").click()
        wait_for_number(phone, "365\n1024\n88")
        check(phone, "example")
        open_tab(phone, strings.BATCH_TAB)
        fill_batch(phone, tmp_path)
        check(phone, "batch")


def test_accounts(browser, accounts_address, check, scheme):
    with opened(browser, accounts_address, color_scheme=scheme, errors_told=["status of 40[01]"]) as page:
        check(page, "log in")
        page.fill("[name=username]", "nobody")
        page.fill("[name=password]", "not the password")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        check(page, "log in, refused")
        page.get_by_role("link", name=strings.REGISTER_LINK).click()
        check(page, "register")
        for field, value in (("username", f"ada-{scheme}"), ("password", "difference engine")):
            page.fill(f"[name={field}]", value)
        page.fill("[name=password_again]", "analytical engine")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        check(page, "register, refused")
        for field in ("password", "password_again"):
            page.fill(f"[name={field}]", "difference engine")
        page.keyboard.press("Enter")
        wait_until_ready(page)
        show_picture(page, EXAMPLES / "note.jpg")
        wait_for_number(page, "1984")
        page.fill("#number textarea", "1985")
        expect(page.get_by_role("button", name=strings.KEEP)).to_be_visible()
        check(page, "logged in, a correction to keep")
