"""XLSForm: what pyxform makes of a workbook, and what ODK and KoBo give back."""

import shutil
from pathlib import Path

import openpyxl
import pytest
from pyxform.xls2xform import convert

from eriq.forms import xlsform
from eriq.forms.form import forms
from eriq.instrument.instrument import Instrument
from eriq.instrument.texts import LANGUAGES, Language
from tests.forms.filled import as_code, as_label, back, known, rows_of, same, write_csv


def workbooks(instrument: Instrument, folder: Path, languages: tuple[Language, ...] = ()) -> list[Path]:
    """Return the workbooks of a questionnaire."""
    paths = []
    for written in xlsform.write(forms(instrument, languages, consent=True)):
        paths.append(folder / written.name)
        paths[-1].write_bytes(written.content)
    return paths


def test_a_form_is_valid_in_every_language(instrument: Instrument, tmp_path: Path) -> None:
    """Pyxform reads each workbook without a warning, and ODK's own validator too where there is Java."""
    for path in workbooks(instrument, tmp_path):
        warnings: list[str] = []
        form = convert(path, warnings=warnings, validate=shutil.which("java") is not None).xform

        assert warnings == []
        assert f'version="{instrument.version}"' in form
        assert f"'{instrument.id} {instrument.version}'" in form
        for language in LANGUAGES:
            assert instrument.half("client")[0].text.in_(language) in form or "caseworker" in path.name


def test_a_form_in_one_language_has_no_other(instrument: Instrument, tmp_path: Path) -> None:
    """With one language the sheets have its column only."""
    for path in workbooks(instrument, tmp_path, ("sv",)):
        header = [cell.value for cell in next(openpyxl.load_workbook(path)["survey"].iter_rows())]

        assert [name for name in header if str(name).startswith("label")] == ["label::Svenska (sv)"]


def test_what_odk_central_exports_comes_back(instrument: Instrument, tmp_path: Path) -> None:
    """Codes under names with the group before them, among Central's own columns."""
    table, files = known(instrument), []
    for form in forms(instrument):
        names = ["client_id", "answered_on", *(["caseworker_id"] if form.respondent == "caseworker" else [])]
        items = [question.name for question in form.questions]
        header = ["SubmissionDate", "instrument", *names, *(f"questions-{item}" for item in items)]
        header += ["meta-instanceID", "KEY", "SubmitterID", "SubmitterName", "ReviewState", "FormVersion"]
        own = ["uuid:1", "uuid:1", "7", "Anna", "", form.version]
        rows = [
            ["2024-07-01T08:00:00.000Z", form.stamp, *(row[name] for name in (*names, *items)), *own]
            for row in rows_of(form, table, as_code)
        ]
        files.append(write_csv(tmp_path / f"{form.name}.csv", header, rows))

    assert same(back(files, "xlsform", instrument), table)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_kobo_exports_as_labels_comes_back(instrument: Instrument, language: Language, tmp_path: Path) -> None:
    """Questions with their group as headings, labels as answers, semicolons, a note's empty column, KoBo's own ones."""
    table, files = known(instrument), []
    for form in forms(instrument):
        began = ["2024-07-01T08:00:00.000+02:00", "2024-07-01T08:05:00.000+02:00"]
        about = [field.text[language] for field in form.about]
        questions = [f"Group, with a comma/{question.text[language]}" for question in form.questions]
        header = [
            "start",
            "end",
            "instrument",
            "A note, and another",
            *about,
            *questions,
            "_id",
            "_uuid",
            "__version__",
        ]
        rows = [
            [*began, form.stamp, "", *row.values(), "1", "u1", "v1"] for row in rows_of(form, table, as_label(language))
        ]
        files.append(write_csv(tmp_path / f"{form.name}.csv", header, rows, ";"))

    assert same(back(files, "xlsform", instrument), table)
