"""What MLflow is told of a training: aggregates, digests and settings; no row of a person, no name of a user."""

import datetime as dt
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from eriq.disclosure import about_people, count_words, publishable_all
from eriq.errors import TrackingError
from eriq.model.bundle import Bundle
from eriq.registry.inputs import types_words
from eriq.registry.models import NOT_SAVED, Described, held_out_file, no_model, register
from eriq.registry.notes import (
    MOST,
    artifact,
    contender_note,
    estimate_words,
    experiment_note,
    instrument_words,
    interval_figure,
    model_note,
    training_note,
    verdict_words,
    version_note,
)
from eriq.registry.tracking import HOME, connect, is_remote
from eriq.registry.view import AUC, CONTENDER, TRAINING, VERDICT, compare_link, shared_view
from eriq.source import source_digest
from eriq.study.design.contender import Contender
from eriq.study.groups.verdicts import VERDICTS
from eriq.study.reporting.facts import Facts, told
from eriq.study.reporting.words import contender_labels
from eriq.tables.results import SAVED, Results

SHOWN = (
    "auc",
    "average_precision",
    "log_loss",
    "brier",
    "calibration_slope",
    "calibration_in_the_large",
)
NOTE, PARENT = "mlflow.note.content", "mlflow.parentRunId"
DRAWN = "intervals"  # folder of figures among the files of a training
SAID = ("outcome", "instrument", "eriq.version")  # of a registered version and of an experiment too


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A training that is done: what was found, and where it was written."""

    facts: Facts
    contenders: Sequence[Contender]
    tables: Results
    bundle: Bundle | None  # none where no contender is worth saving
    folder: Path  # report, tables and figures
    started: dt.datetime
    held_out: pd.DataFrame  # forecasts that stay on this machine, so that a later model can be compared on these people


def log_training(done: Finished) -> str:
    """Log one training: a parent run, a child per contender, files, digests of the data, and the registered model.

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
        return _log(mlflow, replace(done, tables=publishable_all(done.tables, done.facts.n_rows)))
    except mlflow.exceptions.MlflowException as why:
        raise TrackingError(f"MLflow could not log the run ({why.error_code}); results are in {done.folder}") from None


def _log(mlflow: ModuleType, done: Finished) -> str:
    facts = told(done.facts, total_may_show=True)
    client, experiment = mlflow.MlflowClient(), _experiment(mlflow, facts)
    plain = {
        "mlflow.user": "eriq",
        "mlflow.source.name": "eriq train",
        "eriq.version": facts.eriq_version,
        "eriq.source": source_digest(),
        "outcome": facts.outcome_words,
        "instrument": instrument_words(facts),
    }
    start = int(done.started.timestamp() * 1000)
    name = f"{facts.name}: {facts.chosen}"
    parent = str(client.create_run(experiment, start_time=start, tags=plain, run_name=name).info.run_id)
    whose = SAVED if done.bundle else facts.chosen
    said = {**{key: plain[key] for key in SAID}, AUC: estimate_words(done.tables, whose)}
    try:
        children = _contenders(mlflow, done, experiment, {**plain, TRAINING: parent[:8], PARENT: parent})
        _training(mlflow, done, facts, parent, compare_link(experiment, children))
        if done.bundle:
            card = (done.folder / "model-card.md").read_text(encoding="utf-8")
            note = version_note(card, facts, types_words(done.bundle), (experiment, parent))
            texts = Described(model_note(facts), note, said)
            register(mlflow, done.bundle, facts.name, parent, texts)
    except Exception:
        client.set_terminated(parent, "FAILED")
        raise
    client.set_terminated(parent, end_time=_now())
    for key, value in (shared_view(parent[:8]), (NOTE, experiment_note(facts)[:MOST]), *said.items()):
        client.set_experiment_tag(experiment, key, value)
    return parent


def _training(mlflow: ModuleType, done: Finished, facts: Facts, parent: str, compared: str) -> None:
    """Log what is said of the whole training."""
    client, tables = mlflow.MlflowClient(), done.tables
    whose, labels = SAVED if done.bundle else facts.chosen, contender_labels(tables["contenders"])
    experiment = client.get_run(parent).info.experiment_id
    tags = {
        "kind": "training",
        TRAINING: parent[:8],
        CONTENDER: f"{'saved model' if done.bundle else 'no model saved; chosen'}: {labels[facts.chosen]}",
        AUC: estimate_words(tables, whose),
        VERDICT: facts.sentence.partition(" The AUC of ")[0],
        NOTE: training_note(facts, experiment, parent, compared),
    }
    if not done.bundle:
        tags[NOT_SAVED] = no_model(facts.chosen, facts.not_saved)
    metrics = _metrics(tables, whose) | _gain(tables["headline"], ends=True) | _groups(tables)
    _batch(mlflow, parent, metrics, _params(facts), tags)
    client.log_inputs(parent, _datasets(mlflow, facts))
    client.log_artifacts(parent, str(done.folder))
    file = held_out_file(parent)
    with about_people():
        file.parent.mkdir(parents=True, exist_ok=True)
        done.held_out.to_parquet(file, index=False)


def _contenders(mlflow: ModuleType, done: Finished, experiment: str, plain: Mapping[str, str]) -> list[str]:
    """Log a run per contender, and return their ids; fitted side by side, they share the training's time."""
    client, tables, facts, made = mlflow.MlflowClient(), done.tables, done.facts, []
    labels, start = contender_labels(tables["contenders"]), int(done.started.timestamp() * 1000)
    for place, contender in enumerate(done.contenders):
        words, verdict = labels[contender.name], verdict_words(tables, contender.name, facts)
        tags = {
            **plain,
            "kind": "contender",
            "chosen": str(contender.name == facts.chosen).lower(),
            CONTENDER: words,
            AUC: estimate_words(tables, contender.name),
            VERDICT: verdict,
            NOTE: contender_note(words, verdict, artifact(f"{DRAWN}/{place}.svg", plain[PARENT])),
        }
        run = str(client.create_run(experiment, start_time=start, tags=tags, run_name=contender.name).info.run_id)
        params = {"block": contender.block, "estimator": contender.estimator, "columns": len(contender.columns)}
        _batch(mlflow, run, _metrics(tables, contender.name), params, {})
        client.set_terminated(run, end_time=_now())
        made.append(run)
    with tempfile.TemporaryDirectory() as folder:  # all in one go, so with the training: one by one they take a second
        for place, contender in enumerate(done.contenders):
            drawn = interval_figure(tables["measures"], contender.name, labels[contender.name], weighted=facts.weighted)
            Path(folder, f"{place}.svg").write_text(drawn, encoding="utf-8")
        client.log_artifacts(plain[PARENT], folder, DRAWN)
    return made


def _batch(
    mlflow: ModuleType, run: str, metrics: Mapping[str, float], params: Mapping[str, object], tags: Mapping[str, str]
) -> None:
    """Log all numbers, settings and words of a run in one go: one by one they take seconds."""
    kinds, now = mlflow.entities, _now()
    mlflow.MlflowClient().log_batch(
        run,
        metrics=[kinds.Metric(key, value, now, 0) for key, value in metrics.items()],
        params=[kinds.Param(key, str(value)[:MOST]) for key, value in params.items()],
        tags=[kinds.RunTag(key, value[:MOST]) for key, value in tags.items() if value],
    )


def _datasets(mlflow: ModuleType, facts: Facts) -> list[Any]:
    """Return the tables of a training as MLflow's datasets: name, digest and counts, no place and no row."""
    counts = {"num_rows": facts.n_rows, "people": facts.n_clients, "with the outcome": count_words(facts.n_events)}
    source = json.dumps({"tags": {"mlflow.source.name": "eriq train"}})
    made = []
    for place, (table, digest) in enumerate(facts.digests.items()):
        profile = json.dumps(counts if place == 0 else {"people": facts.n_clients})
        dataset = mlflow.entities.Dataset(table, digest[:36], "code", source, profile=profile)
        made.append(
            mlflow.entities.DatasetInput(dataset, [mlflow.entities.InputTag("mlflow.data.context", "training")])
        )
    return made


def _now() -> int:
    return int(time.time() * 1000)


def _experiment(mlflow: ModuleType, facts: Facts) -> str:
    """Return the id of the experiment of a config; the artefacts lie under mlruns unless a server keeps them."""
    found = mlflow.get_experiment_by_name(facts.name)
    if found:
        return str(found.experiment_id)
    place = None if is_remote() else (HOME / "artifacts" / facts.name).resolve().as_uri()
    tags = {"mlflow.experimentKind": "custom_model_development"}  # opens as runs with metrics, not as chat traces
    return str(mlflow.create_experiment(facts.name, artifact_location=place, tags=tags))


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
    """Return the measures of one contender, and its difference from the baseline; their intervals are a figure."""
    measures, gains = tables["measures"], tables["differences"]
    mine = measures[(measures["contender"] == contender) & measures["measure"].isin(SHOWN)]
    metrics = {str(row["measure"]): float(row["estimate"]) for row in mine.dropna(subset="estimate").to_dict("records")}
    return metrics | _gain(gains[(gains["contender"] == contender) & (gains["measure"] == "auc")])


def _gain(table: pd.DataFrame, *, ends: bool = False) -> dict[str, float]:
    """Return the difference in AUC of a table that holds one, or none; with the ends of its interval if asked for."""
    keys = {"auc_gain": "estimate", **({"auc_gain_low": "low", "auc_gain_high": "high"} if ends else {})}
    return {
        key: float(row[column])
        for row in table.to_dict("records")
        for key, column in keys.items()
        if pd.notna(row[column])
    }


def _groups(tables: Results) -> dict[str, float]:
    """Return how many gaps between groups have each verdict; nothing where nobody looked."""
    if "group_gaps" not in tables:
        return {}
    counts = tables["group_gaps"]["verdict"].value_counts()
    return {f"groups_{verdict.replace(' ', '_')}": float(counts.get(verdict, 0)) for verdict in VERDICTS}
