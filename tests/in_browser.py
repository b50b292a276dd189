"""The real page in a real browser: app.py as a user starts it, Chromium or Chrome as found on this computer.

A test module takes the fixtures it needs by assignment: `browser, address = in_browser.browser, in_browser.address`.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from made_server import free_port

from recognizer.web import console, strings

playwright = pytest.importorskip("playwright.sync_api", reason="needs the test extra (playwright)")

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "recognizer" / "web" / "examples"
GOLDEN = ROOT / "tests" / "golden"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Enough for the page to start and answer on a busy computer without a graphics card.
PATIENCE = 30_000
playwright.expect.set_options(timeout=PATIENCE)

# Strokes for `draw`.
SEVEN = [(0.4, 0.25), (0.58, 0.25), (0.48, 0.75)]
ONE = [(0.75, 0.25), (0.75, 0.75)]
FOUR_OR_NINE = [[(0.73, 0.25), (0.64, 0.35), (0.64, 0.5), (0.72, 0.54), (0.8, 0.5)], [(0.8, 0.25), (0.78, 0.75)]]
"""A 4 that is almost a 9, for its top is all but closed: the reader is in doubt."""

WIDE = {"width": 1280, "height": 1000}
SMALL_PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}

marks = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium or Chrome on the PATH"),
]
"""For `pytestmark`."""


@contextmanager
def served_by_app(folder: Path, *options: str | Path) -> Iterator[str]:
    """Address of the page, served by app.py on a free port; its uploads have to be gone after it has ended.

    Args:
        folder: an empty folder for the server to be in.
        options: of app.py.
    """
    port = free_port()
    uploads, elsewhere = folder / "uploads", folder / "elsewhere"
    uploads.mkdir()
    elsewhere.mkdir()
    server = subprocess.Popen(
        [sys.executable, str(ROOT / "app.py"), "--port", str(port), *map(str, options)],
        cwd=elsewhere,
        env={**os.environ, "GRADIO_TEMP_DIR": str(uploads)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert server.stdout is not None
        first_line = server.stdout.readline()
        assert first_line.startswith(console.ADDRESS.format(url="http")), first_line + server.stdout.read()
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.send_signal(signal.SIGTERM)
        said, _ = server.communicate(timeout=30)
    assert server.returncode == 0, said
    assert "Traceback" not in said, said
    assert list(uploads.iterdir()) == []


@contextmanager
def opened(
    browser: Any, address: str, *, errors_told: Sequence[str] = (), before: str = "", **options: Any
) -> Iterator[Any]:
    """A page in a browser window of its own; it must cause no error and ask no other host for anything.

    Args:
        browser: of the fixture.
        address: where to go.
        errors_told: patterns of the errors that the browser may tell.
        before: JavaScript that runs before the page's own.
        options: of the window: size, colour scheme, language, permissions.
    """
    context = browser.new_context(**{"viewport": WIDE, **options})
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        errors: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        if before:
            page.add_init_script(before)
        page.goto(address)
        yield page
        assert [error for error in errors if not any(re.search(told, error) for told in errors_told)] == []
        assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    finally:
        context.close()


@contextmanager
def opened_page(browser: Any, address: str, **options: Any) -> Iterator[Any]:
    """As `opened`, once the page is ready."""
    with opened(browser, address, **options) as page:
        wait_until_ready(page)
        yield page


def wait_until_ready(page: Any, frame: Any = None) -> None:
    """Wait until a page, or the one in a frame of it, takes what its visitor does."""
    shown = frame or page
    shown.locator("#canvas svg").wait_for(timeout=PATIENCE)
    # An event of the page's load puts this in: on a busy machine the sheet is there long before, and a stroke would be lost.
    shown.locator("#number textarea[aria-labelledby]").wait_for(state="attached", timeout=PATIENCE)
    page.wait_for_timeout(500)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the page as app.py serves it without options."""
    with served_by_app(tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        flags = ["--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-quic"]
        flags += ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            flags.append("--no-sandbox")
        chromium = driver.chromium.launch(executable_path=BROWSER, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The page, open and ready."""
    with opened_page(browser, address) as page:
        yield page


@pytest.fixture
def phone(browser: Any, address: str) -> Iterator[Any]:
    """The page on a small phone in the dark theme."""
    with opened_page(browser, address, **SMALL_PHONE, color_scheme="dark") as page:
        yield page


def expect(found: Any) -> Any:
    return playwright.expect(found)


def wait_for_number(page: Any, pattern: str) -> str:
    """Wait until the number shown matches the whole pattern, and return it."""
    expect(page.locator("#number textarea")).to_have_value(re.compile(f"^(?:{pattern})$"), timeout=PATIENCE)
    return str(page.input_value("#number textarea"))


def wait_for_verdict(page: Any, text: str) -> None:
    expect(page.locator("#verdict")).to_contain_text(text, timeout=PATIENCE)


def open_tab(page: Any, name: str) -> None:
    """Open a tab by its name; those without room in the row lie in a menu beside it."""
    page.wait_for_selector("[role=tab]")
    tab = page.get_by_role("tab", name=name, exact=True)
    if not tab.count():
        page.locator(".overflow-menu:visible > button").first.click()
        tab = page.locator(".overflow-dropdown:visible button").filter(
            has_text=re.compile(f"^\\s*{re.escape(name)}\\s*$")
        )
    tab.click()


def show_picture(page: Any, path: Path) -> None:
    open_tab(page, strings.PICTURE_TAB)
    page.set_input_files("#picture input[type=file]", path)


def draw(page: Any, *strokes: list[tuple[float, float]], mouse: Any = None) -> None:
    """Draw with the mouse of the page, or of that around a frame; points are shares of the sheet's width and height."""
    mouse = mouse or page.mouse
    sheet = page.locator("#canvas svg")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    for stroke in strokes:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        mouse.move(*points[0])
        mouse.down()
        for point in points[1:]:
            mouse.move(*point, steps=6)
        mouse.up()


def page_fits(page: Any) -> bool:
    """Whether nothing sticks out to the right of the window."""
    # Not innerWidth: on a phone it grows with what sticks out.
    return bool(page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"])
