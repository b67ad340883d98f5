"""A page per form and language that works offline: answers stay in it until they are saved as a CSV."""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from eriq.forms.arrived import Arrived, Habits, fields_of, recognise
from eriq.forms.form import STAMP, Form, Written, words
from eriq.instrument.texts import Language
from eriq.pages import render
from eriq.tables.files import read_table


def write(forms: Sequence[Form]) -> Iterator[Written]:
    """Yield a page for each form and language."""
    columns = ["client_id", "answered_on", "caseworker_id", "consent", STAMP]
    asked = [field.name for form in forms for field in form.about]
    # The questions of all forms are columns, so that a file of either half is a whole table of answers.
    header = [name for name in columns if name in (*asked, STAMP)]
    header += [question.name for form in forms for question in form.questions]
    for form in forms:
        for language in form.languages:
            yield Written(f"{form.name}-{language}.html", page(form, language, header).encode())


def page(form: Form, language: Language, columns: Sequence[str]) -> str:
    """Return a form as a page that fetches nothing, sends nothing and keeps nothing.

    Parameters
    ----------
    form : Form
        What to ask.
    language : {"en", "sv", "da"}
        One of the form's.
    columns : sequence of str
        Header of the CSV that it saves.

    Returns
    -------
    str

    Examples
    --------
    >>> from eriq.forms.form import forms
    >>> from eriq.instrument.instrument import load_instrument
    >>> made = page(forms(load_instrument("eriq22"))[1], "da", ["client_id", "cl01"])
    >>> '<html lang="da">' in made, made.count("<fieldset") > 10
    (True, True)
    """
    script = render("form.js")
    said = {name: text.in_(language) for name, text in words()["page"].items()}
    told = {name: said[name] for name in ("fill_in", "choose", "sure", "saved", "answered", "of")}
    return render(
        "form.html",
        form=form,
        language=language,
        said=said,
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        settings=json.dumps({"columns": list(columns), "stamp": form.stamp, "name": form.name, "words": told}),
    )


def read(file: Path, forms: Sequence[Form], ignore: Sequence[str] = ()) -> Iterator[Arrived]:
    """Yield the rows of one CSV that a page saved, or of several put below each other."""
    yield recognise(read_table(file), file.name, fields_of(forms), Habits(), ignore)
