"""The page as an app of its own on a phone or computer: manifest, icons, colours."""

from io import BytesIO

import httpx
import pytest
from in_browser import BROWSER, browser  # noqa: F401
from made_server import served
from PIL import Image
from test_web import StubReader, reading_of

from recognizer.web import strings
from recognizer.web.limits import ICON_SIZES
from recognizer.web.style import INK

# Gradio and the libraries below it warn of their own deprecations while they are imported and a page is built.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(StubReader(reading_of("253")), tmp_path_factory.mktemp("uploads")) as address:
        yield address


def picture_of(response: httpx.Response) -> Image.Image:
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "image/png"
    return Image.open(BytesIO(response.content))


def test_manifest_names_the_product_and_its_icons(address):
    response = httpx.get(f"{address}/manifest.json")
    assert response.headers["Content-Type"] == "application/manifest+json"
    manifest = response.json()
    assert manifest["name"] == strings.TITLE
    assert manifest["display"] == "standalone"
    assert httpx.get(f"{address}/manifest.json").url.join(manifest["start_url"]) == f"{address}/"
    assert {icon["sizes"] for icon in manifest["icons"]} == {f"{size}x{size}" for size in ICON_SIZES}
    for icon in manifest["icons"]:
        assert icon["type"] == "image/png"
        picture = picture_of(httpx.get(address + icon["src"]))
        assert "{}x{}".format(*picture.size) == icon["sizes"]


def test_icon_is_our_own_on_an_opaque_square(address):
    from recognizer.web.page import ICON

    tab = httpx.get(f"{address}/favicon.ico")
    assert tab.content == ICON.read_bytes()
    picture = picture_of(tab)
    assert picture.size == (512, 512)
    assert picture.mode == "RGB"  # iOS paints what is transparent black
    assert len(set(picture.get_flattened_data())) > 2


def test_page_links_the_manifest_and_is_told_to_be_installable(address):
    page = httpx.get(address).text
    assert '<link rel="manifest" href="/manifest.json" />' in page
    assert httpx.get(f"{address}/config").json()["pwa"] is True


@pytest.mark.browser
@pytest.mark.skipif(BROWSER is None, reason="needs Chromium or Chrome on the PATH")
def test_browser_would_install_it(browser, address):  # noqa: F811
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(address)
        icon = page.locator("link[rel=apple-touch-icon]")
        icon.wait_for(state="attached")
        assert picture_of(httpx.get(address + icon.get_attribute("href"))).size == (192, 192)
        assert page.locator("meta[name=theme-color]").get_attribute("content") == INK.c600
        devtools = context.new_cdp_session(page)
        # A context of the tests counts as a private window, in which nothing can be installed.
        errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
        assert {error["errorId"] for error in errors} <= {"in-incognito"}
    finally:
        context.close()
