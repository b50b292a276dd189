"""Gradio's side of `language`: texts that the browser translates, and the language it shows the page in."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recognizer.web.language import LANGUAGES, SOURCE, best_language, sentences

WITH_LANGUAGE = "(...given) => [...given.slice(0, -1), document.documentElement.lang]"
"""`js=` of an event whose last input is `language_input()`: puts in the language that Gradio shows the page in."""


def text(name: str) -> Any:
    """A sentence for a component's label, value, placeholder or choice; the browser puts in the visitor's language.

    Gradio translates only one such text a string: nothing else that wants translating may be joined to it.
    """
    if name not in sentences(SOURCE):
        raise KeyError(f"strings has no {name}")
    return _I18N(name)


def translations() -> Any:
    """All languages, for `i18n=` of gr.Blocks.launch."""
    return _I18N


def language_input() -> Any:
    """The last input of an event that speaks; filled by `WITH_LANGUAGE`."""
    return gr.Textbox(SOURCE, visible=False)


# Gradio tells Traditional Chinese apart, which the page has not got: what the browser and what the server puts in must be
# of one language, and `say` takes the Chinese that there is.
_I18N = gr.I18n(**{tag: sentences(best_language(tag)) for tag in (*LANGUAGES, "zh-TW")})
