"""REDCap: a data dictionary with an instrument per form; back from an export with repeating instruments."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from eriq.errors import InstrumentError
from eriq.forms.arrived import Arrived, Habits, folded, recognise
from eriq.forms.form import STAMP, Field, Form, Written, plain, words
from eriq.tables.files import read_table

COLUMNS = (
    *("Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label"),
    *("Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number"),
    *("Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)"),
    *("Required Field?", "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name"),
    *("Matrix Ranking?", "Field Annotation"),
)
REPEATED = ("redcap_repeat_instrument", "repeat instrument")  # the column that says which form a row is of
HABITS = Habits(
    own=r"redcap_.*|.*_(complete|timestamp)|complete\?|repeat (instrument|instance)|event name|data access group|"
    r"survey (identifier|timestamp)"
)


def write(forms: Sequence[Form]) -> Iterator[Written]:
    """Yield a dictionary for each language: REDCap keeps one language in it, and names must be unique over forms."""
    for language in forms[0].languages:
        rows: list[dict[str, str]] = []
        for form in forms:
            for field in fields(form):
                if field.name == "client_id" and rows:
                    continue  # the record's id stands once, in the first instrument
                rows.append(
                    {
                        "Variable / Field Name": field.name,
                        "Form Name": form.name.replace("-", "_"),
                        "Field Type": "radio" if field.kind == "choice" else "text",
                        "Field Label": field.text[language],
                        "Choices, Calculations, OR Slider Labels": " | ".join(
                            f"{choice.code}, {choice.labels[language].replace('|', '/')}" for choice in field.offered
                        ),
                        "Field Note": field.hint[language] if field.hint else "",
                        "Text Validation Type OR Show Slider Number": "date_ymd" if field.kind == "date" else "",
                        "Identifier?": "y" if field.name == "client_id" else "",
                        "Required Field?": "y" if field.required else "",
                        "Field Annotation": f"@HIDDEN @DEFAULT='{form.stamp}'" if field.name.endswith(STAMP) else "",
                    }
                )
        text = pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(index=False, lineterminator="\n")
        yield Written(f"{forms[0].instrument}-redcap-{language}.csv", text.encode("utf-8"))


def fields(form: Form) -> tuple[Field, ...]:
    """Return the fields of a form under names and labels that are unique over all instruments of a project.

    >>> from eriq.forms.form import forms
    >>> from eriq.instrument.instrument import load_instrument
    >>> [field.name for field in fields(forms(load_instrument("eriq22"))[1])][:4]
    ['client_id', 'client_instrument', 'client_answered_on', 'cl01']
    """
    said = words()["fields"][STAMP]
    stamp = Field(STAMP, "text", {language: said.in_(language) for language in form.languages})
    first, *others = form.about
    own = [
        replace(
            field,
            name=f"{form.respondent}_{field.name}",
            text={language: f"{text} ({form.to[language]})" for language, text in field.text.items()},
        )
        for field in (stamp, *others)
    ]
    return (first, *own, *form.questions)


def read(file: Path, forms: Sequence[Form], ignore: Sequence[str] = ()) -> Iterator[Arrived]:
    """Yield the rows of each form; without repeating instruments a row may hold all of them."""
    frame = read_table(file)
    of_form = next((frame.iloc[:, n] for n, name in enumerate(frame.columns) if folded(str(name)) in REPEATED), None)
    found = False
    for form in forms:
        said = frame if of_form is None else frame[of_form.fillna("").map(plain) == plain(form.name)]
        if said.empty:
            continue
        found = True
        arrived = recognise(said, file.name, fields(form), _habits(form, forms), ignore)
        names = {f"{form.respondent}_{name}": name for name in (STAMP, *(field.name for field in form.about))}
        rows = arrived.rows.rename(columns=names)
        # An id alone is the record, and no answer.
        rows = rows[rows.drop(columns=["client_id", STAMP], errors="ignore").notna().any(axis="columns")]
        if len(rows):
            yield replace(arrived, rows=rows)
    if not found:
        raise InstrumentError(f"{file.name}: no row is of an instrument {' or '.join(form.name for form in forms)}")


def _habits(form: Form, forms: Sequence[Form]) -> Habits:
    """Return REDCap's own columns; the fields of the other forms are read in their turn."""
    other = [field for one in forms if one is not form for field in fields(one) if field.name != "client_id"]
    names = {folded(text) for field in other for text in (field.name, *field.text.values())}
    return replace(HABITS, own="|".join([HABITS.own, *(re.escape(name) for name in sorted(names))]))
