"""Pages: the only door to jinja2. Self-contained HTML from our templates, with numbers written one way."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from eriq.catalogues import Language, catalogue

GAP = "\N{EN DASH}"  # there is no number here
MINUS = "\N{MINUS SIGN}"  # a true minus is as wide as a plus, so columns of signed numbers line up


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with a fixed count of decimals and thousands separated; a gap is an en dash.

    >>> number(0.86125), number(15818.4, 0), number(-0.0001, 2)
    ('0.861', '15,818', '0.00')
    >>> number(-0.5, 1) == f"{MINUS}0.5", number(None) == GAP
    (True, True)
    """
    return _written(value, digits)


def percent(value: float | None, digits: int = 1) -> str:
    r"""Return a share as per cent, with a space that does not break.

    >>> percent(0.0612), percent(1, 0)
    ('6.1\xa0%', '100\xa0%')
    """
    return GAP if value is None or _missing(value) else f"{_written(100 * value, digits)}\N{NO-BREAK SPACE}%"


def signed(value: float | None, digits: int = 3) -> str:
    """Return a difference, with its sign unless it is zero as written.

    >>> signed(0.0214), signed(0.0001, 2), signed(-0.0214, 2) == f"{MINUS}0.02"
    ('+0.021', '0.00', True)
    """
    return _written(value, digits, sign="+")


def interval(low: float | None, high: float | None, digits: int = 3) -> str:
    """Return the two ends of an interval.

    >>> interval(0.61, 0.6749), interval(None, 0.5) == GAP
    ('0.610 to 0.675', True)
    """
    return GAP if _missing(low) or _missing(high) else f"{_written(low, digits)} to {_written(high, digits)}"


def text(value: object) -> str:
    """Return any cell as words: a gap as an en dash, a truth as yes or no, a whole number without decimals.

    >>> text(True), text(5512), text("client"), text(2.50)
    ('yes', '5,512', 'client', '2.500')
    """
    if _missing(value):
        return GAP
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (int, np.integer)):
        return _written(int(value), 0)
    if isinstance(value, (float, np.floating)):
        return _written(float(value), 3)
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return str(value)


def _missing(value: object) -> bool:
    """Return whether there is nothing to write: a gap of any kind, or an infinity."""
    if isinstance(value, (float, np.floating)):
        return not np.isfinite(value)
    return value is None or value is pd.NA or value is pd.NaT


def _written(value: float | None, digits: int, sign: str = "") -> str:
    """Return a number as its digits, with our signs."""
    if _missing(value):
        return GAP
    plain = f"{value:{sign},.{digits}f}"
    zero = not plain.strip("+-0.,")
    return plain.lstrip("+-") if zero else plain.replace("-", MINUS)


def plain(value: float | None) -> str:
    """Return a number with as many decimals as say something: none of a whole or a large one.

    >>> plain(5463.0), plain(41.234), plain(0.0312), plain(None) == GAP
    ('5,463', '41.2', '0.031', True)
    """
    if value is None or _missing(value):
        return GAP
    size = abs(float(value))
    return _written(float(value), 0 if size >= 100 or float(value).is_integer() else 1 if size >= 10 else 3)


FORMATS: Mapping[str, Callable[..., str]] = {
    "number": number,
    "percent": percent,
    "signed": signed,
    "text": text,
    "plain": plain,
}


def table(
    frame: pd.DataFrame,
    caption: str,
    *,
    formats: Mapping[str, str | tuple[str, int]] | None = None,
    labels: Mapping[str, str] | None = None,
    header_column: bool = True,
    emphasised: Collection[int] = (),
    right: Collection[str] = (),
) -> Markup:
    """Return a table as accessible HTML: caption, scoped headers, numerals to the right, a gap as an en dash.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        What to print; the index is left out. Every cell and heading is escaped.
    caption : str
        What one row is and where the numbers come from.
    formats : mapping, optional
        Column to one of `FORMATS`, alone or with digits: ``{"gain": ("signed", 2)}``.
    labels : mapping, optional
        Column to heading; otherwise its name with spaces for underscores.
    header_column : bool
        Whether the first column names its row.
    emphasised : collection of int
        Positions of the rows to set in bold, 0 is the first.
    right : collection of str
        Columns of text to set like numbers: numbers with their intervals, or counts with a mark.

    Returns
    -------
    Markup

    Raises
    ------
    KeyError
        If a format is not one of `FORMATS`, or is for a column that is not there.

    Examples
    --------
    >>> frame = pd.DataFrame({"block": ["register", "belief"], "auc": [0.64, 0.79]})
    >>> html = table(frame, "Discrimination", formats={"auc": ("number", 2)})
    >>> '<th scope="row">belief</th><td class="num">0.79</td>' in html
    True
    """
    formats, labels = formats or {}, labels or {}
    if absent := [name for name in formats if name not in frame.columns]:
        raise KeyError(f"format for {len(absent)} column(s) that the table does not have: {', '.join(absent)}")
    columns = [
        (
            labels.get(name, str(name).replace("_", " ")),
            ' class="num"' if _numeric(frame.iloc[:, place]) or name in right else "",
            _written_cells(frame.iloc[:, place], formats.get(name)),
        )
        for place, name in enumerate(frame.columns)
    ]
    return _marked_up(columns, caption, header_column, [place in emphasised for place in range(len(frame))])


def _marked_up(columns: Sequence[tuple[str, str, list[str]]], caption: str, header: bool, bold: list[bool]) -> Markup:
    """Return a table from (heading, class, cells) of its columns."""
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(Markup(kind), heading) for heading, kind, _ in columns
    )
    rows = []
    for place, set_bold in enumerate(bold):
        rows.append(_row([(kind, cells[place]) for _, kind, cells in columns], header=header, bold=set_bold))
    # A wide table scrolls inside its own box, which a keyboard can reach and a screen reader can name.
    return Markup(
        '<div class="table" role="region" tabindex="0" aria-label="{0}"><table>\n<caption>{0}</caption>\n'
        "<thead><tr>{1}</tr></thead>\n<tbody>\n{2}\n</tbody></table></div>"
    ).format(escape(caption), head, Markup("\n").join(rows))


def _numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _written_cells(column: pd.Series, given: str | tuple[str, int] | None) -> list[str]:
    """Return the cells of one column as they are printed."""
    write = _writer(given, column)
    return [write(value) for value in column]


def _row(written: list[tuple[str, str]], *, header: bool, bold: bool) -> Markup:
    """Return one row of a table from (class, words) of its cells."""
    cells = []
    for place, (kind, words) in enumerate(written):
        tag = 'th scope="row"' if header and place == 0 else "td"
        cells.append(Markup("<{}{}>{}</{}>").format(Markup(tag), Markup(kind), words, Markup(tag[:2])))
    return Markup("<tr{}>{}</tr>").format(Markup(' class="emphasised"' if bold else ""), Markup("").join(cells))


def _writer(given: str | tuple[str, int] | None, column: pd.Series) -> Callable[..., str]:
    """Return the function that writes the cells of one column."""
    if isinstance(given, tuple):
        write, decimals = FORMATS[given[0]], given[1]
        return lambda value: write(value, decimals)
    if given is not None:
        return FORMATS[given]
    return number if pd.api.types.is_float_dtype(column) else text


@cache
def _environment(language: Language) -> jinja2.Environment:
    """Return how our templates are read in one language: ``_("...")`` and ``{% trans %}`` look up its catalogue."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=jinja2.select_autoescape(("html",)),  # a model card is Markdown
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update({**FORMATS})
    environment.globals.update(table=table, interval=interval, language=language)
    return environment


def render(template: str, *, in_language: Language = "en", **context: object) -> str:
    """Return a page made from one of our templates; everything in `context` is escaped.

    Parameters
    ----------
    template : str
        File name in the package's ``templates`` folder.
    in_language : {"en", "sv", "da"}
        Of the words that the template marks with ``_()`` or ``{% trans %}``; it finds it as ``language``.
    **context
        What the template asks for; a name it asks for in vain is an error, never an empty space.

    Returns
    -------
    str

    Raises
    ------
    jinja2.UndefinedError
        If the template needs something that is not in `context`.

    Examples
    --------
    >>> render("base.html", heading="Report <1>").count("Report &lt;1&gt;")
    2
    """
    return _environment(in_language).get_template(template).render(**context)
