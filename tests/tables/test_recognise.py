"""Which table a file is, and what may be written of its cells."""

from pathlib import Path

import pandas as pd
import pytest

from eriq.config import Csv
from eriq.errors import SourceError
from eriq.instrument.instrument import load_instrument
from eriq.tables.guesses import days_of, held, missing_in
from eriq.tables.names import fold, mapped, meaning, synonyms
from eriq.tables.personal import personal_numbers
from eriq.tables.recognise import Recognised, recognise
from eriq.tables.sample import Sample, take
from eriq.tables.schema import EVENT_COLUMNS, EVENTS, FORMS, PERSONS, SPELLS, STATUSES, Column

KNOWN = {name: load_instrument(name) for name in ("eriq-sv", "eriq22")}


def sample(**columns: list[str]) -> Sample:
    return Sample(Path("x.csv"), pd.DataFrame(columns, dtype="str"), Csv())


@pytest.mark.parametrize(
    ("headers", "table"),
    [
        ("CPR Fødselsdato Køn", "persons"),
        ("borger_id start slut ydelse", "spells"),
        ("pnr datum händelse", "events"),
        ("id CW01 CW02 CW03 dato", "caseworker_answers"),
        ("id cl_01 cl_02 cl_03", "client_answers"),
        ("id cw01 cw02 cl01", "answers"),
        ("cpr " + " ".join(f"2013w{week:02d}" for week in range(1, 20)), "weekly"),
        ("id alder y", ""),
    ],
)
def test_a_table_is_recognised_by_its_headers(headers: str, table: str) -> None:
    """Danish, Swedish and English names, ids of items in any spelling, and columns that are weeks."""
    assert recognise(sample(**{name: ["1"] for name in headers.split()}), KNOWN).table == table


def test_questions_as_headers_are_their_items() -> None:
    """A form that exports the text of a question instead of an id is mapped."""
    items = KNOWN["eriq22"].items[:4]
    found = recognise(sample(id=["1"], **{item.text.da: ["1"] for item in items}), KNOWN)
    assert {found.columns[item.id] for item in items} == {item.text.da for item in items}


def test_every_name_on_the_list_is_of_a_column_or_code_of_ours() -> None:
    """Synonyms lead to columns of the contracts and to codes that these allow, and to nothing else."""
    tables = {"persons": PERSONS, "spells": SPELLS, "events": EVENT_COLUMNS, "forms": FORMS}
    for table, columns in tables.items():
        assert {*synonyms().columns[table].values()} <= {column.name for column in columns}
    codes = {c.name: {str(x) for x in c.allowed} for c in PERSONS} | {"status": {*STATUSES}, "kind": {*EVENTS}}
    for name, words in synonyms().codes.items():
        if name not in ("yes", "no", "unknown"):
            assert {*words.values()} <= codes[name], name


def test_names_are_compared_as_people_write_them() -> None:
    """Case, signs, accents and the two spellings of a letter make no difference; the first column of a name counts."""
    assert fold("Følges til") == fold("foelges_til") == fold("FOLGES-TIL")
    assert mapped(["Personnummer", "personnummer_2"], "persons") == {"client_id": "Personnummer"}
    assert meaning("status", "Kontanthjælp", STATUSES) == "social_assistance"
    assert meaning("status", "Førtidspension", STATUSES) == "disability_benefit"
    assert meaning("status", "xyz", STATUSES) is None


def test_a_value_needs_five_people_and_a_column_at_most_twenty() -> None:
    """Five rows of one person are one person; the twenty-first value closes the whole column."""
    people = pd.Series([f"p{k}" for k in range(10)])
    assert held(pd.Series(["a"] * 5 + ["b"] * 5), people) == (["a", "b"], [], 0)
    assert held(pd.Series(["a"] * 6 + ["b"] * 4), people) == (["a"], ["b"], 0)
    assert held(pd.Series(["a"] * 10), pd.Series(["p"] * 10)) == ([], ["a"], 0)
    assert held(pd.Series(["a"] * 10), None) == ([], ["a"], 0)
    many = pd.Series([str(k % 21) for k in range(210)])
    assert held(many, pd.Series([f"p{k}" for k in range(210)])) == ([], [], 21)


@pytest.mark.parametrize(
    ("days", "formats"),
    [
        (["31-12-2013", "01-02-2014"], ("%d-%m-%Y",)),
        (["01-02-2014"], ("%d-%m-%Y", "%m-%d-%Y")),
        (["2014-02-01"], ("%Y-%m-%d",)),
        (["20140231"], ()),
        (["31122013"], ("%d%m%Y",)),
    ],
)
def test_every_format_that_fits_all_days_is_found(days: list[str], formats: tuple[str, ...]) -> None:
    """One that fits some only is none; two that fit are both named."""
    found = Recognised(sample(d=days), "persons", {"born_on": "d"})
    assert days_of(found, [Column("born_on", "datetime64[us]")]).formats == formats


def test_codes_outside_the_scale_are_taken_for_no_answer() -> None:
    """99 in an item of five levels, held by enough people, means no value; a 6 is not explained away."""
    n = 30
    cells = {"client_id": [f"p{k}" for k in range(n)], "cw01": ["1", "99", "6"] * 10, "cw02": ["2"] * n}
    found = Recognised(sample(**cells), "answers", {name: name for name in cells})
    assert missing_in(found, KNOWN["eriq22"], None) == {"cw01": ["99"]}


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (["010190-1234", "3112854321"], "Danish personal numbers (CPR)"),
        (["811228-9874", "19811228-9874"], "Swedish personal numbers (personnummer)"),
        (["1234567890", "9876543210"], ""),
        (["C001", "C002"], ""),
    ],
)
def test_personal_numbers_are_known_by_their_form(ids: list[str], words: str) -> None:
    """A day and four digits, with the check digit where there is one; other long numbers are not."""
    assert personal_numbers(pd.Series(ids)) == words


def test_how_a_text_file_is_written_is_found(tmp_path: Path) -> None:
    """Encoding, delimiter and decimal sign; a name that is there twice is refused."""
    (tmp_path / "a.csv").write_bytes("id;beløb;køn\n1;2,5;mand\n2;3,25;kvinde\n".encode("latin-1"))
    taken = take(tmp_path / "a.csv")
    assert taken.csv == Csv(encoding="latin-1", delimiter=";", decimal=",")
    assert taken.headers == ["id", "beløb", "køn"]
    (tmp_path / "b.csv").write_text("id,id\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceError, match="twice"):
        take(tmp_path / "b.csv")
