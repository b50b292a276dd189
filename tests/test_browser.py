"""The real page in a real browser: the tab that reads, the steps, the guide and the networks."""

import io
import json
import re
from typing import Any

import gradio_client
import in_browser
import numpy as np
import pytest
from in_browser import (
    EXAMPLES,
    FOUR_OR_NINE,
    GOLDEN,
    ONE,
    PATIENCE,
    SEVEN,
    draw,
    expect,
    open_tab,
    opened_page,
    page_fits,
    show_picture,
    wait_for_number,
    wait_for_verdict,
    wait_until_ready,
)
from PIL import Image

from recognizer.checkpoint import STRINGS, bundled_folder
from recognizer.web import strings
from recognizer.web.canvas import SHEET, draw_strokes
from recognizer.web.guide_tab import load_guide
from recognizer.web.manifest import available_curves, by_class, load_manifests, number
from recognizer.web.result import STAGES

address, browser, page, phone = in_browser.address, in_browser.browser, in_browser.page, in_browser.phone
pytestmark = in_browser.marks

TWO = [(0.16, 0.34), (0.18, 0.25), (0.24, 0.20), (0.31, 0.24), (0.32, 0.34), (0.27, 0.48), (0.20, 0.62), (0.14, 0.76)]
TWO += [(0.20, 0.77), (0.27, 0.76), (0.35, 0.76)]
FIVE = [(0.45, 0.22), (0.44, 0.45), (0.50, 0.42), (0.57, 0.47), (0.60, 0.58), (0.57, 0.71), (0.50, 0.77), (0.42, 0.73)]
FIVE_BAR = [(0.45, 0.22), (0.52, 0.215), (0.60, 0.21)]
THREE = [(0.69, 0.26), (0.74, 0.20), (0.81, 0.22), (0.83, 0.32), (0.78, 0.43), (0.73, 0.46), (0.80, 0.48), (0.85, 0.58)]
THREE += [(0.83, 0.71), (0.76, 0.77), (0.68, 0.72)]

CLIPBOARD = ["clipboard-read", "clipboard-write"]
TABS = {
    strings.BATCH_TAB: "#batch-read",
    strings.STAGES_TAB: f"text={strings.STAGES_WAITING}",
    strings.GUIDE_TAB: "#guide-letters img",
    strings.NETWORK_TAB: "#network-digits svg.marks",
    strings.READ_TAB: "#canvas svg",
}
"""Each tab and something that it shows."""


def test_opens_with_a_hint(page):
    assert page.title() == strings.TITLE
    wait_for_verdict(page, strings.WAITING)


def test_uploaded_picture_is_read(page):
    show_picture(page, EXAMPLES / "note.jpg")
    wait_for_number(page, "1984")
    expect(page.locator("#annotated img")).to_be_visible()
    expect(page.locator("#digit label")).to_have_count(4)


def test_choosing_a_digit_shows_its_probabilities(page):
    show_picture(page, EXAMPLES / "note.jpg")
    wait_for_number(page, "1984")
    bars = page.locator("#probabilities")
    expect(bars.locator("[data-testid$=confidence-set]")).to_have_count(10)
    page.locator("#digit label").nth(2).click()
    expect(bars.locator("[data-testid$=confidence-set]").first).to_contain_text("8")


def test_example_is_read_when_clicked(page):
    page.get_by_role("button", name=strings.EXAMPLE_TABLET).click()
    wait_for_number(page, "60319")
    expect(page.locator("#picture img")).to_be_visible()


@pytest.mark.parametrize("by", ["button", "key", "key, twice"])
def test_picture_in_the_clipboard_is_read(browser, address, by):
    with opened_page(browser, address, permissions=CLIPBOARD) as page:
        page.evaluate(
            """async (bytes) => {
              const picture = new Blob([new Uint8Array(bytes)], { type: "image/png" });
              await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
            }""",
            list((GOLDEN / "253_plain.png").read_bytes()),
        )
        if by == "button":
            open_tab(page, strings.PICTURE_TAB)
            page.get_by_role("button", name="Paste from clipboard").click()
        else:
            page.keyboard.press("Control+v")
        wait_for_number(page, "253")
        if by == "key, twice":
            page.fill("#number textarea", "")
            wait_for_verdict(page, strings.CORRECTED)
            page.keyboard.press("Control+v")
            wait_for_number(page, "253")
        expect(page.locator("#picture img")).to_be_visible()


def choose_digit(page: Any, index: int) -> None:
    """Choose a digit of the number, counted from 0, and wait for its probabilities."""
    choice = page.locator("#digit label").nth(index)
    choice.click()
    expect(bars(page).first).to_contain_text(choice.inner_text().strip(" ?"))


def bars(page: Any) -> Any:
    return page.locator("#probabilities [data-testid$=confidence-set]")


def bar(page: Any, label: str) -> Any:
    return page.get_by_test_id(f"{label}-confidence-set")


def test_wrong_digit_is_corrected_by_a_click(page):
    draw(page, SEVEN, ONE)
    wait_for_number(page, "71")
    choose_digit(page, 1)
    bar(page, "9").click()
    wait_for_number(page, "79")
    wait_for_verdict(page, strings.CORRECTED)
    wait_for_verdict(page, strings.WAS_READ.format(number="71"))
    expect(page.locator("#digit label").nth(1)).to_have_text("9")
    expect(page.locator("#keep")).not_to_be_visible()  # this page was not told to collect corrections

    bar(page, "1").click()
    wait_for_number(page, "71")
    expect(page.locator("#verdict")).not_to_contain_text(strings.CORRECTED)


def test_digit_is_chosen_by_a_click_in_the_picture(page):
    draw(page, SEVEN, ONE)
    wait_for_number(page, "71")
    picture = page.locator("#annotated img")
    expect(picture).to_be_visible()
    # The picture keeps its shape in the middle of its frame. It shows the whole sheet.
    x, y = picture.evaluate(
        """async (picture, [x, y]) => {
          await picture.decode();  // before, it has no width
          const scale = Math.min(picture.width / picture.naturalWidth, picture.height / picture.naturalHeight);
          return [
            picture.width / 2 + (x - 0.5) * picture.naturalWidth * scale,
            picture.height / 2 + (y - 0.5) * picture.naturalHeight * scale,
          ];
        }""",
        [ONE[0][0], 0.5],
    )
    picture.click(position={"x": x, "y": y})
    expect(page.locator("#digit input").nth(1)).to_be_checked()
    expect(bars(page).first).to_contain_text("1")
    bar(page, "4").click()
    wait_for_number(page, "74")


def type_number(page: Any, text: str) -> None:
    """As fingers do: whatever stood there is selected and typed over."""
    page.locator("#number textarea").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def test_number_is_corrected_by_typing(page):
    show_picture(page, EXAMPLES / "note.jpg")
    wait_for_number(page, "1984")
    type_number(page, "19 84-5")
    wait_for_verdict(page, strings.WAS_READ.format(number="1984"))
    page.locator("#number textarea").blur()
    wait_for_number(page, "19845")  # what is no digit is taken out
    choose_digit(page, 3)
    bar(page, "7").click()
    expect(page.get_by_test_id("toast-body")).to_contain_text(strings.CORRECT_BY_TYPING)  # the 4 is which of the five?
    wait_for_number(page, "19845")

    type_number(page, "1985")
    expect(page.locator("#digit label").nth(3)).to_have_text("5")
    choose_digit(page, 2)
    bar(page, "0").click()
    wait_for_number(page, "1905")
    type_number(page, "1984")
    expect(page.locator("#verdict")).not_to_contain_text(strings.CORRECTED)


def test_number_is_copied_and_spoken(browser, address):
    """Copied as it was corrected, and spoken digit by digit."""
    listen = "window.spoken = []; speechSynthesis.speak = (voice) => spoken.push([voice.text, voice.lang]);"
    with opened_page(browser, address, before=listen, permissions=CLIPBOARD) as page:
        page.click("#speak")  # there is nothing to say yet
        show_picture(page, GOLDEN / "page.png")
        wait_for_number(page, "253\n9916\n807")
        choose_digit(page, 2)
        bar(page, "8").click()
        wait_for_number(page, "258\n9916\n807")
        page.locator("#number").get_by_role("button", name="Copy").click()
        page.wait_for_function("navigator.clipboard.readText().then((text) => text === '258\\n9916\\n807')")
        page.click("#speak")
        page.wait_for_function("spoken.length")
        assert page.evaluate("spoken") == [["2 5 8. 9 9 1 6. 8 0 7", "en"]]


def test_doubtful_digit_is_named(page):
    draw(page, SEVEN, *FOUR_OR_NINE)
    wait_for_number(page, "7[49]")
    doubts = [
        strings.DOUBTS.format(digits=strings.DOUBT.format(place="digit 2", label=label, other=other))
        for label, other in ("49", "94")
    ]
    expect(page.locator("#verdict")).to_contain_text(re.compile("|".join(map(re.escape, doubts))), timeout=PATIENCE)
    expect(page.locator("#verdict .verdict")).to_have_class(re.compile("unsure"))
    expect(page.locator("#digit label").nth(1)).to_have_text(re.compile(r"[49]\?"))
    expect(page.locator("#digit label").nth(0)).to_have_text("7")


def test_number_is_drawn_stroke_by_stroke(page):
    draw(page, TWO)
    wait_for_number(page, "2")
    draw(page, FIVE, FIVE_BAR)
    wait_for_number(page, "25")
    draw(page, THREE)
    wait_for_number(page, "253")
    expect(page.locator("#verdict .verdict")).to_have_class(re.compile(r"\bsure"))


def test_drawing_is_read_after_each_stroke_and_cleared(page):
    draw(page, SEVEN)
    wait_for_number(page, "7")
    draw(page, ONE)
    wait_for_number(page, "71")
    page.get_by_role("button", name=strings.CLEAR).click()
    wait_for_number(page, "")
    wait_for_verdict(page, strings.WAITING)
    draw(page, SEVEN)
    wait_for_number(page, "7")


def test_strokes_are_undone_and_redone_by_buttons_and_keys(page):
    draw(page, SEVEN, ONE)
    wait_for_number(page, "71")
    undo, redo = (page.get_by_role("button", name=name) for name in (strings.UNDO, strings.REDO))
    undo.click()
    wait_for_number(page, "7")
    undo.focus()
    page.keyboard.press("Enter")
    wait_for_number(page, "")
    undo.click()  # there is nothing left to undo
    redo.click()
    wait_for_number(page, "7")
    redo.click()
    wait_for_number(page, "71")
    page.locator("#canvas svg").focus()
    page.keyboard.press("Delete")
    wait_for_number(page, "")
    page.keyboard.press("Control+z")
    wait_for_number(page, "71")
    page.keyboard.press("Control+z")
    wait_for_number(page, "7")
    page.keyboard.press("Control+y")
    wait_for_number(page, "71")
    page.keyboard.press("Control+z")
    wait_for_number(page, "7")
    draw(page, ONE)  # whoever draws anew has nothing to redo
    wait_for_number(page, "71")
    redo.click()
    page.wait_for_timeout(300)
    wait_for_number(page, "71")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_read_is_what_was_drawn(browser, address, scheme):
    """A stroke is one request, and the server draws it as the sheet does, dark on white in both themes."""
    with opened_page(browser, address, color_scheme=scheme) as page:
        asked: list[Any] = []
        page.on("request", lambda request, asked=asked: asked.append(request) if request.method == "POST" else None)
        draw(page, [(0.2, 0.2), (0.4, 0.3), (0.25, 0.5), (0.4, 0.7), (0.2, 0.8)])
        wait_for_number(page, ".+")
        # On a slow computer the page itself may still ask for its words in the visitor's language.
        (drawing,) = (request.post_data_json["data"][0] for request in asked if "[[[" in (request.post_data or ""))
        strokes = json.loads(drawing)
        read = draw_strokes([np.array(stroke) for stroke in strokes])[..., 0] < 136

        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur()")
        with Image.open(io.BytesIO(page.locator("#canvas svg").screenshot())) as picture:
            grey = np.asarray(picture.convert("L").resize(SHEET), float)
        paper, ink = np.median(grey), grey[read].mean()
        assert abs(paper - ink) > 150
        drawn = np.abs(grey - paper) > abs(ink - paper) / 2
        drawn[[0, 1, -2, -1]] = drawn[:, [0, 1, -2, -1]] = False  # the sheet's border
        assert (drawn & read).sum() / (drawn | read).sum() > 0.9


def test_pen_draws_while_the_other_buttons_do_not(page):
    box = page.locator("#canvas svg").bounding_box()
    mouse = page.context.new_cdp_session(page)
    for button in ("right", "left"):
        for kind, x, y in [("Pressed", 0.5, 0.2), ("Moved", 0.5, 0.5), ("Moved", 0.5, 0.8), ("Released", 0.5, 0.8)]:
            place = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
            pressed = {"button": button, "buttons": 0 if kind == "Released" else 1 + (button == "right")}
            event = {"type": f"mouse{kind}", "pointerType": "pen", "clickCount": 1, **place, **pressed}
            mouse.send("Input.dispatchMouseEvent", event)
        expect(page.locator("#canvas svg path")).to_have_count(0 if button == "right" else 1)
    wait_for_number(page, "1")


def test_drawing_outlives_a_look_at_another_tab(page):
    draw(page, SEVEN)
    wait_for_number(page, "7")
    open_tab(page, strings.PICTURE_TAB)
    expect(page.locator("#canvas svg")).not_to_be_visible()
    open_tab(page, strings.STAGES_TAB)
    expect(page.locator("#stage-crops img")).to_be_visible()
    open_tab(page, strings.READ_TAB)
    open_tab(page, strings.DRAW_TAB)
    expect(page.locator("#canvas svg path")).to_have_count(1)
    draw(page, ONE)
    wait_for_number(page, "71")


def test_page_in_a_frame_reads_drawings(browser, address):
    """As a notebook shows it."""
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.set_content(f'<iframe src="{address}" width="100%" height="700"></iframe>')
    frame = page.frame_locator("iframe")
    wait_until_ready(page, frame)
    draw(frame, SEVEN, mouse=page.mouse)
    expect(frame.locator("#number textarea")).to_have_value("7", timeout=PATIENCE)
    frame.get_by_role("button", name=strings.UNDO).click()
    expect(frame.locator("#number textarea")).to_have_value("", timeout=PATIENCE)
    page.close()


def test_unreadable_file_is_explained_and_the_page_reads_on(page, tmp_path):
    broken = tmp_path / "holiday.png"
    broken.write_text("this is no picture")
    show_picture(page, broken)
    wait_for_verdict(page, "holiday.png is not a picture")
    wait_for_number(page, "")
    show_picture(page, EXAMPLES / "note.jpg")
    wait_for_number(page, "1984")


def test_picture_without_a_number_says_so(page, tmp_path):
    blank = tmp_path / "blank.png"
    Image.new("RGB", (300, 200), "white").save(blank)
    show_picture(page, blank)
    wait_for_verdict(page, strings.NOTHING_FOUND)


def test_steps_are_shown_for_the_last_picture(page):
    steps = page.get_by_role("tab", name=strings.STAGES_TAB)
    steps.click()
    expect(page.get_by_text(strings.STAGES_WAITING)).to_be_visible()
    open_tab(page, strings.READ_TAB)
    show_picture(page, EXAMPLES / "note.jpg")
    wait_for_number(page, "1984")
    steps.click()
    has_lines = (bundled_folder() / f"{STRINGS}.json").is_file()
    for name in STAGES:
        shown = expect(page.locator(f"#stage-{name} img"))
        if name == "lines" and not has_lines:
            shown.not_to_be_visible()
        else:
            shown.to_be_visible()


def test_the_networks_are_shown_with_their_curves(page):
    open_tab(page, strings.NETWORK_TAB)
    for manifest in load_manifests():
        network = page.locator(f"#network-{manifest['name']}")
        plots = len(available_curves(manifest)) + bool(by_class(manifest))
        expect(network.locator("svg.marks")).to_have_count(plots, timeout=PATIENCE)
        total = number(manifest["parameters"]["total"])
        expect(network.get_by_text(re.compile(re.escape(total))).first).to_be_visible()


def test_the_guide_has_a_tour_that_keeps_still_where_nothing_may_move(page):
    open_tab(page, strings.GUIDE_TAB)
    expect(page.locator("#tour img")).to_be_visible()
    expect(page.locator("#tour-still")).not_to_be_visible()
    page.emulate_media(reduced_motion="reduce")
    expect(page.locator("#tour")).not_to_be_visible()
    expect(page.locator("#tour-still img")).to_be_visible()
    for entry in load_guide()["limits"]:
        expect(page.locator(f"#guide-{entry['name']} .hint").first).to_contain_text(entry["read"])


def test_dark_theme_is_dark_and_reads(browser, address):
    brightness = """(selector) => {
      const style = getComputedStyle(document.querySelector(selector));
      return [style.backgroundColor, style.color].map((colour) => Math.max(...colour.match(/\\d+/g).slice(0, 3)));
    }"""
    with opened_page(browser, address, color_scheme="dark") as page:
        expect(page.locator("body")).to_have_class(re.compile("dark"))
        paper, _ = page.evaluate(brightness, "body")
        assert paper < 60
        show_picture(page, EXAMPLES / "note.jpg")
        wait_for_number(page, "1984")
        paper, ink = page.evaluate(brightness, "#number textarea")
        assert paper < 60
        assert ink > 200
    with opened_page(browser, address, color_scheme="light") as page:
        expect(page.locator("body")).not_to_have_class(re.compile("dark"))
        assert page.evaluate(brightness, "body")[0] > 200


def test_phone_has_room_for_every_tab(phone):
    assert page_fits(phone)
    for name, shown in TABS.items():
        open_tab(phone, name)
        expect(phone.locator(shown).first).to_be_visible(timeout=PATIENCE)
        assert page_fits(phone), name


def swipe(page: Any, box: dict[str, float], *points: tuple[float, float]) -> None:
    """Move a finger; points are shares of the box's width and height."""
    touch = page.context.new_cdp_session(page)
    places = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [places[0]]})
    for place in places[1:]:
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_finger_draws_and_does_not_scroll_the_page(phone):
    window = {"x": 0, "y": 0, **phone.viewport_size}
    swipe(phone, window, (0.5, 0.97), (0.5, 0.96), (0.5, 0.95), (0.5, 0.93), (0.5, 0.91))
    phone.wait_for_function("scrollY > 20")  # beside the sheet a finger scrolls
    phone.wait_for_timeout(300)
    scrolled = phone.evaluate("scrollY")
    sheet = phone.locator("#canvas svg").bounding_box()
    assert sheet["y"] > 0
    swipe(phone, sheet, (0.4, 0.3), (0.5, 0.3), (0.6, 0.3), (0.55, 0.45), (0.5, 0.6), (0.48, 0.7))
    wait_for_number(phone, "7")
    swipe(phone, sheet, (0.8, 0.72), (0.8, 0.65), (0.8, 0.5), (0.8, 0.4), (0.8, 0.28))  # up, as one scrolls down
    wait_for_number(phone, "71")
    assert phone.evaluate("scrollY") == scrolled
    assert page_fits(phone)


def test_programs_read_through_the_named_endpoint(address: str) -> None:
    client = gradio_client.Client(address, verbose=False)
    try:
        text, reading = client.predict(gradio_client.handle_file(str(GOLDEN / "page.png")), api_name="/read")
    finally:
        client.close()
    assert text == "253\n9916\n807"
    assert [digit["label"] for digit in reading["digits"]] == list("2539916807")
    assert [digit["line"] for digit in reading["digits"]] == [0] * 3 + [1] * 4 + [2] * 3
