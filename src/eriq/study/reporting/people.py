"""Who the people are and what they answered, shaped for print: a Table 1, answers, agreement, lists, typical people."""

from collections.abc import Callable, Mapping

import pandas as pd

from eriq.pages import GAP, number, percent, plain, signed
from eriq.study.reporting.cells import joined
from eriq.study.reporting.findings import Findings
from eriq.study.reporting.words import list_words, plainly
from eriq.tables.people import ALL, BY_LOT, UNANSWERED, WITH_OUTCOME, WITHOUT_OUTCOME

FIRST_NUMBERS = 6  # of registers, in the table that is not folded
CENTRE = "job_centre"


def table_one(found: Findings) -> pd.DataFrame:
    """Return one row per group: people, questionnaires, and how many of either outcome, with their shares."""
    table, facts = found.tables["who"], found.facts
    return pd.DataFrame(
        {
            "characteristic": plainly(table["column"]).str.capitalize() + ": " + plainly(table["group"]),
            "people": table["people"],
            "questionnaires": table["rows"],
            "with": _shares(table["events"], facts.n_events),
            "without": _shares(table["rows"] - table["events"], facts.n_rows - facts.n_events),
            "rate": table["events"] / table["rows"],
        }
    )


def _shares(counts: pd.Series, whole: int) -> list[str]:
    """Return counts with their share of all; a count that is not told leaves a gap."""
    return [GAP if pd.isna(n) else f"{number(n, 0)} ({percent(n / max(whole, 1), 0)})" for n in counts]


def numbers_by_outcome(found: Findings) -> pd.DataFrame | None:
    """Return mean and standard deviation of the first numbers of registers, by outcome."""
    whole = _numbers(found, "outcome", (ALL, WITH_OUTCOME, WITHOUT_OUTCOME))
    return None if whole is None else whole.head(FIRST_NUMBERS)


def all_numbers_by_outcome(found: Findings) -> pd.DataFrame | None:
    """Return all of them, if these are more."""
    whole = _numbers(found, "outcome", (ALL, WITH_OUTCOME, WITHOUT_OUTCOME))
    return whole if whole is not None and len(whole) > FIRST_NUMBERS else None


def by_centre(found: Findings) -> pd.DataFrame | None:
    """Return the same by job centre: people in each group, then the numbers of registers."""
    counts = found.tables.get("who_by_centre")
    parts = []
    if counts is not None:
        named = plainly(counts["column"].str.split(" x ").str[0]).str.capitalize() + ": " + plainly(counts["group"])
        wide = counts.assign(row=named).pivot(index="row", columns="centre", values="people")  # noqa: PD010
        order = [row for row in dict.fromkeys(named) if wide.loc[row].notna().any()]
        parts += [wide.loc[order].map(lambda n: GAP if pd.isna(n) else number(float(n), 0))] if order else []
    numbers = _numbers(found, CENTRE)
    if numbers is not None:
        parts.append(numbers.set_index("number"))
    if not parts:
        return None
    return pd.concat(parts).rename_axis("characteristic").reset_index().fillna(GAP)


def _numbers(found: Findings, by: str, order: tuple[str, ...] = ()) -> pd.DataFrame | None:
    """Return one row per number and one cell per group: mean and standard deviation."""
    table = found.tables.get("who_numbers")
    if table is None or not (table["by"] == by).any():
        return None
    table = table.loc[table["by"] == by]
    cells = [
        GAP if pd.isna(mean) else f"{plain(mean)}" + ("" if pd.isna(sd) else f" ({plain(sd)})")
        for mean, sd in table[["mean", "sd"]].to_numpy()
    ]
    wide = table.assign(cell=cells).pivot(index="label", columns="group", values="cell")  # noqa: PD010
    columns = [name for name in order or sorted(map(str, wide)) if name in wide]
    return (
        wide[columns].reindex(list(dict.fromkeys(table["label"]))).reset_index(names="number").rename_axis(columns=None)
    )


def answers(found: Findings) -> pd.DataFrame:
    """Return one row per question and answer: people, questionnaires, share."""
    table = found.tables["answers"]
    return table[["label", "answer", "people", "rows", "share"]].rename(columns={"rows": "questionnaires"})


def unanswered(found: Findings) -> pd.DataFrame:
    """Return how often each question was left unanswered, the most often first."""
    table = found.tables["answers"]
    gaps = table.loc[table["answer"] == UNANSWERED].sort_values("share", ascending=False, kind="stable")
    return gaps[["label", "respondent", "people", "rows", "share"]].rename(columns={"rows": "questionnaires"})


def halves(found: Findings) -> pd.DataFrame:
    """Return how far the two respondents agree, indicator by indicator."""
    table = found.tables["halves"]
    return table[["indicator", "people", "rows", "same", "within_one", "kappa"]]


def listed(found: Findings) -> pd.DataFrame:
    """Return how many on the declared list are cases, by how it is filled."""
    table = found.tables["listed"]
    paired = table["baseline"].notna()
    filled = table["contender"].map(found.label).where(~paired, "difference")
    by_lot = table["contender"] == BY_LOT
    cells = joined(table, digits=0)
    return pd.DataFrame(
        {
            "filled": filled.where(~by_lot, "drawn by lot"),
            "places": table["places"],
            "people": table["people"],
            "cases": [
                signed(one, 0) + cell[len(number(one, 0)) :] if gap else number(one, 0) if lot else cell
                for one, cell, gap, lot in zip(table["estimate"], cells, paired, by_lot, strict=True)
            ],
        }
    )


def list_note(found: Findings) -> str:
    """Return what the declared list holds and what is counted on it."""
    table = found.tables.get("listed")
    return "" if table is None else list_words(str(table["pick"].iloc[0]), found.facts.outcome_words)


def typical(found: Findings) -> pd.DataFrame:
    """Return what moves the forecasts of the invented people, the largest part first."""
    table = found.tables["typical"]
    who = "Typical " + table["person"] + ", forecast " + table["forecast"].map(percent)
    return pd.DataFrame(
        {
            "who": who.where(~table["person"].duplicated(), ""),
            "label": table["label"],
            "answer": table["answer"],
            "contribution": table["contribution"].map(lambda x: signed(x, 2)),
        }
    )


def in_words(table: pd.DataFrame, found: Findings) -> pd.DataFrame:
    """Return a table with its contenders in words."""
    named = table.assign(contender=table["contender"].map(found.label)) if "contender" in table else table
    return named.assign(name=plainly(named["name"])) if "name" in named else named


Make = Callable[[Findings], pd.DataFrame | None]
PEOPLE: Mapping[str, tuple[str, Make]] = {  # as `shapes.SECTIONS`
    "who": ("who", table_one),
    "numbers": ("who_numbers", numbers_by_outcome),
    "numbers_all": ("who_numbers", all_numbers_by_outcome),
    "by_centre": ("who_numbers", by_centre),
    "answers": ("answers", answers),
    "unanswered": ("answers", unanswered),
    "halves": ("halves", halves),
    "listed": ("listed", listed),
    "typical": ("typical", typical),
}
