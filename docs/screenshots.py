"""Make the pictures of the page in this folder: python docs/screenshots.py

Starts app.py, opens it in Chromium or Chrome and shows it the project's own example pictures. Needs the test extra.
"""

from __future__ import annotations

import sys
from typing import Any

from browser import DOCS, ROOT, served_page
from PIL import Image

SEVEN = [(0.22, 0.25), (0.4, 0.25), (0.29, 0.75)]
ONE = [(0.55, 0.33), (0.61, 0.24), (0.61, 0.76)]


def main() -> int:
    """Make every picture; returns an exit status."""
    try:
        with served_page() as (address, browser):
            for name, width, scheme in (("page", 1280, "light"), ("draw", 1280, "dark"), ("phone", 360, "light")):
                context = browser.new_context(viewport={"width": width, "height": 760}, color_scheme=scheme)
                page = context.new_page()
                page.set_default_timeout(60_000)
                page.goto(address)
                page.wait_for_selector("#canvas svg")
                page.wait_for_timeout(1000)
                if name == "page":
                    page.get_by_role("button", name="Thumbnail 3 of").click()
                    page.wait_for_function("document.querySelector('#number textarea').value.length == 5")
                else:
                    draw(page, SEVEN, ONE)
                snap(page, name)
                if name == "page":
                    page.get_by_role("tab", name="How it was read").click()
                    page.wait_for_selector("#stage-crops img")
                    snap(page, "steps")
                context.close()
    except (FileNotFoundError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def draw(page: Any, *strokes: list[tuple[float, float]]) -> None:
    """Draw with the mouse and wait for the number; points are shares of the canvas's width and height."""
    box = page.locator("#canvas svg").bounding_box()
    for stroke in strokes:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=8)
        page.mouse.up()
    page.wait_for_function(f"document.querySelector('#number textarea').value.length == {len(strokes)}")


def snap(page: Any, name: str) -> None:
    """Save a picture of the whole page."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)  # animations and pictures on their way
    path = DOCS / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    with Image.open(path) as picture:
        picture.convert("RGB").save(path, optimize=True)
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
