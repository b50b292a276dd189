"""Who is logged in, and the way out: a row at the top of the page where it is served with accounts."""

from __future__ import annotations

import html
from typing import Any

import gradio as gr

from recognizer.web.i18n import WITH_LANGUAGE, language_input, text
from recognizer.web.language import say

ACCOUNT_CSS = """
#account { justify-content: flex-end; align-items: center; gap: 12px; }
#account > * { flex: 0 1 auto; width: auto; min-width: 0; }
#log-out { flex: none; }
#account p { margin: 0; color: var(--body-text-color-subdued); overflow-wrap: anywhere; }
"""

# Sent as a form, so that the browser itself goes where the answer leads it, and nothing of the page is left.
_LOG_OUT_JS = """
() => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "logout";
  document.body.append(form);
  form.submit();
}
"""


def build_account_row(page: Any) -> None:
    """Build the row inside the surrounding gr.Blocks, `page`; it names the user when the page loads."""
    with gr.Row(elem_id="account"):
        name = gr.HTML()
        out = gr.Button(text("LOG_OUT"), size="sm", elem_id="log-out")
    page.load(
        _greet,
        language_input(),
        name,
        js=WITH_LANGUAGE,
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )
    out.click(None, js=_LOG_OUT_JS, api_visibility="private")


def _greet(language: str, request: gr.Request) -> str:
    return f"<p>{html.escape(say(language, 'LOGGED_IN', name=request.username))}</p>"
