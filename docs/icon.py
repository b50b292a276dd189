"""Draw recognizer/web/icon.png, the page's icon, from its logo: python docs/icon.py (needs the test extra and a browser)."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from recognizer.web.style import LOGO

SIZE = 512
TARGET = Path(__file__).resolve().parents[1] / "recognizer" / "web" / "icon.png"


def main() -> None:
    """Draw the logo's digits on a full white square, for phones cut icons to a shape of their own."""
    strokes = re.search(r"<path.*(?=</svg>)", LOGO, re.DOTALL)
    assert strokes
    drawing = (
        '<body style="margin:0"><svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 -4 72 72" fill="none"'
        f' stroke-linecap="round" stroke-linejoin="round" width="{SIZE}" height="{SIZE}">'
        f'<rect x="-4" y="-4" width="72" height="72" fill="#ffffff"/>'
        f'<g transform="translate(-1 8)">{strokes.group().replace("M1 36H63", "M-3 36H69")}</g></svg>'
    )
    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZE, "height": SIZE})
        page.set_content(drawing)
        page.screenshot(path=TARGET)
        browser.close()


if __name__ == "__main__":
    main()
