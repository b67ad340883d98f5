"""The pages on raters: cleared tables in, sentences, drawn intervals and HTML out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from eriq.disclosure import count_words
from eriq.instrument.instrument import Instrument
from eriq.pages import GAP, interval, number, percent, render, signed
from eriq.raters.body import ALIKE, AS_THEY_ARE, CLIENT_HALF, MEASURES, SIDES
from eriq.raters.named import Named
from eriq.study.comparison.handover import PUBLISHED
from eriq.tables.results import Results

BELIEF = "belief"


@dataclass(frozen=True, slots=True)
class About:
    """What a page says besides tables."""

    config: str
    instrument: Instrument
    outcome: str
    about: str  # of made-up people


@dataclass(frozen=True, slots=True)
class Naming:
    """That caseworkers were named, and why."""

    reason: str
    named: int
    left_out: int
    least: int
    why_not: str = ""

    @classmethod
    def of(cls, named: Named, reason: str, least: int) -> "Naming":
        """Return what is told of a table of names: how many are in it, never who."""
        return cls(reason, len(named.table), named.left_out, least, named.why_not)

    @property
    def words(self) -> str:
        """One sentence for page, terminal and run."""
        if self.why_not:
            return f"Naming was asked for ({self.reason}); nobody is named: {self.why_not}."
        return (
            f"Naming was used ({self.reason}): a file for its owner alone has the optimism of "
            f"{count_words(self.named)} caseworkers in order of their ids; {count_words(self.left_out)} with fewer "
            f"than {self.least} clients are left out."
        )


@dataclass(frozen=True, slots=True)
class Dot:
    """An estimate drawn on a line: places in per cent of its width."""

    label: str
    words: str
    at: float
    left: float
    width: float
    tick: float | None = None
    there: bool = True


@dataclass(frozen=True, slots=True)
class Dots:
    """Estimates drawn under each other, with a line at a value and a band around it."""

    rows: tuple[Dot, ...]
    ends: tuple[str, str]
    line: float | None = None
    band: tuple[float, float] | None = None  # left, width
    marks: tuple[float, ...] = ()


def dots(
    table: pd.DataFrame,
    labels: list[str],
    write: Callable[[float], str] = number,
    *,
    tick: str = "",
    line: float | None = None,
    band: float = 0.0,
    marks: tuple[float, ...] = (),
) -> Dots:
    """Return estimates with their intervals as they are drawn.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, any)
        estimate, low, high; with `why_not` where there may be no number.
    labels : list of str
        Of the rows.
    write : callable
        A number in words.
    tick : str
        Column of a second mark on each row.
    line, band, marks : float
        Where a line stands, how far a band reaches on both sides of it, and other values to mark.

    Examples
    --------
    >>> drawn = dots(pd.DataFrame({"estimate": [0.5], "low": [0.0], "high": [1.0]}), ["a"])
    >>> drawn.rows[0].at, drawn.rows[0].words
    (50.0, '0.500 (0.000 to 1.000)')
    """
    spread = [*table[["estimate", "low", "high"]].to_numpy("float64").ravel(), *marks]
    spread += [] if line is None else [line - band, line + band]
    spread += list(table[tick].to_numpy("float64")) if tick else []
    known = [value for value in spread if np.isfinite(value)]
    least, most = (min(known), max(known)) if known else (0.0, 1.0)
    scale = 100 / (most - least) if most > least else 0.0

    def at(value: float) -> float:
        return round(float(scale * (value - least)), 2)

    rows = []
    for label, row in zip(labels, table.to_dict("records"), strict=True):
        if pd.isna(row["estimate"]):
            rows.append(Dot(label, str(row.get("why_not") or "") or GAP, 0, 0, 0, there=False))
            continue
        left, right = at(row["low"]), at(row["high"])
        second = at(row[tick]) if tick and pd.notna(row[tick]) else None
        words = f"{write(row['estimate'])} ({write(row['low'])} to {write(row['high'])})"
        rows.append(Dot(label, words, at(row["estimate"]), left, round(right - left, 2), second))
    return Dots(
        tuple(rows),
        (write(least), write(most)),
        None if line is None else at(line),
        (at(line - band), at(line + band) - at(line - band)) if line is not None and band else None,
        tuple(at(mark) for mark in marks),
    )


def raters_page(tables: Results, about: About, naming: Naming | None, window: str) -> str:
    """Return the page about the caseworkers as a body; `window` says which outcome the ratios are of."""
    jumps, belief = tables["rater_jumps"], tables["rater_belief"]
    apart = {measure: _apart(jumps, measure) for measure in MEASURES}
    ratios = tables["rater_ratios"]
    shares = tables["rater_shares"]
    item = about.instrument.belief or ""
    language = about.instrument.language("en" if "en" in about.instrument.languages else None)
    answers = [about.instrument.answer_label(item, float(place), language) for place in belief.get("answer", [])]
    return render(
        "raters.html",
        heading="Caseworkers as raters",
        about=about,
        naming=naming,
        found=raters_found(tables),
        shares=dots(shares, _labels(shares["item"], about.instrument), partial(percent, digits=1)),
        counted=(shares["n"].max(), shares["caseworkers"].max()),
        optimism=_optimism(tables["rater_optimism"]),
        belief=dots(belief, answers, partial(percent, digits=1), tick="expected"),
        beyond=_beyond(belief.assign(answer=answers)),
        moved=[
            dots(one, _labels(one["item"], about.instrument), partial(signed, digits=2), line=0.0)
            for one in apart.values()
        ],
        jumps=_sides(jumps, about.instrument),
        ratios=dots(
            ratios,
            [f"{of}; {mix}" for of, mix in zip(ratios["of"], ratios["case_mix"], strict=True)],
            partial(number, digits=2),
            line=1.0,
            marks=(0.78, 0.80),
        ),
        published=PUBLISHED,
        window=window,
    )


def belief_page(tables: Results, about: About) -> str:
    """Return the page about the same client under two caseworkers."""
    found = tables["belief_within"]
    margin = float(found["margin"].fillna(0.0).iloc[0])
    drawn = dots(found, ["believes, less does not"], partial(_points), line=0.0, band=margin)
    heading = "The same client under two caseworkers"
    return render("belief.html", heading=heading, about=about, found=found.iloc[0], drawn=drawn, margin=margin)


def raters_found(tables: Results) -> list[str]:
    """Return what was found, a sentence each."""
    shares = {str(row["item"]): row for row in tables["rater_shares"].to_dict("records")}
    found = []
    for item, words in ((BELIEF, ""), (f"{BELIEF}, {ALIKE}", ", what registers tell being taken off")):
        if row := shares.get(item):
            said = f"{percent(row['estimate'])} ({percent(row['low'])} to {percent(row['high'])})"
            told = f"not assessable, {row['why_not']}" if pd.isna(row["estimate"]) else f"{said} is the caseworker"
            found.append(f"Of the variance of belief{words}: {told}.")
    size = _apart(tables["rater_jumps"], MEASURES[0]).set_index("item")["estimate"].dropna()
    moved = [
        f"{words} by {number(abs(size[item]), 2)} steps {'more' if size[item] >= 0 else 'less'}"
        for item, words in ((BELIEF, "belief"), (CLIENT_HALF, "the mean of the client's own answers"))
        if item in size.index
    ]
    if moved:
        found.append(
            "Size of the change from one questionnaire to the next, where another caseworker came beside where the "
            f"same stayed: {', '.join(moved)}."
        )
    ratios = tables["rater_ratios"]
    ratios = ratios[ratios["of"] == ratios["of"].iloc[0]].dropna(subset=["estimate"])
    for one in ratios.to_dict("records"):
        said = f"{number(one['estimate'], 2)} times ({interval(one['low'], one['high'], 2)})"
        found.append(f"After {one['of']} the outcome came {said} as often ({one['case_mix']}).")
    return found


def belief_found(tables: Results) -> str:
    """Return the verdict in a sentence."""
    row = tables["belief_within"].iloc[0]
    if pd.isna(row["estimate"]):
        return f"{str(row['verdict']).capitalize()}: {row['why']}."
    return (
        f"{str(row['verdict']).capitalize()}: {_points(row['estimate'])} percentage points "
        f"({_points(row['low'])} to {_points(row['high'])})."
    )


def _points(share: float) -> str:
    return signed(100 * share, 1)


def _labels(items: pd.Series, instrument: Instrument) -> list[str]:
    """Return words for the items of a table."""
    language = instrument.language("en" if "en" in instrument.languages else None)
    named: Mapping[str, str] = {
        item.id: (item.short or instrument.indicators[item.indicator]).in_(language) for item in instrument.items
    }
    named = {**named, CLIENT_HALF: "mean of the client's own answers"}
    return [named.get(item, item) for item in items]


def _apart(jumps: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return how much further answers moved with another caseworker than with the same."""
    return jumps[(jumps["measure"] == measure) & (jumps["caseworker"] == SIDES[2])]


def _optimism(table: pd.DataFrame) -> pd.DataFrame:
    """Return quantiles over caseworkers, with and without the case mix side by side."""
    if table.empty:
        return table
    order = list(dict.fromkeys(table["at"]))
    wide = table.pivot_table(index="at", columns="case_mix", values="estimate", sort=False).reindex(order)
    return wide[[mix for mix in (AS_THEY_ARE, ALIKE) if mix in wide]].reset_index()


def _beyond(belief: pd.DataFrame) -> pd.DataFrame:
    """Return by answer what came, what registers alone would give, and what lies between."""
    said = [
        f"{_points(at)} ({_points(low)} to {_points(high)})" if pd.notna(at) else GAP
        for at, low, high in zip(belief["beyond"], belief["beyond_low"], belief["beyond_high"], strict=True)
    ]
    return belief.assign(beyond=said)[["answer", "expected", "beyond", "n", "events"]]


def _sides(jumps: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return the mean size of a change by item, with the same caseworker and with another one."""
    size = jumps[jumps["measure"] == MEASURES[0]]
    same, other = (size[size["caseworker"] == side].reset_index(drop=True) for side in SIDES[:2])
    means = {"the same": same["estimate"], "another": other["estimate"], "clients with another": other["n"]}
    return pd.DataFrame({"answer": _labels(same["item"], instrument), **means})
