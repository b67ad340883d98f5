"""Everything that is looked at in a questionnaire's answers, as tables."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.config.streams import stream
from eriq.instrument.instrument import Instrument
from eriq.psychometrics import cfa
from eriq.psychometrics.agreement import half_agreement
from eriq.psychometrics.change import reliable_change, repeated
from eriq.psychometrics.dif import differential
from eriq.psychometrics.dimensions import dimensions
from eriq.psychometrics.reliability import item_statistics, reliability
from eriq.psychometrics.responses import level_use, missing_by_group, missing_patterns, response_quality
from eriq.psychometrics.scales import Scale, drawn_of_each, first_of_each, pairs_of, places, scales_of
from eriq.tables.results import Results, as_result

OVER_TIME = "wave"  # the group that changes within a client


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is looked at, and how much is spent on it."""

    instrument: Instrument
    seed: int = 1
    replicates: int = 200
    with_cfa: bool = True
    step: Callable[[str, str], None] = lambda what, which: None  # told each finished part

    def stream(self, purpose: str) -> np.random.Generator:
        """Return random numbers of their own for one purpose."""
        return stream(self.seed, "psychometrics", purpose)

    @property
    def scales(self) -> tuple[Scale, ...]:
        """Halves and declared scores."""
        return scales_of(self.instrument)


def assess(answers: pd.DataFrame, groups: pd.DataFrame, plan: Plan) -> Results:
    """Return every table of `QUALITY` that these answers allow.

    Parameters
    ----------
    answers : DataFrame of shape (n_rows, any)
        ANSWERS of people who consented. A person counts once in all that is a property of the scale: with the first
        questionnaire; in response quality with all.
    groups : DataFrame of shape (n_rows, n_columns)
        Sex, language, wave, centre, arm: those that the data have, by row.
    plan : Plan
    """
    instrument = plan.instrument
    answers, groups = answers.reset_index(drop=True), groups.reset_index(drop=True)
    given, first = places(answers, instrument), first_of_each(answers)
    once = given.iloc[first].reset_index(drop=True)
    tables = _of_scales(once, plan)
    tables["half_agreement"] = _joined(
        half_agreement(
            once, pair, len(instrument.levels(pair.first)), plan.stream(f"{pair.first} {pair.second}"), plan.replicates
        )
        for pair in pairs_of(instrument)
    )
    plan.step("halves", "agreement")
    tables["dif"] = _dif(answers, given, groups, plan)
    tables["reliable_change"] = reliable_change(once, repeated(answers, given), instrument)
    tables |= _of_responses(answers, groups, plan)
    plan.step("all", "how people answered")
    return {name: as_result(name, table) for name, table in tables.items() if len(table)}


def steps_of(plan: Plan, groups: pd.DataFrame) -> int:
    """Return how often `plan.step` will be told."""
    return len(plan.scales) * (1 + groups.shape[1]) + 2


def _of_scales(once: pd.DataFrame, plan: Plan) -> dict[str, pd.DataFrame]:
    levels = {item: len(plan.instrument.levels(item)) for item in plan.instrument.item_ids}
    parts: dict[str, list[pd.DataFrame]] = {
        name: [] for name in ("scale_reliability", "item_statistics", "parallel_analysis", "factor_loadings", "cfa_fit")
    }
    for scale in plan.scales:
        found = dimensions(once, scale, plan.stream(f"shuffled {scale.name}"))
        parts["scale_reliability"].append(reliability(once, scale, plan.stream(f"drawn {scale.name}"), plan.replicates))
        parts["item_statistics"].append(item_statistics(once, scale, levels))
        parts["parallel_analysis"].append(found.eigenvalues)
        parts["factor_loadings"].append(found.loadings)
        if plan.with_cfa:
            parts["cfa_fit"].append(cfa.cfa_fit(once, scale.name, "one factor", {"one": scale.items}))
        plan.step(scale.name, "reliability and factors")
    halves = {who: [i.id for i in plan.instrument.half(who)] for who in plan.instrument.halves}
    if plan.with_cfa and len(halves) > 1:
        every = {"one": [item for items in halves.values() for item in items]}
        parts["cfa_fit"].append(cfa.cfa_fit(once, "all", "one factor", every))
        parts["cfa_fit"].append(cfa.cfa_fit(once, "all", "a factor per half", halves))
    return {name: _joined(tables) for name, tables in parts.items()}


def _dif(answers: pd.DataFrame, given: pd.DataFrame, groups: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    first, drawn = first_of_each(answers), drawn_of_each(answers, plan.stream("one questionnaire each"))
    found = []
    for column in groups:
        rows = drawn if column == OVER_TIME else first
        for scale in plan.scales:
            rng = plan.stream(f"{scale.name} by {column}")
            found.append(differential(given.iloc[rows], scale, groups[column].iloc[rows], rng))
            plan.step(scale.name, f"by {column}")
    return _joined(found)


def _of_responses(answers: pd.DataFrame, groups: pd.DataFrame, plan: Plan) -> dict[str, pd.DataFrame]:
    instrument, first = plan.instrument, first_of_each(answers)
    halves: dict[str, Sequence[str]] = {who: [i.id for i in instrument.half(who)] for who in instrument.halves}
    codes = answers[list(instrument.item_ids)].astype("Float64").astype("float64")
    codes = codes.where(codes >= 0)
    seconds = {
        who: answers[f"{who}_seconds"].astype("Float64").astype("float64")
        for who in halves
        if f"{who}_seconds" in answers
    }
    levels = {item: [level.code for level in instrument.levels(item)] for item in instrument.item_ids}
    one = codes.iloc[first].reset_index(drop=True)
    by_group = []
    for column in groups:
        rows = drawn_of_each(answers, plan.stream("one questionnaire each")) if column == OVER_TIME else first
        by_group.append(missing_by_group(codes.iloc[rows], halves, groups[[column]].iloc[rows]))
    return {
        "level_use": level_use(one, levels),
        "response_quality": response_quality(codes, halves, seconds),
        "missing_patterns": missing_patterns(one, halves),
        "missing_by_group": _joined(by_group),
    }


def _joined(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    found = [table for table in tables if len(table)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()
