"""Open a web page that reads handwritten numbers: python app.py [--share] [--port N] [--host H]."""

from __future__ import annotations

import sys

from recognizer.web.launch import main

if __name__ == "__main__":
    sys.exit(main())
