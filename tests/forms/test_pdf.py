"""The printed form: A4, whole questions, the version on every page."""

import re

import pytest

from eriq.errors import DependencyError
from eriq.forms import pdf
from eriq.forms.form import forms
from eriq.instrument.instrument import Instrument, load_instrument
from eriq.instrument.texts import LANGUAGES


def test_there_is_a_document_for_each_half_and_language(instrument: Instrument) -> None:
    """Each is a PDF of A4 pages that says its language and title, and is the same every time."""
    made = list(pdf.write(forms(instrument, consent=True)))

    halves = ("caseworker", "client")
    assert [written.name for written in made] == [f"{instrument.id}-{w}-{g}.pdf" for w in halves for g in LANGUAGES]
    for written in made:
        assert written.content.startswith(b"%PDF-")
        assert re.search(rb"/MediaBox \[ 0 0 595\.27\d* 841\.88\d* \]", written.content)
        assert f"/Lang ({written.name[-6:-4]})".encode() in written.content
    assert made == list(pdf.write(forms(instrument, consent=True)))


def test_every_word_is_printed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions, hints and offered answers stand in a document, each answer with one box; no code does."""
    from reportlab import platypus
    from reportlab.pdfgen.canvas import Canvas

    said, boxes = [], []
    real, rect = platypus.Paragraph, Canvas.rect
    monkeypatch.setattr(platypus, "Paragraph", lambda text, style: said.append(text) or real(text, style))
    monkeypatch.setattr(Canvas, "rect", lambda self, *where, **how: boxes.append(where) or rect(self, *where, **how))
    form = forms(load_instrument("eriq22"))[1]
    pdf.document(form, "sv")

    for number, question in enumerate(form.questions, 1):
        assert f"{number}.&nbsp;&nbsp;{question.text['sv']}" in said
        assert question.hint is not None
        assert question.hint["sv"] in said
    answers = [choice.labels["sv"] for question in form.questions for choice in question.offered]
    assert sorted(text for text in said if text in answers) == sorted(answers)
    assert len(boxes) == len(answers)


def test_without_reportlab_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named."""
    import sys

    pdf._library.cache_clear()
    monkeypatch.setitem(sys.modules, "reportlab", None)

    with pytest.raises(DependencyError, match=r"pip install 'eriq\[pdf\]'"):
        list(pdf.write(forms(load_instrument("eriq22"))))
