"""The caseworkers of a cohort as raters: tables, a page and a tracked run about the body, never about one of them."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eriq.config import Experiment, load_experiment
from eriq.disclosure import in_force, min_people, publishable_all
from eriq.errors import CohortError
from eriq.instrument.instrument import Instrument
from eriq.raters.body import ALIKE, AS_THEY_ARE, CLIENT_HALF, MEASURES, belief_share, body_tables, ratio_table
from eriq.raters.casemix import case_mix
from eriq.raters.named import named_optimism
from eriq.raters.page import About, Naming, belief_found, belief_page, raters_found, raters_page
from eriq.raters.within import within_clients
from eriq.registry.other_runs import OtherRun, log_other
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study
from eriq.tables.files import finished_or_nothing, write_aggregates, write_table
from eriq.tables.quality_results import NAMED
from eriq.tables.results import Results, as_result

NAMES = "rater_named.csv"  # about members of staff: never logged, readable by its owner alone


def raters(config: str | Path, out: Path, *, overwrite: bool = False) -> Path:
    """Write tables and the page about the caseworkers of a config's cohort, and log a run; return the page.

    Where the config says so and why (`raters`), a table by caseworker is written too, for its owner alone.

    Raises
    ------
    CohortError
        When no caseworker is recorded, or no caseworker's belief is asked for.
    EriqError
        By cause, as for a training.
    """
    experiment = load_experiment(config)
    study = prepare(experiment)
    instrument, rows, items = _rated(study)
    expected = _expected(experiment, study)[rows.index]
    soon = _until_next(experiment, study)
    early = _rated(soon)[1]
    about = _about(experiment, instrument, study)
    with in_force(experiment.disclosure.release):
        made = {**body_tables(rows, items, expected), **ratio_table(early, _expected(experiment, soon)[early.index])}
        tables = publishable_all(made, len(rows))
        naming = _named(rows.assign(expected=expected), experiment, out / NAMES, overwrite=overwrite)
        page = raters_page(tables, about, naming, soon.outcome_words)
        words = " ".join([naming.words if naming else "Nobody is named.", *raters_found(tables)])
    tags = {"naming": naming.words if naming else "not used", **_tags(about)}
    run = OtherRun(experiment.name, "raters", words, tags, _metrics(tables), out)
    return _written(tables, page, run, overwrite=overwrite)


def belief(config: str | Path, out: Path, *, overwrite: bool = False) -> Path:
    """Write what belief goes with for the same client under two caseworkers, and log a run; return the page.

    Raises
    ------
    CohortError
        When no caseworker is recorded, or no caseworker's belief is asked for.
    EriqError
        By cause, as for a training.
    """
    experiment = load_experiment(config)
    study = _until_next(experiment, prepare(experiment))
    instrument, rows, _ = _rated(study)
    rows = rows.dropna(subset=["belief", "caseworker"])
    top = len(instrument.levels(str(instrument.belief))) - 1
    asked = rows.assign(believes=(rows["belief"] >= top - 1) * 1.0, wave=rows.groupby("client").cumcount())
    found = asdict(within_clients(asked, once=experiment.outcome_definition().measure == "entry"))
    table = as_result("belief_within", pd.DataFrame([found]).rename(columns={"clients": "n"}))
    about = _about(experiment, instrument, study)
    with in_force(experiment.disclosure.release):
        tables = publishable_all({"belief_within": table}, len(rows))
        page, words = belief_page(tables, about), belief_found(tables)
    shown = tables["belief_within"].iloc[0]
    told = {name: shown[name] for name in ("estimate", "low", "high", "strength") if pd.notna(shown[name])}
    metrics = {f"belief_{name}": float(value) for name, value in told.items()}
    tags = {"verdict": str(shown["verdict"]), **_tags(about)}
    run = OtherRun(experiment.name, "belief", words, tags, metrics, out)
    return _written(tables, page, run, overwrite=overwrite)


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


def _rated(study: Study) -> tuple[Instrument, pd.DataFrame, tuple[str, ...]]:
    """Return the questionnaire; judged rows with who rated whom, ordered answers and outcome; the caseworker's items.

    Rows without a caseworker stay, so that those before and after are not taken for neighbours.
    """
    instrument, intake, design = study.instrument, study.intake, study.design
    if instrument is None or intake is None or instrument.belief is None:
        raise CohortError("not assessable: raters need answers to a questionnaire that asks for a caseworker's belief")
    keys = ["client_id", "answered_on"]
    own, theirs = ([item.id for item in instrument.half(who)] for who in ("caseworker", "client"))
    facts = design.rows[[*keys, "caseworker_id"]].reset_index(drop=True)
    rows = facts.merge(intake.answers[[*keys, *own, *theirs]].drop_duplicates(keys), on=keys, how="left")
    answers = {item: instrument.oriented(item, rows[item]) for item in own}
    if theirs:
        answers[CLIENT_HALF] = pd.DataFrame({i: instrument.oriented(i, rows[i]) for i in theirs}).mean(axis="columns")
    rows = rows[keys].assign(client=rows["client_id"], caseworker=facts["caseworker_id"], outcome=design.outcome * 1.0)
    rows = rows.assign(**answers, belief=answers[instrument.belief])
    rows = rows[design.known & design.whole].sort_values(["client", "answered_on"])
    if rows["caseworker"].isna().all():
        raise CohortError("not assessable: no row says who the caseworker was (column caseworker_id)")
    return instrument, rows, tuple(item for item in own if item != instrument.belief)


def _expected(experiment: Experiment, study: Study) -> NDArray[np.float64]:
    """Return the probability of the outcome by registers alone, row by row, out of fold."""
    registers = next((c.columns for c in study.contenders if c.block == "register_full"), ())
    return case_mix(study.design, registers, folds=experiment.validation.folds, seed=experiment.seed)


def _about(experiment: Experiment, instrument: Instrument, study: Study) -> About:
    return About(experiment.name, instrument, study.outcome_words, study.about)


def _named(rows: pd.DataFrame, experiment: Experiment, file: Path, *, overwrite: bool) -> Naming | None:
    """Write optimism by caseworker where the config asks for it; else see to it that none is left from before."""
    asked = experiment.raters
    if overwrite:
        file.unlink(missing_ok=True)
    if not asked.naming:
        return None
    mix = ALIKE if rows["expected"].notna().any() else AS_THEY_ARE
    rated = rows[rows["caseworker"].notna()]
    least = max(asked.least, min_people())
    named = named_optimism(belief_share(rated), rated["caseworker"].nunique(), least)
    if len(named.table):
        write_table(as_result("rater_named", named.table.assign(case_mix=mix), NAMED), file, overwrite=overwrite)
    return Naming.of(named, (asked.reason or "").strip(), least)


def _tags(about: About) -> dict[str, str]:
    return {
        "outcome": about.outcome,
        "instrument": about.instrument.label,
        "people": "made up" if about.about else "real",
    }


def _metrics(tables: Results) -> dict[str, float]:
    """Return the caseworker's share of belief, what a change moved, and the ratio that went with it."""
    shares, jumps, ratios = (tables[f"rater_{name}"] for name in ("shares", "jumps", "ratios"))
    moved = jumps[(jumps["measure"] == MEASURES[0]) & (jumps["caseworker"] == "difference")]
    changed = ratios[ratios["of"] == ratios["of"].iloc[0]]
    found = {
        "caseworker_share_belief": shares.loc[shares["item"] == "belief", "estimate"],
        "caseworker_share_belief_case_mix_alike": shares.loc[shares["item"] == f"belief, {ALIKE}", "estimate"],
        "change_moves_belief": moved.loc[moved["item"] == "belief", "estimate"],
        "change_moves_client_half": moved.loc[moved["item"] == CLIENT_HALF, "estimate"],
        "change_ratio": changed.loc[changed["case_mix"] == AS_THEY_ARE, "estimate"],
        "change_ratio_case_mix_alike": changed.loc[changed["case_mix"] == ALIKE, "estimate"],
    }
    return {name: float(value.iloc[0]) for name, value in found.items() if value.notna().any()}


def _written(tables: Results, html: str, run: OtherRun, *, overwrite: bool) -> Path:
    """Write cleared tables and their page, log them and nothing else of the folder; return the page."""
    for name, frame in tables.items():
        write_aggregates(frame, run.folder / f"{name}.csv", overwrite=overwrite)
    page = run.folder / f"{run.kind}.html"
    with finished_or_nothing(page, overwrite=overwrite) as file:
        file.write_text(html, encoding="utf-8")
    log_other(replace(run, only=(page.name, *(f"{name}.csv" for name in tables))))
    return page
