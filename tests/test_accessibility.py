"""The page for those who do not see it well, or use no mouse: axe-core on every tab and state, and the keyboard."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import in_browser
import numpy as np
import pytest
from in_browser import (
    EXAMPLES,
    GOLDEN,
    PATIENCE,
    SEVEN,
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
from PIL import Image

from recognizer.web import strings
from recognizer.web.language import say

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the test extra (axe)")

address, browser, page = in_browser.address, in_browser.browser, in_browser.page
pytestmark = in_browser.marks

Check = Callable[[Any, str], None]
"""Takes the page and the name of the state it is in."""

# What is still fading in has other colours than it will have; messages run off for ten seconds.
_REST = """
async () => {
  let running;
  do {  // one animation may start the next
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
    running = document.getAnimations().filter((animation) =>
      animation.playState === "running" && animation.effect.getComputedTiming().endTime < 2000);
    await Promise.all(running.map((animation) => animation.finished.catch(() => null)));
  } while (running.length);
}
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
        phone.get_by_role("button", name=strings.EXAMPLE_LINES).click()
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


def test_what_axe_finds_is_told(browser):
    page = browser.new_page()
    page.set_content("<main><button></button><p style='color: #ccc; background: #fff'>pale</p></main>")
    told = " ".join(violations(page))
    assert "critical button-name" in told
    assert "serious color-contrast" in told
    page.close()


# --- the keyboard ----------------------------------------------------------------------------------------------------

# What has the focus, its name for screen readers, and where a mark of the focus may be seen around it.
_FOCUSED = """
() => {
  const focused = document.activeElement;
  if (focused === document.body) return null;
  axe.setup(document.body);
  const name = axe.commons.text.accessibleText(focused);
  axe.teardown();
  const around = focused.matches("input, .image-container > button") ? focused.closest("label, .block") : focused;
  const { x, y, width, height } = around.getBoundingClientRect();
  const clip = { x: Math.max(0, x - 6), y: Math.max(0, y - 6), width: width + 12, height: height + 12 };
  return [`${name} (${focused.tagName} in ${focused.closest('[id]:not([id=""])')?.id})`, name, clip];
}
"""


def walk(page: Any) -> list[str]:
    """Names of all that Tab reaches from the top of the page on; each has to have one, and to be seen to have the focus."""
    page.evaluate(axe.Axe().axe_script)
    page.mouse.click(1, 1)
    names: list[str] = []
    bad: list[str] = []
    while len(names) < 100:
        page.keyboard.press("Tab")
        page.evaluate(_REST)
        focused = page.evaluate(_FOCUSED)
        if focused is None:
            break
        what, name, clip = focused
        with_focus = picture_of(page, clip)
        page.evaluate("document.activeElement.blur()")  # the next Tab goes on from here
        page.evaluate(_REST)
        if (abs(with_focus - picture_of(page, clip)) > 40).sum() < 100:
            bad.append(f"{what} looks the same with and without the focus")
        if not name:
            bad.append(f"{what} has no name")
        names.append(name)
    assert not bad, "\n" + "\n".join(bad)
    return names


def picture_of(page: Any, clip: dict[str, float]) -> Any:
    with Image.open(io.BytesIO(page.screenshot(clip=clip))) as picture:
        return np.asarray(picture.convert("L"), float)


TABS = [strings.READ_TAB, strings.BATCH_TAB, strings.STAGES_TAB, strings.GUIDE_TAB, strings.NETWORK_TAB]
SOURCES = [strings.DRAW_TAB, strings.PICTURE_TAB]
NUMBER = ["Copy", strings.NUMBER, strings.SPEAK]


def test_tab_reaches_everything_in_order(window):
    names = walk(window)
    sheet = [strings.CANVAS, strings.UNDO, strings.REDO, strings.CLEAR]
    before = [*TABS, *SOURCES, *sheet, *NUMBER, strings.EXAMPLE_NOTE]
    assert names[: len(before)] == before
    open_tab(window, strings.PICTURE_TAB)
    show_picture(window, EXAMPLES / "note.jpg")
    wait_for_number(window, "1984")
    expect(window.locator("#annotated img")).to_be_visible()
    names = walk(window)
    after = [*TABS, *SOURCES, *NUMBER, strings.ANNOTATED_ALT, "1", strings.EXAMPLE_NOTE]
    assert [name for name in names if name in after] == after  # among them are the buttons of the pictures and the bars


def test_tab_reaches_the_batch(window, tmp_path):
    open_tab(window, strings.BATCH_TAB)
    fill_batch(window, tmp_path)
    window.locator('#batch-table [data-col="1"]').first.click()
    expect(window.locator("#batch-picture img")).to_be_visible()
    expect(window.locator("#batch-number input")).to_have_accessible_description(strings.BATCH_CHOSEN_HINT)
    names = walk(window)
    order = [
        *TABS,
        strings.BATCH_READ,
        strings.BATCH_ONLY_DOUBTFUL,
        strings.BATCH_CHOSEN_ALT,
        strings.BATCH_CHOSEN_TEXT,
    ]
    order += [strings.BATCH_CSV, strings.BATCH_JSON]
    assert [name for name in names if name in order] == order


def test_arrow_keys_lead_from_digit_to_digit(page):
    show_picture(page, EXAMPLES / "note.jpg")
    wait_for_number(page, "1984")
    bars = page.locator("#probabilities [data-testid$=confidence-set]")
    expect(bars.first).to_contain_text("1")
    page.locator("#digit input").first.focus()
    for digit in "984":
        page.keyboard.press("ArrowRight")
        expect(bars.first).to_contain_text(digit)
        expect(page.locator("#digit input:checked")).to_have_count(1)


def test_names_are_in_the_language_of_the_page(browser, address):
    with opened_page(browser, address, locale="de") as page:
        expect(page.get_by_role("textbox", name=say("de", "NUMBER"), exact=True)).to_be_visible()
        expect(page.get_by_role("button", name=say("de", "EXAMPLE_NOTE"), exact=True)).to_be_visible()
        page.get_by_role("button", name=say("de", "EXAMPLE_NOTE"), exact=True).click()
        wait_for_number(page, "1984")
        expect(page.get_by_role("group", name=say("de", "DIGITS"), exact=True)).to_be_visible()


def test_number_is_corrected_without_a_key_that_writes(page):
    """By deleting, pasting and speaking, and on a phone."""
    show_picture(page, EXAMPLES / "note.jpg")
    wait_for_number(page, "1984")
    page.locator("#number textarea").focus()
    page.keyboard.press("End")
    page.keyboard.press("Backspace")
    wait_for_verdict(page, strings.CORRECTED)
    page.keyboard.insert_text("4")
    wait_for_verdict(page, "98")
    expect(page.locator("#verdict")).not_to_contain_text(strings.CORRECTED)


# --- what was mended goes on working ---------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["mouse", "edge", "keyboard"])
def test_files_are_added_to_those_chosen(page, way):
    open_tab(page, strings.BATCH_TAB)
    page.set_input_files("#batch-files input[type=file]", EXAMPLES / "note.jpg")
    names = page.locator("#batch-files .filename")
    expect(names).to_have_count(1)
    add = page.locator("#batch-files button:has(> * .upload-container)")
    with page.expect_file_chooser() as chosen:
        if way == "keyboard":
            add.focus()
            page.keyboard.press("Enter")
        else:
            add.click(position={"x": 1, "y": 1} if way == "edge" else None)
    chosen.value.set_files(EXAMPLES / "tablet.png")
    expect(names).to_have_count(2)
    assert [name.get_attribute("aria-label") for name in names.all()] == ["note.jpg", "tablet.png"]


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_messages_are_closed(page, way):
    open_tab(page, strings.BATCH_TAB)
    page.click("#batch-read")
    message = page.get_by_test_id("toast-body")
    expect(message).to_contain_text(strings.BATCH_NO_FILES)
    close = page.get_by_test_id("toast-close")
    if way == "mouse":
        close.click()
    else:
        close.focus()
        page.keyboard.press("Enter")
    expect(message).to_have_count(0, timeout=4000)  # by itself it goes after ten seconds
