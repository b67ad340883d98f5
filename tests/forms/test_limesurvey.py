"""LimeSurvey: a survey as tab-separated text by its documented layout, and its exports of responses."""

import csv
import io
import re
from pathlib import Path

import pytest

from eriq.forms import limesurvey
from eriq.forms.form import Choice, Form, forms
from eriq.instrument.instrument import Instrument
from eriq.instrument.texts import LANGUAGES, Language
from tests.forms.filled import as_label, back, known, rows_of, same, write_csv

OWN = ["id", "submitdate", "lastpage", "startlanguage", "seed"]


def surveys(instrument: Instrument) -> list[list[dict[str, str]]]:
    """Return the rows of each survey of a questionnaire."""
    texts = [written.content.decode("utf-8-sig") for written in limesurvey.write(forms(instrument))]
    return [list(csv.DictReader(io.StringIO(text), delimiter="\t")) for text in texts]


def as_answer_code(form: Form, name: str, code: int) -> str:
    """Return a code as LimeSurvey keeps it."""
    return limesurvey.code(Choice(code, {}))


def test_a_survey_repeats_groups_questions_and_answers_in_every_language(instrument: Instrument) -> None:
    """Rows of the languages after the first are the same but for their words, with the same numbers."""
    for rows in surveys(instrument):
        said = {row["name"]: row["text"] for row in rows if row["class"] == "S"}
        assert said["language"] == "en"
        assert said["additional_languages"] == "sv da"
        content = [
            [
                (row["id"], row["class"], row["type/scale"], row["name"] if row["class"] != "G" else "")
                for row in rows
                if row["class"] in "GQA" and row["language"] == language
            ]
            for language in LANGUAGES
        ]
        assert content[0] == content[1] == content[2]


def test_codes_are_what_limesurvey_takes(instrument: Instrument) -> None:
    """Answer codes have at most five letters and digits, question codes at most twenty, a letter first."""
    for rows in surveys(instrument):
        for row in rows:
            if row["class"] == "A":
                assert re.fullmatch(r"[A-Za-z0-9]{1,5}", row["name"])
            if row["class"] == "Q":
                assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,19}", row["name"])


def test_each_survey_keeps_the_version_with_the_answers(instrument: Instrument) -> None:
    """A hidden equation gives every response the questionnaire and its version."""
    for rows in surveys(instrument):
        hidden = [row for row in rows if row["type/scale"] == "*" and row["language"] == "en"]

        assert [row["equation"] for row in hidden] == [f"{{'{instrument.id} {instrument.version}'}}"]


def test_responses_by_codes_come_back(instrument: Instrument, tmp_path: Path) -> None:
    """Question codes as headings, answer codes, days with midnight behind them."""
    table, files = known(instrument), []
    for form in forms(instrument):
        own = ["1", "2024-07-01 08:00:00", "1", "sv", "99"]
        names = [re.sub("_", "", field.name) for field in form.fields]
        rows = [
            [*own, form.stamp, row["client_id"], f"{row['answered_on']} 00:00:00", *list(row.values())[2:]]
            for row in rows_of(form, table, as_answer_code)
        ]
        files.append(write_csv(tmp_path / f"{form.name}.csv", [*OWN, "instrument", *names], rows))

    assert same(back(files, "limesurvey", instrument), table)


@pytest.mark.parametrize("with_code", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_responses_by_full_answers_come_back(
    instrument: Instrument, language: Language, with_code: bool, tmp_path: Path
) -> None:
    """Whole questions as headings, alone or after their code, whatever LimeSurvey calls its own columns."""
    table, files = known(instrument), []
    stamp = {"en": "Questionnaire and version", "sv": "Frågeformulär och version", "da": "Spørgeskema og version"}
    for form in forms(instrument):
        asked = [("instrument", stamp[language]), *((f.name, f.text[language]) for f in form.fields)]
        header = [f"{name.replace('_', '')}. {text}" if with_code else text for name, text in asked]
        rows = [
            [str(n), "2024-07-01", "1", language, "99", form.stamp, *row.values(), "12.5"]
            for n, row in enumerate(rows_of(form, table, as_label(language)))
        ]
        own = ["Svars-ID", "Datum inskickat", "Sista sidan", "Startspråk", "Frö"]
        files.append(write_csv(tmp_path / f"{form.name}.csv", [*own, *header, "interviewtime"], rows, ";"))

    assert same(back(files, "limesurvey", instrument), table)
