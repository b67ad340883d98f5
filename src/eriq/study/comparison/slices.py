"""The declared pair within groups that register facts make: who is in them, how often the outcome came, and AUC."""

import pandas as pd

from eriq.disclosure import min_people
from eriq.features.slices import NO_CODE, register_slices
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.design.contender import Contender
from eriq.study.evaluation.metrics import auc
from eriq.tables.cohort import Registers
from eriq.tables.results import as_result

UNKNOWN, OTHER = "not known", "all other groups"


def by_slices(held: OutOfFold, registers: Registers, lag_days: int, pair: tuple[Contender, Contender]) -> pd.DataFrame:
    """Return rows, events and AUC of the declared pair in each group of every slice that the registers give.

    It describes and judges nobody: groups are small, AUCs have no interval, and an AUC within a group also depends on
    how much alike its people are.

    Parameters
    ----------
    held : OutOfFold
        Of the people the registers are about.
    registers, lag_days
        As in `register_slices`.
    pair : tuple of two Contender
        With and without.

    Returns
    -------
    DataFrame
        SLICES. Every group has at least `min_people` people with the outcome and as many without; smaller ones stand
        together, so that none can be worked out from the others. A slice with one group left is not there.
    """
    design = held.design.take(held.tested)
    groups, outcome = register_slices(design.rows, registers, lag_days), pd.Series(design.outcome)
    forecasts = [held.of(contender)[held.tested] for contender in pair]
    made = []
    for name in groups:
        gap = NO_CODE if name == "days_to_code" else UNKNOWN
        group = _large_enough(groups[name].fillna(gap), pd.Series(design.client), outcome)
        if group.nunique() < 2:
            continue
        for words in sorted(group.unique(), key=lambda words: (words in (NO_CODE, OTHER, UNKNOWN), words)):
            mine = (group == words).to_numpy()
            with_, without = (auc(design.outcome[mine], forecast[mine]) for forecast in forecasts)
            made.append(
                {
                    "slice": name,
                    "group": words,
                    "clients": len(set(design.client[mine])),
                    "rows": int(mine.sum()),
                    "events": int(outcome[mine].sum()),
                    "rate": outcome[mine].mean(),
                    "auc_with": with_,
                    "auc_without": without,
                }
            )
    return as_result("slices", pd.DataFrame(made))


def _large_enough(group: pd.Series, client: pd.Series, outcome: pd.Series) -> pd.Series:
    """Return the groups, the smallest put together until each holds enough people of either outcome."""
    order = _people(group, client, outcome).sort_values(kind="stable").index
    for k in range(len(order)):
        merged = group.where(~group.isin(order[:k]), OTHER)
        if _people(merged, client, outcome).min() >= min_people():
            return merged
    return pd.Series(OTHER, index=group.index)


def _people(group: pd.Series, client: pd.Series, outcome: pd.Series) -> pd.Series:
    """Return, per group, how many people it has of the outcome that fewer have."""
    pairs = pd.DataFrame({"group": group, "client": client, "outcome": outcome}).drop_duplicates()
    counts = pd.crosstab(pairs["group"], pairs["outcome"])
    return counts.reindex(columns=[0, 1], fill_value=0).min(axis="columns")
