"""The page in the visitor's language: English in `strings`, every other one in a file below languages/.

What stands on the page from the start is translated in the browser, by Gradio's own i18n: see `i18n`. What an event says
is written on the server, by `say(language, "DOUBT", ...)`, for Gradio translates one key a string and fills nothing in.
"""

from __future__ import annotations

import contextlib
import json
from functools import cache
from pathlib import Path

from recognizer.web import strings

FOLDER = Path(__file__).parent / "languages"
LANGUAGES = {
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
    "hi": "हिन्दी",
    "zh-CN": "中文",
}
"""Tag of each language, as Gradio names it, and its own name."""
SOURCE = "en"


@cache
def sentences(language: str) -> dict[str, str]:
    """Every sentence of a language by its name in `strings`."""
    if language == SOURCE:
        return {name: value for name, value in vars(strings).items() if name.isupper() and isinstance(value, str)}
    found: dict[str, str] = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return found


def best_language(tag: str | None) -> str:
    """The tag of `LANGUAGES` nearest to what a browser says: "de-AT" gives "de"; English for one that is not there."""
    wanted = (tag or "").lower()
    for known in LANGUAGES:
        if known.lower() == wanted:
            return known
    for known in LANGUAGES:
        if known.split("-")[0].lower() == wanted.split("-")[0]:
            return known
    return SOURCE


def accepted_language(header: str) -> str:
    """The tag of `LANGUAGES` that a browser's Accept-Language asks for first; English where it names none of them."""
    wanted = []
    for part in header.replace(" ", "").split(","):
        tag, _, weight = part.partition(";q=")
        with contextlib.suppress(ValueError):
            wanted.append((-float(weight or 1), tag))
    for _, tag in sorted(wanted, key=lambda entry: entry[0]):
        found = best_language(tag)
        if found.split("-")[0].lower() == tag.split("-")[0].lower():
            return found
    return SOURCE


def say(language: str | None, name: str, /, **values: object) -> str:
    """A sentence in a language, filled in.

    Args:
        language: any language tag; see `best_language`.
        name: a name in `strings`.
        values: what stands in its braces.
    """
    return sentences(best_language(language))[name].format(**values)
