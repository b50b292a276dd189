"""Open a web page that reads handwritten numbers: python app.py [--share] [--port N] [--host H]."""

from __future__ import annotations

import sys

from recognizer.web.launch import parse_options, serve

if __name__ == "__main__":
    sys.exit(serve(parse_options()))
