"""The options of app.py, and the server behind it. Gradio is imported only once the options have been found good."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Sequence
from typing import Any

from recognizer.errors import RecognizerError
from recognizer.web import console
from recognizer.web.result import Reader

FIRST_PORT = 7860
PORTS_TRIED = 100


def parse_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; `--help` and mistakes end the program, as argparse does."""
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="Open a web page that reads handwritten numbers from pictures and drawings.",
        epilog="The page is reachable from this computer only, unless --share or --host says otherwise.",
    )
    parser.add_argument(
        "--port",
        type=_port,
        metavar="N",
        help=f"port to serve on (default: the first free one from {FIRST_PORT} on)",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="H",
        help="address to serve on (default: 127.0.0.1, this computer only; 0.0.0.0: everyone on the same network)",
    )
    parser.add_argument(
        "--share",
        action="store_true",
        help="also make a public link, through Gradio's servers; it lasts a week at most",
    )
    parser.add_argument("--open", action="store_true", help="open the page in the web browser")
    return parser.parse_args(arguments)


def serve(options: argparse.Namespace, reader: Reader | None = None) -> int:
    """Serve the page until Ctrl+C or SIGTERM.

    Args:
        options: what `parse_options` returned.
        reader: what reads the pictures, None for the bundled weights.

    Returns:
        Exit status: 0, or 1 with one sentence on stderr.
    """
    try:
        port = _free_port(options.host, options.port)
        if reader is None:
            from recognizer.reader import DigitReader

            reader = DigitReader.from_checkpoint()
    except (RecognizerError, _LaunchError) as error:
        print(error, file=sys.stderr)
        return 1
    # Uploads lie in a folder of this run's own, readable by this user only and removed at the end, whatever is in it.
    with tempfile.TemporaryDirectory(prefix="handwritten-numbers-", dir=os.environ.get("GRADIO_TEMP_DIR")) as uploads:
        os.environ["GRADIO_TEMP_DIR"] = uploads
        return _run(options, port, reader)


class _LaunchError(Exception):
    """The page cannot be served as asked; the message is a sentence for the user."""


def _run(options: argparse.Namespace, port: int, reader: Reader) -> int:
    from recognizer.web.page import build_page

    ended = _listen_for_end()
    page = build_page(reader, shared=options.share)
    try:
        page.launch(
            server_name=options.host,
            server_port=port,
            share=options.share,
            inbrowser=options.open,
            prevent_thread_lock=True,
            quiet=True,
        )
    except OSError:  # another program took the port since it was found free
        print(console.PORT_TAKEN.format(port=port, host=options.host), file=sys.stderr)
        return 1
    try:
        if options.share and not page.share_url:
            print(console.SHARE_FAILED, file=sys.stderr)
            return 1
        print(console.ADDRESS.format(url=page.local_url), flush=True)
        if page.share_url:
            print(console.PUBLIC_ADDRESS.format(url=page.share_url), flush=True)
        print(console.STOP_HINT, flush=True)
        while not ended.wait(timeout=1):  # waking up now and then lets Python on Windows see Ctrl+C
            pass
    finally:
        page.close(verbose=False)
    return 0


def _listen_for_end() -> threading.Event:
    """An event that Ctrl+C and SIGTERM set, so that the end is an orderly one and the uploads are removed."""
    ended = threading.Event()

    def end(*_: Any) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return ended


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: choose one from 1 to 65535")
    return int(text)


def _free_port(host: str, wanted: int | None) -> int:
    """The wanted port, or the first free one where none is wanted; raises `_LaunchError` with a sentence."""
    for port in [wanted] if wanted is not None else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        try:
            if _is_free(host, port):
                return port
        except PermissionError as error:
            raise _LaunchError(console.PORT_REFUSED.format(port=port)) from error
        except OSError as error:
            raise _LaunchError(console.HOST_UNUSABLE.format(host=host)) from error
        if wanted is not None:
            raise _LaunchError(console.PORT_TAKEN.format(port=port, host=host))
    raise _LaunchError(console.NO_FREE_PORT.format(first=FIRST_PORT))


def _is_free(host: str, port: int) -> bool:
    """Whether a server could listen there; OSError where the host is no address of this computer."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        if os.name == "posix":  # as servers do, so that a port whose last connections still linger counts as free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True
