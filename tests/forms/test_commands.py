"""Out and back as a user does it: two commands, what they print, and the codes they end with."""

from pathlib import Path

import pytest

from eriq.forms.form import forms
from eriq.instrument.instrument import load_instrument
from eriq.tables.files import read_table
from tests.e2e.conftest import eriq
from tests.forms.filled import as_label, known, rows_of, write_csv

ERIQ22, SHORT = load_instrument("eriq22"), load_instrument("eriq-sv")
SUFFIXES = {"xlsform": ".xlsx", "limesurvey": ".txt", "redcap": ".csv", "fhir": ".json", "html": ".html"}


@pytest.fixture
def exported(tmp_path: Path) -> list[str]:
    """Return the names of what KoBo would export in Swedish of the known answers, and nine clients' halves less."""
    names = []
    for form, people in zip(forms(ERIQ22), (14, 9), strict=True):
        header = ["instrument", *(field.text["sv"] for field in form.fields), "_uuid"]
        rows = rows_of(form, known(ERIQ22)[: 2 * people], as_label("sv"))
        names.append(f"{form.respondent}.csv")
        write_csv(tmp_path / names[-1], header, [[form.stamp, *row.values(), "u"] for row in rows], ";")
    return names


@pytest.mark.parametrize("to", SUFFIXES)
def test_every_format_is_written_into_a_folder(to: str, tmp_path: Path) -> None:
    """One language or all; each path is printed; nothing is overwritten unasked."""
    told = eriq("instrument", "export", "eriq-sv", "--to", to, "--language", "sv", "--out", "out", cwd=tmp_path).stdout
    written = sorted(path.name for path in (tmp_path / "out").iterdir())

    assert sorted(Path(line).name for line in told.splitlines()) == written
    assert {Path(name).suffix for name in written} == {SUFFIXES[to]}
    again = eriq(
        "instrument", "export", "eriq-sv", "--to", to, "--language", "sv", "--out", "out", cwd=tmp_path, code=16
    )
    assert "--overwrite" in again.stderr


def test_answers_come_back_as_a_table(exported: list[str], tmp_path: Path) -> None:
    """The table has a row per client and day; the halves are counted."""
    told = eriq("import", *exported, "--from", "xlsform", "--out", "answers.csv", cwd=tmp_path).stdout
    answers = read_table(tmp_path / "answers.csv")

    assert "answers.csv: 28 rows, one per client and day: 18 with caseworker and client, 10 with caseworker" in told
    assert answers.columns.tolist() == ["client_id", "answered_on", "caseworker_id", *ERIQ22.item_ids]
    assert answers["answered_on"].isin(["2024-03-05", "2024-06-11"]).all()


def test_what_is_wrong_ends_with_the_code_of_its_kind(exported: list[str], tmp_path: Path) -> None:
    """Another questionnaire is 14, a half that comes twice is 11, no such file 17; no answer file is left."""
    out = ("--from", "xlsform", "--out", "answers.csv")
    other = eriq("import", *exported, *out, "--instrument", "eriq-sv", cwd=tmp_path, code=14)
    twice = eriq("import", exported[0], exported[0], *out, cwd=tmp_path, code=11)
    eriq("import", "absent.csv", *out, cwd=tmp_path, code=17)

    assert f"28 answer another questionnaire or version than eriq-sv {SHORT.version}" in other.stderr
    assert "came in an earlier row in 28 row(s)" in twice.stderr
    assert not (tmp_path / "answers.csv").exists()
