"""The reader as an MCP tool, called by the protocol's own client."""

import base64
import importlib.util
import json
import shutil

import pytest
from made_server import served, upload
from PIL import Image
from test_api import DOCUMENTED_ADDRESS, examples

from recognizer.web import console, launch, strings

pytest.importorskip("mcp", reason="needs the mcp extra")

# Gradio and the libraries below it warn of their own deprecations while they are imported and a page is built.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def address(reader, tmp_path_factory):
    with served(reader, tmp_path_factory.mktemp("uploads"), mcp_server=True) as address:
        yield address


@pytest.fixture(scope="module")
def picture(write, tmp_path_factory):
    """Content of a picture of 253."""
    path = tmp_path_factory.mktemp("pictures") / "number.png"
    Image.fromarray(write("253")).save(path)
    return path.read_bytes()


def data_uri(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


def ask(address, conversation):
    """What comes of a conversation with the server that docs/api.md tells programs of."""
    import anyio
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    configuration = json.loads(examples("json")[0].replace(DOCUMENTED_ADDRESS, address))
    (server,) = configuration["mcpServers"].values()

    async def run():
        async with (
            streamable_http_client(server["url"]) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await conversation(session)

    return anyio.run(run)


def call(address, picture, progress_callback=None):
    return ask(
        address,
        lambda session: session.call_tool("read_number", {"picture": picture}, progress_callback=progress_callback),
    )


def test_there_is_one_tool_and_it_says_what_it_does(address):
    async def conversation(session):
        return await session.list_tools(), await session.list_resources(), await session.list_prompts()

    tools, resources, prompts = ask(address, conversation)
    (tool,) = tools.tools
    assert tool.name == "read_number"
    assert tool.description.startswith(strings.API_READ)
    assert list(tool.inputSchema["properties"]) == tool.inputSchema["required"] == ["picture"]
    described = tool.inputSchema["properties"]["picture"]
    assert described["type"] == "string"
    assert "data URI" in described["description"]
    assert resources.resources == prompts.prompts == []


def test_picture_is_read_from_a_data_uri_and_from_the_address_of_an_upload(address, picture):
    path = upload(address, picture).json()[0]
    for given in (data_uri(picture), f"{address}/gradio_api/file={path}"):
        result = call(address, given)
        assert not result.isError
        assert result.content[0].text.startswith("['253', {'text': '253', 'confidence': ")


def test_number_comes_first_and_alone_for_programs_that_show_progress(address, picture):
    async def show(progress, total, message):
        pass

    result = call(address, data_uri(picture), show)
    assert [content.text[:4] for content in result.content] == ["253", "{'te"]


def test_what_is_no_picture_is_a_sentence(address):
    result = call(address, data_uri(b"no picture"))
    assert result.isError
    assert "is not a picture in a known format" in result.content[0].text


@pytest.mark.parametrize("given", ["/etc/hostname", "file:///etc/hostname", "number.png", ""])
def test_files_of_the_computer_are_not_read(address, given):
    result = call(address, given)
    assert result.isError
    assert "253" not in result.content[0].text


def test_private_addresses_are_not_fetched(address):
    result = call(address, f"{address}/static/img/logo.svg")
    assert result.isError
    assert result.content[0].text == strings.FETCH_PRIVATE


def test_without_the_package_it_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert launch.serve(launch.parse_options(["--mcp"])) == 1
    said = capsys.readouterr()
    assert said.err.strip() == console.MCP_MISSING
    assert said.out == ""


def test_page_without_the_option_serves_no_tool(reader, tmp_path):
    import httpx

    with served(reader, tmp_path) as address:
        assert httpx.post(f"{address}/gradio_api/mcp/", json={}).status_code in (404, 405)


@pytest.mark.skipif(shutil.which("gradio") is None, reason="needs Gradio's command on the PATH")
def test_documented_upload_tool_brings_pictures_of_the_disk(address, picture, tmp_path):
    import anyio
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    configuration = json.loads(examples("json")[1].replace(DOCUMENTED_ADDRESS, address))
    number = tmp_path / "pictures" / "number.png"
    number.parent.mkdir()
    number.write_bytes(picture)

    async def upload_it():
        server = StdioServerParameters(**configuration["mcpServers"]["upload-pictures"], cwd=tmp_path)
        async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            return (await session.call_tool("upload_file_to_gradio", {"file": str(number)})).content[0].text

    assert "'253'" in call(address, anyio.run(upload_it)).content[0].text
