"""What the commands of this folder share: the page as app.py serves it, open in Chromium or Chrome."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from train.pen import smooth

Point = tuple[float, float]
"""(x, y) as shares of the sheet's width and height."""
DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
_FLAGS = ["--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@contextmanager
def served_page(*arguments: str) -> Iterator[tuple[str, Any]]:
    """The address of the page, served by app.py until the end of the block, and a browser.

    Args:
        arguments: further ones for app.py.

    Raises:
        FileNotFoundError: neither Chromium nor Chrome is on the PATH.
        RuntimeError: app.py does not start; it has said why.
    """
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        raise FileNotFoundError("Chromium or Chrome is not on the PATH: install one of them.")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, str(ROOT / "app.py"), "--port", str(port), *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        if not server.stdout.readline():  # printed once the page can be opened
            raise RuntimeError("app.py did not start.")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=path, args=_FLAGS)
            yield f"http://127.0.0.1:{port}/", browser
            browser.close()
    finally:
        server.terminate()
        server.wait(timeout=30)


def draw_stroke(page: Any, stroke: Sequence[Point], moved: Callable[[int], None] = lambda _: None) -> None:
    """Draw a smooth curve on the page's sheet with the mouse.

    Args:
        page: of Playwright.
        stroke: its control points.
        moved: called after each small move, with its number.
    """
    sheet = page.locator("#canvas svg").bounding_box()
    curve = smooth(stroke) * (sheet["width"], sheet["height"]) + (sheet["x"], sheet["y"])
    page.mouse.move(*curve[0])
    page.mouse.down()
    for number, point in enumerate(curve[1:].tolist()):
        page.mouse.move(*point)
        moved(number)
    page.mouse.up()
