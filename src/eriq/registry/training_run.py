"""What MLflow is told of a training: aggregates, digests and settings; no row of a person, no name of a user."""

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pandas as pd

from eriq.disclosure import about_people, publishable_all
from eriq.errors import TrackingError
from eriq.model.bundle import Bundle
from eriq.registry.models import NOT_SAVED, held_out_file, no_model, register
from eriq.registry.tracking import HOME, connect, is_remote
from eriq.study.design.contender import Contender
from eriq.study.groups.verdicts import VERDICTS
from eriq.study.reporting.facts import Facts, told
from eriq.tables.results import SAVED, Results

SHOWN = (
    "auc",
    "average_precision",
    "log_loss",
    "brier",
    "brier_skill_prevalence",
    "brier_skill_register",
    "calibration_slope",
    "calibration_in_the_large",
    "ici",
)


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A training that is done: what was found, and where it was written."""

    facts: Facts
    contenders: Sequence[Contender]
    tables: Results
    bundle: Bundle | None  # none where no contender is worth saving
    folder: Path  # report, tables and figures
    held_out: pd.DataFrame  # forecasts that stay on this machine, so that a later model can be compared on these people


def log_training(done: Finished) -> str:
    """Log one training: a parent run, a child per contender, files, and the registered model.

    Returns
    -------
    str
        Id of the parent run.

    Raises
    ------
    TrackingError
        When the store cannot be reached; what was computed stays in its folder.
    """
    mlflow = connect()
    try:
        return _log(mlflow, done)
    except mlflow.exceptions.MlflowException as why:
        raise TrackingError(f"MLflow could not log the run ({why.error_code}); results are in {done.folder}") from None


def _log(mlflow: ModuleType, done: Finished) -> str:
    facts, tables = done.facts, publishable_all(done.tables, done.facts.n_rows)
    experiment = _experiment(mlflow, facts.name)
    plain = {"mlflow.user": "eriq", "mlflow.source.name": "eriq train", "eriq.version": facts.eriq_version}
    note = f"{facts.sentence}\n\n{facts.about}\n\nOpen artifact **report.html**."
    with mlflow.start_run(
        experiment_id=experiment,
        run_name=f"{facts.name}: {facts.chosen}",
        tags={**plain, "kind": "training", "mlflow.note.content": note},
    ) as run:
        mlflow.log_params(_params(told(facts, total_may_show=True)))
        mlflow.log_metrics(
            _metrics(tables, SAVED if done.bundle else facts.chosen)
            | _gain(tables["headline"])
            | _groups(tables)
            | _bases(tables.get("by_basis", pd.DataFrame()))
        )
        mlflow.log_artifacts(str(done.folder))
        file = held_out_file(run.info.run_id)
        with about_people():
            file.parent.mkdir(parents=True, exist_ok=True)
            done.held_out.to_parquet(file, index=False)
        for contender in done.contenders:
            tags = {**plain, "kind": "contender", "chosen": str(contender.name == facts.chosen).lower()}
            with mlflow.start_run(experiment_id=experiment, run_name=contender.name, nested=True, tags=tags):
                mlflow.log_params(
                    {"block": contender.block, "estimator": contender.estimator, "columns": len(contender.columns)}
                )
                mlflow.log_metrics(_metrics(tables, contender.name))
        if done.bundle:
            register(mlflow, done.bundle, facts.name)
        else:
            mlflow.set_tag(NOT_SAVED, no_model(facts.chosen, facts.not_saved)[:5000])  # the most a tag holds
        return str(run.info.run_id)


def _experiment(mlflow: ModuleType, name: str) -> str:
    """Return the id of the experiment of a config; the artefacts lie under mlruns unless a server keeps them."""
    found = mlflow.get_experiment_by_name(name)
    if found:
        return str(found.experiment_id)
    place = None if is_remote() else (HOME / "artifacts" / name).resolve().as_uri()
    tags = {"mlflow.experimentKind": "custom_model_development"}  # opens as runs with metrics, not as chat traces
    return str(mlflow.create_experiment(name, artifact_location=place, tags=tags))


def _params(facts: Facts) -> Mapping[str, object]:
    stamp = facts.instrument
    return {
        "question": facts.question,
        "outcome": facts.outcome_words,
        "chosen": facts.chosen,
        "baseline": facts.baseline,
        "design": facts.design,
        "rows": facts.n_rows,
        "clients": facts.n_clients,
        "events": facts.n_events,
        "seed": facts.seed,
        "censoring": facts.censoring_rule,
        "simulated": facts.simulated,
        "instrument": f"{stamp.id} {stamp.version}" if stamp else "none",
        "instrument_digest": stamp.digest[:16] if stamp else "none",
        **{f"data_{table}": digest[:16] for table, digest in facts.digests.items()},
    }


def _metrics(tables: Results, contender: str) -> dict[str, float]:
    """Return the measures of one contender with their intervals, and its difference from the baseline."""
    measures, gains = tables["measures"], tables["differences"]
    mine = measures[(measures["contender"] == contender) & measures["measure"].isin(SHOWN)]
    metrics = {name: value for row in mine.to_dict("records") for name, value in _ends(str(row["measure"]), row)}
    return metrics | _gain(gains[(gains["contender"] == contender) & (gains["measure"] == "auc")])


def _gain(table: pd.DataFrame) -> dict[str, float]:
    """Return the difference in AUC of a table that holds one, or none."""
    return {name: value for row in table.to_dict("records") for name, value in _ends("auc_gain", row)}


def _groups(tables: Results) -> dict[str, float]:
    """Return how many gaps between groups have each verdict; nothing where nobody looked."""
    if "group_gaps" not in tables:
        return {}
    counts = tables["group_gaps"]["verdict"].value_counts()
    return {f"groups_{verdict.replace(' ', '_')}": float(counts.get(verdict, 0)) for verdict in VERDICTS}


def _bases(table: pd.DataFrame) -> dict[str, float]:
    """Return AUC and calibration slope by what was answered, of the rows that get each fit and of all that could."""
    made: dict[str, float] = {}
    for row in table.to_dict("records"):
        name = re.sub("[^a-z]+", "_", f"basis {row['basis']} {row['rows']}".replace("'s", ""))
        numbers = {m: row[m] for m in ("n", "auc", "slope")}
        made |= {f"{name}_{measure}": float(value) for measure, value in numbers.items() if pd.notna(value)}
    return made


def _ends(name: str, row: Mapping[Hashable, float]) -> list[tuple[str, float]]:
    """Return a number and the ends of its interval, as far as they are known."""
    keys = {name: "estimate", f"{name}_low": "low", f"{name}_high": "high"}
    return [(key, float(row[column])) for key, column in keys.items() if pd.notna(row[column])]
