"""What support costs and may bring, from one file: a page, and every table beside it."""

import math
from pathlib import Path

import pandas as pd

from eriq.config.costs import Costs, load_costs
from eriq.evidence.costs import NOT_AN_EFFECT, TOTAL, all_tables
from eriq.pages import interval, number, render
from eriq.tables.files import finished_or_nothing, write_aggregates

CAPTIONS = {
    "per_participant": "Cost for one participant, by item; the items add up to the total",
    "revenue": "What the difference brings for one participant, with the ends of its interval",
    "break_even": "Months until the higher cost has come back: as declared, then with one thing changed at a time",
    "for_list": "Support for the people of a list, from the effect entered for them",
    "time": "Staff time for one participant; what is stated counts where it is given",
    "hours": "What an hour of staff costs",
}
DIGITS = {"to": 2, "hours": 1}
MONTHS = {"months": "months", "months_low": "at the high end of the effect", "months_high": "at its low end"}


def costs(config: str, out: Path | None = None, *, overwrite: bool = False) -> str:
    """Return costs and break-even as text; with `out`, write a page and its tables into that folder.

    Raises
    ------
    ConfigError
        When the file is not valid, for instance has money for a list without an effect and its interval.
    OutputError
        When `out` holds such files already and `overwrite` is false.
    """
    declared = load_costs(config)
    tables = all_tables(declared)
    if out is not None:
        with finished_or_nothing(out / "costs.html", overwrite=overwrite) as file:
            file.write_text(page(declared, tables), encoding="utf-8")
        for name, table in tables.items():
            write_aggregates(table, out / f"{name}.csv", overwrite=overwrite)
    return "\n".join([*_lines(declared, tables), *([f"page: {out / 'costs.html'}"] if out else [])])


def _lines(declared: Costs, tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return the totals and the sentence on breaking even."""
    cost = tables["per_participant"]
    lines = [
        f"{arm}: {number(value, 0)} {declared.currency} per participant"
        for arm, value in cost[cost["item"] == TOTAL].set_index("arm")["value"].items()
    ]
    if declared.benefit is None:
        return lines
    lines.append(sentence(declared, tables["break_even"]))
    if "for_list" in tables:
        last = tables["for_list"].iloc[-1]
        ends = interval(last["low"], last["high"], 0)
        lines.append(f"for the list, brought less spent: {number(last['estimate'], 0)} ({ends}) {declared.currency}")
    return [*lines, NOT_AN_EFFECT]


def sentence(declared: Costs, table: pd.DataFrame) -> str:
    """Return in words when the higher cost has come back, with the ends of the interval."""
    if declared.benefit is None:
        return ""
    first = table.iloc[0]
    said = {end: _months(first[f"months{end}"]) for end in ("", "_low", "_high")}
    return (
        f"{declared.benefit.arm} costs {number(first['cost_difference'], 0)} {declared.currency} more per participant "
        f"than {declared.benefit.reference}; months until that has come back: {said['']} "
        f"(interval: {said['_low']} to {said['_high']})."
    )


def _months(value: float) -> str:
    return number(value, 1) if math.isfinite(value) else "never"


def page(declared: Costs, tables: dict[str, pd.DataFrame]) -> str:
    """Return the page of a file of costs."""
    wide = tables["per_participant"].pivot_table(index="item", columns="arm", values="value")
    order = list(dict.fromkeys(tables["per_participant"]["item"]))
    order = [*(item for item in order if item != TOTAL), TOTAL]
    shown = {**tables, "per_participant": wide.loc[order, list(declared.arms)].reset_index()}
    for name in shown:
        text = shown[name].select_dtypes(exclude="number").columns
        words = {column: shown[name][column].str.replace("_", " ") for column in text}
        shown[name] = shown[name].assign(**words)
    if "break_even" in shown:
        changed = shown["break_even"]["changed"].replace("", "as declared")
        months = {name: shown["break_even"][name].map(_months) for name in MONTHS}
        shown["break_even"] = shown["break_even"].assign(changed=changed, **months).drop(columns="cost_difference")
    sections = [
        (
            name,
            shown[name],
            caption,
            {c: ("number", DIGITS.get(str(c), 0)) for c in shown[name].select_dtypes("number") if c != "years"},
        )
        for name, caption in CAPTIONS.items()
        if name in shown
    ]
    told = sentence(declared, tables["break_even"]) if declared.benefit else ""
    return render(
        "costs.html",
        heading=f"What support costs: {declared.name}",
        costs=declared,
        sentence=told,
        not_an_effect=NOT_AN_EFFECT,
        sections=sections,
        labels=MONTHS,
    )
