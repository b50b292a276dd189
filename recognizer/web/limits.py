"""What one visitor may ask of the page, so that it stays there for all. Nothing here knows Gradio but its addresses."""

from __future__ import annotations

import io
import ipaddress
import json
import math
import re
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

from PIL import Image

from recognizer.web.language import accepted_language, say

MAX_FILE_BYTES = 10 * 1024**2
"""Largest file that may be uploaded."""
MAX_PIXELS_DECODED = 50_000_000
"""Largest picture that is decoded for a visitor, width times height; the reader itself takes more."""
MAX_BATCH_FILES = 200
"""Pictures that one visitor may give at once."""
MAX_BODY_BYTES = 16 * 1024**2
"""Largest request other than an upload: room for a file of `MAX_FILE_BYTES` in base64."""
MAX_UPLOAD_BYTES = MAX_BATCH_FILES * MAX_FILE_BYTES + 1024**2
"""Largest upload: a batch, and what stands around its files."""
RATE = 20.0
"""Requests that make work (POST) a second and visitor, in the long run: a class of ten draws freely behind one address."""
BURST_SECONDS = 10
"""As many seconds' worth of requests may come at once."""
MOST_VISITORS = 10_000
"""Visitors whose requests are counted; beyond that those not seen for longest are forgotten."""
MOST_AT_ONCE = 64
"""Requests that are answered without Gradio's queue, drawings first of all, at one time; more are told to wait."""
ICON_SIZES = (192, 512)
"""Sizes in pixels in which the page's icon is served."""

# What Gradio offers and this page has no use for. It would fetch any web page for anyone who asks, run ffmpeg on videos
# that visitors send, keep what a visitor's page shows as a file, and enlarge the icon until memory is full.
_CLOSED = re.compile(
    r"/gradio_api/(file[=/]https?:|proxy=|process_recording|deep_link)"
    rf"|/pwa_icon/(?!({'|'.join(map(str, ICON_SIZES))})$)"
)

_UNQUEUED = re.compile(r"/gradio_api/(run|api)/")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]


def too_many_pixels(source: Path | bytes) -> bool:
    """Whether a picture has more than `MAX_PIXELS_DECODED` pixels, by its header alone: nothing is decoded.

    Args:
        source: path or content of a picture file. False for what is no picture: the reader's loader says what it is.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as picture:
                return picture.width * picture.height > MAX_PIXELS_DECODED
    except Image.DecompressionBombError:
        return True
    except Exception:  # Pillow's plugins raise almost anything on a damaged header
        return False


def delete_old_files(folder: Path, older_than: float, keep: frozenset[Path] = frozenset()) -> None:
    """Delete what was written below a folder before a time, and the folders that this leaves empty.

    Gradio's own sweep forgets some files: those of components that an event made anew, and pictures that came by MCP.

    Args:
        folder: everything in it is swept.
        older_than: seconds since 1970.
        keep: files that stay.
    """
    for path in sorted(folder.rglob("*"), reverse=True):  # what is in a folder comes before the folder
        try:
            if path.is_dir():
                # A new folder may be empty only because its file is about to be written.
                if path.stat().st_mtime < older_than:
                    path.rmdir()
            elif path not in keep and max(path.stat().st_mtime, path.stat().st_ctime) < older_than:
                path.unlink()
        except OSError:  # gone already, in use, or a folder with something in it
            continue


def visitor_of(scope: Scope) -> str | None:
    """Whom a request counts for: the visitor's address, None for whoever sits at this computer.

    A session or cookie would be of no use, for a visitor can take a new one with each request. What comes from this
    computer without X-Forwarded-For is the owner's browser or program, and is not limited.

    Behind a proxy on this computer, as the tunnel of --share is one, uvicorn has put the last address of
    X-Forwarded-For that is not this computer's own into the scope, with port 0. Each proxy on the way appends the
    address that it was asked from, so a visitor can put whatever he likes before, never behind, his own. The share
    server may be several machines, whose own addresses are private: the last public one is the visitor's. Where
    all are private (a proxy in a house network) the last counts. IPv6 visitors own 64 bits of address and count once.
    """
    host, port = scope.get("client") or ("", 0)
    if port == 0:
        hops = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
        public = [hop.strip() for hop in hops.split(",") if _is_public(hop.strip())]
        host = public[-1] if public else host
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)[:64]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif not address.is_loopback:
            return str(ipaddress.ip_network((address, 64), strict=False))
    return None if address.is_loopback and port != 0 else str(address)


class Rates:
    """Requests of each visitor, counted by a token bucket each."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Args: requests a second in the long run, more than 0; and the clock, in seconds."""
        self._rate = rate
        self._most = max(1.0, rate * BURST_SECONDS)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens left, and when that was

    def wait(self, visitor: str) -> float:
        """Count a request. 0 where it may go on, else the seconds after which the next may."""
        now = self._clock()
        left, then = self._buckets.get(visitor, (self._most, now))
        left = min(self._most, left + (now - then) * self._rate)
        wait = 0.0 if left >= 1 else (1 - left) / self._rate
        self._buckets[visitor] = (left - 1 if left >= 1 else left, now)
        self._buckets.move_to_end(visitor)
        if len(self._buckets) > MOST_VISITORS:
            self._buckets.popitem(last=False)
        return wait


class Limits:
    """ASGI middleware that keeps each visitor's requests within bounds; refusals are a sentence with a fitting status."""

    def __init__(self, app: Any, rate: float = RATE) -> None:
        """Args: the ASGI application, and the requests a second and visitor, 0 for any number."""
        self._app = app
        self._rates = Rates(rate) if rate > 0 else None
        self._unqueued = 0

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _CLOSED.match(scope["path"]):
            await _refuse(scope, send, 404, "LIMIT_CLOSED")
        elif scope["method"] != "POST":
            await self._app(scope, receive, send)
        else:
            visitor = visitor_of(scope)
            wait = self._rates.wait(visitor) if self._rates is not None and visitor is not None else 0.0
            if wait > 0:
                await _refuse(scope, send, 429, "LIMIT_RATE", math.ceil(wait))
            elif not _UNQUEUED.match(scope["path"]):
                await self._let_in(scope, receive, send)
            elif self._unqueued >= MOST_AT_ONCE:
                await _refuse_busy(scope, send)
            else:
                self._unqueued += 1
                try:
                    await self._let_in(scope, receive, send)
                finally:
                    self._unqueued -= 1

    async def _let_in(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass a POST on, but for a body that is too large and an answer that the queue is full."""
        most = MAX_UPLOAD_BYTES if _is_upload(scope) else MAX_BODY_BYTES
        if _announced_length(scope) > most:
            await _refuse(scope, send, 413, "LIMIT_BODY")
            return
        received = 0
        too_large = full = started = False
        held: Message | None = None  # the start of an answer that may be that the queue is full

        async def receive_counted() -> Message:
            nonlocal received, too_large
            message: Message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                too_large = True
                raise _BodyTooLargeError
            return message

        async def send_or_drop(message: Message) -> None:
            nonlocal started, full, held
            if message["type"] == "http.response.start" and message["status"] == 503:
                held = message
                return
            if held is not None and b"Queue is full" in message.get("body", b""):
                full = True
            if full or (too_large and not started):
                return
            started = True
            if held is not None:
                await send(held)
                held = None
            await send(message)

        try:
            await self._app(scope, receive_counted, send_or_drop)
        except Exception:  # not only our own: what reads a body may wrap it
            if not too_large:
                raise
        if full:
            await _refuse_busy(scope, send)
        elif too_large and not started:
            await _refuse(scope, send, 413, "LIMIT_BODY")


class _BodyTooLargeError(Exception):
    """More came than was announced or allowed."""


async def _refuse_busy(scope: Scope, send: Any) -> None:
    """Say that the queue is full; for a 503 Gradio's page would show a sentence of its own, in English only."""
    await _refuse(scope, send, 429 if _header(scope, b"accept-language") else 503, "LIMIT_QUEUE", 5)


async def _refuse(scope: Scope, send: Any, status: int, sentence: str, retry_after: int | None = None) -> None:
    """Answer with a sentence in the browser's language.

    It is plain text for an upload; else JSON, where Gradio's page looks for it: in "error" of an answer that did not go
    through the queue, in "detail" of any other.
    """
    detail = say(accepted_language(_header(scope, b"accept-language")), sentence)
    plain = _is_upload(scope)
    body = detail.encode() if plain else json.dumps({"detail": detail, "error": detail}).encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8" if plain else b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if retry_after is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _is_upload(scope: Scope) -> bool:
    return bool(scope["path"].rstrip("/").endswith("/upload"))


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")


def _announced_length(scope: Scope) -> int:
    length = _header(scope, b"content-length")
    return int(length) if length.isdecimal() else 0


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return False
