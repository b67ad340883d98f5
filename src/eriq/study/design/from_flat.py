"""A study from one ready table whose columns a config declares."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from eriq.config import Experiment, Flat
from eriq.config.rules import parse_rule
from eriq.disclosure import count_words
from eriq.errors import CohortError
from eriq.features import Feature, flat_columns, flat_features
from eriq.features.flat import texts_of
from eriq.features.slices import age_groups
from eriq.study.design.contender import contenders, guarded, with_values
from eriq.study.design.design import TOGETHER, Design, joined, make_design
from eriq.study.design.study import Study
from eriq.tables import schema
from eriq.tables.cohort import Flow, require_two_classes
from eriq.tables.files import file_digest, read_table
from eriq.tables.ready import contract, flat_outcome, once, read_ready, rule_holds
from eriq.tables.schema import Column, Problem


def flat_study(experiment: Experiment, source: Flat, known: tuple[Feature, ...] | None = None) -> Study:
    """Return the study of a ready table; `known` are the features of a study whose columns it has.

    Raises
    ------
    SchemaError, SourceError, CohortError, ConfigError
        By cause.
    """
    frame = read_table(source.file, source.csv)
    typed, problems = check_flat(frame, source)
    outcome, found = flat_outcome(frame, source)
    rules = {"keep": source.keep, "test": experiment.validation.test_where}
    asked = {name: rule_holds(frame, parse_rule(text), source.columns) for name, text in rules.items() if text}
    for _, more in asked.values():
        found += more
    schema.refuse(once([*problems, *found]))
    held = pd.DataFrame({name: holds for name, (holds, _) in asked.items()}, index=typed.index)
    kept, flow = _counted(typed, outcome, held, source, experiment)
    rows, happened = typed.loc[kept].reset_index(drop=True), outcome[kept].to_numpy("int8")
    require_two_classes(happened)
    features = known or tuple(guarded(flat_features(source, rows), experiment.protected))
    matrix = flat_columns(rows, features)
    design = make_design(_flat_rows(rows, source, experiment), matrix, happened)
    if source.weights:
        weight = rows[source.weights].to_numpy("float64")
        design = replace(design, weight=weight / weight.mean())
    given = experiment.outcome if "outcome" in experiment.model_fields_set else _words(source)
    return Study(
        design=design,
        features=features,
        contenders=contenders(experiment.contenders, with_values(features, matrix), {}),
        instrument=None,
        outcome_words=given if isinstance(given, str) else given.words,
        horizon_days=source.horizon_days or 0,
        observe_days=source.horizon_days or 0,
        flow=flow,
        n_read=len(typed),
        digests={"table": file_digest(source.file)},
        about=source.notice,
        remarks=tuple(_remarks(rows, features, design, source)),
        external=held.loc[kept, "test"].to_numpy(bool) if "test" in held else None,
    )


def check_flat(frame: pd.DataFrame, source: Flat) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the declared columns of a ready table, typed, and all their problems."""
    columns = [Column(source.client, "str", required=True)]
    columns += [Column(name, "datetime64[us]", required=True) for name in (source.answered_on,) if name]
    columns += [Column(name, "str") for name in dict.fromkeys((source.job_centre, source.groups)) if name]
    columns += [Column(name, "Float64", low=0) for name in (source.weights,) if name]
    columns += [Column(c.until, "datetime64[us]") for c in source.columns.values() if c.until]
    columns += [contract(name, column) for name, column in source.columns.items() if column.role != "after"]
    wanted = {column.name: column for column in reversed(columns)}  # who and when before what is declared
    typed, problems = read_ready(frame, [*reversed(wanted.values())], source.columns)
    if source.answered_on:
        problems += schema.check_repeats(typed, [source.client, source.answered_on], "table")
    return typed, problems


def _counted(
    typed: pd.DataFrame, outcome: pd.Series, held: pd.DataFrame, source: Flat, experiment: Experiment
) -> tuple[np.ndarray, Flow]:
    """Return which rows stay, and how many each rule left out."""
    kept, flow = np.ones(len(typed), dtype=bool), list[tuple[str, int]]()

    def left_out(rule: pd.Series | np.ndarray, why: str) -> None:
        stays = kept & np.asarray(rule, dtype=bool)
        flow.append((why, int(kept.sum() - stays.sum())))
        kept[:] = stays

    if source.keep:
        left_out(held["keep"].notna(), f"not known whether {source.keep}")
        left_out(held["keep"].fillna(False), f"not among the rows that count ({source.keep})")
    left_out(outcome.notna(), "no outcome recorded")
    if source.weights:
        left_out((typed[source.weights] > 0).fillna(False), "no sampling weight, or one of zero")
    if rule := experiment.validation.test_where:
        left_out(held["test"].notna(), f"not known whether {rule}, which says who is tested")
        test = held["test"].fillna(False).to_numpy(bool) & kept
        groups = typed[source.groups] if source.groups else pd.Series(pd.NA, index=typed.index, dtype="str")
        units = joined(pd.factorize(typed[source.client])[0], groups)
        shared = np.isin(units, units[test])
        left_out(test | ~shared, "of somebody who is tested, or of that group: never trains")
    if not kept.any():
        raise CohortError(f"no row is left; left out: {'; '.join(f'{count} {why}' for why, count in flow)}")
    return kept, tuple(flow)


def _words(source: Flat) -> str:
    """Return the outcome in the words of the table."""
    within = f" within {source.horizon_days} days" if source.horizon_days else ""
    return f"{source.outcome}{within}"


def _remarks(rows: pd.DataFrame, features: tuple[Feature, ...], design: Design, source: Flat) -> Iterator[str]:
    """Yield what is to be known of groups, weights and dates."""
    if design.group is not None:
        yield (
            f"Rows of one {source.groups} stay on one side of every split and are drawn together for intervals: "
            f"{len(np.unique(design.group)):,} groups. Groups that share a person count as one."
        )
    if design.weight is not None:
        effective = design.weight.sum() ** 2 / (design.weight**2).sum()
        yield (
            f"Rows count by {source.weights}, in fitting, choice, calibration and measures, and carry as much as "
            f"{effective:,.0f} rows of weight 1; intervals take the weights as known."
        )
    for feature in features:
        declared = feature.given
        if declared is not None and declared.until and declared.until in rows:
            late = int((rows[feature.column] > rows[declared.until]).sum())
            if late:
                yield f"{feature.column}: {count_words(late)} date(s) after the answer are not looked at."


def _flat_rows(rows: pd.DataFrame, source: Flat, experiment: Experiment) -> pd.DataFrame:
    nobody = pd.Series(pd.NA, index=rows.index, dtype="str")
    gap = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    facts = pd.DataFrame(
        {
            "client_id": rows[source.client],
            "answered_on": rows[source.answered_on] if source.answered_on else gap,
            "caseworker_id": nobody,
            "job_centre": rows[source.job_centre] if source.job_centre else nobody,
        }
    )
    if source.groups:
        facts[TOGETHER] = rows[source.groups]
    return facts.assign(**{name: group for name, group in _groups(rows, source, experiment) if name not in facts})


def _groups(rows: pd.DataFrame, source: Flat, experiment: Experiment) -> Iterator[tuple[str, pd.Series]]:
    """Yield the audit columns as groups: declared so, protected, or named by the config; numbers only as age bands."""
    plan = experiment.groups
    named = (*(plan.columns or ()), *(name for pair in plan.intersections or () for name in pair)) if plan else ()
    for name, column in source.columns.items():
        kept = column.role == "audit" or column.protected or name in (*experiment.protected, *named)
        if not kept or column.role == "after" or name not in rows or column.kind == "date":
            continue
        if column.kind == "continuous":
            if name == "age" and plan and plan.age_bands:
                yield name, age_groups(rows[name].astype("float64"), plan.age_bands)
        elif column.kind == "category" or column.levels:
            words = {code: texts_of(given).in_("en") for code, given in column.labels.items()}
            yield name, rows[name].map(lambda x, words=words: words.get(x, x), na_action="ignore").astype("str")
        else:
            words = {"0": "no", "1": "yes"} if column.kind == "flag" else {}
            words |= {code: texts_of(given).in_("en") for code, given in column.labels.items()}
            told = rows[name].map(lambda x, words=words: words.get(f"{x:g}", f"{x:g}"), na_action="ignore")
            yield name, told.astype("str")
