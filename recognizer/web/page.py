"""Puts the page together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from recognizer.web import strings, style
from recognizer.web.account_row import ACCOUNT_CSS, build_account_row
from recognizer.web.batch_tab import build_batch_tab
from recognizer.web.canvas import CANVAS_CSS
from recognizer.web.fetch import bound_fetches
from recognizer.web.guide_tab import build_guide_tab
from recognizer.web.i18n import WITH_LANGUAGE, language_input, text, translations
from recognizer.web.limits import MAX_FILE_BYTES, RATE, Limits
from recognizer.web.manifest import load_manifests
from recognizer.web.mend import MEND_CSS, mend_markup
from recognizer.web.network_tab import build_network_tab
from recognizer.web.read_tab import EXAMPLES_FOLDER, TAKE_PASTED, KeepCorrection, build_read_tab
from recognizer.web.result import Reader
from recognizer.web.stages_tab import build_stages_tab

UPLOADS_KEPT = 30 * 60
"""Seconds after which an uploaded file is deleted; with the sweep every ten minutes it is gone within the hour."""
ICON = Path(__file__).with_name("icon.png")
"""The page's icon, 512x512, drawn by docs/icon.py."""
QUEUE_LENGTH = 64
"""Readings that may wait; a visitor beyond that is told that the page is busy."""
CONCURRENT_READINGS = 2


class Page(gr.Blocks):  # type: ignore[misc]
    """The page. Launched as any gr.Blocks, in a notebook with `launch(inline=True)`; `launch_options()` are its defaults."""

    def launch(self, *, rate: float = RATE, **options: Any) -> Any:
        """As gr.Blocks.launch; `rate` is the requests a second that each visitor may make, 0 for any number."""
        app_kwargs = dict(options.pop("app_kwargs", None) or {})
        app_kwargs["middleware"] = [Middleware(Limits, rate=rate), *app_kwargs.get("middleware", [])]
        return super().launch(**{**launch_options(), **options, "app_kwargs": app_kwargs})


def build_page(
    reader: Reader, *, shared: bool = False, keep_correction: KeepCorrection | None = None, accounts: bool = False
) -> Any:
    """The page around a reader.

    Args:
        reader: anything with `read` and `trace`, called from several threads at once.
        shared: say on the page that its link is public.
        keep_correction: takes what visitors correct and ask to have kept; None keeps nothing.
        accounts: say who is logged in, and offer to log out; for a page behind `gate.launch_options`.

    Returns:
        `Page`.
    """
    bound_fetches()
    with Page(title=strings.TITLE, analytics_enabled=False, delete_cache=(10 * 60, UPLOADS_KEPT)) as page:
        with gr.Row(elem_id="masthead"):
            gr.HTML(style.LOGO, elem_id="logo")
            with gr.Column():
                gr.HTML(f"<h1>{text('TITLE')}</h1>")
                gr.HTML(f"<p>{text('TAGLINE')}</p>")
        if accounts:
            build_account_row(page)
        if shared:
            gr.Markdown(text("SHARED_NOTE_ACCOUNTS" if accounts else "SHARED_NOTE"), elem_id="shared")
        with gr.Tabs():
            with gr.Tab(text("READ_TAB"), id="read"):
                read = build_read_tab(reader, keep_correction=keep_correction)
            with gr.Tab(text("BATCH_TAB"), id="batch") as batch_tab:
                build_batch_tab(batch_tab, page, reader)
            with gr.Tab(text("STAGES_TAB"), id="stages") as stages_tab:
                build_stages_tab(stages_tab, read.result)
            with gr.Tab(text("GUIDE_TAB"), id="guide") as guide_tab:
                build_guide_tab(guide_tab)
            if manifests := load_manifests():
                with gr.Tab(text("NETWORK_TAB"), id="network") as network_tab:
                    build_network_tab(network_tab, manifests)
        gr.Markdown(text("PRIVACY_NOTE" if keep_correction is None else "PRIVACY_NOTE_KEEPING"), elem_classes="hint")
        translate_on_load(page, read.translated)
        page.load(None, None, None, js=TAKE_PASTED, api_visibility="private")
        mend_markup(page)
    # `api_open` would let programs pass by the queue.
    page.queue(max_size=QUEUE_LENGTH, default_concurrency_limit=CONCURRENT_READINGS, api_open=False)
    return page


# Gradio's title for the browser's own window and bookmarks is that of `Page`, in English; the heading is translated, and
# translated anew when a visitor chooses another language in Gradio's settings.
_TRANSLATE_TITLE = """
() => {
  const heading = document.querySelector("#masthead");
  const name = () => { document.title = heading.querySelector("h1")?.textContent || document.title; };
  new MutationObserver(name).observe(heading, { childList: true, characterData: true, subtree: true });
  name();
}
"""


def translate_on_load(page: Any, translated: dict[Any, Callable[[str], Any]]) -> None:
    """Put the visitor's language into what Gradio's i18n leaves in English: components, and what each becomes in a language."""

    def translate(language: str) -> Any:
        updates = [update(language) for update in translated.values()]
        return updates if len(updates) > 1 else updates[0]  # of a single component, Gradio wants no list

    page.load(
        translate,
        language_input(),
        list(translated),
        js=WITH_LANGUAGE,
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )
    page.load(None, None, None, js=_TRANSLATE_TITLE, api_visibility="private")


def launch_options() -> dict[str, Any]:
    """Options of `gr.Blocks.launch` that make the page what it is: look, limits, and nothing kept."""
    return {
        "theme": style.theme(),
        "i18n": translations(),
        "css": style.CSS + CANVAS_CSS + ACCOUNT_CSS + MEND_CSS,
        "max_file_size": MAX_FILE_BYTES,
        # The only files outside the uploads that the page hands out: the project's own pictures.
        "allowed_paths": [str(EXAMPLES_FOLDER)],
        # Results wait in a visitor's session for the other tab, up to 12 MB each; the oldest make room for new visitors'.
        "state_session_capacity": 64,
        "run_history": False,
        "footer_links": ["api", "settings"],
        "ssr_mode": False,
        # Otherwise how often each function was called, and how long it took, would be anyone's to look up.
        "enable_monitoring": False,
        "pwa": True,
        "favicon_path": str(ICON),
        "head": style.HEAD,
    }
