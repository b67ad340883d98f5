"""Codebook and pages: every code once, and a page that needs nothing but itself."""

from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pandas as pd
import pytest

from eriq.instrument.codebook import WIDTH, codebook_html, codebook_table, describe
from eriq.instrument.instrument import Instrument, load_instrument
from eriq.instrument.texts import LANGUAGES, Language
from eriq.pages import GAP, MINUS, interval, number, percent, render, signed, table, text

SHIPPED = ("eriq22", "eriq-sv")
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Outline(HTMLParser):
    """Collects tags, attributes and visible text; fails on a tag that is closed out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag and remember that it is open."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep what a reader sees."""
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)


def outline(html: str) -> Outline:
    """Return what is on a page, every tag closed."""
    parser = Outline()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


@pytest.fixture(params=SHIPPED)
def instrument(request: pytest.FixtureRequest) -> Instrument:
    """Return each shipped questionnaire in turn."""
    return load_instrument(request.param)


# --- table ---------------------------------------------------------------------------------


def test_the_codebook_has_each_code_of_each_item_once(instrument: Instrument) -> None:
    """One row for each code that may stand in a column, in the order of the questionnaire."""
    rows = codebook_table(instrument)
    expected = [(i, code) for i in instrument.item_ids for code in instrument.allowed(i)]

    assert list(zip(rows["item"], rows["code"], strict=True)) == expected
    assert len(set(expected)) == len(expected)


def test_the_size_of_the_codebook_is_items_times_codes() -> None:
    """20 items with 5 levels and two with 4, each with 4 missing codes: 20 * 9 + 2 * 8 = 196 rows."""
    rows = codebook_table(load_instrument("eriq22"))

    assert rows.shape == (196, 22)
    assert rows["kind"].value_counts().to_dict() == {"level": 108, "missing": 88}


def test_missing_rows_are_the_negative_codes(instrument: Instrument) -> None:
    """A code is negative where, and only where, it stands for no answer."""
    rows = codebook_table(instrument)

    assert ((rows["code"] < 0) == (rows["kind"] == "missing")).all()


def test_the_codebook_has_no_gap_and_says_what_the_items_say(instrument: Instrument) -> None:
    """Every cell is filled; the row of an item repeats its direction, wording and texts."""
    rows = codebook_table(instrument)
    row = rows.loc[(rows["item"] == "cw11") & (rows["code"] == 4)].iloc[0]

    assert not rows.isna().to_numpy().any()
    assert (row["wording"], row["forecast"], row["malleable"], row["orientation"]) == ("published", True, False, 1)
    assert row["label_sv"] == "ja, utan tvekan"
    assert row["easy_sv"] == "ja, helt säkert"
    assert row["help_en"].startswith("A job of at least four weeks")
    assert row["text_da"] == "Tror du, at borgeren kommer i job inden for det næste år?"


def test_a_caseworker_cannot_tell_where_a_client_does_not_know(instrument: Instrument) -> None:
    """One code for no answer, in the words of who was asked."""
    rows = codebook_table(instrument)
    said = rows.loc[rows["code"] == -2].groupby("respondent")["label_da"].unique()

    assert (list(said["caseworker"]), list(said["client"])) == (["kan ikke vurdere"], ["ved ikke"])


def test_the_codebook_survives_a_csv_file(instrument: Instrument, tmp_path: Path) -> None:
    """Written and read again it is equal, Swedish and Danish letters included."""
    rows = codebook_table(instrument)
    rows.to_csv(tmp_path / "codebook.csv", index=False)

    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "codebook.csv", keep_default_na=False), rows)


# --- page ----------------------------------------------------------------------------------


def test_the_page_refers_to_nothing_outside_itself(instrument: Instrument) -> None:
    """No address, no script, no file: links lead to places that are on the page."""
    html = codebook_html(instrument)
    tags = outline(html).tags
    places = {attributes.get("id") for _, attributes in tags}
    links = [attributes["href"] for _, attributes in tags if "href" in attributes]

    assert "http:" not in html
    assert "https:" not in html
    assert "url(" not in html
    assert not {"script", "link", "iframe", "img", "object"} & {tag for tag, _ in tags}
    assert not any("src" in attributes for _, attributes in tags)
    assert len(links) > 4
    assert {str(link).removeprefix("#") for link in links} <= places


def test_the_page_shows_every_question_and_answer(instrument: Instrument) -> None:
    """Each text of the file is read on the page, marked with its language, and the notice stands on it."""
    page = outline(codebook_html(instrument))
    words = "".join(page.words)

    for item in instrument.items:
        assert item.easy_read is not None
        for language in LANGUAGES:
            assert item.text.in_(language) in words
            assert item.easy_read.in_(language) in words
            assert all(level.labels.in_(language) in words for level in instrument.levels(item.id))
            assert all(level.easy_read.in_(language) in words for level in instrument.levels(item.id))
            assert item.help is None or item.help.in_(language) in words
    assert "kan inte bedöma" in words
    assert instrument.notice.en in words
    assert {a.get("lang") for _, a in page.tags} - {None} == set(LANGUAGES)


def test_ids_on_the_page_are_unique(instrument: Instrument) -> None:
    """No place on the page has the name of another, and every item has one."""
    ids = [a["id"] for _, a in outline(codebook_html(instrument)).tags if "id" in a]

    assert len(ids) == len(set(ids))
    assert set(instrument.item_ids) < set(ids)


def test_an_assumption_is_printed_where_there_is_one() -> None:
    """The variant says what is assumed about it, the full questionnaire has no such box."""
    assert "its content is not public" in codebook_html(load_instrument("eriq-sv"))
    assert "Assumption." not in codebook_html(load_instrument("eriq22"))


def test_markup_in_a_questionnaire_is_shown_and_not_run() -> None:
    """A tag in a text comes out as text."""
    plain = load_instrument("eriq22")
    name = plain.name.model_copy(update={"en": "<script>alert(1)</script>"})
    html = codebook_html(plain.model_copy(update={"name": name}))

    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_questionnaire_of_one_half_without_easy_read_has_a_page() -> None:
    """What is optional in the file is optional on the page."""
    plain = load_instrument("eriq22")
    one = plain.by_id["cw11"].model_copy(update={"easy_read": None})
    half = plain.model_copy(
        update={
            "items": (one,),
            "accepts": {},
            "minimum_answered": {"caseworker": 1, "client": 0},
            "id": "one",
            "assumption": "x",
        }
    )
    words = "".join(outline(codebook_html(half)).words)

    assert "1 to the caseworker" in words
    assert "to the client" not in words


# --- terminal ------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_terminal_print_has_all_items_in_narrow_lines(instrument: Instrument, language: Language) -> None:
    """Each item once, each question in the language asked for, no line wider than a terminal."""
    printed = describe(instrument, language)
    joined = " ".join(printed.split())

    assert max(map(len, printed.splitlines())) <= WIDTH
    for item in instrument.items:
        assert printed.count(f"  {item.id}  ") == 1
        assert item.text.in_(language) in joined
        assert item.help is None or item.help.in_(language) in joined
    assert instrument.digest[:12] in printed
    assert printed.count("reversed: a higher code is less ready") == sum(i.orientation == -1 for i in instrument.items)


# --- numbers and tables on pages -----------------------------------------------------------


def test_numbers_are_written_one_way() -> None:
    """Thousands apart, a true minus, no minus before zero, and an en dash for whatever is not a number."""
    assert number(15818, 0) == "15,818"
    assert number(-0.5, 1) == f"{MINUS}0.5"
    assert number(-0.0004) == "0.000"
    assert (signed(0.02, 2), signed(-0.02, 2), signed(0.0, 2)) == ("+0.02", f"{MINUS}0.02", "0.00")
    assert percent(0.064, 1) == "6.4\N{NO-BREAK SPACE}%"
    assert interval(0.1, 0.25, 2) == "0.10 to 0.25"


@pytest.mark.parametrize("gap", [None, float("nan"), pd.NA, pd.NaT, float("inf")], ids=str)
def test_a_gap_is_an_en_dash(gap: object) -> None:
    """Whatever kind of nothing is handed in, each format writes the same sign."""
    assert {number(gap), percent(gap), signed(gap), interval(gap, 1.0)} == {GAP}
    assert text(gap) == GAP


def test_a_table_is_readable_without_seeing_it() -> None:
    """A caption, one scoped heading per column, a row heading per row, numerals marked for the right side."""
    frame = pd.DataFrame({"block": ["register", "belief"], "clients": [5512, 12], "gain": [0.0214, None]})
    page = outline(table(frame, "Discrimination", formats={"gain": ("signed", 2)}, labels={"gain": "gain in AUC"}))
    headings = [a for tag, a in page.tags if tag == "th"]

    assert [a["scope"] for a in headings] == ["col"] * 3 + ["row"] * 2
    assert [a.get("class") for a in headings[:3]] == [None, "num", "num"]
    words = [word for word in page.words if word.strip()]
    assert words == [
        *["Discrimination", "block", "clients", "gain in AUC"],
        *["register", "5,512", "+0.02"],
        *["belief", "12", GAP],
    ]


def test_a_table_escapes_headings_cells_and_caption() -> None:
    """Nothing in a frame can become markup."""
    html = table(pd.DataFrame({"<b>": ["<i>"]}), '"<u>"')

    assert not {"b", "i", "u"} & {tag for tag, _ in outline(html).tags}


def test_a_table_marks_the_rows_it_is_asked_to() -> None:
    """Of two rows the second is set in bold, and without a header column there is no row heading."""
    frame = pd.DataFrame({"a": [True, False]})
    page = outline(table(frame, "t", header_column=False, emphasised={1}))

    assert [a.get("class") for tag, a in page.tags if tag == "tr"] == [None, None, "emphasised"]
    assert [word for word in page.words if word.strip()][-2:] == ["yes", "no"]
    assert [a["scope"] for tag, a in page.tags if tag == "th"] == ["col"]


def test_an_empty_table_keeps_its_headings() -> None:
    """No rows is a table with a caption and headings, and no error."""
    words = "".join(outline(table(pd.DataFrame({"auc": pd.Series(dtype="float64")}), "None yet")).words)

    assert words.split() == ["None", "yet", "auc"]


def test_a_format_for_no_column_is_an_error() -> None:
    """A misspelt column would otherwise lose its format without a word."""
    with pytest.raises(KeyError, match="auk"):
        table(pd.DataFrame({"auc": [0.5]}), "t", formats={"auk": "number"})
    with pytest.raises(KeyError, match="nmber"):
        table(pd.DataFrame({"auc": []}), "t", formats={"auc": ("nmber", 2)})


def test_a_template_that_asks_in_vain_fails() -> None:
    """A name that was not handed over is an error and never an empty space."""
    with pytest.raises(jinja2.UndefinedError):
        render("codebook.html")
    with pytest.raises(jinja2.UndefinedError, match="heading"):
        render("base.html")


def test_the_bare_page_is_whole() -> None:
    """The base page opens with heading, content and footer, and without a contents box."""
    page = outline(render("base.html", heading="Nothing yet"))

    assert {"header", "main", "footer", "h1"} <= {tag for tag, _ in page.tags}
    assert "nav" not in {tag for tag, _ in page.tags}
