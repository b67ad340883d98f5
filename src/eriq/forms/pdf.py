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
LEADING = 1.4
PADDING = {"LEFT": 0, "RIGHT": 6, "TOP": 2, "BOTTOM": 2}


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
    width = pages.width - 12  # a frame has its own padding
    flow = [
        parts.platypus.Paragraph(escape(form.to[language]), _style("to", 9.5, colour=SOFT)),
        parts.platypus.Paragraph(escape(form.title[language]), _style("title", 14, font=BOLD, after=8)),
        parts.platypus.Paragraph(
            escape(f"{said['voluntary'].in_(language)} {said['cross'].in_(language)}"), _style("lead", 9.5, after=10)
        ),
        _about(form, language, width),
    ]
    for number, field in enumerate(form.questions, 1):
        flow.append(parts.platypus.KeepTogether(_question(field, language, f"{number}", width)))
    flow.append(parts.platypus.Paragraph(escape(form.notice[language]), _style("notice", 7.5, colour=SOFT, before=16)))
    foot = partial(_foot, form=form, language=language)
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
        name,
        fontName=font,
        fontSize=size,
        leading=size * LEADING,
        textColor=colour,
        spaceBefore=before,
        spaceAfter=after,
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
    table.hAlign = "LEFT"
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "BOTTOM"), ("LEFTPADDING", (0, 0), (-1, -1), 0), *lines])
    return table


def _question(field: Field, language: Language, number: str, width: float) -> list[Any]:
    parts = _library()
    text = f"{number}.&nbsp;&nbsp;{escape(field.text[language])}"
    flow = [parts.platypus.Paragraph(text, _style("question", 10, font=BOLD, before=13, after=3))]
    if field.hint:
        flow.append(parts.platypus.Paragraph(escape(field.hint[language]), _style("hint", 8.5, colour=SOFT, after=3)))
    return [*flow, *_boxes(field, language, width)]


def _boxes(field: Field, language: Language, width: float) -> list[Any]:
    """Return the answers with a box before each: levels in one line, ways of giving no answer in the next."""
    parts = _library()
    sides = [(f"{side}PADDING", (0, 0), (-1, -1), points) for side, points in PADDING.items()]
    levels = [choice for choice in field.offered if choice.code >= 0]
    none = [choice for choice in field.offered if choice.code < 0]
    tables = []
    for group, most, style in ((levels, 5, _style("level", 9)), (none, 3, _style("none", 9, colour=SOFT))):
        columns = min(len(group), most)
        cells = [(_box(), parts.platypus.Paragraph(escape(c.labels[language]), style)) for c in group]
        rows = []
        for start in range(0, len(cells), columns or 1):
            row = [part for cell in cells[start : start + columns] for part in cell]
            rows.append(row + [""] * (2 * columns - len(row)))
        if rows:
            label = width / (columns if group is levels else most) - BOX - 6
            tables.append(parts.platypus.Table(rows, colWidths=[BOX + 6, label] * columns, hAlign="LEFT"))
            tables[-1].setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *sides])
    return tables


def _box() -> Any:
    """Return an empty box to put a cross in, as high as a line of answers."""

    class Box(_library().platypus.Flowable):  # type: ignore[misc]
        def draw(self) -> None:
            self.canv.setStrokeColor(INK)
            self.canv.setLineWidth(0.8)
            self.canv.rect(0.5, 1, BOX, BOX)

    box = Box()
    box.width, box.height = BOX, 9 * LEADING
    return box


def _foot(canvas: Any, pages: Any, *, form: Form, language: Language) -> None:
    """Write on every page which questionnaire and whose it is, since pages come apart."""
    said, left, right = words()["page"], MARGIN, pages.pagesize[0] - MARGIN
    canvas.saveState()
    canvas.setFont(TEXT, 7.5)
    canvas.setFillColor(SOFT)
    canvas.drawString(left, MARGIN - 14, f"{form.stamp} \N{MIDDLE DOT} {form.to[language]}")
    canvas.drawRightString(right, MARGIN - 14, f"{said['sheet'].in_(language)} {pages.page}")
    if pages.page > 1:
        canvas.drawRightString(right - 130, pages.pagesize[1] - 36, form.about[0].text[language])
        canvas.setStrokeColor(LINE)
        canvas.line(right - 122, pages.pagesize[1] - 38, right, pages.pagesize[1] - 38)
    canvas.restoreState()
