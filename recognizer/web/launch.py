"""The options of app.py, and the server behind it. Gradio is imported only once the options have been found good."""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib.util
import io
import os
import secrets
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recognizer.errors import RecognizerError
from recognizer.web import console
from recognizer.web.limits import RATE, delete_old_files
from recognizer.web.result import Reader

FIRST_PORT = 7860
PORTS_TRIED = 100
SWEEP_EVERY = 10 * 60
"""Seconds between two sweeps of the uploads."""


def parse_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; `--help` and mistakes end the program, as argparse does."""
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="Open a web page that reads handwritten numbers from pictures and drawings.",
        epilog="The page is reachable from this computer only, unless --share or --host says otherwise. "
        "`app.py users --help` tells how to manage accounts.",
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
    parser.add_argument(
        "--keep-corrections",
        type=Path,
        metavar="FOLDER",
        help="offer visitors to keep a picture whose number they corrected, in FOLDER (default: nothing is ever kept)",
    )
    parser.add_argument("--open", action="store_true", help="open the page in the web browser")
    parser.add_argument(
        "--rate",
        type=_rate,
        default=RATE,
        metavar="N",
        help=f"requests a second that each visitor may make in the long run, 0 for any number (default: {RATE:g}; "
        "this computer itself is never limited)",
    )
    parser.add_argument("--mcp", action="store_true", help="also serve the reader as an MCP tool (needs the mcp extra)")
    parser.add_argument(
        "--auth",
        type=Path,
        metavar="USERS.db",
        help="let only users in, whose accounts are in USERS.db; `app.py users add|remove|list` manages them",
    )
    parser.add_argument(
        "--allow-registration", action="store_true", help="let visitors make an account themselves (with --auth)"
    )
    options = parser.parse_args(arguments)
    if options.allow_registration and options.auth is None:
        parser.error(console.REGISTRATION_WITHOUT_ACCOUNTS)
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run app.py: `users ...` manages accounts, anything else serves the page. Returns the exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["users"]:
        from recognizer.web import users

        return users.main(given[1:])
    return serve(parse_options(given))


def serve(options: argparse.Namespace, reader: Reader | None = None) -> int:
    """Serve the page until Ctrl+C or SIGTERM.

    Args:
        options: what `parse_options` returned.
        reader: what reads the pictures, None for the bundled weights.

    Returns:
        Exit status: 0, or 1 with one sentence on stderr.
    """
    if options.mcp and importlib.util.find_spec("mcp") is None:
        print(console.MCP_MISSING, file=sys.stderr)
        return 1
    try:
        port = _free_port(options.host, options.port)
        accounts = None
        if options.auth is not None:
            from recognizer.web.accounts import Accounts

            accounts = Accounts(options.auth)
            if not options.allow_registration and not accounts.users():
                print(console.NO_USERS.format(path=options.auth), file=sys.stderr)
        if reader is None:
            from recognizer.reader import DigitReader

            reader = DigitReader.from_checkpoint()
        keep_correction = None
        if options.keep_corrections:
            from recognizer.web.corrections import CorrectionsFolder

            keep_correction = CorrectionsFolder(options.keep_corrections).keep
    except (RecognizerError, _LaunchError) as error:
        print(error, file=sys.stderr)
        return 1
    # Uploads lie in a folder of this run's own, readable by this user only and removed at the end, whatever is in it.
    with tempfile.TemporaryDirectory(prefix="handwritten-numbers-", dir=os.environ.get("GRADIO_TEMP_DIR")) as uploads:
        os.environ["GRADIO_TEMP_DIR"] = uploads
        return _run(options, port, reader, keep_correction, accounts, Path(uploads))


class _LaunchError(Exception):
    """The page cannot be served as asked; the message is a sentence for the user."""


def _run(
    options: argparse.Namespace, port: int, reader: Reader, keep_correction: Any, accounts: Any, uploads: Path
) -> int:
    from recognizer.web import gate
    from recognizer.web.page import UPLOADS_KEPT, build_page

    ended = _listen_for_end()
    page = build_page(reader, shared=options.share, keep_correction=keep_correction, accounts=accounts is not None)
    key = secrets.token_urlsafe(32)
    gated = gate.launch_options(accounts, registration=options.allow_registration, key=key) if accounts else {}
    chatter = io.StringIO()  # what Gradio prints although it is told to be quiet; why there is no public link
    try:
        with contextlib.redirect_stdout(chatter):
            page.launch(
                server_name=options.host,
                server_port=port,
                share=options.share,
                inbrowser=options.open,
                prevent_thread_lock=True,
                quiet=True,
                rate=options.rate,
                mcp_server=options.mcp,
                **gated,
            )
    except OSError:  # another program took the port since it was found free
        print(console.PORT_TAKEN.format(port=port, host=options.host), file=sys.stderr)
        return 1
    try:
        if options.share and not page.share_url:
            print(console.SHARE_FAILED, file=sys.stderr)
            print(chatter.getvalue().strip(), file=sys.stderr)
            return 1
        print(console.ADDRESS.format(url=page.local_url), flush=True)
        if page.share_url:
            public = console.PUBLIC_ADDRESS_USERS if accounts else console.PUBLIC_ADDRESS
            print(public.format(url=page.share_url), flush=True)
        if options.mcp:
            if accounts:
                gate.let_mcp_in(page, key)
            print(console.MCP_ADDRESS.format(url=(page.share_url or page.local_url).rstrip("/")), flush=True)
        print(console.STOP_HINT, flush=True)
        own = frozenset(uploads.rglob("*"))  # the examples as the page shows them
        swept = time.monotonic()
        while not ended.wait(timeout=1):  # waking up now and then lets Python on Windows see Ctrl+C
            if time.monotonic() - swept > SWEEP_EVERY:
                delete_old_files(uploads, time.time() - UPLOADS_KEPT, own)
                swept = time.monotonic()
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


def _rate(text: str) -> float:
    with contextlib.suppress(ValueError):
        rate = float(text)
        if 0 <= rate <= 1_000_000:
            return rate
    raise argparse.ArgumentTypeError(f"{text} is no rate: give the requests a second, or 0 for any number")


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
