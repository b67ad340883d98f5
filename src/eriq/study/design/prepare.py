"""From a config to the rows every contender sees: intake, cohort, features, design."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from eriq.config import Cross, Experiment, Flat, Simulated, Tables
from eriq.errors import CohortError
from eriq.features import (
    CHANGES,
    REGISTER_FEATURES,
    Feature,
    change_columns,
    factorial,
    flat_columns,
    flat_features,
    questionnaire_columns,
    questionnaire_features,
    register_columns,
    select,
)
from eriq.instrument.instrument import Instrument, load_instrument
from eriq.simulation.intake import simulate_tables
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design, make_design
from eriq.study.design.leakage import too_good
from eriq.tables import schema
from eriq.tables.cohort import Flow, Registers, build_cohort, keep, require_two_classes
from eriq.tables.files import file_digest, read_table
from eriq.tables.intake import Intake, read_tables
from eriq.tables.schema import Problem

TABLE_PROTECTED = tuple(f.name for f in REGISTER_FEATURES if f.protected)  # by default; a config may say otherwise


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """One population with everything a comparison needs, and how it came about."""

    design: Design
    features: tuple[Feature, ...]
    contenders: tuple[Contender, ...]
    instrument: Instrument | None
    outcome_words: str
    horizon_days: int
    observe_days: int  # after this many days the outcome of a row is known
    flow: Flow
    n_read: int
    digests: dict[str, str]
    about: str = ""
    truth: np.ndarray | None = None  # true probability per row, where people were made up
    intake: Intake | None = None
    remarks: tuple[str, ...] = ()  # how far the registers see, and what counts
    external: np.ndarray | None = None  # true for rows of a fixed external set, never trained on

    @property
    def home(self) -> Design:
        """The rows that may be learned from: all but a fixed external set."""
        return self.design if self.external is None else self.design.take(np.flatnonzero(~self.external))

    @property
    def n_clients(self) -> int:
        """Number of people."""
        return int(self.design.client.max()) + 1


def today_of(experiment: Experiment) -> dt.date:
    """Return the day after which a date counts as in the future."""
    return experiment.today or dt.date.today()


def prepare(experiment: Experiment, intake: Intake | None = None) -> Study:
    """Read, check and assemble everything a config asks for; train nothing.

    With the `intake` of an earlier study on the same source nothing is read again.

    Raises
    ------
    SchemaError, SourceError, CohortError, ConfigError, LeakageError, InstrumentError
        By cause; all problems of the input at once.
    """
    source = experiment.source
    study = _flat_study(experiment, source) if isinstance(source, Flat) else _tables_study(experiment, source, intake)
    too_good(study.design, study.features, experiment.leak_auc, experiment.trusted)
    if experiment.validation.design == "external" and (away := experiment.validation.external):
        return _with_external(study, experiment.model_copy(update={"source": away}), away)
    return study


def _with_external(home: Study, experiment: Experiment, source: Tables | Flat | Simulated) -> Study:
    """Return `home` with the rows of the external set behind its own."""
    if isinstance(source, Flat):
        away = _flat_study(experiment, source, home.features)
    else:
        away = _tables_study(experiment, source)
    rows = away.design.rows
    if isinstance(source, Simulated):  # made-up people of two cohorts share ids without being the same
        rows = rows.assign(client_id="external-" + rows["client_id"])
    design = make_design(
        pd.concat([home.design.rows, rows], ignore_index=True),
        pd.concat([home.design.matrix, away.design.matrix], ignore_index=True),
        np.concatenate([home.design.outcome, away.design.outcome]),
    )
    truth = None if home.truth is None or away.truth is None else np.concatenate([home.truth, away.truth])
    return replace(
        home,
        design=design,
        truth=truth,
        external=np.arange(len(design.outcome)) >= len(home.design.outcome),
        flow=home.flow + tuple((f"external set: {why}", count) for why, count in away.flow),
        n_read=home.n_read + away.n_read,
        remarks=home.remarks + tuple(f"External set: {words}" for words in away.remarks),
        digests=home.digests | {f"external_{name}": digest for name, digest in away.digests.items()},
    )


def _tables_study(experiment: Experiment, source: Tables | Simulated, intake: Intake | None = None) -> Study:
    instrument = load_instrument(experiment.instrument or "")
    if intake is None:
        read = simulate_tables if isinstance(source, Simulated) else read_tables
        intake = read(source, instrument, today_of(experiment))  # type: ignore[arg-type]
    schema.refuse(intake.problems)
    outcome = experiment.outcome_definition()
    cohort = build_cohort(intake.answers, intake.registers, outcome, followed_until=intake.followed_until)
    rows, flow = cohort.rows, cohort.flow
    if (experiment.missing_policy or instrument.missing_policy) == "drop":
        whole = rows[list(instrument.item_ids)].ge(0).fillna(False).all(axis="columns")
        rows, flow = keep(rows, whole, "some question without an answer (missing policy 'drop')", flow)
        require_two_classes(rows["outcome"].to_numpy(), "The policy 'drop' leaves too little.")
    matrix, features = table_features(rows, intake, instrument, experiment)
    design = make_design(_row_facts(rows, intake.registers), matrix, rows["outcome"].to_numpy())
    variants = {name: frozenset(load_instrument(file).item_ids) for name, file in experiment.variants.items()}
    if instrument.client_belief:
        variants["client_belief"] = frozenset({instrument.client_belief})
    return Study(
        design=design,
        features=features,
        contenders=contenders(experiment.contenders, _with_values(features, matrix), variants),
        instrument=instrument,
        outcome_words=outcome.words,
        horizon_days=outcome.horizon_days,
        observe_days=outcome.observe_days,
        flow=flow,
        n_read=cohort.n_read,
        remarks=cohort.remarks,
        digests=intake.digests,
        about=intake.about,
        truth=_truth(rows, intake),
        intake=intake,
    )


def table_features(
    rows: pd.DataFrame, intake: Intake, instrument: Instrument, experiment: Experiment
) -> tuple[pd.DataFrame, tuple[Feature, ...]]:
    """Return the matrix of every feature the tables give, and their descriptions."""
    features = list(questionnaire_features(instrument))
    parts = [questionnaire_columns(rows, instrument, experiment.missing_policy)]
    if intake.registers.persons["client_id"].notna().any():
        features += REGISTER_FEATURES
        parts.append(register_columns(rows, intake.registers, experiment.lag_days))
    features += CHANGES
    parts.append(change_columns(rows, intake.answers, instrument))
    return pd.concat(parts, axis="columns"), tuple(_guarded(features, experiment.protected))


def _guarded(features: Sequence[Feature], protected: Sequence[str]) -> list[Feature]:
    """Return `features` with exactly the named ones protected."""
    named = {f.name for f in features if f.name in protected or f.name.split(".", 1)[1] in protected}
    return [replace(f, protected=f.name in named or (f.protected and f.name not in TABLE_PROTECTED)) for f in features]


def _row_facts(rows: pd.DataFrame, registers: Registers) -> pd.DataFrame:
    """Return what identifies and groups rows; never a feature."""
    facts = rows[["client_id", "answered_on", "caseworker_id", "job_centre"]]
    audit = registers.persons[["client_id", "sex", "origin"]]
    return facts.merge(audit, on="client_id", how="left", validate="many_to_one")


def _truth(rows: pd.DataFrame, intake: Intake) -> np.ndarray | None:
    if intake.truth is None:
        return None
    keys = ["client_id", "answered_on"]
    joined = rows[keys].merge(intake.truth[[*keys, "probability"]], on=keys, how="left", validate="one_to_one")
    return joined["probability"].to_numpy("float64")


def _flat_study(experiment: Experiment, source: Flat, known: tuple[Feature, ...] | None = None) -> Study:
    frame = read_table(source.file, source.csv)
    typed, problems = check_flat(frame, source)
    schema.refuse(problems)
    flow: Flow = ()
    rows, flow = keep(typed, typed[source.outcome].notna(), "no outcome recorded", flow)
    if rows.empty:
        raise CohortError("no row has an outcome")
    outcome = rows[source.outcome].to_numpy("int8")
    require_two_classes(outcome)
    features = known or tuple(_guarded(flat_features(source, rows), experiment.protected))
    matrix = flat_columns(rows, features)
    design = make_design(_flat_rows(rows, source), matrix, outcome)
    given = experiment.outcome if "outcome" in experiment.model_fields_set else source.outcome
    words = given if isinstance(given, str) else given.words
    return Study(
        design=design,
        features=features,
        contenders=contenders(experiment.contenders, _with_values(features, matrix), {}),
        instrument=None,
        outcome_words=words,
        horizon_days=0,
        observe_days=0,
        flow=flow,
        n_read=len(typed),
        digests={"table": file_digest(source.file)},
        about=source.notice,
    )


def check_flat(frame: pd.DataFrame, source: Flat, *, outcome: bool = True) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the declared columns of a ready table, typed, and all their problems."""
    kinds = {"continuous": "Float64", "ordinal": "Float64", "flag": "Float64", "category": "str"}
    columns = [schema.Column(source.client, "str", required=True)]
    if outcome:
        columns.append(schema.Column(source.outcome, "Int8", allowed=(0, 1)))
    columns += [schema.Column(name, "datetime64[us]", required=True) for name in (source.answered_on,) if name]
    columns += [schema.Column(name, "str") for name in (source.job_centre,) if name]
    for name, column in source.columns.items():
        if column.role in ("register", "questionnaire", "audit") and name not in [c.name for c in columns]:
            columns.append(schema.Column(name, kinds[column.kind], allowed=(0, 1) if column.kind == "flag" else ()))
    typed, problems = schema.check(frame, columns, "table", extra="ignore")
    if source.answered_on:
        problems += schema.check_repeats(typed, [source.client, source.answered_on], "table")
    return typed, problems


def _flat_rows(rows: pd.DataFrame, source: Flat) -> pd.DataFrame:
    gap = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    return pd.DataFrame(
        {
            "client_id": rows[source.client],
            "answered_on": rows[source.answered_on] if source.answered_on else gap,
            "caseworker_id": pd.Series(pd.NA, index=rows.index, dtype="str"),
            "job_centre": rows[source.job_centre]
            if source.job_centre
            else pd.Series(pd.NA, index=rows.index, dtype="str"),
        }
    )


def _with_values(features: Sequence[Feature], matrix: pd.DataFrame) -> list[Feature]:
    """Return features known for at least one row: a column of gaps can teach nothing."""
    known = matrix.notna().any()
    return [f for f in features if known[f.name]]


def contenders(
    crosses: Sequence[Cross], features: Sequence[Feature], variants: dict[str, frozenset[str]]
) -> tuple[Contender, ...]:
    """Return every block with every estimator of a config, once each, in the order given.

    Raises
    ------
    ConfigError
        For a block that does not exist or has no usable column.
    """
    made: dict[str, Contender] = {}
    for cross in crosses:
        for block in factorial() if cross.blocks == "factorial" else cross.blocks:
            for estimator in cross.estimators:
                columns = select(block, features, variants)
                kind = "prevalence" if not columns else estimator
                name = kind if not columns else f"{block} | {kind}"
                made.setdefault(name, Contender(name, block, kind, columns))
    return tuple(made.values())


def summary(study: Study) -> str:
    """Return who is in and who was left out, as a terminal prints it."""
    lines = [f"{count:>7,} left out: {why}" for why, count in study.flow]
    design = study.design
    head = f"{study.n_read:,} answered waves read"
    tail = (
        f"{len(design.outcome):,} rows of {study.n_clients:,} clients in; {int(design.outcome.sum()):,} with "
        f"{study.outcome_words} ({design.outcome.mean():.1%})"
    )
    return "\n".join([head, *lines, tail, *study.remarks])
