"""The site of documentation: built strictly, opened from a file, asking nobody for anything."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e import site
from tests.e2e.conftest import ROOT


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site strictly: a broken link or anchor, or a page that nobody reaches, is an error."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_in_the_site_and_in_its_navigation(built: Path) -> None:
    """Pages that other people add to docs/ need no entry: what no section names stands under the last one."""
    named = [page for section in site.navigation(SECTIONS, ["README", "faq", "new"]) for page in section.values()]
    start = (built / "index.html").read_text("utf-8")

    assert named == [["README.md"], ["faq.md", "new.md"]]
    for file in (ROOT / "docs").rglob("*.md"):
        page = file.relative_to(ROOT / "docs").with_suffix(".html").as_posix().replace("README.html", "index.html")
        assert (built / page).is_file(), page
        assert f'href="{page}"' in start, page


SECTIONS = {"Start": ["README", "tutorial"], "More": []}


def test_nothing_is_fetched_from_elsewhere(built: Path) -> None:
    """No script, style, font or picture has an address of another place; search is one of our own files."""
    for file in built.rglob("*.html"):
        text = file.read_text("utf-8")
        assert not re.findall(r"<(?:script|img|iframe)[^>]+src=\"?(?:https?:)?//", text), file.name
        assert not re.findall(r"<link[^>]+href=\"?(?:https?:)?//", text), file.name
    assert "offline-search.js" in (built / "faq.html").read_text("utf-8")
    assert (built / "search" / "search_index.js").is_file()


def test_the_python_reference_is_made_from_the_docstrings(built: Path) -> None:
    """What `import eriq` gives is there with its first sentence."""
    import eriq

    page = re.sub(r"<[^>]+>|\s+", " ", (built / "reference" / "python.html").read_text("utf-8"))
    for name in ("train", "score", "load"):
        first = str(getattr(eriq, name).__doc__).split(".")[0].split("`")[0].strip()
        assert re.sub(r"\s+", " ", first) in re.sub(r"\s+", " ", page), name


def test_samples_are_shown_where_they_were_made() -> None:
    """Without a demo the page says how to make them; with one it has a link per page."""
    assert "make demo" in site.sample_page([])
    assert "[sheets: 01](sheets/01.html)" in site.sample_page(["report.html", "sheets/01.html"])
