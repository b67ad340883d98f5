"""The report of a training in a real browser: two readers, three languages, phone and paper; and two trainings."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.e2e.conftest import eriq

CHROMIUM = shutil.which("chromium")
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed (apt-get install chromium)")
WIDTHS = (1280, 390)
MOST_PAGES = 10


@pytest.fixture(scope="module")
def folder(home: Path) -> Path:
    """Return where the newest report is."""
    return home / "mlruns" / "reports" / "quick"


@pytest.fixture(scope="module")
def compared(home: Path, folder: Path) -> Path:
    """Return the page on two trainings, here one beside itself."""
    eriq("report", "compare", "quick", folder, "--out", "compare.html", cwd=home)
    return home / "compare.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return a browser that is ended afterwards."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


def opened(browser: Any, file: Path, width: int = 1280, *, scripts: bool = True) -> Any:
    """Return a page; a message of the browser or a request for anything else fails the test."""
    context = browser.new_context(viewport={"width": width, "height": 844}, java_script_enabled=scripts)
    page = context.new_page()
    page.on("console", lambda message: pytest.fail(message.text))
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or pytest.fail(request.url))
    page.goto(file.as_uri())
    return page


@in_browser
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_runs_over_the_side(browser: Any, folder: Path, compared: Path, width: int) -> None:
    """Neither page is wider than its window, and on a desk no table is cut, folded ones opened."""
    for file in (folder / "report.html", compared):
        page = opened(browser, file, width)
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        cut = "[...document.querySelectorAll('.table')].filter(t => t.scrollWidth > t.clientWidth + 1)"
        names = page.evaluate(f"{cut}.map(t => t.getAttribute('aria-label'))")
        assert width < 1000 or names == []
        page.context.close()


@in_browser
def test_no_serious_barrier(browser: Any, folder: Path, compared: Path) -> None:
    """axe-core finds nothing serious on either page, folded parts opened and another language chosen."""
    from axe_playwright_python.sync_playwright import Axe

    for file in (folder / "report.html", compared):
        page = opened(browser, file)
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        if file.name == "report.html":
            page.locator("label[for=say-sv]").click()
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
        page.context.close()


@in_browser
def test_the_first_screen_speaks_three_languages_without_a_script(browser: Any, folder: Path) -> None:
    """With scripts switched off, keys choose the language; one screen is shown, and it fits on a desk."""
    page = opened(browser, folder / "report.html", scripts=False)
    shown = page.locator("#first > .told:visible")
    assert shown.count() == 1
    assert "followed by job entry within 12 months" in shown.inner_text()
    assert "This says who, not what support does." in shown.inner_text()
    tiles = page.locator("#first > .told:visible dl.key").bounding_box()
    assert tiles["y"] + tiles["height"] < 960
    page.locator("#say-en").focus()
    for words in ("jobb inom 12 månader", "job inden for 12 måneder"):
        page.keyboard.press("ArrowRight")
        assert shown.count() == 1
        assert words in shown.inner_text()
    page.context.close()


@in_browser
def test_the_report_is_printed_on_ten_pages_at_most(browser: Any, folder: Path) -> None:
    """What is folded does not print; the first page is the director's."""
    page = opened(browser, folder / "report.html")
    printed = page.pdf(prefer_css_page_size=True)
    assert 1 < len(re.findall(rb"/Type\s*/Page[^s]", printed)) <= MOST_PAGES
    page.emulate_media(media="print")
    assert page.locator("details:visible").count() == 0
    page.context.close()


def test_figures_agree_wherever_they_are_told(folder: Path) -> None:
    """The AUC of the saved model is one number in tables, card and page; the tiles are the declared pair's."""
    measures = pd.read_csv(folder / "tables" / "measures.csv")
    auc = measures[measures["measure"] == "auc"].set_index("contender")["estimate"].map("{:.3f}".format)
    page, card = ((folder / name).read_text(encoding="utf-8") for name in ("report.html", "model-card.md"))
    saved = auc["saved model, calibrated"]
    assert re.search(r"AUC \(discrimination\) \| ([\d.]+)", card)[1] == saved
    assert re.search(r'Saved model</th><td>as calibrated</td><td class="num">([\d.]+)', page)[1] == saved
    tiles = re.findall(r"<dd>([\d.]+)<small>AUC: of two people", page)
    assert tiles == [auc["questionnaire | logistic"], auc["register_full | logistic"]]


def test_the_list_on_the_first_screen_is_that_of_the_tables(folder: Path) -> None:
    """The sentence has the counts and ends of listed.csv, and these are those of precision at that room."""
    table = pd.read_csv(folder / "tables" / "listed.csv")
    page = (folder / "report.html").read_text(encoding="utf-8")
    row = table.iloc[0]
    said = re.search(r"questionnaire, (\d+) were followed by .*? interval (\d+) to (\d+)\)", page)
    assert [int(n) for n in said.groups()] == [round(row[end]) for end in ("estimate", "low", "high")]
    measures = pd.read_csv(folder / "tables" / "measures.csv")
    at = measures[(measures["contender"] == row["contender"]) & (measures["measure"] == "precision")]
    assert at.set_index("at")["estimate"]["10%"] * row["places"] == pytest.approx(row["estimate"], abs=1)


def test_a_training_keeps_a_folder_of_its_own(folder: Path) -> None:
    """The dated folder holds what the newest shows, byte for byte, and is named in latest.txt."""
    kept = folder / (folder / "latest.txt").read_text(encoding="utf-8").strip()
    files = [file.relative_to(kept) for file in kept.rglob("*") if file.is_file()]
    assert {"report.html", "facts.json"} <= {file.name for file in files}
    assert all((folder / file).read_bytes() == (kept / file).read_bytes() for file in files)


def test_two_trainings_are_named_on_the_page(compared: Path, home: Path) -> None:
    """One training beside itself differs in nothing; a name without a report is an error that ends with 17."""
    assert "Nothing: the two configs are the same." in compared.read_text(encoding="utf-8")
    done = eriq("report", "compare", "quick", "nobody", cwd=home, code=17)
    assert "there is no report of a training in mlruns/reports/nobody" in done.stderr
