"""LimeSurvey: a survey as tab-separated text, its own exchange format; back from its CSV, by codes or full answers."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from eriq.forms.arrived import Arrived, Habits, fields_of, recognise
from eriq.forms.form import STAMP, Choice, Field, Form, Written, plain, words
from eriq.instrument.texts import Language
from eriq.tables.files import read_table

# Columns as in LimeSurvey's own export; those after same_default are attributes of questions.
COLUMNS = (
    *("id", "class", "type/scale", "name", "relevance", "text", "help", "language", "validation", "mandatory"),
    *("other", "default", "same_default", "hidden", "equation", "date_format"),
)
KINDS = {"text": "S", "date": "D", "choice": "L"}
HABITS = Habits(
    leading=True,
    own=r"id|submitdate|lastpage|startlanguage|seed|token|startdate|datestamp|ipaddr|refurl|interviewtime|.*time|"
    r"(total|group|question) time.*",
)


def write(forms: Sequence[Form]) -> Iterator[Written]:
    """Yield a survey for each form; the questions stand once in every language, as LimeSurvey wants it."""
    for form in forms:
        first, *others = form.languages
        rows = [
            {"class": "S", "name": name, "text": text}
            for name, text in (
                ("language", first),
                ("additional_languages", " ".join(others)),
                ("format", "A"),  # all on one page
                ("anonymized", "N"),  # the client's number is among the answers
            )
        ]
        page = words()["page"]
        for language in form.languages:
            welcome = f"{page['voluntary'].in_(language)} {form.notice[language]}"
            title = f"{form.title[language]}: {form.to[language]}"
            for name, text in (("surveyls_title", title), ("surveyls_welcometext", welcome)):
                rows.append({"class": "SL", "name": name, "text": text, "language": language})
        for language in form.languages:
            rows += _questions(form, language)
        text = pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(sep="\t", index=False, lineterminator="\n")
        yield Written(f"{form.name}.txt", text.encode("utf-8-sig"))


def _questions(form: Form, language: Language) -> Iterator[dict[str, str]]:
    """Yield groups, questions and answers in one language; the same question has the same number in each."""
    page, number = words()["page"], 1
    stamp = {"class": "Q", "type/scale": "*", "name": plain(STAMP), "relevance": "1", "mandatory": "N", "hidden": "1"}
    stamp |= {"text": words()["fields"][STAMP].in_(language), "equation": f"{{'{form.stamp}'}}", "id": str(number)}
    for place, (heading, fields) in enumerate((("who", form.about), ("questions", form.questions)), 1):
        group = {"id": str(place), "class": "G", "type/scale": str(place), "relevance": "1"}
        yield group | {"name": page[heading].in_(language), "language": language}
        if place == 1:
            yield stamp | {"language": language}
        for field in fields:
            number += 1
            yield _question(field, language) | {"id": str(number)}
            for choice in field.offered:
                answer = {"class": "A", "type/scale": "0", "name": code(choice), "relevance": "0"}
                yield answer | {"id": str(number), "text": choice.labels[language], "language": language}


def _question(field: Field, language: Language) -> dict[str, str]:
    return {
        "class": "Q",
        "type/scale": KINDS[field.kind],
        "name": plain(field.name),
        "relevance": "1",
        "text": field.text[language],
        "help": field.hint[language] if field.hint else "",
        "language": language,
        "mandatory": "Y" if field.required else "N",
        "other": "N",
        "date_format": "yyyy-mm-dd" if field.kind == "date" else "",
    }


def code(choice: Choice) -> str:
    """Return an answer code: five letters or digits at most, so that a minus is written M.

    >>> code(Choice(-2, {"en": "don't know"}))
    'M2'
    """
    return f"M{-choice.code}" if choice.code < 0 else str(choice.code)


def read(file: Path, forms: Sequence[Form], ignore: Sequence[str] = ()) -> Iterator[Arrived]:
    """Yield the responses of one CSV or Excel export, headed by codes, questions, or both."""
    yield recognise(read_table(file), file.name, fields_of(forms), HABITS, ignore)
