"""Pictures that a program names by their address on the web: fetched from public addresses only, and within the limits."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote

import gradio as gr
import httpx
from gradio import processing_utils
from gradio.utils import get_upload_folder

from recognizer.web import strings
from recognizer.web.limits import MAX_FILE_BYTES

SECONDS = 15
"""Longest time that a picture may take to come."""


def bound_fetches() -> None:
    """Have Gradio fetch files by `PictureTransport`: by itself it holds back private addresses, but neither size nor time."""
    processing_utils.async_transport = PictureTransport()


class PictureTransport(httpx.AsyncBaseTransport):
    """Fetches files of `MAX_FILE_BYTES` at most, from public addresses; this page's own uploads come from the disk.

    MCP programs name the picture that they uploaded here by this server's own address, which is mostly a private one.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a GET; gr.Error with a sentence where the address is not public, or the file too large or too slow."""
        upload = _uploaded(request.url)
        if upload is not None:
            return httpx.Response(200, content=await asyncio.to_thread(upload.read_bytes))
        host = request.url.host
        address = await _public_address(host, request.url.port)
        headers = request.headers.copy()
        headers["Accept-Encoding"] = "identity"  # packed, a few bytes could become any number
        # Connected to the very address that was checked: asked again, the name might lead to another.
        pinned = httpx.Request(
            "GET",
            request.url.copy_with(host=address),
            headers=headers,
            extensions={**request.extensions, "sni_hostname": host},
        )
        transport = httpx.AsyncHTTPTransport()
        try:
            response = await asyncio.wait_for(transport.handle_async_request(pinned), SECONDS)
        except (httpx.HTTPError, TimeoutError) as error:
            await transport.aclose()
            raise _refusal(strings.FETCH_FAILED) from error
        packed = response.headers.get("Content-Encoding", "identity") != "identity"
        if packed or not (response.is_success or response.has_redirect_location):
            await transport.aclose()
            raise _refusal(strings.FETCH_FAILED)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=_Bounded(response.stream, transport)
        )


class _Bounded(httpx.AsyncByteStream):
    """A body that ends with an error where it becomes too long or takes too long."""

    def __init__(self, body: httpx.AsyncByteStream | httpx.SyncByteStream, transport: httpx.AsyncHTTPTransport) -> None:
        self._body = body
        self._transport = transport

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self._body, httpx.AsyncByteStream)
        received, until = 0, time.monotonic() + SECONDS
        try:
            async for chunk in self._body:
                received += len(chunk)
                if received > MAX_FILE_BYTES:
                    raise _refusal(strings.FETCH_TOO_LARGE.format(most=MAX_FILE_BYTES // 1024**2))
                if time.monotonic() > until:
                    raise _refusal(strings.FETCH_FAILED)
                yield chunk
        except httpx.HTTPError as error:
            raise _refusal(strings.FETCH_FAILED) from error

    async def aclose(self) -> None:
        await self._transport.aclose()


def _refusal(sentence: str) -> Exception:
    refusal: Exception = gr.Error(sentence, print_exception=False)
    return refusal


def _uploaded(url: httpx.URL) -> Path | None:
    """The file among the uploads that a URL names, on whatever host: only who uploaded it knows its path."""
    _, _, name = unquote(url.path).partition("/gradio_api/file=")
    if not name:
        return None
    path = Path(name).resolve()
    return path if path.is_relative_to(Path(get_upload_folder()).resolve()) and path.is_file() else None


async def _public_address(host: str, port: int | None) -> str:
    """A public IP address of a host; gr.Error where it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise _refusal(strings.FETCH_FAILED) from error
    for *_, address in found:
        ip = ipaddress.ip_address(address[0])
        if ip.is_global and not ip.is_multicast:
            return str(ip)
    raise _refusal(strings.FETCH_PRIVATE)
