"""A study from the tables of an agency, or of made-up people: cohort, features, contenders."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd

from eriq.config import Experiment, Outcome, Simulated, Tables
from eriq.features import (
    WAVES,
    Feature,
    questionnaire_columns,
    questionnaire_features,
    recorded_columns,
    recorded_features,
    register_columns,
    wave_columns,
)
from eriq.features.halves import usable_halves
from eriq.features.slices import audit_slices
from eriq.instrument.instrument import NO_QUESTIONS, Instrument, load_instrument
from eriq.simulation.intake import simulate_tables
from eriq.study.design.censored import known_and_censored
from eriq.study.design.contender import contenders, guarded, with_values
from eriq.study.design.design import make_design
from eriq.study.design.study import Study
from eriq.tables import schema
from eriq.tables.belief import AFTER_SCORE, after_score, kept_after_score
from eriq.tables.cohort import Registers, build_cohort, keep, require_two_classes, sensitivity
from eriq.tables.intake import Intake, read_tables
from eriq.tables.versions import taken_over


def today_of(experiment: Experiment) -> dt.date:
    """Return the day after which a date counts as in the future."""
    return experiment.today or dt.date.today()


def tables_study(
    experiment: Experiment, source: Tables | Simulated, intake: Intake | None = None, *, narrow: bool = False
) -> Study:
    """Return the study of the tables of an agency, or of made-up people; with an `intake` nothing is read again.

    With `narrow` columns of whole numbers are float32: the same values in less memory, to be looked at and counted.

    Raises
    ------
    SchemaError, SourceError, CohortError, ConfigError, InstrumentError
        By cause.
    """
    instrument = load_instrument(experiment.instrument or NO_QUESTIONS)
    if intake is None:
        today = today_of(experiment)
        if isinstance(source, Simulated):
            intake = simulate_tables(source, instrument, today)
        else:
            intake = read_tables(source, instrument, today)
    schema.refuse(intake.problems)
    outcome = experiment.outcome_definition()
    cohort = build_cohort(
        intake.answers,
        intake.registers,
        outcome,
        followed_until=intake.followed_until,
        censored=experiment.follows_rows,
    )
    rows, flow = cohort.rows, cohort.flow
    if (experiment.missing_policy or instrument.missing_policy) == "drop":
        whole = rows[list(instrument.item_ids)].ge(0).fillna(False).all(axis="columns")
        rows, flow = keep(rows, whole, "some question without an answer (missing policy 'drop')", flow)
        require_two_classes(rows["outcome"].to_numpy(), "The policy 'drop' leaves too little.")
    if experiment.belief_after_score == "leave_out" and (late := after_score(rows, instrument)).any():
        rows, flow = keep(rows, ~late, AFTER_SCORE, flow)
        require_two_classes(rows["outcome"].to_numpy(), "Leaving out beliefs recorded after a score leaves too little.")
    rows, flow, treated = known_and_censored(rows, flow, experiment)
    matrix, features = table_features(rows, intake, instrument, experiment, narrow=narrow)
    facts = _row_facts(rows, intake.registers, experiment, matrix)
    design = treated.on(make_design(facts, matrix, rows["outcome"].to_numpy()))
    design = replace(design, halves=usable_halves(rows, instrument))
    variants = {name: frozenset(load_instrument(file).item_ids) for name, file in experiment.variants.items()}
    if instrument.client_belief:
        variants["client_belief"] = frozenset({instrument.client_belief})
    return Study(
        design=design,
        features=features,
        contenders=contenders(experiment.contenders, with_values(features, matrix), variants),
        instrument=instrument,
        outcome_words=outcome.words,
        horizon_days=outcome.horizon_days,
        observe_days=outcome.observe_days,
        flow=flow,
        n_read=cohort.n_read,
        remarks=(
            *((str(intake.halves),) if intake.halves else ()),
            *cohort.remarks,
            *taken_over(intake.answers, instrument),
            *kept_after_score(rows, instrument),
        ),
        left_rules=_left_rules(intake, outcome),
        censoring=treated.table,
        digests=intake.digests,
        about=intake.about,
        truth=_truth(rows, intake),
        intake=intake,
    )


def _left_rules(intake: Intake, outcome: Outcome) -> pd.DataFrame | None:
    """Return rows and events under each rule for who left for good, or None where nobody did."""
    if not intake.registers.persons["left_on"].notna().any():
        return None
    return sensitivity(intake.answers, intake.registers, outcome, followed_until=intake.followed_until)


def table_features(
    rows: pd.DataFrame, intake: Intake, instrument: Instrument, experiment: Experiment, *, narrow: bool = False
) -> tuple[pd.DataFrame, tuple[Feature, ...]]:
    """Return the matrix of every feature the tables give, and their descriptions."""
    features = list(questionnaire_features(instrument))
    parts = [questionnaire_columns(rows, instrument, experiment.missing_policy, narrow=narrow)]
    if intake.registers.persons["client_id"].notna().any():
        recorded = recorded_features(intake.registers)
        made = recorded_columns if len(intake.registers.forms) else register_columns  # those columns, and no copy
        features += recorded
        parts.append(made(rows, intake.registers, experiment.lag_days, narrow=narrow))
    features += WAVES
    late = experiment.belief_after_score != "leave_out"
    parts.append(wave_columns(rows, intake.answers, instrument, late_beliefs=late))
    return pd.concat(parts, axis="columns"), tuple(guarded(features, experiment.protected))


def _row_facts(rows: pd.DataFrame, registers: Registers, experiment: Experiment, matrix: pd.DataFrame) -> pd.DataFrame:
    """Return what identifies and groups rows; never a feature."""
    facts = rows[["client_id", "answered_on", "caseworker_id", "job_centre"]].reset_index(drop=True)
    bands = experiment.groups.age_bands if experiment.groups else ()
    seen = matrix if "register.disability_code" in matrix else None  # register columns are made once
    return facts.join(audit_slices(facts, registers, experiment.lag_days, bands, seen))


def _truth(rows: pd.DataFrame, intake: Intake) -> np.ndarray | None:
    if intake.truth is None:
        return None
    keys = ["client_id", "answered_on"]
    joined = rows[keys].merge(intake.truth[[*keys, "probability"]], on=keys, how="left", validate="one_to_one")
    return joined["probability"].to_numpy("float64")
