"""A4 pages to print and answer by pen, one document per form and language; the only door to reportlab."""

import io
from collections.abc import Iterator, Sequence
from functools import cache, partial
from types import SimpleNamespace
from typing import Any
from xml.sax.saxutils import escape

from eriq.errors import DependencyError
from eriq.forms.form import Field, Form, Written, words
from eriq.instrument.texts import Language

MARGIN, BOX, INK, SOFT, LINE = 51, 9.5, "#1c2126", "#555b62", "#9a9a9a"  # lengths in points
TEXT, BOLD = "Vera", "VeraBd"  # come with reportlab and are put into the file, so that it prints alike everywhere
SIDE_BY_SIDE = 3  # answers in a row, so that a question takes few lines


def write(forms: Sequence[Form]) -> Iterator[Written]:
    """Yield a document for each form and language.

    Raises
    ------
    DependencyError
        If reportlab is not installed.
    """
    _library()
    for form in forms:
        for language in form.languages:
            yield Written(f"{form.name}-{language}.pdf", document(form, language))


def document(form: Form, language: Language) -> bytes:
    """Return a form as a PDF: who and when, then the questions with boxes; no question is cut by the end of a page."""
    parts, said = _library(), words()["page"]
    file = io.BytesIO()
    pages = parts.platypus.SimpleDocTemplate(
        file,
        pagesize=parts.pagesizes.A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 14,
        title=f"{form.title[language]}: {form.to[language]}",
        author=form.stamp,
        lang=language,
        invariant=1,  # the same form is the same file
    )
    flow = [
        parts.platypus.Paragraph(escape(form.to[language]), _style("to", 9.5, colour=SOFT)),
        parts.platypus.Paragraph(escape(form.title[language]), _style("title", 15, font=BOLD, after=8)),
        parts.platypus.Paragraph(
            escape(f"{said['voluntary'].in_(language)} {said['cross'].in_(language)}"), _style("lead", 9.5, after=10)
        ),
        _about(form, language, pages.width),
    ]
    for number, field in enumerate(form.questions, 1):
        flow.append(parts.platypus.KeepTogether(_question(field, language, f"{number}", pages.width)))
    flow.append(parts.platypus.Paragraph(escape(form.notice[language]), _style("notice", 7.5, colour=SOFT, before=16)))
    foot = partial(_foot, form=form, page=said["sheet"].in_(language))
    pages.build(flow, onFirstPage=foot, onLaterPages=foot)
    return file.getvalue()


@cache
def _library() -> SimpleNamespace:
    """Return the parts of reportlab we use, its own typefaces made known."""
    try:
        from reportlab import platypus
        from reportlab.lib import pagesizes, styles
        from reportlab.pdfbase import pdfmetrics, ttfonts
    except ImportError:
        raise DependencyError("a form as PDF needs reportlab: pip install 'eriq[pdf]'") from None
    for name in (TEXT, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(ttfonts.TTFont(name, f"{name}.ttf"))
    return SimpleNamespace(platypus=platypus, pagesizes=pagesizes, styles=styles)


def _style(name: str, size: float, *, font: str = TEXT, colour: str = INK, before: float = 0, after: float = 0) -> Any:
    return _library().styles.ParagraphStyle(
        name, fontName=font, fontSize=size, leading=size * 1.4, textColor=colour, spaceBefore=before, spaceAfter=after
    )


def _about(form: Form, language: Language, width: float) -> Any:
    """Return who and when: a line to write on for each, boxes where there are answers to choose from."""
    parts = _library()
    rows = []
    for field in form.about:
        label = parts.platypus.Paragraph(escape(field.text[language]), _style("label", 9.5))
        rows.append([label, _boxes(field, language, width * 0.6) if field.choices else ""])
    table = parts.platypus.Table(
        rows, colWidths=[width * 0.4, width * 0.6], rowHeights=None, minRowHeights=[25] * len(rows)
    )
    lines = [("LINEBELOW", (1, n), (1, n), 0.6, LINE) for n, field in enumerate(form.about) if not field.choices]
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "BOTTOM"), ("LEFTPADDING", (0, 0), (-1, -1), 0), *lines])
    return table


def _question(field: Field, language: Language, number: str, width: float) -> list[Any]:
    parts = _library()
    text = f"{number}.&nbsp;&nbsp;{escape(field.text[language])}"
    flow = [parts.platypus.Paragraph(text, _style("question", 10, font=BOLD, before=13, after=2))]
    if field.hint:
        flow.append(parts.platypus.Paragraph(escape(field.hint[language]), _style("hint", 8.5, colour=SOFT, after=2)))
    return [*flow, _boxes(field, language, width)]


def _boxes(field: Field, language: Language, width: float) -> Any:
    """Return the answers with a box before each, levels first and ways of giving none below them."""
    parts = _library()
    choices = field.offered
    levels = [choice for choice in choices if choice.code >= 0]
    none = [choice for choice in choices if choice.code < 0]
    rows = []
    for group, colour in ((levels, INK), (none, SOFT)):
        cells = [
            (_box(), parts.platypus.Paragraph(escape(c.labels[language]), _style("a", 9, colour=colour))) for c in group
        ]
        for start in range(0, len(cells), SIDE_BY_SIDE):
            row = [part for cell in cells[start : start + SIDE_BY_SIDE] for part in cell]
            rows.append(row + [""] * (2 * SIDE_BY_SIDE - len(row)))
    label = width / SIDE_BY_SIDE - 18
    table = parts.platypus.Table(rows, colWidths=[18, label] * SIDE_BY_SIDE, hAlign="LEFT")
    table.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            ("TOPPADDING", (0, 0), (-1, -1), 2.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ]
    )
    return table


def _box() -> Any:
    """Return an empty box to put a cross in."""
    parts = _library()

    class Box(parts.platypus.Flowable):  # type: ignore[misc,name-defined]
        width = height = BOX

        def draw(self) -> None:
            self.canv.setStrokeColor(INK)
            self.canv.setLineWidth(0.8)
            self.canv.rect(0.5, -1.5, BOX, BOX)

    return Box()


def _foot(canvas: Any, pages: Any, *, form: Form, page: str) -> None:
    """Write on every page which questionnaire it is, since pages come apart."""
    canvas.saveState()
    canvas.setFont(TEXT, 7.5)
    canvas.setFillColor(SOFT)
    canvas.drawString(MARGIN, MARGIN - 14, f"{form.stamp} {form.respondent}")
    canvas.drawRightString(pages.pagesize[0] - MARGIN, MARGIN - 14, f"{page} {pages.page}")
    canvas.restoreState()
