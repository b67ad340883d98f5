"""A study from one ready table whose columns a config declares."""

from collections.abc import Iterator

import pandas as pd

from eriq.config import Experiment, Flat
from eriq.errors import CohortError
from eriq.features import Feature, flat_columns, flat_features
from eriq.features.slices import age_groups
from eriq.study.design.contender import contenders, guarded, with_values
from eriq.study.design.design import make_design
from eriq.study.design.study import Study
from eriq.tables import schema
from eriq.tables.cohort import Flow, keep, require_two_classes
from eriq.tables.files import file_digest, read_table
from eriq.tables.schema import Problem


def flat_study(experiment: Experiment, source: Flat, known: tuple[Feature, ...] | None = None) -> Study:
    """Return the study of a ready table; `known` are the features of a study whose columns it has.

    Raises
    ------
    SchemaError, SourceError, CohortError, ConfigError
        By cause.
    """
    frame = read_table(source.file, source.csv)
    typed, problems = check_flat(frame, source)
    schema.refuse(problems)
    flow: Flow = ()
    rows, flow = keep(typed, typed[source.outcome].notna(), "no outcome recorded", flow)
    if rows.empty:
        raise CohortError("no row has an outcome")
    outcome = rows[source.outcome].to_numpy("int8")
    require_two_classes(outcome)
    features = known or tuple(guarded(flat_features(source, rows), experiment.protected))
    matrix = flat_columns(rows, features)
    design = make_design(_flat_rows(rows, source, experiment), matrix, outcome)
    given = experiment.outcome if "outcome" in experiment.model_fields_set else source.outcome
    words = given if isinstance(given, str) else given.words
    return Study(
        design=design,
        features=features,
        contenders=contenders(experiment.contenders, with_values(features, matrix), {}),
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
        if column.role in ("register", "form", "questionnaire", "audit") and name not in [c.name for c in columns]:
            columns.append(schema.Column(name, kinds[column.kind], allowed=(0, 1) if column.kind == "flag" else ()))
    typed, problems = schema.check(frame, columns, "table", extra="ignore")
    if source.answered_on:
        problems += schema.check_repeats(typed, [source.client, source.answered_on], "table")
    return typed, problems


def _flat_rows(rows: pd.DataFrame, source: Flat, experiment: Experiment) -> pd.DataFrame:
    gap = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    facts = pd.DataFrame(
        {
            "client_id": rows[source.client],
            "answered_on": rows[source.answered_on] if source.answered_on else gap,
            "caseworker_id": pd.Series(pd.NA, index=rows.index, dtype="str"),
            "job_centre": rows[source.job_centre]
            if source.job_centre
            else pd.Series(pd.NA, index=rows.index, dtype="str"),
        }
    )
    return facts.assign(**{name: group for name, group in _groups(rows, source, experiment) if name not in facts})


def _groups(rows: pd.DataFrame, source: Flat, experiment: Experiment) -> Iterator[tuple[str, pd.Series]]:
    """Yield the audit columns as groups: declared so, protected, or named by the config; numbers only as age bands."""
    plan = experiment.groups
    named = (*(plan.columns or ()), *(name for pair in plan.intersections or () for name in pair)) if plan else ()
    for name, column in source.columns.items():
        kept = column.role == "audit" or column.protected or name in (*experiment.protected, *named)
        if not kept or column.role == "after" or name not in rows:
            continue
        if column.kind == "continuous":
            if name == "age" and plan and plan.age_bands:
                yield name, age_groups(rows[name].astype("float64"), plan.age_bands)
        elif column.kind == "category":
            yield name, rows[name]
        else:
            words = {0.0: "no", 1.0: "yes"} if column.kind == "flag" else {}
            yield name, rows[name].map(lambda x, words=words: words.get(x, f"{x:g}"), na_action="ignore").astype("str")
