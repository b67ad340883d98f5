"""From a config to a compared, explained, saved and tracked model."""

import datetime as dt
import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from eriq import __version__
from eriq.config import Experiment, Flat, Simulated, Tables, dump_yaml, load_experiment
from eriq.disclosure import MIN_PEOPLE, hide_parts, suppress_small
from eriq.errors import OutputError
from eriq.features import Feature
from eriq.features.matrix import to_matrix
from eriq.model.bundle import Bundle, save_bundle
from eriq.model.calibrator import expit
from eriq.model.manifest import Manifest, TrainedOn
from eriq.model.model import Model
from eriq.registry.tracking import HOME, log_training
from eriq.study.comparison.compare import (
    SAVED,
    Comparison,
    Inner,
    compare,
    cross_calibrated,
    headline_names,
    other_designs,
    sample_statement,
)
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold, make_folds
from eriq.study.design.from_tables import today_of
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study, summary
from eriq.study.evaluation.sample_size import SampleSize
from eriq.study.explanation.explain import best_rules, explain, resampled
from eriq.study.learning.estimators import ESTIMATORS
from eriq.study.learning.final import as_model
from eriq.study.learning.training import Fitted, fit, n_parameters, one_thread, run_all
from eriq.study.reporting.report import card_markdown, figures_of, report_html
from eriq.tables.files import write_table

Source = Tables | Flat | Simulated
Say = Callable[[str], None]
Step = Callable[[str, str], None]  # (what, which): one unit of work is done
MODELS = Path("models")


@dataclass(frozen=True, slots=True)
class Trained:
    """Where the results of a training are."""

    bundle: Bundle
    report: Path
    run_id: str
    sentence: str


# --- check ---------------------------------------------------------------------------------


def check(config: str | Path) -> str:
    """Validate a config with its questionnaire and data, and say what a training would use."""
    experiment = load_experiment(config)
    study = prepare(experiment)
    headline_names(experiment.headline, study.contenders)
    make_folds(study.design, experiment, study.observe_days, external=study.external)
    lines = [summary(study), *sample_size(study).sentences]
    lines.append(f"{len(study.contenders)} contenders on the same rows and folds:")
    lines += [f"  {c.name} ({len(c.columns)} columns)" for c in study.contenders]
    return "\n".join(lines)


def sample_size(study: Study) -> SampleSize:
    """Return what these people can carry, for the largest contender."""
    home = study.home
    parameters = max((n_parameters(c, home, study.features) for c in study.contenders), default=1)
    return sample_statement(home.outcome, home.client, max(parameters, 1))


# --- train ---------------------------------------------------------------------------------


def train(
    config: str | Path,
    *,
    models: Path = MODELS,
    workers: int | None = None,
    resume: bool = False,
    say: Say = lambda text: None,
    begin: Callable[[int], None] = lambda total: None,
    step: Step = lambda what, which: None,
) -> Trained:
    """Run a config from input to saved model, report and tracked run.

    Parameters
    ----------
    config : str or Path
        An experiment file, or the name of a shipped one.
    models : Path
        Where the model is saved.
    workers : int, optional
        Processes for folds and contenders; one per core when not given.
    resume : bool
        Take over forecasts of contenders that an earlier run finished on the same content.
    say, begin, step : callables
        Told sentences, the number of fits, and each finished fit.

    Raises
    ------
    EriqError
        By cause, before anything is fitted where that is possible.
    """
    experiment = load_experiment(config)
    with one_thread():  # processes and our own threads share the cores; native libraries spinning beside them stall
        return _train(experiment, models, workers, resume, say, begin, step)


def _train(
    experiment: Experiment,
    models: Path,
    workers: int | None,
    resume: bool,
    say: Say,
    begin: Callable[[int], None],
    step: Step,
) -> Trained:
    started = dt.datetime.now(dt.UTC)
    study = prepare(experiment)
    say(summary(study))
    size = sample_size(study)
    for sentence in size.sentences:
        say(sentence)
    if study.about:
        say(study.about)
    headline_names(experiment.headline, study.contenders)
    folds = make_folds(study.design, experiment, study.observe_days, external=study.external)
    begin(len(folds) * len(study.contenders))
    log_odds = forecasts(study, folds, experiment, workers=workers, resume=resume, step=step)
    threads = workers or os.cpu_count() or 1
    found = compare(
        study.design,
        study.contenders,
        experiment,
        log_odds,
        folds,
        study.truth,
        workers=threads,
        inner=inner_forecasts(study, experiment, workers, step) if study.external is not None else None,
    )
    say(found.tables["headline"]["sentence"].iloc[0])
    home = study.home
    model, settled = final_model(home, study.features, found, experiment, step)
    tables = {**found.tables, **describe(study, size)}
    tables |= explain(model, settled, home, study.features, study.instrument, experiment, found.inner.folds, step)
    tables["rules"] = best_rules(study.contenders, home, study.features, experiment.seed)
    tables["designs"] = other_designs(
        home, study.contenders, study.features, experiment, study.observe_days, step, workers
    )
    if experiment.missing_sensitivity:
        tables["missing_policies"] = missing_policies(experiment, study, workers)
    tables = {name: table for name, table in tables.items() if len(table)}
    facts = facts_of(experiment, study, found, model, size, started)
    bundle = save(model, study, found, experiment, facts, tables, models)
    folder = write_results(HOME / "reports" / experiment.name, tables, facts, bundle, experiment)
    run_id = log_training(
        name=experiment.name,
        facts=facts,
        comparison=found,
        tables=tables,
        bundle=bundle,
        folder=folder,
        sample=bundle.example_rows(),
        design=study.design,
    )
    return Trained(bundle, folder / "report.html", run_id, facts["sentence"])


def forecasts(
    study: Study, folds: list[Fold], experiment: Experiment, *, workers: int | None, resume: bool, step: Step
) -> np.ndarray:
    """Return out-of-fold log-odds of every contender, taking over finished ones by content digest."""
    from eriq.study.learning.resume import Cache

    cache = Cache(HOME / "cache", study.design, folds, experiment, enabled=resume)
    known = {c.name: found for c in study.contenders if (found := cache.read(c)) is not None}
    missing = [c for c in study.contenders if c.name not in known]
    for name in known:
        for fold in folds:
            step(name, f"{fold.name}, taken over")
    fresh = run_all(
        missing,
        study.design,
        folds,
        study.features,
        seed=experiment.seed,
        tuning=experiment.tuning,
        workers=workers,
        progress=step,
        finished=cache.write,
    )
    for place, contender in enumerate(missing):
        known[contender.name] = fresh[:, place]
    return np.column_stack([known[c.name] for c in study.contenders])


def inner_forecasts(study: Study, experiment: Experiment, workers: int | None, step: Step) -> Inner:
    """Return out-of-fold forecasts at home, where the design itself tests on an external set only."""
    home = study.home
    folds = make_folds(home, experiment, study.observe_days, "grouped_kfold")
    log_odds = run_all(
        study.contenders,
        home,
        folds,
        study.features,
        seed=experiment.seed,
        tuning=experiment.tuning,
        workers=workers,
        progress=step,
    )
    return Inner(home, log_odds, tuple(folds))


def final_model(
    home: Design, features: Sequence[Feature], found: Comparison, experiment: Experiment, step: Step
) -> tuple[Model, Contender]:
    """Return the chosen contender fitted on all rows and calibrated on held-out people, with refits.

    The contender comes back with the settings its search chose.
    """
    calibrator = found.inner.calibrator(found.contenders.index(found.chosen))
    fitted = fit(found.chosen, home, features, seed=experiment.seed, tuning=experiment.tuning)
    step("saved model", "all rows")
    members: list[Fitted] = []
    for k in range(experiment.explain.instability_refits):
        rng = np.random.default_rng([experiment.seed, 17, k])
        members.append(fit(fitted.settled, resampled(home, rng), features, seed=experiment.seed))
        step("refits for stability", str(k + 1))
    return as_model(fitted, calibrator, members), fitted.settled


def describe(study: Study, size: SampleSize) -> dict[str, pd.DataFrame]:
    """Return the tables on who is in and how far so many people carry."""
    names = (
        "persons",
        "events",
        "rows",
        "parameters",
        "minimum_persons",
        "minimum_events",
        "half_width",
    )
    return {
        "flow": pd.DataFrame(study.flow, columns=["reason", "rows"]),
        "sample_size": pd.DataFrame({"name": names, "value": [float(getattr(size, n)) for n in names]}),
    }


def missing_policies(experiment: Experiment, study: Study, workers: int | None) -> pd.DataFrame:
    """Return the headline's AUCs under every declared way of treating missing answers."""
    from eriq.study.evaluation.intervals import bootstrap, summarise

    tables = []
    for policy in ("indicator", "worst", "drop"):
        other = experiment.model_copy(update={"missing_policy": policy})
        again = prepare(other, study.intake)
        pair = headline_names(other.headline, again.contenders)
        few = [c for c in again.contenders if c.name in pair]
        home = again.home
        folds = make_folds(home, other, again.observe_days, None if again.external is None else "grouped_kfold")
        log_odds = run_all(few, home, folds, again.features, seed=other.seed, tuning=other.tuning, workers=workers)
        rows = np.flatnonzero(~np.isnan(log_odds).any(axis=1))
        made = bootstrap(
            home.outcome[rows], expit(log_odds[rows]), home.client[rows],
            replicates=other.intervals.replicates, seed=other.seed, shares=(0.1,), thresholds=(0.1,),
        )  # fmt: skip
        table = summarise(made, [c.name for c in few], other.intervals.level)
        auc = table[table["measure"] == "auc"].rename(columns={"estimate": "auc"}).drop(columns="measure")
        tables.append(auc.assign(policy=policy, rows=len(rows)))
    return pd.concat(tables, ignore_index=True)


# --- what is told --------------------------------------------------------------------------


def facts_of(
    experiment: Experiment, study: Study, found: Comparison, model: Model, size: SampleSize, started: dt.datetime
) -> dict[str, Any]:
    """Return everything a report, a card and a manifest say besides tables."""
    plan = experiment.validation
    designs = {
        "grouped_kfold": f"{plan.folds}-fold cross-validation grouped by client"
        + (f", repeated {plan.repeats} times" if plan.repeats > 1 else ""),
        "leave_one_centre_out": "leave one job centre out",
        "rolling_origin": f"rolling origin in calendar time, gap {study.observe_days} days",
        "external": "one fixed external set",
    }
    instrument = study.instrument
    packages = ("lightgbm", "mlflow", "numpy", "pandas", "scikit-learn", "scipy", "shap", "skops")
    measures = found.tables["measures"]
    losses = measures[(measures["measure"] == "log_loss") & (measures["contender"] != SAVED)]
    leader = str(losses.set_index("contender")["estimate"].idxmin())
    unsavable = [c.name for c in found.contenders if not ESTIMATORS[c.estimator].savable]
    return {
        "name": experiment.name,
        "question": experiment.question,
        "sentence": found.tables["headline"]["sentence"].iloc[0],
        "outcome_words": study.outcome_words,
        "horizon_days": study.horizon_days,
        "about": study.about,
        "simulated": study.truth is not None,
        "instrument": {**instrument.stamp, "notice": instrument.notice.en} if instrument else None,
        "design": designs[plan.design],
        "folds": plan.folds,
        "repeats": plan.repeats,
        "seed": experiment.seed,
        "level": experiment.intervals.level,
        "baseline": found.baseline,
        "chosen": found.chosen.name,
        "chosen_words": f"{ESTIMATORS[found.chosen.estimator].words} on {found.chosen.block}",
        "calibrator": {"intercept": model.calibrator.intercept, "slope": model.calibrator.slope},
        "digests": study.digests,
        "config_yaml": _public_config(experiment),
        "started": f"{started:%Y-%m-%d %H:%M} UTC",
        "eriq_version": __version__,
        "versions": {"python": platform.python_version(), **{p: version(p) for p in packages}},
        "leak_checks": [
            "no client in training and test of any fold, tuning, calibration or permutation (checked at every step)",
            "register facts dated after the answer, less the reporting lag, are not looked at",
            f"no single column tells the outcome with an AUC of {experiment.leak_auc} or more",
        ],
        "n_read": study.n_read,
        "n_rows": len(study.design.outcome),
        "n_clients": study.n_clients,
        "n_events": int(study.design.outcome.sum()),
        "prevalence": float(study.design.outcome.mean()),
        "not_savable_better": leader if leader in unsavable else None,
        "sample_size_sentences": list(size.sentences),
        "sample_size_enough": size.enough,
    }


def _public_config(experiment: Experiment) -> str:
    """Return the resolved config with file names only: folders can hold names of users."""

    def bare(source: Source) -> Source:
        names: dict[str, Any] = {
            k: Path(v.name) for k in type(source).model_fields if isinstance(v := getattr(source, k), Path)
        }
        if isinstance(source, Simulated):
            names["preset"] = Path(source.preset).name
        return source.model_copy(update=names)

    update: dict[str, Any] = {
        "source": bare(experiment.source),
        "instrument": experiment.instrument and Path(experiment.instrument).name,
        "variants": {name: Path(file).name for name, file in experiment.variants.items()},
    }
    if experiment.validation.external:
        external = bare(experiment.validation.external)
        update["validation"] = experiment.validation.model_copy(update={"external": external})
    return dump_yaml(experiment.model_copy(update=update))


def save(
    model: Model,
    study: Study,
    found: Comparison,
    experiment: Experiment,
    facts: dict[str, Any],
    tables: dict[str, pd.DataFrame],
    models: Path,
) -> Bundle:
    """Write the bundle with everything scoring needs."""
    used = tuple(f for f in study.features if f.name in model.columns)
    home = study.home
    matrix = to_matrix(home.matrix, model.columns)
    place = found.contenders.index(found.chosen)
    calibrated = cross_calibrated(found.inner.design, found.inner.log_odds[:, place], found.inner.folds)
    measures = tables["measures"]
    mine = measures[measures["contender"] == SAVED].set_index("measure")[["estimate", "low", "high"]]
    days = home.rows["answered_on"]
    source = experiment.source
    manifest = Manifest(
        experiment=experiment.name,
        contender=found.chosen.name,
        outcome=facts["outcome_words"],
        horizon_days=study.horizon_days,
        instrument=study.instrument,
        flat_client=source.client if isinstance(source, Flat) else None,
        missing_policy=experiment.missing_policy or (study.instrument.missing_policy if study.instrument else None),
        lag_days=experiment.lag_days,
        period=(f"{days.min():%Y-%m}", f"{days.max():%Y-%m}") if days.notna().any() else None,
        trained_on=TrainedOn(
            n_rows=len(home.outcome),
            n_clients=len(np.unique(home.client)),
            n_events=int(home.outcome.sum()),
            prevalence=float(home.outcome.mean()),
            simulated=facts["simulated"],
            about=facts["about"],
        ),
        measures=json.loads(mine.to_json(orient="index", double_precision=6)),
        ranges=_ranges(matrix, used, home.client),
        bands=tuple(float(q) for q in np.quantile(expit(calibrated[~np.isnan(calibrated)]), [1 / 3, 2 / 3])),
        data=study.digests,
        config=facts["config_yaml"],
        versions=facts["versions"],
    )
    sample = _invented_matrix(matrix, used, experiment.seed)
    name = f"{experiment.name}-{today_of(experiment):%Y%m%d}"
    return save_bundle(model, used, manifest, card_markdown(tables, facts), sample, models, name)


def _ranges(matrix: pd.DataFrame, used: tuple[Feature, ...], client: np.ndarray) -> dict[str, tuple[float, float]]:
    """Return the range seen in training per measured column, with MIN_PEOPLE people or more beyond each end."""
    ranges = {}
    for feature in used:
        by_client = matrix[feature.name].groupby(client).agg(["min", "max"]).dropna()
        if feature.kind != "continuous" or feature.sensitive or len(by_client) <= 2 * MIN_PEOPLE:
            continue
        low = max(by_client["min"].quantile(0.005), by_client["min"].nsmallest(MIN_PEOPLE + 1).iloc[-1])
        high = min(by_client["max"].quantile(0.995), by_client["max"].nlargest(MIN_PEOPLE + 1).iloc[-1])
        ranges[feature.name] = (float(f"{low:.3g}"), float(f"{high:.3g}"))
    return ranges


def _invented_matrix(matrix: pd.DataFrame, used: tuple[Feature, ...], seed: int, rows: int = 20) -> np.ndarray:
    """Return rows drawn column by column between the usual values: no person looks like them."""
    rng = np.random.default_rng([seed, 19])
    columns = []
    for feature in used:
        value = matrix[feature.name].dropna()
        low, high = value.quantile([0.05, 0.95]) if len(value) else (0.0, 1.0)
        drawn = rng.uniform(low, high, rows)
        columns.append(drawn if feature.kind == "continuous" else drawn.round())
    sample = np.column_stack(columns) if columns else np.empty((rows, 0))
    sample[rng.random(sample.shape) < 0.05] = np.nan
    return sample


def publishable(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as it may be stored beside the report: without cells that rest on a few people."""
    if name == "flow":
        words, _ = hide_parts([int(count) for count in table["rows"]])
        return table.assign(rows=words)
    return suppress_small(table) if "n" in table else table


def write_results(
    folder: Path, tables: dict[str, pd.DataFrame], facts: dict[str, Any], bundle: Bundle, experiment: Experiment
) -> Path:
    """Write report, tables and figures of a training; the folder holds the newest run of its config."""
    import shutil

    from eriq.study.reporting.figures import as_png

    try:
        if folder.exists():
            shutil.rmtree(folder)
        (folder / "tables").mkdir(parents=True)
        (folder / "figures").mkdir()
    except OSError as why:
        raise OutputError(f"{folder} cannot be written: {why.strerror}") from None
    for name, table in tables.items():
        write_table(publishable(name, table), folder / "tables" / f"{name}.csv")
    facts = {**facts, "model_name": bundle.name}
    for name, figure in figures_of(tables, facts).items():
        (folder / "figures" / f"{name}.png").write_bytes(as_png(figure))
    (folder / "report.html").write_text(report_html(tables, facts), encoding="utf-8")
    told = facts if hide_parts([int(n) for n in tables["flow"]["rows"]])[1] else {**facts, "n_read": None}
    (folder / "facts.json").write_text(json.dumps(told, indent=1, default=str, ensure_ascii=False), encoding="utf-8")
    numbers = {k: v for k, v in told.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    numbers |= {f"calibrator_{k}": v for k, v in facts["calibrator"].items()}
    write_table(pd.DataFrame(list(numbers.items()), columns=["name", "value"]), folder / "tables" / "facts.csv")
    (folder / "config.yaml").write_text(facts["config_yaml"], encoding="utf-8")
    (folder / "model-card.md").write_text((bundle.folder / "card.md").read_text(encoding="utf-8"), encoding="utf-8")
    return folder
