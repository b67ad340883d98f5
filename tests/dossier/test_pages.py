"""The dossier in a browser: readable by everyone, on any screen and on paper."""

import shutil
from pathlib import Path

import pytest

from eriq.dossier.folder import write_dossier
from eriq.dossier.run import Run, copy_evidence
from tests.dossier.conftest import MODEL, REPORT

CHROMIUM = shutil.which("chromium")
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed (apt-get install chromium)")


@in_browser
@pytest.mark.filterwarnings("ignore")  # of the browser's own driver
def test_the_page_is_accessible_and_fits_every_width(kept: Path, tmp_path: Path) -> None:
    """No violation that axe finds, on a desk, and on a phone in the dark; nothing scrolls sideways, nor on A4."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    run = Run(kept / REPORT, kept / "models" / MODEL)
    copy_evidence(run, tmp_path / "evidence")
    write_dossier(tmp_path, run, {"ethics": "a" * 300}, None)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for width, scheme in ((1280, "light"), (390, "dark")):
            size = {"width": width, "height": 900}
            page = browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True).new_page()
            page.goto((tmp_path / "dossier.html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") == width
            assert Axe().run(page).response["violations"] == []
        page.set_viewport_size({"width": 680, "height": 900})  # A4 less its margins
        page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") == 680
        browser.close()
