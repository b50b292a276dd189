"""Puts the page together."""

from __future__ import annotations

import html
from typing import Any

import gradio as gr

from recognizer.web import strings, style
from recognizer.web.canvas import CANVAS_CSS, CANVAS_JS
from recognizer.web.read_tab import EXAMPLES_FOLDER, build_read_tab
from recognizer.web.result import Reader
from recognizer.web.stages_tab import build_stages_tab

UPLOADS_KEPT = 30 * 60
"""Seconds after which an uploaded file is deleted; with the sweep every ten minutes it is gone within the hour."""
QUEUE_LENGTH = 64
"""Readings that may wait; a visitor beyond that is told that the page is busy."""
CONCURRENT_READINGS = 2


def build_page(reader: Reader, *, shared: bool = False) -> Any:
    """The page around a reader.

    Args:
        reader: anything with `read` and `trace`, called from several threads at once.
        shared: say on the page that its link is public.

    Returns:
        gr.Blocks; launch it with `launch_options()`.
    """
    with gr.Blocks(title=strings.TITLE, analytics_enabled=False, delete_cache=(10 * 60, UPLOADS_KEPT)) as page:
        gr.HTML(
            f'<header id="masthead">{style.LOGO}<div><h1>{html.escape(strings.TITLE)}</h1>'
            f"<p>{html.escape(strings.TAGLINE)}</p></div></header>"
        )
        if shared:
            gr.Markdown(strings.SHARED_NOTE, elem_id="shared")
        with gr.Tabs():
            with gr.Tab(strings.READ_TAB):
                read = build_read_tab(reader)
            with gr.Tab(strings.STAGES_TAB) as stages_tab:
                build_stages_tab(stages_tab, read.result)
        gr.Markdown(strings.PRIVACY_NOTE, elem_classes="hint")
    page.queue(max_size=QUEUE_LENGTH, default_concurrency_limit=CONCURRENT_READINGS)
    return page


def launch_options() -> dict[str, Any]:
    """Options of `gr.Blocks.launch` that make the page what it is: look, limits, and nothing kept."""
    return {
        "theme": style.theme(),
        "css": style.CSS + CANVAS_CSS,
        "js": CANVAS_JS,
        "max_file_size": "10mb",
        # The only files outside the uploads that the page hands out: the project's own pictures.
        "allowed_paths": [str(EXAMPLES_FOLDER)],
        # Results wait in a visitor's session for the other tab; the oldest make room for new visitors'.
        "state_session_capacity": 200,
        "run_history": False,
        "footer_links": ["api", "settings"],
        "ssr_mode": False,
        "pwa": False,
    }
