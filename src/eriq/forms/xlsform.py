"""XLSForm, for ODK and KoBo: a workbook per form; back from their CSV or Excel, by codes or labels, grouped or not."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from eriq.forms.arrived import Arrived, Habits, fields_of, recognise
from eriq.forms.form import STAMP, Choice, Field, Form, Words, Written, words
from eriq.instrument.codebook import LANGUAGE_NAMES
from eriq.instrument.texts import Language
from eriq.tables.files import read_table

HABITS = Habits(
    own=r"submissiondate|key|submitter(id|name)|attachments(present|expected)|status|reviewstate|deviceid|edits|"
    r"formversion|start|end|today|username|audit|(meta[-/:]|formhub/)?(instance(id|name)|rootuuid|uuid)|_.*"
)


def write(forms: Sequence[Form]) -> Iterator[Written]:
    """Yield a workbook for each form: survey, choices and settings, with a column of labels per language."""
    for form in forms:
        lists = {choices: f"answers{n}" for n, choices in enumerate(dict.fromkeys(f.offered for f in form.fields), 1)}
        choices = [
            {"list_name": name, "name": str(choice.code), **_each("label", choice.labels)}
            for offered, name in lists.items()
            for choice in offered
        ]
        settings = {
            "form_title": f"{form.title[form.languages[0]]}: {form.to[form.languages[0]]}",
            "form_id": form.name,
            "version": form.version,
            "default_language": _language(form.languages[0]),
        }
        sheets = {"survey": _survey(form, lists), "choices": choices, "settings": [settings]}
        book = io.BytesIO()
        with pd.ExcelWriter(book, engine="openpyxl") as writer:
            for name, rows in sheets.items():
                pd.DataFrame(rows).to_excel(writer, sheet_name=name, index=False)
        yield Written(f"{form.name}.xlsx", book.getvalue())


def _survey(form: Form, lists: dict[tuple[Choice, ...], str]) -> list[dict[str, str]]:
    def row(field: Field) -> dict[str, str]:
        kind = f"select_one {lists[field.offered]}" if field.kind == "choice" else field.kind
        default = {"default": "today()"} if field.kind == "date" else {}
        hint = _each("hint", field.hint) if field.hint else {}
        required = "yes" if field.required else ""
        return {"type": kind, "name": field.name, **_each("label", field.text), **hint, "required": required, **default}

    page = words()["page"]
    about = {language: f"{page['voluntary'].in_(language)} {form.notice[language]}" for language in form.languages}
    heading = {language: page["questions"].in_(language) for language in form.languages}
    return [
        {"type": "calculate", "name": STAMP, "calculation": f"'{form.stamp}'"},
        {"type": "note", "name": "about", **_each("label", about)},
        *map(row, form.about),
        {"type": "begin_group", "name": "questions", **_each("label", heading)},
        *map(row, form.questions),
        {"type": "end_group"},
    ]


def _each(column: str, texts: Words) -> dict[str, str]:
    """Return a text under the column of each language."""
    return {f"{column}::{_language(language)}": text for language, text in texts.items()}


def _language(language: Language) -> str:
    return f"{LANGUAGE_NAMES[language]} ({language})"


def read(file: Path, forms: Sequence[Form], ignore: Sequence[str] = ()) -> Iterator[Arrived]:
    """Yield what ODK Central, Collect or KoBo exported into one table."""
    yield recognise(read_table(file), file.name, fields_of(forms), HABITS, ignore)
