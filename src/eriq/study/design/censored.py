"""Rows whose follow-up breaks off, as a config wants them: stood for by weights, or kept for who learns from them."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from eriq.config import Experiment, censoring_model
from eriq.disclosure import count_words, hide_parts, publishable
from eriq.study.design.censoring import EVERYONE, censoring_weights, strata
from eriq.study.design.design import Design
from eriq.tables.cohort import TIMES, Flow, censored_words, keep, require_two_classes
from eriq.tables.results import as_result

NO_SUPPORT = "in a stratum of the weights in which nobody is followed to the end"
STOOD_FOR = "censored: outcome not known when follow-up ends; weights of the others stand for them"


@dataclass(frozen=True, slots=True, eq=False)
class Treated:
    """What a design needs to know of its rows where some have no known outcome; nothing where all have one."""

    weight: np.ndarray | None = None
    times: pd.DataFrame | None = None
    horizon_days: int = 0
    table: pd.DataFrame | None = None  # the result table `censoring`

    def on(self, design: Design) -> Design:
        """Return a design of the same rows with their weights and times."""
        return replace(design, weight=self.weight, times=self.times, horizon_days=self.horizon_days)


def known_and_censored(rows: pd.DataFrame, flow: Flow, experiment: Experiment) -> tuple[pd.DataFrame, Flow, Treated]:
    """Return the rows that stay, the flow with those whose outcome is not known, and how much each row counts.

    Rows whose outcome is not known stay with weight 0. Without a model of the end of follow-up every row that was
    followed to the end counts once, and the others are there only for a contender that learns from times.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, any)
        Of `build_cohort`; with TIMES where `experiment.follows_rows`.
    flow : Flow
    experiment : Experiment

    Raises
    ------
    CohortError
        When in no stratum anybody is followed to the end, or the known rows that stay have one outcome only.
    """
    if not experiment.follows_rows:
        return rows, flow, Treated()
    outcome, model, table = experiment.outcome_definition(), censoring_model(experiment.censoring), None
    horizon, why = outcome.horizon_days, censored_words(outcome)
    weight = (rows["followed_days"] >= horizon).to_numpy("float64")
    if model is not None:
        made = censoring_weights(rows[list(TIMES)], horizon, strata(rows, model.by), model)
        table, why = _usable(made.diagnostics), STOOD_FOR
        weight = made.weight[made.supported]
        rows, flow = keep(rows, pd.Series(made.supported), NO_SUPPORT, flow)
    known = weight > 0
    require_two_classes(rows["outcome"].to_numpy()[known], "Only rows with a known outcome count.")
    times = rows[list(TIMES)].reset_index(drop=True)
    return rows, (*flow, (why, int((~known).sum()))), Treated(weight, times, horizon, table)


def _usable(diagnostics: pd.DataFrame) -> pd.DataFrame:
    """Return the result table `censoring`: what is known in strata without support does not count as known."""
    table = as_result("censoring", diagnostics)
    parts = table["supported"].to_numpy() | (table["stratum"] == EVERYONE).to_numpy()
    lost = int(table.loc[~parts, "known"].sum())
    table.loc[~parts, "known"] = 0
    return table.assign(known=table["known"].mask(table["stratum"] == EVERYONE, table["known"] - lost))


def both(design: Design, home: Design, away: Design) -> Design:
    """Return a design of the rows of `home` and behind them of `away`, with the weights and times of both."""
    if home.weight is None and away.weight is None:
        return design
    weight = [np.ones(len(one.outcome)) if one.weight is None else one.weight for one in (home, away)]
    design = replace(design, weight=np.concatenate(weight))
    if home.times is None or away.times is None:
        return design
    return replace(design, times=pd.concat([home.times, away.times], ignore_index=True), horizon_days=home.horizon_days)


def publishable_censoring(table: pd.DataFrame | None, flow: Flow) -> pd.DataFrame | None:
    """Return the table `censoring` unless it would tell a count that the flow withholds."""
    words, _ = hide_parts([count for _, count in flow])
    ours = [word for word, (why, _) in zip(words, flow, strict=True) if why in (NO_SUPPORT, STOOD_FOR)]
    return table if all(word.replace(",", "").isdigit() for word in ours) else None


def censoring_rule(experiment: Experiment) -> str:
    """Return the declared treatment of rows whose follow-up breaks off, in a word or two."""
    model = censoring_model(experiment.censoring)
    if model is None:
        return "leave_out"
    return f"ipcw by {', '.join(model.by)}" if model.by else "ipcw"


def censoring_sentences(experiment: Experiment, table: pd.DataFrame | None) -> tuple[str, ...]:
    """Return what is said of rows whose follow-up breaks off: the rule declared, and what the weights are like.

    Nothing is said where such rows are left out for everyone.

    Parameters
    ----------
    experiment : Experiment
    table : DataFrame or None
        As `publishable_censoring` returns it.
    """
    if not experiment.follows_rows:
        return ()
    model, days = censoring_model(experiment.censoring), experiment.outcome_definition().observe_days
    if model is None:
        learns = "They are left out for every contender but hazard, which learns from them as far as they go."
        return (f"Rows whose follow-up ends before day {days} have no known outcome. {learns}",)
    within = " and ".join(name.replace("_", " ") for name in model.by)
    cut = f"weights above {model.largest_weight:g} are cut"
    if model.quantile < 1:
        cut += f", and those above their quantile {model.quantile:g}"
    rule = (
        "Rows with a known outcome stand for rows whose follow-up breaks off: each counts 1 over the chance that "
        "somebody is still followed when its outcome becomes known (Kaplan-Meier"
        f"{' within ' + within if within else ''}; {cut}). This holds if{' within these' if within else ''} the end of "
        "follow-up says nothing about the outcome."
    )
    shown = None if table is None else publishable("censoring", table).iloc[-1]
    if shown is None or pd.isna(shown["rows"]):
        return (rule, "How many they are is withheld: too few people.")
    n = {name: count_words(int(shown[name])) for name in ("rows", "known", "followed")}
    return (
        rule,
        f"Of {n['rows']} questionnaires {n['known']} have a known outcome and {n['followed']} were followed to the "
        f"end. With weights {shown['rate']:.1%} have the outcome, of those followed to the end "
        f"{shown['rate_leave_out']:.1%}. The largest weight before cutting is {shown['largest']:.2f}; the known rows "
        f"carry as much as {shown['effective']:,.0f} of weight 1.".replace("%", " %"),
    )
