"""The questionnaire as a table, a page and plain text, so that a person can check it without reading YAML."""

import textwrap

import pandas as pd

from eriq.instrument.instrument import Instrument, Item
from eriq.instrument.texts import Language
from eriq.pages import render

LANGUAGE_NAMES: dict[Language, str] = {"en": "English", "sv": "Svenska", "da": "Dansk"}
WIDTH = 100  # characters of a terminal line


def codebook_table(instrument: Instrument) -> pd.DataFrame:
    """Return one row for every code that may stand in the column of an item.

    Parameters
    ----------
    instrument : Instrument
        A checked questionnaire.

    Returns
    -------
    DataFrame
        Answer levels (`kind` "level") in printed order, then missing codes ("missing"), item by item; `label_*` is
        the answer, `easy_*` the answer beside the easy-read text, `text_*` the question and `help_*` the line
        under it, if there is one, in each language.

    Examples
    --------
    >>> from eriq.instrument.instrument import load_instrument
    >>> table = codebook_table(load_instrument("eriq22"))
    >>> table.loc[table["item"] == "cw11", "code"].tolist()
    [1, 2, 3, 4, -1, -2, -3, -4]
    """
    rows = []
    for item in instrument.items:
        codes = [("level", level.code, level.labels, level.easy_read) for level in instrument.levels(item.id)]
        codes += [("missing", code.code, code.label(item.respondent), None) for code in instrument.missing_codes]
        rows += [
            {
                "item": item.id,
                "respondent": item.respondent,
                "indicator": item.indicator,
                "orientation": item.orientation,
                "malleable": item.malleable,
                "required": item.required,
                "forecast": item.forecast,
                "wording": item.wording,
                "code": code,
                "kind": kind,
                **{f"label_{k}": labels.in_(k) for k in instrument.languages},
                **{f"easy_{k}": (easy or labels).in_(k) for k in instrument.languages},
                **{f"text_{k}": item.text.in_(k) for k in instrument.languages},
                **{f"help_{k}": item.help.in_(k) if item.help else "" for k in instrument.languages},
            }
            for kind, code, labels, easy in codes
        ]
    return pd.DataFrame(rows)


def codebook_html(instrument: Instrument) -> str:
    """Return the codebook as one page that opens offline: every question and answer, its languages side by side.

    Examples
    --------
    >>> from eriq.instrument.instrument import load_instrument
    >>> "Tror du, at borgeren kommer i job" in codebook_html(load_instrument("eriq22"))
    True
    """
    missing = pd.DataFrame(
        [
            {"code": m.code, "name": m.name, "asked": who}
            | {LANGUAGE_NAMES[k]: texts.in_(k) for k in instrument.languages}
            for m in instrument.missing_codes
            for who, texts in (("others" if m.to else "everyone", m.labels), *m.to.items())
        ]
    )
    overview = pd.DataFrame(
        [
            {
                "indicator": texts.in_(instrument.languages[0]),
                **{
                    who: ", ".join(i.id for i in instrument.half(who) if i.indicator == name)
                    for who in instrument.halves
                },
            }
            for name, texts in instrument.indicators.items()
            if any(item.indicator == name for item in instrument.items)
        ]
    )
    return render(
        "codebook.html",
        instrument=instrument,
        languages={language: LANGUAGE_NAMES[language] for language in instrument.languages},
        halves={who: instrument.half(who) for who in instrument.halves},
        overview=overview.replace("", None),
        missing=missing,
        marks={item.id: marks(item) for item in instrument.items},
    )


def marks(item: Item) -> tuple[str, ...]:
    """Return what sets an item apart from the usual: own wording, changeable, voluntary, higher is more ready.

    >>> from eriq.instrument.instrument import load_instrument
    >>> marks(load_instrument("eriq22").by_id["cw11"])
    ('published wording', 'forecast of job entry', 'not changeable')
    """
    kinds = {
        "published wording": item.wording == "published",
        "forecast of job entry": item.forecast,
        "reversed: a higher code is less ready": item.orientation == -1,
        "not changeable": not item.malleable,
        "required": item.required,
    }
    return tuple(name for name, holds in kinds.items() if holds)


def describe(instrument: Instrument, language: Language | None = None) -> str:
    """Return the questionnaire as plain text for a terminal.

    Parameters
    ----------
    instrument : Instrument
        A checked questionnaire.
    language : {"en", "sv", "da"}, optional
        Language of questions and answers, the first there is if not given; the frame around them stays English.

    Raises
    ------
    InstrumentError
        When the questionnaire lacks the language.

    Returns
    -------
    str
        Lines of at most `WIDTH` characters, without a final line break.

    Examples
    --------
    >>> from eriq.instrument.instrument import load_instrument
    >>> print(describe(load_instrument("eriq22"), "sv").splitlines()[0])
    Frågeformulär i ERIQ-stil om vägen till jobb, 22 frågor
    """
    language = instrument.language(language)
    lines = [
        *textwrap.wrap(instrument.name.in_(language), WIDTH),
        f"{instrument.id} {instrument.version}, digest {instrument.digest[:12]}",
        *textwrap.wrap(instrument.notice.in_(language), WIDTH),
    ]
    if instrument.assumption:
        lines += textwrap.wrap(f"Assumption: {instrument.assumption}", WIDTH)
    for who in instrument.halves:
        half = instrument.half(who)
        lines += ["", f"To the {who}: {len(half)} items, at least {instrument.need(who)} answered"]
        for item in half:
            lines += _item_lines(instrument, item, language)
    codes = (f"{code.code} {code.labels.in_(language)}" for code in instrument.missing_codes)
    lines += ["", *textwrap.wrap("No answer: " + " | ".join(codes), WIDTH)]
    return "\n".join(lines)


def _item_lines(instrument: Instrument, item: Item, language: Language) -> list[str]:
    """Return the question, its answers and its marks, indented under the item's id."""
    answers = " | ".join(f"{level.code} {level.labels.in_(language)}" for level in instrument.levels(item.id))
    about = "; ".join([instrument.indicators[item.indicator].in_(language), *marks(item)])
    aid = [item.help.in_(language)] if item.help else []
    first = textwrap.wrap(item.text.in_(language), WIDTH, initial_indent=f"  {item.id}  ", subsequent_indent=" " * 8)
    rest = [
        line
        for part in (*aid, answers, f"[{about}]")
        for line in textwrap.wrap(part, WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8)
    ]
    return [*first, *rest]
