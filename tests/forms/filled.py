"""Known answers, and what a tool would hold of them: the same in each format, so that a round trip can be told."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from eriq.forms.answers import to_answers
from eriq.forms.form import Form, forms
from eriq.forms.formats import READERS, Origin
from eriq.instrument.instrument import Instrument
from eriq.instrument.texts import Language

Row = dict[str, str]
Say = Callable[[Form, str, int], str]  # what stands in a cell for a code


def known(instrument: Instrument, people: int = 14) -> pd.DataFrame:
    """Return answers with gaps, every code a respondent may choose, and half-answered days, typed as ANSWERS."""
    rng = np.random.default_rng(22)
    table = pd.DataFrame(
        {
            "client_id": [f"K{n:03d}" for n in range(people) for _ in range(2)],
            "answered_on": pd.to_datetime(["2024-03-05", "2024-06-11"] * people).astype("datetime64[us]"),
            "caseworker_id": [f"H{n % 3}" for n in range(2 * people)],
        }
    ).astype({"client_id": "str", "caseworker_id": "str"})
    for form in forms(instrument):
        for place, question in enumerate(form.questions):
            codes = [choice.code for choice in question.offered]
            drawn = rng.permuted(np.resize(codes, len(table)))
            cells = pd.Series(drawn, dtype="Int8")
            table[question.name] = cells.mask(rng.random(len(table)) < 0.15)
            table.loc[0, question.name] = codes[place % len(codes)]  # nobody is without any answer
    return table


def rows_of(form: Form, table: pd.DataFrame, say: Say) -> list[Row]:
    """Return what one form holds of the known answers, cells as text under our names."""
    rows = []
    for record in table.to_dict("records"):
        row = {"client_id": record["client_id"], "answered_on": f"{record['answered_on']:%Y-%m-%d}"}
        if any(field.name == "caseworker_id" for field in form.about):
            row["caseworker_id"] = record["caseworker_id"]
        for question in form.questions:
            code = record[question.name]
            row[question.name] = "" if pd.isna(code) else say(form, question.name, int(code))
        rows.append(row)
    return rows


def as_code(form: Form, name: str, code: int) -> str:
    """Return the code itself."""
    return str(code)


def as_label(language: Language) -> Say:
    """Return what says the label of a code in one language."""

    def say(form: Form, name: str, code: int) -> str:
        question = next(question for question in form.questions if question.name == name)
        return next(choice.labels[language] for choice in question.offered if choice.code == code)

    return say


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str = ",") -> Path:
    """Write a text file with every cell in quotes, as survey tools do."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return path


def back(files: Sequence[Path], origin: Origin, instrument: Instrument, ignore: Sequence[str] = ()) -> pd.DataFrame:
    """Return what comes back from files of a tool."""
    ours = forms(instrument, consent=True)
    return to_answers([part for file in files for part in READERS[origin](file, ours, ignore)], instrument, ours)


def same(found: pd.DataFrame, table: pd.DataFrame) -> bool:
    """Return whether answers are the known ones, in types as well, whatever the order of rows."""
    keys = ["client_id", "answered_on"]
    there = found.sort_values(keys).reset_index(drop=True)
    pd.testing.assert_frame_equal(there, table.sort_values(keys).reset_index(drop=True))
    return True
