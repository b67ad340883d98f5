"""What a tool gives back, before it is judged: rows of text under the names of our fields."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.errors import SourceError, nearest
from eriq.forms.form import STAMP, Field, Form, plain, words
from eriq.instrument.texts import LANGUAGES
from eriq.tables.schema import Problem


@dataclass(frozen=True, slots=True)
class Arrived:
    """Rows of filled-in forms of one file, as text; the index is the place in the file, 0 is the first row."""

    file: str
    rows: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    remarks: tuple[str, ...] = ()  # what was not read, in words


@dataclass(frozen=True, slots=True)
class Habits:
    """How a tool names the columns of what it exports."""

    own: str = ""  # pattern of columns that it adds
    leading: bool = False  # whether it puts columns, named in any language, before the first of ours


def folded(text: str) -> str:
    r"""Return a text without what tools change in it: capitals, width of spaces, composed letters.

    >>> folded(" To a\u00a0large  Extent ")
    'to a large extent'
    """
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def recognise(
    frame: pd.DataFrame, file: str, fields: Sequence[Field], habits: Habits, ignore: Sequence[str] = ()
) -> Arrived:
    """Return the columns of `frame` that are fields, under their names, whether headed by name or by question.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, any)
        As read, text only; rows without anything in a field are left out.
    file : str
        Its name, for messages.
    fields : sequence of Field
        What may stand in it, in all languages.
    habits : Habits
        Of the tool it comes from.
    ignore : sequence of str
        Headings that the user does not want to be read.

    Returns
    -------
    Arrived
        With a problem for every column that is neither a field, nor the tool's own, nor empty.

    Raises
    ------
    SourceError
        If no column is a field.
    """
    headings = [str(name) for name in frame.columns]
    names = {plain(field.name): field.name for field in fields} | {STAMP: STAMP}
    questions = dict(_by_question(fields))
    found = [_field(heading, names, questions) for heading in headings]
    if not any(found):
        raise SourceError(f"{file}: none of its {len(headings)} columns is a field of this questionnaire")
    first = next(place for place, name in enumerate(found) if name)
    problems, remarks, kept = [], [], {}
    # Without the column of ids the first row may be a person's, so that its cells are not shown.
    with_header = "client_id" in found
    for place, (heading, name) in enumerate(zip(headings, found, strict=True)):
        cells = frame.iloc[:, place]
        if name in kept:
            problems.append(_problem(file, name or "", "repeated_column", f"{name} is there in two columns"))
        elif name:
            kept[name] = cells
        elif re.fullmatch(habits.own, folded(heading)) or _blank(cells).all():
            continue
        elif heading in ignore or (habits.leading and place < first):
            remarks.append(heading)
        else:
            called = f" ('{heading}')" if with_header else ""
            words_ = f"column number {place + 1}{called} is no question of this form.{nearest(plain(heading), names)}"
            problems.append(_problem(file, "", "unknown_column", words_))
    rows = pd.DataFrame(kept, index=frame.index).astype("str")
    answered = ~rows.drop(columns=STAMP, errors="ignore").apply(_blank).all(axis="columns")
    told = (f"{file}: not read: {', '.join(remarks)}",) if remarks and with_header else ()
    return Arrived(file, rows[answered], tuple(problems), told)


def fields_of(forms: Sequence[Form]) -> tuple[Field, ...]:
    """Return every field of several forms once."""
    return tuple({field.name: field for form in forms for field in form.fields}.values())


def _by_question(fields: Sequence[Field]) -> Iterator[tuple[str, str]]:
    """Yield (question, name); one that two fields share names neither."""
    shared: dict[str, set[str]] = {}
    stamp = words()["fields"][STAMP]
    for field in fields:
        for text in field.text.values():
            shared.setdefault(folded(text), set()).add(field.name)
    for language in LANGUAGES:
        shared.setdefault(folded(stamp.in_(language)), set()).add(STAMP)
    yield from ((text, names.pop()) for text, names in shared.items() if len(names) == 1)


def _field(heading: str, names: Mapping[str, str], questions: Mapping[str, str]) -> str | None:
    """Return the field a heading names, with the names of groups before it, or its question after it."""
    cuts = [match.end() for match in re.finditer(r"[-/:.]", heading)]
    for part in (heading, *(heading[cut:] for cut in cuts), *(heading[: cut - 1] for cut in cuts)):
        if found := names.get(plain(part)) or questions.get(folded(part)):
            return found
    return None


def _blank(cells: pd.Series) -> pd.Series:
    return cells.isna() | (cells.astype("str").str.strip() == "")


def _problem(file: str, column: str, code: str, text: str) -> Problem:
    return Problem(file, column, code, text, np.empty(0, dtype=np.int64))
