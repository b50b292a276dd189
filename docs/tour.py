"""Record the tour of the page's guide: python docs/tour.py

Opens the page as app.py serves it, draws 253, chooses an example, looks at the steps, and saves what it saw as an animated
picture and a still one in recognizer/web/guide. Time is told by the frames, not by the clock, so that a slow computer
records the same tour. Needs the test extra, and Chromium or Chrome.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Any

from browser import ROOT, Point, draw_stroke, served_page
from PIL import Image

FOLDER = ROOT / "recognizer" / "web" / "guide"
WIDTH, HEIGHT = 1000, 620
"""Size of the window, in pixels."""
SHOWN_WIDTH = 900
"""Width of the recording, in pixels."""
MOST_BYTES = 1_000_000
_MARGIN = 24

TWO = [(.16, .34), (.18, .25), (.24, .20), (.31, .24), (.32, .34), (.27, .48), (.20, .62), (.14, .76), (.20, .77), (.27, .76),
       (.35, .76)]  # fmt: skip
FIVE = [(.45, .22), (.44, .45), (.50, .42), (.57, .47), (.60, .58), (.57, .71), (.50, .77), (.42, .73)]  # fmt: skip
BAR = [(.45, .22), (.52, .215), (.60, .21)]  # fmt: skip
THREE = [(.69, .26), (.74, .20), (.81, .22), (.83, .32), (.78, .43), (.73, .46), (.80, .48), (.85, .58), (.83, .71), (.76, .77),
         (.68, .72)]  # fmt: skip

# Screenshots show no mouse pointer: one of our own goes with the mouse.
_POINTER = """
(() => {
  const pointer = document.createElement("div");
  pointer.innerHTML = `<svg width="26" height="26" viewBox="0 0 24 24" fill="#111827" stroke="#ffffff" stroke-width="1.5">
    <path d="M4 2v17l4.6-4.2 3 6.9 3-1.3-3-6.8H18z"/></svg>`;
  pointer.style.cssText = "position: fixed; left: 0; top: 0; z-index: 9999; pointer-events: none";
  document.body.append(pointer);
  const follow = (event) => {
    pointer.style.transform = `translate(${event.clientX - 4}px, ${event.clientY - 2}px)`;
  };
  for (const kind of ["mousemove", "pointermove"]) document.addEventListener(kind, follow, { capture: true });
})()
"""


class Recording:
    """Frames of a page, each with the time that it is shown."""

    def __init__(self, page: Any) -> None:
        self.page = page
        content = page.locator(".gradio-container main").bounding_box()
        # Without most of the empty margins beside the page's content.
        left = max(0, content["x"] - _MARGIN)
        self._clip = {"x": left, "y": 0, "width": min(WIDTH - left, content["width"] + 2 * _MARGIN), "height": HEIGHT}
        self.frames: list[Image.Image] = []
        self.durations: list[int] = []

    def show(self, milliseconds: int) -> None:
        """Record what the page shows now, for a time."""
        with Image.open(io.BytesIO(self.page.screenshot(clip=self._clip))) as shot:
            size = SHOWN_WIDTH, round(SHOWN_WIDTH * shot.height / shot.width)
            self.frames.append(shot.convert("RGB").resize(size, Image.Resampling.LANCZOS))
        self.durations.append(milliseconds)

    def draw(self, *strokes: Sequence[Point], number: str) -> None:
        """Draw on the sheet, and wait until the number stands there."""
        for stroke in strokes:
            draw_stroke(self.page, stroke, lambda number: self.show(90) if number % 6 == 5 else None)
        self.wait_for(number)
        self.show(500)

    def click(self, target: Any) -> None:
        """Bring the pointer to something and click on it."""
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        self.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.6 * box["height"], steps=8)
        self.show(600)
        self.page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.6 * box["height"])

    def wait_for(self, number: str) -> None:
        """Wait until the page has read a number."""
        self.page.wait_for_function(f"document.querySelector('#number textarea').value == {number!r}")
        self.page.wait_for_timeout(600)  # what else the page shows of it is on its way

    def scroll(self, pixels: int, times: int) -> None:
        """Scroll down bit by bit."""
        for _ in range(times):
            self.page.mouse.wheel(0, pixels)
            self.page.wait_for_timeout(300)
            self.show(120)


def record(page: Any) -> tuple[Recording, Image.Image]:
    """The tour, and the frame that stands for it where nothing may move."""
    recording = Recording(page)
    page.evaluate(_POINTER)
    page.mouse.move(420, 640)
    recording.show(900)
    recording.draw(TWO, number="2")
    recording.draw(FIVE, BAR, number="25")
    recording.draw(THREE, number="253")
    recording.show(1800)
    still = recording.frames[-1]

    recording.click(page.locator("#examples .thumbnail-item").first)
    recording.wait_for("1984")
    page.mouse.wheel(0, -2000)
    page.wait_for_timeout(800)
    recording.show(2200)

    recording.click(page.get_by_role("tab", name="How it was read"))
    page.wait_for_selector("#stage-crops img")
    page.wait_for_timeout(1500)
    recording.show(1500)
    recording.scroll(110, 5)
    recording.show(2500)
    return recording, still


def main() -> int:
    """Record the tour; returns an exit status."""
    try:
        with served_page() as (address, browser):
            context = browser.new_context(
                viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", locale="en-GB"
            )
            page = context.new_page()
            page.set_default_timeout(60_000)
            page.goto(address)
            page.wait_for_selector("#canvas svg")
            page.wait_for_timeout(2000)
            recording, still = record(page)
            context.close()
    except (FileNotFoundError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    first, *others = recording.frames
    content = io.BytesIO()
    first.save(
        content,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=recording.durations,
        loop=0,
        quality=70,
        method=6,
        minimize_size=True,
    )
    if content.tell() > MOST_BYTES:
        print(f"The tour takes {content.tell():,} bytes, more than {MOST_BYTES:,}: shorten it.", file=sys.stderr)
        return 1
    (FOLDER / "tour.webp").write_bytes(content.getvalue())
    still.save(FOLDER / "tour-still.webp", quality=80, method=6)
    seconds = sum(recording.durations) / 1000
    print(f"tour.webp: {len(recording.frames)} frames, {seconds:.1f} s, {content.tell():,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
