"""The pages to log in and to register, as HTML in the page's look; they need no script and no other file."""

from __future__ import annotations

import html
from base64 import b64encode
from hashlib import sha256

from recognizer.web import style
from recognizer.web.accounts import NAME_LENGTHS, PASSWORD_LENGTHS
from recognizer.web.language import best_language, say

_CSS = """
:root { color-scheme: light dark; --paper: #faf8f4; --sheet: #ffffff; --line: #e4dfd5; --edge: #8a847b;
  --text: #292524; --quiet: #6b655e; --blue: #1d4ed8; --pressed: #1c44b8; --link: #1d4ed8; --warn: #c2410c; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #12151c; --sheet: #1a1f29; --line: #2c3442; --edge: #7d8797; --text: #f5f5f4; --quiet: #a3acba;
    --link: #93b4fd; --warn: #fb923c; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 24px 16px; background: var(--paper); color: var(--text);
  font: 16px/1.5 "IBM Plex Sans", system-ui, sans-serif; overflow-wrap: anywhere; }
header, main { max-width: 420px; margin: 0 auto; }
header { display: flex; align-items: center; gap: 16px; margin-bottom: 20px; }
header svg { flex: none; width: 64px; height: 48px; }
header p { margin: 0; }
header p:first-child { font-size: 1.25rem; font-weight: 700; line-height: 1.2; }
header p + p, .hint { color: var(--quiet); font-size: .9rem; }
main { background: var(--sheet); border: 1px solid var(--line); border-radius: 12px; padding: 20px; }
h1 { font-size: 1.4rem; line-height: 1.2; margin: 0 0 12px; }
label { display: block; font-weight: 700; margin-top: 14px; }
.hint { margin: 0; }
input { display: block; width: 100%; margin-top: 4px; padding: 10px 12px; font: inherit; color: inherit;
  background: var(--sheet); border: 1px solid var(--edge); border-radius: 8px; }
button { width: 100%; margin-top: 20px; padding: 12px; font: inherit; font-weight: 700; color: #ffffff;
  background: var(--blue); border: 0; border-radius: 8px; cursor: pointer; }
button:hover { background: var(--pressed); }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
main > p:last-child { margin: 16px 0 0; }
[role=alert] { margin: 0; padding: 10px 14px; border-left: 4px solid var(--warn); border-radius: 8px;
  background: var(--paper); font-weight: 700; }
"""

HEADERS = {
    # Nothing is loaded from anywhere, nothing but this style runs, and no other site may frame the form.
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_CSS.encode()).digest()).decode()}'; img-src data:; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    # Not "no-referrer": browsers then hide the form's origin, by which a request from another site is told.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of both pages."""

_ICON = (
    "data:image/svg+xml;base64,"
    + b64encode(style.LOGO.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ').encode()).decode()
)


def log_in_page(language: str, *, problem: str = "", name: str = "", registration: bool = False) -> str:
    """HTML of the page to log in.

    Args:
        language: tag of its language.
        problem: a sentence on what was wrong with the last attempt.
        name: user name to fill in.
        registration: link to the page to register.
    """
    fields = (
        _name_field(language, name, problem),
        _field(
            language,
            "PASSWORD",
            "password",
            problem,
            type="password",
            autocomplete="current-password",
            autofocus=bool(name),
        ),
    )
    return _page(language, "LOG_IN", "login", fields, problem, ("register", "REGISTER_LINK") if registration else None)


def register_page(language: str, *, problem: str = "", name: str = "") -> str:
    """HTML of the page to register; arguments as of `log_in_page`."""
    name_rule = say(language, "USER_NAME_HINT", least=NAME_LENGTHS[0], most=NAME_LENGTHS[1])
    password_rule = say(language, "PASSWORD_HINT", least=PASSWORD_LENGTHS[0])
    fields = (
        _name_field(language, name, problem, name_rule),
        _field(
            language,
            "PASSWORD",
            "password",
            problem,
            password_rule,
            type="password",
            autocomplete="new-password",
            autofocus=bool(name),
        ),
        _field(language, "PASSWORD_AGAIN", "password_again", problem, type="password", autocomplete="new-password"),
    )
    return _page(language, "REGISTER", "register", fields, problem, ("login", "LOG_IN_LINK"))


def _page(
    language: str, title: str, action: str, fields: tuple[str, ...], problem: str, link: tuple[str, str] | None
) -> str:
    """Addresses are relative: both pages lie beside the page itself, wherever a proxy puts that."""
    words = {name: html.escape(say(language, name)) for name in (title, "TITLE", "TAGLINE")}
    alert = f'<p role="alert" id="problem">{html.escape(problem)}</p>' if problem else ""
    after = f'<p><a href="{link[0]}">{html.escape(say(language, link[1]))}</a></p>' if link else ""
    return f"""<!doctype html>
<html lang="{best_language(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{words[title]} · {words["TITLE"]}</title>
<link rel="icon" href="{_ICON}">
<style>{_CSS}</style>
</head>
<body>
<header>{style.LOGO}<div><p>{words["TITLE"]}</p><p>{words["TAGLINE"]}</p></div></header>
<main>
<h1>{words[title]}</h1>
{alert}
<form method="post" action="{action}">
{"".join(fields)}<button>{words[title]}</button>
</form>
{after}
</main>
</body>
</html>
"""


def _name_field(language: str, value: str, problem: str, hint: str = "") -> str:
    return _field(
        language,
        "USER_NAME",
        "username",
        problem,
        hint,
        value=value,
        autocomplete="username",
        autocapitalize="none",
        spellcheck="false",
        autofocus=not value,
    )


def _field(language: str, label: str, name: str, problem: str, hint: str = "", **attributes: str | bool) -> str:
    """A labelled input that has to be filled in; an attribute that is True stands without a value."""
    given: dict[str, str | bool] = {"id": name, "name": name, "required": True, **attributes}
    # A problem is read out with the field that the page opens on.
    described = {"problem": problem and attributes.get("autofocus"), f"{name}-hint": hint}
    given["aria-describedby"] = " ".join(part for part, there in described.items() if there)
    if hint:
        hint = f'<p class="hint" id="{name}-hint">{html.escape(hint)}</p>\n'
    written = " ".join(
        key if value is True else f'{key}="{html.escape(str(value))}"' for key, value in given.items() if value
    )
    return f'<label for="{name}">{html.escape(say(language, label))}</label>\n{hint}<input {written}>\n'
