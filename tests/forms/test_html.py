"""The form as a page, in a real browser: keys, screen reader, phone, nothing sent, and a file that comes back."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eriq.forms import html
from eriq.forms.form import Form, forms
from eriq.instrument.instrument import load_instrument
from eriq.instrument.texts import LANGUAGES, Language
from eriq.tables.files import read_table
from tests.forms.filled import as_code, back, known, rows_of, same
from tests.instrument.test_codebook import outline

CHROMIUM = shutil.which("chromium")
ERIQ22 = load_instrument("eriq22")
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed (apt-get install chromium)")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the pages of every half and language, asking for consent."""
    folder = tmp_path_factory.mktemp("forms")
    for written in html.write(forms(ERIQ22, consent=True)):
        (folder / written.name).write_bytes(written.content)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return a browser that is ended afterwards."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


def opened(browser: Any, pages: Path, form: Form, language: Language, width: int = 1280) -> Any:
    """Return the page of a form; a message of the browser or a request for anything else fails the test."""
    page = browser.new_page(viewport={"width": width, "height": 844}, accept_downloads=True)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.on("console", lambda message: pytest.fail(message.text))
    page.on("request", lambda request: request.url.startswith(("file:", "blob:")) or pytest.fail(request.url))
    page.goto((pages / f"{form.name}-{language}.html").as_uri())
    return page


def save(page: Any, path: Path) -> Path:
    """Save the answers by the button, as the browser does."""
    with page.expect_download() as download:
        page.locator("button[type=submit]").click()
    assert re.fullmatch(r"eriq22-(caseworker|client)-[0-9T-]+\.csv", download.value.suggested_filename)
    download.value.save_as(path)
    return path


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_whole_and_in_its_language(pages: Path, language: Language) -> None:
    """Tags close, the language is said, every question is a group with its legend, every answer has a label."""
    for form in forms(ERIQ22, consent=True):
        text = (pages / f"{form.name}-{language}.html").read_text(encoding="utf-8")
        found = outline(text)
        words = " ".join(" ".join(found.words).split())

        assert ("html", {"lang": language}) in found.tags
        count = {tag: sum(1 for name, _ in found.tags if name == tag) for tag in ("fieldset", "legend")}
        assert count == {"fieldset": 12, "legend": 12}
        for question in form.questions:
            assert question.text[language] in words
        offered = sum(len(field.offered) for field in form.fields)
        assert sum(1 for name, attrs in found.tags if name == "input" and attrs["type"] == "radio") == offered
        assert not re.search(r"(src|href)=\"(?!#)", text)


def test_the_policy_lets_one_script_run_and_nothing_out(pages: Path) -> None:
    """The page's own policy names the digest of its script, and allows no request, no form target, no base."""
    text = (pages / "eriq22-client-en.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)

    assert policy
    assert re.fullmatch(
        r"default-src 'none'; script-src 'sha256-[A-Za-z0-9+/]{43}='; style-src 'unsafe-inline'; "
        r"form-action 'none'; base-uri 'none'",
        policy[1].replace("&#39;", "'"),
    )
    for word in ("localStorage", "sessionStorage", "fetch(", "XMLHttpRequest", "cookie", "http://", "https://"):
        assert word not in text


@in_browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_saved_in_a_browser_come_back(browser: Any, pages: Path, language: Language, tmp_path: Path) -> None:
    """Both halves, filled in as known, each saved as a file, are the known answers again."""
    table, files = known(ERIQ22, people=1), []
    for form in forms(ERIQ22):
        page = opened(browser, pages, form, language)
        for n, row in enumerate(rows_of(form, table, as_code)):
            for name, cell in row.items():
                if name in ("client_id", "answered_on", "caseworker_id"):
                    page.locator(f"#{name}").fill(cell)
                elif cell:
                    page.locator(f"input[name={name}][value='{cell}']").check()
            page.locator("input[name=consent][value='1']").check()
            files.append(save(page, tmp_path / f"{form.name}-{n}.csv"))
            page.locator("#clear").click()
        page.close()

    assert read_table(files[0]).columns.tolist()[:5] == [
        *("client_id", "answered_on", "caseworker_id", "consent", "instrument")
    ]
    assert read_table(files[0]).columns.tolist()[5:] == list(ERIQ22.item_ids)
    assert same(back(files, "html", ERIQ22).drop(columns="consent"), table)


@in_browser
def test_an_odd_id_is_kept_as_it_was_typed(browser: Any, pages: Path, tmp_path: Path) -> None:
    """Commas and quotes in an id do not break the file."""
    page = opened(browser, pages, forms(ERIQ22)[1], "en")
    page.locator("#client_id").fill('K "1", b')
    page.locator("input[name=consent][value='0']").check()

    assert read_table(save(page, tmp_path / "a.csv")).loc[0, "client_id"] == 'K "1", b'
    page.close()


@in_browser
def test_the_form_is_filled_in_by_keys_alone(browser: Any, pages: Path, tmp_path: Path) -> None:
    """Tab goes through the fields in the order they are read; space, arrows and return do the rest."""
    form = forms(ERIQ22)[1]
    page = opened(browser, pages, form, "sv")
    focused = "document.activeElement.name || document.activeElement.id || document.activeElement.type"
    order = []
    page.keyboard.press("Tab")  # the link to the questions
    for _ in range(60):
        page.keyboard.press("Tab")
        order.append(page.evaluate(focused))
        if order[-1] == "client_id":
            page.keyboard.type("K7")
        elif page.evaluate("document.activeElement.type") == "radio":
            page.keyboard.press("Space")
            page.keyboard.press("ArrowDown")
        elif page.evaluate("document.activeElement.type") == "submit":
            break
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    download.value.save_as(tmp_path / "a.csv")
    saved = read_table(tmp_path / "a.csv")

    wanted = ["client_id", "answered_on", "consent", *(question.name for question in form.questions), "submit"]
    assert list(dict.fromkeys(order)) == wanted
    assert set(saved.loc[0, [question.name for question in form.questions]]) == {"2"}
    page.close()


@in_browser
def test_what_is_needed_is_asked_for_in_the_language_of_the_form(browser: Any, pages: Path) -> None:
    """Without an id nothing is saved: the field has the focus and says so; all questions may stay empty."""
    page = opened(browser, pages, forms(ERIQ22)[0], "da")
    page.on("download", lambda download: pytest.fail("saved without an id"))
    page.locator("button[type=submit]").click()

    assert page.evaluate("document.activeElement.id") == "client_id"
    assert page.evaluate("document.activeElement.validationMessage") == "Udfyld her."
    page.locator("#client_id").fill("K1")
    page.locator("button[type=submit]").click()
    assert page.evaluate("document.activeElement.name") == "consent"
    assert page.evaluate("document.activeElement.validationMessage") == "Vælg et svar."
    page.close()


@in_browser
@pytest.mark.parametrize("respondent", ["caseworker", "client"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier_is_found(browser: Any, pages: Path, respondent: str, scheme: str) -> None:
    """Axe finds no violation, empty or filled in, in light and dark."""
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto((pages / f"eriq22-{respondent}-sv.html").as_uri())
    page.locator("input[type=radio]").nth(3).check()
    found = Axe().run(page).response["violations"]

    assert [(one["id"], one["impact"]) for one in found] == []
    context.close()


@in_browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_shows_the_form_without_scrolling_sideways(browser: Any, pages: Path, language: Language) -> None:
    """At 390 pixels nothing is wider than the screen, and an answer is as high as a finger: 44 pixels."""
    for form in forms(ERIQ22, consent=True):
        page = opened(browser, pages, form, language, width=390)

        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        heights = page.evaluate("[...document.querySelectorAll('.answers label, button')].map(e => e.offsetHeight)")
        assert min(heights) >= 44
        page.close()


@in_browser
def test_leaving_unsaved_answers_is_asked_about(browser: Any, pages: Path, tmp_path: Path) -> None:
    """The browser asks before unsaved answers go, and not after saving; nothing is there on coming back."""
    page = opened(browser, pages, forms(ERIQ22)[1], "en")
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.type) or dialog.accept())
    page.locator("#client_id").fill("K1")
    page.locator("input[name=cl01]").first.check()
    page.locator("input[name=consent]").first.check()
    page.reload()
    assert asked == ["beforeunload"]
    assert page.locator("#client_id").input_value() == ""
    assert page.locator(":checked").count() == 0
    page.locator("#client_id").fill("K1")
    page.locator("input[name=consent]").first.check()
    save(page, tmp_path / "a.csv")
    page.reload()
    assert asked == ["beforeunload"]
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.close()


@in_browser
def test_a_saved_file_is_a_whole_table_of_answers(browser: Any, pages: Path, tmp_path: Path) -> None:
    """It passes the contract that scoring reads, the other half empty."""
    from eriq.tables.schema import answers_columns, check

    page = opened(browser, pages, forms(ERIQ22)[1], "en")
    page.locator("#client_id").fill("K1")
    page.locator("input[name=consent][value='1']").check()
    page.locator("input[name=cl01][value='4']").check()
    typed, problems = check(read_table(save(page, tmp_path / "a.csv")), answers_columns(ERIQ22), "a", extra="ignore")

    assert problems == []
    assert typed.loc[0, "cl01"] == 4
    assert pd.isna(typed.loc[0, "cw01"])
    page.close()
