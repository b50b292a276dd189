"""How long the page takes from the end of a stroke to the new number: python -m recognizer.web.load

    python -m recognizer.web.load [--visitors 10] [--strokes 20] [--url URL]

Starts app.py's server on a free port, or takes the page at --url, measures twice, prints a table and ends the server:

1. One visitor in a real browser, without a graphics card: from the end of a stroke until the number on the page has
   changed. Needs the test extra (Playwright) and Chromium, Chrome or Edge; where they are missing, a sentence says so.
2. Many visitors at once, each with a stroke a second: from the end of a stroke until the page's answer is there. They
   send what the page sends, and fetch the picture that the page then shows. A stroke that has to wait for the one before
   it waits in the figures, too.

Each part stops by itself after some two minutes. The exit status is 1 where a stroke was not answered, 0 otherwise; what
else the computer does meanwhile shows in the figures.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import math
import os
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from recognizer.web import console

BROWSER_TARGET = 0.3
"""Seconds from the end of a stroke to the new number, for one visitor in a browser."""
VISITORS_TARGET = 1.5
"""The same for 95 % of the strokes of ten visitors who draw at once."""
BETWEEN_STROKES = 1.0
"""Seconds from one stroke of a visitor to the next."""
PATIENCE = 10.0
"""Seconds after which a stroke counts as not answered."""
TIME_LIMIT = 120.0
"""Seconds that each of the two parts may take; strokes that were not drawn by then count as not answered."""
START_LIMIT = 60.0
"""Seconds until the server, or the page in the browser, has to be there."""

NO_PLAYWRIGHT = "Not measured in a browser: Playwright is not installed (pip install playwright, or the test extra)."
NO_BROWSER = "Not measured in a browser: Chromium, Chrome or Edge could not be started."
NO_SERVER = "The server did not start."
NO_PAGE = "{url} does not answer as this program's page does (it may ask for a login): {reason}."

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
_SERVE = "import sys; from recognizer.web.launch import main; sys.exit(main())"
_UNANSWERED = (OSError, http.client.HTTPException, ValueError, LookupError, TypeError)
_SHEET = (640, 440)  # as in `canvas`, which imports Gradio
_DIGITS_A_DRAWING = 7  # as many stand side by side; the sheet is then cleared

# Notes when a stroke has ended, before the page itself hears of it, and when the number has changed.
_WATCH = """
() => {
  const number = () => document.querySelector("#number textarea").value;
  addEventListener("pointerup", () => {
    const before = number();
    const ended = performance.now();
    window.waited = null;
    const look = () => {
      if (number() === before) requestAnimationFrame(look);
      else window.waited = performance.now() - ended;
    };
    look();
  }, true);
}
"""


@dataclass(slots=True)
class Waits:
    """How long the strokes of one part of the measurement waited for their answer."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0
    """Strokes that were not answered."""

    def share(self, share: float) -> float:
        """The seconds that this share of the answered strokes did not exceed; NaN where none was answered."""
        ordered = sorted(self.seconds)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


class LoadError(Exception):
    """Nothing can be measured; the message is a sentence for the user."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; returns the exit status."""
    options = _parse_options(arguments)
    try:
        with _served() if options.url is None else _given(options.url) as url:
            address = _canvas_address(url)
            print(
                f"Measuring {url} from this computer with {os.cpu_count()} cores; it takes a minute or two.", flush=True
            )
            in_browser = measure_in_browser(url, options.strokes)
            if isinstance(in_browser, str):
                print(in_browser, flush=True)
            at_once = measure_visitors(address, options.visitors, options.strokes)
    except LoadError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    rows = [(f"{options.visitors} visitors at once", at_once, VISITORS_TARGET)]
    if isinstance(in_browser, Waits):
        rows.insert(0, ("one visitor in a browser", in_browser, BROWSER_TARGET))
    print(table(rows))
    return int(any(waits.failed or not waits.seconds for _, waits, _ in rows))


def table(rows: Sequence[tuple[str, Waits, float]]) -> str:
    """What was measured, as text: for each row its name, the waits, and the target in seconds for 95 % of them."""
    lines = [
        f"{'From the end of a stroke to the number':40}{'strokes':>8}{'median':>10}{'95 %':>10}{'target':>10}{'failed':>8}"
    ]
    for name, waits, target in rows:
        median = statistics.median(waits.seconds) if waits.seconds else math.nan
        slow = waits.share(0.95)
        lines.append(
            f"{name:40}{len(waits.seconds) + waits.failed:8}{_milliseconds(median):>10}{_milliseconds(slow):>10}"
            f"{_milliseconds(target):>10}{waits.failed:8}  {'met' if slow < target else 'missed'}"
        )
    return "\n".join(lines)


def measure_in_browser(url: str, strokes: int) -> Waits | str:
    """Draw in a browser, stroke after stroke; a sentence where there is none to draw in."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        return NO_PLAYWRIGHT
    flags = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")
    with sync_playwright() as driver:
        try:
            # None: the browser that Playwright itself may have installed
            path = next(filter(None, map(shutil.which, _BROWSERS)), None)
            browser = driver.chromium.launch(executable_path=path, args=flags)
        except Error:
            return NO_BROWSER
        try:
            return _draw_in_browser(browser, url, strokes)
        finally:
            browser.close()


def _draw_in_browser(browser: Any, url: str, strokes: int) -> Waits:
    from playwright.sync_api import Error

    waits = Waits()
    stop = time.monotonic() + TIME_LIMIT
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    try:
        page.goto(url, timeout=START_LIMIT * 1000)
        page.wait_for_selector("#canvas svg", timeout=START_LIMIT * 1000)
        page.set_default_timeout(PATIENCE * 1000)
        page.wait_for_timeout(1000)
        page.evaluate(_WATCH)
        for index in range(strokes):
            place = index % _DIGITS_A_DRAWING
            if index and place == 0:
                page.click("#canvas-clear")
                page.wait_for_function("document.querySelector('#number textarea').value === ''")
            if time.monotonic() > stop:
                break
            box = page.locator("#canvas svg").bounding_box()
            x = box["x"] + box["width"] * (place + 0.7) / (_DIGITS_A_DRAWING + 0.4)
            page.mouse.move(x, box["y"] + 0.3 * box["height"])
            page.mouse.down()
            page.mouse.move(x, box["y"] + 0.7 * box["height"], steps=10)
            page.mouse.up()
            page.wait_for_function("window.waited !== null")
            waits.seconds.append(page.evaluate("window.waited") / 1000)
            page.wait_for_timeout(300)
    except Error as error:
        print(f"The browser gave up: {str(error).splitlines()[0]}", file=sys.stderr)
    waits.failed = strokes - len(waits.seconds)
    return waits


@dataclass(frozen=True, slots=True)
class CanvasAddress:
    """Where the page sends its drawings."""

    url: str
    function: int
    canvas: int


def measure_visitors(address: CanvasAddress, visitors: int, strokes: int) -> Waits:
    """Let visitors draw at once, over HTTP as the page does it."""
    start = time.monotonic() + 2
    with ThreadPoolExecutor(visitors) as pool:
        each = list(
            pool.map(
                lambda number: _visit(address, strokes, start + number / visitors * BETWEEN_STROKES), range(visitors)
            )
        )
    return Waits([wait for waits in each for wait in waits.seconds], sum(waits.failed for waits in each))


def _visit(address: CanvasAddress, strokes: int, start: float) -> Waits:
    """One visitor's strokes, the first at `start` on the monotonic clock."""
    waits = Waits()
    session = secrets.token_hex(6)
    connection = _connect(address.url)
    with contextlib.suppress(*_UNANSWERED):  # a browser has asked for other things, too, before the first stroke
        _ask(connection, address, session, "[]")
    for index in range(strokes):
        end_of_stroke = start + index * BETWEEN_STROKES
        time.sleep(max(0.0, end_of_stroke - time.monotonic()))
        if time.monotonic() > start + TIME_LIMIT:
            break
        digits = index % _DIGITS_A_DRAWING + 1
        try:
            answer = _ask(connection, address, session, json.dumps([_stroke(place) for place in range(digits)]))
            wait = time.monotonic() - end_of_stroke
            if not isinstance(answer[0], str) or not answer[0]:
                raise ValueError
            for value in answer:
                if isinstance(value, dict) and value.get("url"):
                    _exchange(connection, "GET", value["url"])
            waits.seconds.append(wait)
        except _UNANSWERED:
            connection.close()  # it opens again at the next request
    connection.close()
    waits.failed = strokes - len(waits.seconds)
    return waits


def _stroke(place: int) -> list[list[float]]:
    """A digit, 0, 1 or 7, as the page would send it: its points in the sheet's units."""
    width, height = _SHEET
    steps = [step / 40 for step in range(41)]
    unit = (
        [(0.5 + 0.5 * math.sin(math.tau * t), 0.5 - 0.5 * math.cos(math.tau * t)) for t in steps],
        [(0.5, t) for t in steps],
        [(2.5 * t, 0.0) if t < 0.4 else (1 - (t - 0.4), (t - 0.4) / 0.6) for t in steps],
    )[place % 3]
    left, size = (place + 0.3) * width / (_DIGITS_A_DRAWING + 0.4), 0.09 * width
    return [[round(left + size * x, 1), round(height * (0.3 + 0.4 * y), 1)] for x, y in unit]


def _ask(connection: http.client.HTTPConnection, address: CanvasAddress, session: str, drawing: str) -> list[Any]:
    """Send a drawing as the page does, and return what the page would show."""
    body = {
        "data": [drawing, "en"],
        "event_data": {},
        "fn_index": address.function,
        "trigger_id": address.canvas,
        "session_hash": session,
    }
    answer = json.loads(_exchange(connection, "POST", address.url + "/run/predict", json.dumps(body)))
    values: list[Any] = answer["data"]
    return values


def _canvas_address(url: str) -> CanvasAddress:
    """Where the page at a URL sends its drawings, by the description that it gives to browsers; LoadError where it has none."""
    connection = _connect(url)
    try:
        config = json.loads(_exchange(connection, "GET", url + "/config"))
        canvas = next(one["id"] for one in config["components"] if one["props"].get("elem_id") == "canvas")
        function = next(one["id"] for one in config["dependencies"] if [canvas, "input"] in one["targets"])
        return CanvasAddress(url + config["api_prefix"], function, canvas)
    except (*_UNANSWERED, StopIteration) as error:
        reason = str(error) or type(error).__name__
        raise LoadError(NO_PAGE.format(url=url, reason=reason)) from error
    finally:
        connection.close()


def _connect(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=PATIENCE)


def _exchange(connection: http.client.HTTPConnection, method: str, url: str, body: str | None = None) -> bytes:
    """Body of the answer; raises one of many errors, ValueError for any status but 200."""
    headers = {"Content-Type": "application/json", "X-Gradio-User": "app"} if body else {}
    connection.request(method, urlsplit(url).path, body, headers)
    response = connection.getresponse()
    content = response.read()
    if response.status != 200:
        raise ValueError(f"status {response.status}")
    return content


@contextlib.contextmanager
def _given(url: str) -> Iterator[str]:
    yield url


@contextlib.contextmanager
def _served() -> Iterator[str]:
    """A server of our own, for as long as it is measured."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", _SERVE, "--port", str(port)], stdout=subprocess.PIPE, text=True)
    late = threading.Timer(START_LIMIT, server.kill)
    late.start()
    try:
        assert server.stdout is not None
        if not server.stdout.readline().startswith(console.ADDRESS.format(url="")):
            raise LoadError(NO_SERVER)
        late.cancel()
        yield f"http://127.0.0.1:{port}"
    finally:
        late.cancel()
        server.send_signal(signal.SIGTERM)
        try:
            server.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.communicate()


def _parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m recognizer.web.load",
        description="Measure how long the page takes from the end of a stroke to the new number, for one visitor in a "
        "browser and for many at once.",
    )
    parser.add_argument(
        "--visitors", type=_count(500), default=10, metavar="N", help="visitors who draw at once (default: 10)"
    )
    parser.add_argument(
        "--strokes", type=_count(100), default=20, metavar="N", help="strokes that each visitor draws (default: 20)"
    )
    parser.add_argument(
        "--url", type=_url, help="address of a page that is being served already (default: serve it, on a free port)"
    )
    return parser.parse_args(arguments)


def _count(most: int) -> Any:
    def count(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {most}")
        return int(text)

    return count


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not an address such as http://127.0.0.1:7860") from None
    return parts._replace(query="", fragment="").geturl().rstrip("/")


def _milliseconds(seconds: float) -> str:
    return "-" if math.isnan(seconds) else f"{1000 * seconds:.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
