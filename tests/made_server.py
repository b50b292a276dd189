"""The page around a reader, served by the test's own process."""

import gc
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(reader: Any, uploads: Path, **options: Any) -> Iterator[str]:
    """Address of the page; what is uploaded lies in the folder `uploads`."""
    from recognizer.web.page import build_page

    former = os.environ.get("GRADIO_TEMP_DIR")
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    page = build_page(reader)
    try:
        page.launch(server_port=free_port(), prevent_thread_lock=True, quiet=True, **options)
        yield page.local_url.rstrip("/")
    finally:
        page.close(verbose=False)
        os.environ.pop("GRADIO_TEMP_DIR")
        if former is not None:
            os.environ["GRADIO_TEMP_DIR"] = former
        # What Gradio leaves open (an event loop a page) is collected here, not in the middle of a later test.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()


def upload(address: str, content: bytes, name: str = "number.png", **headers: str) -> httpx.Response:
    return httpx.post(f"{address}/gradio_api/upload", files={"files": (name, content)}, headers=headers, timeout=60)


def start_reading(address: str, path: str, **headers: str) -> httpx.Response:
    """Ask for a picture to be read, as a program does; the answer names the event, or says why not."""
    data = {"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}
    return httpx.post(f"{address}/gradio_api/call/read", json=data, headers=headers, timeout=60)


def result_of(address: str, started: httpx.Response) -> str:
    """What comes of a started reading: "event: complete" or "event: error", and its data."""
    event = started.json()["event_id"]
    return httpx.get(f"{address}/gradio_api/call/read/{event}", timeout=60).text
