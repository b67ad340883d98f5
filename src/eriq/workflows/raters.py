"""The caseworkers of a cohort as raters: tables and a page about the body, never about one of them."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eriq.config import Experiment, load_experiment
from eriq.disclosure import in_force, publishable_all
from eriq.errors import CohortError
from eriq.pages import render
from eriq.raters.body import body_tables
from eriq.raters.within import within_clients
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study
from eriq.tables.files import finished_or_nothing, write_aggregates
from eriq.tables.results import Results, as_result


def raters(config: str | Path, out: Path, *, overwrite: bool = False) -> Path:
    """Write tables and the page about the caseworkers of a config's cohort; return the page.

    Raises
    ------
    CohortError
        When no caseworker is recorded, or no caseworker's belief is asked for.
    EriqError
        By cause, as for a training.
    """
    experiment = load_experiment(config)
    study = prepare(experiment)
    rows, items = _rated(study)
    tables = body_tables(rows, items, _by_case_mix(study)[rows.index])
    return _written(tables, "raters", out, experiment, study, overwrite=overwrite)


def belief(config: str | Path, out: Path, *, overwrite: bool = False) -> Path:
    """Write what belief goes with for the same client under two caseworkers; return the page.

    Raises
    ------
    CohortError
        When no caseworker is recorded, or no caseworker's belief is asked for.
    EriqError
        By cause, as for a training.
    """
    experiment = load_experiment(config)
    study = _until_next(experiment, prepare(experiment))
    rows, _ = _rated(study)
    rows = rows.dropna(subset=["belief"])
    if study.instrument is None or study.instrument.belief is None:  # `_rated` refused before
        raise CohortError("not assessable: the questionnaire does not ask for a caseworker's belief")
    top = len(study.instrument.levels(study.instrument.belief)) - 1
    asked = rows.assign(believes=(rows["belief"] >= top - 1) * 1.0, wave=rows.groupby("client").cumcount())
    found = asdict(within_clients(asked, once=experiment.outcome_definition().measure == "entry"))
    table = as_result("belief_within", pd.DataFrame([found]).rename(columns={"clients": "n"}))
    return _written({"belief_within": table}, "belief", out, experiment, study, overwrite=overwrite)


def _until_next(experiment: Experiment, study: Study) -> Study:
    """Return the study with entries before the next questionnaire as outcome, where the outcome is an entry.

    Longer windows of one client overlap, and most of the earlier one falls to the caseworker who came next: of a part
    planted in a made-up cohort little came back.
    """
    outcome, rows = experiment.outcome_definition(), study.design.rows
    gap = rows.sort_values("answered_on").groupby("client_id")["answered_on"].diff().dt.days.median()
    if outcome.measure != "entry" or pd.isna(gap) or not 0 < gap < outcome.horizon_days:
        return study
    words = f"{outcome.words}; looked at here: entry within {gap:.0f} days, until the next questionnaire"
    short = outcome.model_copy(update={"horizon_days": int(gap), "words": words})
    return prepare(experiment.model_copy(update={"outcome": short}), study.intake)


def _rated(study: Study) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return judged rows with who rated whom, ordered answers and outcome; and the caseworker's items."""
    instrument, intake, design = study.instrument, study.intake, study.design
    if instrument is None or intake is None or instrument.belief is None:
        raise CohortError("not assessable: raters need answers to a questionnaire that asks for a caseworker's belief")
    keys = ["client_id", "answered_on"]
    own = [item.id for item in instrument.half("caseworker")]
    facts = design.rows[[*keys, "caseworker_id"]].reset_index(drop=True)
    rows = facts.merge(intake.answers[[*keys, *own]].drop_duplicates(keys), on=keys, how="left")
    answers = {item: instrument.oriented(item, rows[item]) for item in own}
    rows = rows[keys].assign(client=rows["client_id"], caseworker=facts["caseworker_id"], outcome=design.outcome * 1.0)
    rows = rows.assign(**answers, belief=answers[instrument.belief])
    rows = rows[design.known & design.whole & rows["caseworker"].notna().to_numpy()]
    if rows.empty:
        raise CohortError("not assessable: no row says who the caseworker was (column caseworker_id)")
    return rows.sort_values(["client", "answered_on"]), tuple(item for item in own if item != instrument.belief)


def _by_case_mix(study: Study) -> NDArray[np.float64]:
    """Return the probability of the outcome by the registers alone; gaps where no contender is of registers alone."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    design = study.design
    columns = next((list(c.columns) for c in study.contenders if c.block == "register_full"), None)
    if columns is None:
        return np.full(len(design.outcome), np.nan)
    fit = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), LogisticRegression(max_iter=2000))
    used = design.known & design.whole
    fit.fit(design.matrix.loc[used, columns].to_numpy(), design.outcome[used])
    return np.asarray(fit.predict_proba(design.matrix[columns].to_numpy())[:, 1], dtype=np.float64)


def _written(tables: Results, name: str, out: Path, experiment: Experiment, study: Study, *, overwrite: bool) -> Path:
    """Write cleared tables and their page."""
    with in_force(experiment.disclosure.release):
        shown = publishable_all(tables, len(study.design.outcome))
    for table, frame in shown.items():
        write_aggregates(frame, out / f"{table}.csv", overwrite=overwrite)
    html = render(
        f"{name}.html",
        heading="Caseworkers as raters" if name == "raters" else "The same client under two caseworkers",
        tables=shown,
        outcome=study.outcome_words,
        about=study.about,
        config=experiment.name,
    )
    with finished_or_nothing(out / f"{name}.html", overwrite=overwrite) as page:
        page.write_text(html, encoding="utf-8")
    return out / f"{name}.html"
