"""The section on groups, shaped for print: for whom the saved model works."""

from collections.abc import Sequence

import pandas as pd

from eriq.study.groups.verdicts import SHOWN, VERDICTS
from eriq.study.groups.words import MEASURES
from eriq.study.reporting.cells import joined
from eriq.tables.results import Results

DRAWN = 4  # groups in one panel, at most
FIRST = ("auc", "calibration_slope", "share_picked")  # what fits on a page; the rest stands in a table of its own


def by_group(tables: Results) -> pd.DataFrame:
    """Return one row per group: how many, the first measures with intervals, and what was found of all its gaps."""
    gaps, keys = tables["group_gaps"], ["column", "group"]
    wide = _measured(tables, [measure for measure in FIRST if measure in set(gaps["measure"])])
    found = gaps.groupby(keys)["verdict"].agg(_counted)
    wide["gaps to the rest"] = found.reindex(pd.MultiIndex.from_frame(wide[keys])).to_numpy()
    return _named(wide)


def further_by_group(tables: Results) -> pd.DataFrame:
    """Return one row per group with the other measures."""
    others = [measure for measure in tables["group_gaps"]["measure"].unique() if measure not in FIRST]
    return _named(_measured(tables, others).drop(columns=["people", "events"]))


def _measured(tables: Results, measures: Sequence[str]) -> pd.DataFrame:
    groups, gaps = tables["groups"], tables["group_gaps"]
    keys = ["column", "group"]
    wide = groups[[*keys, "people", "events"]].copy()
    for measure in measures:
        mine = gaps[gaps["measure"] == measure]
        cells = pd.Series(joined(mine, digits=2), index=pd.MultiIndex.from_frame(mine[keys]))
        wide[MEASURES[measure]] = cells.reindex(pd.MultiIndex.from_frame(wide[keys])).to_numpy()
    return wide


def _named(wide: pd.DataFrame) -> pd.DataFrame:
    named = wide.assign(column=_plain(wide["column"]), group=_plain(wide["group"]))
    return named.rename(columns={"events": "with the outcome"})


def every_gap(tables: Results) -> pd.DataFrame:
    """Return one row per gap: the group, the rest, the gap with its simultaneous interval, and the verdict."""
    gaps = tables["group_gaps"]
    gap = joined(gaps, ("gap", "gap_low", "gap_high"))
    table = gaps[["column", "group", "measure", "estimate", "rest", "tolerance", "verdict", "needed"]]
    table.insert(5, "gap", gap)
    return table.assign(
        column=_plain(gaps["column"]), group=_plain(gaps["group"]), measure=gaps["measure"].map(MEASURES)
    )


def shown_gaps(tables: Results) -> pd.DataFrame | None:
    """Return the gaps that are shown, if there are any."""
    table = every_gap(tables)
    shown = table[table["verdict"] == SHOWN].drop(columns=["verdict", "needed"])
    return shown if len(shown) else None


def columns_drawn(room: pd.DataFrame) -> list[str]:
    """Return the first two columns that have few enough groups to be told apart in a panel."""
    groups = room.groupby("column", sort=False)["group"].nunique()
    return [str(column) for column in groups.index[groups.between(2, DRAWN)]][:2]


def _counted(verdicts: pd.Series) -> str:
    """Return how many verdicts of each kind there are, those that ask for attention first."""
    counts = verdicts.value_counts()
    return "; ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if verdict in counts)


def _plain(column: pd.Series) -> pd.Series:
    return column.str.replace("_", " ")
