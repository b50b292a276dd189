"""Open a web page that reads handwritten numbers: python app.py [--share] [--port N] [--host H]; see --help.

In a notebook: ``import app; app.demo.launch(inline=True)``.
"""

from __future__ import annotations

import sys
from typing import Any

from recognizer.web.launch import main


def __getattr__(name: str) -> Any:
    """`demo`: the page around the bundled weights, as gr.Blocks; made when it is first asked for."""
    if name != "demo":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from recognizer.reader import DigitReader
    from recognizer.web.page import build_page

    globals()["demo"] = build_page(DigitReader.from_checkpoint())
    return globals()["demo"]


if __name__ == "__main__":
    sys.exit(main())
