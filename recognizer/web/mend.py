"""Mends what screen readers, keyboards and phones cannot use in Gradio's own components."""

from __future__ import annotations

from typing import Any

# Gradio puts a button into a button in two places, of which neither is then sure to be reached or named:
# - the button that adds files to those chosen is around the upload's own. It takes over the inner one's name, which Gradio
#   translates as it does not its own, and what a press does; the inner one can no longer be reached.
# - the heading of a message, which folds it up, is around the button that closes it. It becomes plain text: see MEND_CSS.
# The label of its text fields has the button that copies in it first, and so is that one's; the label of its choices is
# nobody's; and its thumbnails are called "Thumbnail 1 of 8", in English, whatever the captions in them say.
# Each of its choices is a group of its own, where the arrow keys should lead from one to the next.
# Its text fields hear of a change by keys that write something: not of a deletion, of what is pasted or spoken, or of what
# a phone's keyboard writes. The number's field is told of those by a key of ours.
_MEND = """
() => {
  let count = 0;
  const refer = (part, attribute, words) => {
    if (!part || !words) return;
    words.id ||= `words-${++count}`;
    part.setAttribute(attribute, words.id);
  };
  const mend = () => {
    for (const heading of document.querySelectorAll(".toast-header[role]")) {
      heading.removeAttribute("role");
      heading.removeAttribute("tabindex");
    }
    for (const inner of document.querySelectorAll("button button.upload-container:not([inert])")) {
      const outer = inner.parentElement.closest("button");
      inner.inert = true;
      outer.ariaLabel = outer.title = inner.ariaLabel;
      outer.addEventListener("click", (event) => { if (!inner.contains(event.target)) inner.click(); });
    }
    for (const words of document.querySelectorAll("label > [data-testid=block-info]")) {
      const field = words.parentElement.querySelector("input, textarea");
      refer(field, "aria-labelledby", words);
      refer(field, "aria-describedby", words.parentElement.querySelector(".info-text"));
    }
    for (const words of document.querySelectorAll("fieldset > [data-testid=block-info]")) {
      refer(words.parentElement, "aria-labelledby", words);
    }
    for (const words of document.querySelectorAll(".thumbnail-item .caption-label")) {
      refer(words.closest(".thumbnail-item"), "aria-labelledby", words);
    }
    for (const choice of document.querySelectorAll("#digit [type=radio]")) choice.name = "digit";
  };
  new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
  mend();
  let key = false;
  document.addEventListener("keydown", () => { key = false; }, true);
  document.addEventListener("keypress", () => { key = true; }, true);
  document.addEventListener("input", ({ target }) => {
    if (!key && target.matches("#number textarea")) target.dispatchEvent(new KeyboardEvent("keypress"));
    key = false;
  });
}
"""

MEND_CSS = """
/* Messages are not folded up. */
.toast-body .toast-header { pointer-events: none; }
.toast-body .toast-close { pointer-events: auto; }
.toast-body .toast-title-row .chevron { display: none; }
"""


def mend_markup(page: Any) -> None:
    """Mend the markup of a gr.Blocks, `page`, in the browser, from its load on."""
    page.load(None, None, None, js=_MEND, api_visibility="private")
