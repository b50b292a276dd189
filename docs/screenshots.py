"""Make the pictures of the page, every tab on a desktop and a phone: python docs/screenshots.py [--locale L] [--folder F]

Starts app.py, opens it in Chromium or Chrome, shows it the project's own pictures, and saves what it looks like in
docs/screenshots, the pictures of the README in docs. Fails where a component says "error" or the page is wider than the
window. Needs the test extra.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from browser import DOCS, ROOT, Point, draw_stroke, served_page
from PIL import Image
from tour import BAR, FIVE, THREE, TWO

EXAMPLES = ROOT / "recognizer" / "web" / "examples"
GOLDEN = ROOT / "tests" / "golden"
BATCH = [
    *(EXAMPLES / name for name in ("note.jpg", "tablet.png", "form.jpg", "lines.jpg", "squared.jpg")),
    *(GOLDEN / name for name in ("253_shadow.jpg", "blank.png")),
]
"""Pictures of the batch; one that is cut off joins them."""
DESKTOP = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"}
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "color_scheme": "dark",
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
README = {"read-example-desktop": "page", "steps-desktop": "steps", "read-drawing-desktop": "draw",
          "read-drawing-phone": "phone"}  # fmt: skip
"""Pictures that are also saved in docs itself, and their names there."""
TABS = ("read", "batch", "stages", "guide", "network")
"""Tabs of page.py, in their order."""
MOST_BYTES = 3_000_000

# What must not be seen: Gradio's own word for a function that failed, and a page that scrolls sideways.
_FAULTS = """
() => [
  ...[...document.querySelectorAll(".error, .toast-body.error")]
    .filter((part) => part.checkVisibility() && part.textContent.trim())
    .map((part) => `it says "${part.textContent.trim()}"`),
  ...(document.documentElement.scrollWidth > innerWidth ? ["it is wider than the window"] : []),
  ...[...document.images].filter((picture) => picture.checkVisibility() && !picture.naturalWidth)
    .map((picture) => `${picture.src.slice(0, 100)} is missing`),
]
"""


class Shots:
    """Takes pictures of a page and keeps what is wrong with them."""

    def __init__(self, page: Any, folder: Path, device: str, readme: bool) -> None:
        self.page = page
        self.faults: list[str] = []
        self._folder = folder
        self._device = device
        self._readme = readme

    def snap(self, name: str) -> None:
        """Save a picture of the whole page."""
        name = f"{name}-{self._device}"
        page = self.page
        page.mouse.move(0, 0)
        # Pictures further down are loaded as they come into view.
        page.evaluate(
            """async () => {
              for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
                scrollTo(0, y);
                await new Promise((done) => setTimeout(done, 250));
              }
              scrollTo(0, 0);
            }"""
        )
        page.wait_for_timeout(1500)  # animations and pictures on their way
        self.faults += [f"{name}: {fault}" for fault in page.evaluate(_FAULTS)]
        path = self._folder / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        with Image.open(path) as shot:
            picture = shot.convert("RGB")
        path.unlink()
        picture.save(path.with_suffix(".webp"), quality=80, method=6)
        print(path.with_suffix(".webp").name, flush=True)
        if self._readme and name in README:
            few_colours = picture.quantize(256, dither=Image.Dither.NONE)
            few_colours.save(DOCS / f"{README[name]}.png", optimize=True)

    def open_tab(self, name: str) -> None:
        """Open a tab of the page by its name in page.py; a phone keeps those without room in a menu."""
        tab = self.page.locator(f"button[role=tab][data-tab-id={name}]")
        if not tab.count():
            self.page.locator(".overflow-menu:visible > button").first.click()
            inside = self.page.locator(".overflow-dropdown:visible button")
            tab = inside.nth(inside.count() - len(TABS) + TABS.index(name))  # no more than its words tells which it is
        tab.click()

    def draw(self, *strokes: Sequence[Point], number: str) -> None:
        """Draw on the sheet, and wait until the number stands there."""
        for stroke in strokes:
            draw_stroke(self.page, stroke)
        self.wait_for(number)

    def wait_for(self, number: str) -> None:
        """Wait until the page has read a number."""
        self.page.wait_for_function(f"document.querySelector('#number textarea').value == {number!r}")


def take_all(shots: Shots, broken: Path) -> None:
    """Every tab of the page."""
    page = shots.page
    shots.snap("start")
    shots.draw(TWO, FIVE, BAR, THREE, number="253")
    shots.snap("read-drawing")
    page.locator("#examples button.thumbnail-item, #examples .thumbnail-lg").nth(2).click()
    shots.wait_for("20815")
    shots.snap("read-example")
    shots.open_tab("stages")
    page.wait_for_selector("#stage-crops img")
    shots.snap("steps")
    shots.open_tab("read")
    page.locator("#digit label").nth(3).click()
    page.locator("[data-testid='7-confidence-set']").click()
    shots.wait_for("20875")
    shots.snap("read-corrected")
    shots.open_tab("batch")
    page.set_input_files("#batch-files input[type=file]", [*BATCH, broken])
    page.wait_for_timeout(1500)
    page.click("#batch-read")
    page.wait_for_selector("#batch-status .verdict")
    page.locator("#batch-table .body-cell[data-col='1']").nth(2).click()
    page.wait_for_selector("#batch-picture img")
    page.keyboard.press("Escape")
    shots.snap("batch")
    shots.open_tab("guide")
    page.wait_for_selector("#tour-still img, #tour img", state="attached")
    page.wait_for_timeout(1500)
    shots.snap("guide")
    shots.open_tab("network")
    page.wait_for_timeout(3000)
    shots.snap("network")


def take_accounts(shots: Shots, address: str) -> None:
    """The pages to log in and to register."""
    shots.page.goto(f"{address}login")
    shots.snap("log-in")
    shots.page.goto(f"{address}register")
    shots.snap("register")


def main() -> int:
    """Make every picture; returns an exit status."""
    parser = argparse.ArgumentParser(description="Make the pictures of the page.")
    parser.add_argument("--locale", default="en-GB", help="the browser's language (default: en-GB)")
    parser.add_argument(
        "--folder", type=Path, help="where to save them (default: docs/screenshots, and the README's in docs)"
    )
    options = parser.parse_args()
    folder = options.folder or DOCS / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    faults = []
    try:
        with tempfile.TemporaryDirectory() as scratch:
            broken = Path(scratch) / "cut-off.png"
            broken.write_bytes((EXAMPLES / "tablet.png").read_bytes()[:2000])
            accounts = ("--auth", str(Path(scratch) / "users.db"), "--allow-registration")
            for started_with in ((), accounts):
                with served_page(*started_with) as (address, browser):
                    for device, view in (("desktop", DESKTOP), ("phone", PHONE)):
                        context = browser.new_context(**view, locale=options.locale, reduced_motion="reduce")
                        page = context.new_page()
                        page.set_default_timeout(60_000)
                        shots = Shots(page, folder, device, readme=options.folder is None)
                        if started_with:
                            take_accounts(shots, address)
                        else:
                            page.goto(address)
                            page.wait_for_selector("#canvas svg")
                            page.wait_for_timeout(1500)
                            take_all(shots, broken)
                        faults += shots.faults
                        context.close()
    except (FileNotFoundError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    taken = sum(path.stat().st_size for path in folder.glob("*.webp"))
    if taken > MOST_BYTES:
        faults.append(f"The pictures take {taken:,} bytes, more than {MOST_BYTES:,}.")
    print(f"{taken:,} bytes")
    print(*faults, sep="\n", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
