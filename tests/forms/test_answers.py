"""What is wrong with filled-in forms is named and counted, without a value; halves of a day become one row."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from eriq.errors import InstrumentError, SchemaError
from eriq.forms.form import Form, forms
from eriq.instrument.instrument import Instrument, load_instrument
from tests.forms.filled import as_code, back, known, rows_of, same, write_csv

ERIQ22 = load_instrument("eriq22")
CASEWORKER, CLIENT = forms(ERIQ22)


def saved(path: Path, form: Form, rows: list[dict[str, str]], stamp: str | None = None) -> Path:
    """Write rows as a page saves them."""
    header = ["instrument", *dict.fromkeys(name for row in rows for name in row)]
    stamp = form.stamp if stamp is None else stamp
    return write_csv(path, header, [[stamp, *(row.get(name, "") for name in header[1:])] for row in rows])


def caseworkers(**changes: str) -> list[dict[str, str]]:
    """Return the caseworkers' rows, the first with changes."""
    rows = rows_of(CASEWORKER, known(ERIQ22), as_code)
    rows[0] |= changes
    return rows


def refused(path: Path, *files: Path) -> str:
    """Return what is said of files that cannot be read."""
    with pytest.raises(SchemaError) as told:
        back([path, *files], "html", ERIQ22)
    return str(told.value)


def test_halves_of_a_day_are_one_row_and_others_stay_halves(tmp_path: Path) -> None:
    """Days with one half keep its answers, and gaps for the other."""
    table = known(ERIQ22)
    clients = rows_of(CLIENT, table, as_code)[:-2]
    files = [saved(tmp_path / "a.csv", CASEWORKER, caseworkers()), saved(tmp_path / "b.csv", CLIENT, clients)]
    halves = [question.name for question in CLIENT.questions]
    expected = table.copy()
    expected.loc[expected.index[-2:], halves] = pd.NA

    assert same(back(files, "html", ERIQ22), expected)


def test_an_unknown_answer_is_counted_and_not_shown(tmp_path: Path) -> None:
    """A word that is no label is named by its row and column; neither it nor what is near it is printed."""
    told = refused(saved(tmp_path / "a.csv", CASEWORKER, caseworkers(cw03="to some extend", cw05="17")))

    assert "a.csv: cw03: not an answer to this question, neither a code (1, 2, 3, 4, 5, -1, -2, -3, -4)" in told
    assert "in 1 row(s): 1" in told
    assert "2 problem(s)" in told
    assert "extend" not in told
    assert "to some extent" not in told
    assert "17" not in told


def test_a_spelling_of_many_people_is_compared_with_the_labels(tmp_path: Path) -> None:
    """From five people on the nearest label is named, and then no rows."""
    rows = caseworkers()
    for row in rows[:6]:
        row["cw03"] = "to some extend"
    told = refused(saved(tmp_path / "a.csv", CASEWORKER, rows))

    assert "6 times. Did you mean 'to some extent'?" in told
    assert "row(s)" not in told


def test_a_column_that_is_no_question_is_named(tmp_path: Path) -> None:
    """With the nearest of ours; left out when the user says so, and told."""
    path = saved(tmp_path / "a.csv", CASEWORKER, caseworkers(cv01="3"))

    assert "column number 16 ('cv01') is no question of this form. Did you mean" in refused(path)
    assert len(back([path], "html", ERIQ22, ignore=["cv01"])) == 28


def test_without_a_header_no_cell_is_shown(tmp_path: Path) -> None:
    """Where no column is headed as the id, an unknown heading may be a person's answer."""
    rows = [{("anna" if name == "client_id" else name): cell for name, cell in row.items()} for row in caseworkers()]
    told = refused(saved(tmp_path / "a.csv", CASEWORKER, rows))

    assert "column number 2 is no question" in told
    assert "column client_id is not there" in told
    assert "anna" not in told


def test_rows_without_id_or_day_are_counted(tmp_path: Path) -> None:
    """A row without id, without day, or with a day that is none."""
    rows = caseworkers(client_id="")
    rows[1]["answered_on"], rows[2]["answered_on"] = "", "11/06/2024"
    told = refused(saved(tmp_path / "a.csv", CASEWORKER, rows))

    assert "client_id: missing in 1 row(s): 1" in told
    assert "answered_on: missing in 1 row(s): 2" in told
    assert "answered_on: not a date written YYYY-MM-DD from 1900 on in 1 row(s): 3" in told


def test_a_day_to_come_is_refused(tmp_path: Path) -> None:
    """An answer of tomorrow is a slip."""
    told = refused(
        saved(tmp_path / "a.csv", CASEWORKER, caseworkers(answered_on=str(dt.date.today() + dt.timedelta(2))))
    )

    assert "answered_on: in the future in 1 row(s): 1" in told


def test_the_same_half_twice_is_refused(tmp_path: Path) -> None:
    """Within a file and over files, rows counted where they stand; the other half of the day is no duplicate."""
    first = saved(tmp_path / "a.csv", CASEWORKER, caseworkers())
    second = saved(tmp_path / "b.csv", CASEWORKER, caseworkers()[3:5])
    told = refused(first, second)

    assert "b.csv: client_id: answers of the caseworker for a client and day that came in an earlier row in 2" in told
    assert "a.csv" not in told
    assert "duplicate" not in told


@pytest.mark.parametrize("stamp", ["eriq22 0.9.0", "eriq-sv 1.0.0", ""])
def test_another_version_or_none_is_refused(stamp: str, tmp_path: Path) -> None:
    """Every row says which questionnaire it answers, in which version."""
    with pytest.raises(InstrumentError, match=r"a\.csv: of 28 row\(s\) (28|0) answer another .* and (28|0) do not say"):
        back([saved(tmp_path / "a.csv", CASEWORKER, caseworkers(), stamp)], "html", ERIQ22)


def test_a_no_to_consent_counts_whoever_says_it(tmp_path: Path) -> None:
    """The two halves of a day are one row, with the lower of their answers on consent; labels do as well."""
    mine = [row | {"consent": "ja"} for row in caseworkers()]
    yours = [row | {"consent": "1"} for row in rows_of(CLIENT, known(ERIQ22), as_code)]
    yours[0]["consent"] = "nej"
    files = [saved(tmp_path / "a.csv", CASEWORKER, mine), saved(tmp_path / "b.csv", CLIENT, yours)]

    assert back(files, "html", ERIQ22)["consent"].tolist() == [0, *[1] * 27]


def test_codes_that_were_not_offered_come_back(tmp_path: Path) -> None:
    """Not asked (-1) may be typed in an office, as code or label, with the spaces and capitals of a spreadsheet."""
    found = back([saved(tmp_path / "a.csv", CASEWORKER, caseworkers(cw01=" Not  asked ", cw02="4.0"))], "html", ERIQ22)

    assert found.loc[0, ["cw01", "cw02"]].tolist() == [-1, 4]


def test_one_half_alone_is_a_whole_questionnaire(one_half: Instrument, tmp_path: Path) -> None:
    """Of a questionnaire for clients alone, answers have no column of a caseworker."""
    (form,) = forms(one_half)
    table = known(one_half).drop(columns="caseworker_id")

    assert same(back([saved(tmp_path / "a.csv", form, rows_of(form, table, as_code))], "html", one_half), table)
