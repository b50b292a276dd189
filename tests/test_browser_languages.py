"""The real page in a real browser, in every language that it has."""

import json
import re
from pathlib import Path
from typing import Any

import in_browser
import pytest
from in_browser import (
    FOUR_OR_NINE,
    SEVEN,
    SMALL_PHONE,
    draw,
    expect,
    open_tab,
    opened_page,
    page_fits,
    wait_for_number,
)

from recognizer.web import language, strings

address, browser = in_browser.address, in_browser.browser
pytestmark = in_browser.marks

FOLDER = Path(language.__file__).parent / "languages"
ENGLISH = {name: sentence for name, sentence in vars(strings).items() if name.isupper()}
NEAREST = {"de-AT": "de", "pt-BR": "en"}
FILES = [path.stem for path in sorted(FOLDER.glob("*.json"))]
LOCALES = {tag: tag for tag in FILES if tag not in NEAREST.values()} | NEAREST
"""Languages that a browser asks for, and what the page speaks then: the nearest that it has, or English."""
TABS = {
    "BATCH_TAB": "#batch-read",
    "STAGES_TAB": "#stage-crops img",
    "GUIDE_TAB": "#guide-letters img",
    "NETWORK_TAB": "#network-digits svg.marks",
    "READ_TAB": "#canvas svg",
}
"""Each tab and something that it shows once a number was drawn."""
SEEN = (
    *("DRAW_TAB", "PICTURE_TAB", "CANVAS_HINT", "UNDO", "REDO", "CLEAR", "NUMBER", "SPEAK", "PRIVACY_NOTE"),
    *("EXAMPLES", "EXAMPLE_NOTE", "ANNOTATED", "DIGITS", "PROBABILITIES", "CORRECT_HINT"),
)
"""What the first tab shows once a number was drawn."""


def sentences(tag: str) -> dict[str, str]:
    return ENGLISH if tag == "en" else json.loads((FOLDER / f"{tag}.json").read_text(encoding="utf-8"))


def lines_seen(page: Any) -> set[str]:
    return {line.strip() for line in page.inner_text("body").splitlines()}


@pytest.mark.parametrize("locale", LOCALES)
def test_page_speaks_the_language_of_the_browser_and_fits_a_phone(browser, address, locale):
    said = sentences(LOCALES[locale])
    with opened_page(browser, address, locale=locale, **SMALL_PHONE) as page:
        expect(page).to_have_title(said["TITLE"])
        expect(page.get_by_role("heading", level=1)).to_have_text(said["TITLE"])
        expect(page.locator("#verdict")).to_contain_text(said["WAITING"])
        expect(page.locator("#canvas-label")).to_have_text(said["CANVAS"])
        assert page_fits(page)

        draw(page, SEVEN, *FOUR_OR_NINE)
        wait_for_number(page, "7[49]")
        place = said["DOUBT_PLACE"].format(position=2)
        doubts = [
            said["DOUBTS"].format(digits=said["DOUBT"].format(place=place, label=label, other=other))
            for label, other in ("49", "94")
        ]
        expect(page.locator("#verdict")).to_contain_text(re.compile("|".join(map(re.escape, doubts))))
        sure = "|".join(re.escape(said[name]) for name in ("SURE", "FAIRLY_SURE", "UNSURE", "GUESS"))
        expect(page.locator("#verdict p").first).to_have_text(re.compile(f"^({sure})"))
        expect(page.locator("#annotated img")).to_be_visible()
        seen = lines_seen(page)
        assert {said[name] for name in SEEN} <= seen

        english = {sentence for name, sentence in ENGLISH.items() if "{" not in sentence and said[name] != sentence}
        for name, shown in TABS.items():
            open_tab(page, said[name])
            expect(page.locator(shown).first).to_be_visible()
            seen |= lines_seen(page)
            assert page_fits(page), name
        assert seen & (english - set(said.values())) == set()
