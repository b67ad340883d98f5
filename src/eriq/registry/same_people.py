"""Forecasts of the present and the new model for the same people."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd

from eriq.config import Flat, Tables, stored_experiment
from eriq.config.rules import parse_rule
from eriq.errors import PromotionError, SourceError
from eriq.model.bundle import Bundle
from eriq.registry.gates import Pair
from eriq.registry.models import Version, held_out_forecasts
from eriq.scoring.chunk import score_rows
from eriq.scoring.options import Options
from eriq.tables import schema
from eriq.tables.cohort import build_cohort
from eriq.tables.files import file_digest, read_table
from eriq.tables.intake import read_tables
from eriq.tables.ready import flat_outcome, rule_holds


def same_outcome(present: Bundle, new: Bundle) -> None:
    """Raise PromotionError when two models forecast different things."""
    sides = [(bundle.manifest.outcome, bundle.manifest.horizon_days) for bundle in (present, new)]
    if sides[0] != sides[1]:
        raise PromotionError("the two models forecast different outcomes")


def inside(present: Bundle, new: Bundle, previous: Version, version: Version) -> Pair:
    """Return held-out forecasts of two trainings on the same tables.

    Raises
    ------
    PromotionError
        When they were not trained on the same rows, or the forecasts of one are not on this machine.
    """
    same_outcome(present, new)
    hint = "give --data with people neither was trained on"
    if present.manifest.data != new.manifest.data:
        raise PromotionError(f"they were trained on different data; {hint}")
    one, other = held_out_forecasts(previous), held_out_forecasts(version)
    if one is None or other is None:
        raise PromotionError(f"the held-out forecasts of one of them are not on this machine; {hint}")
    if not one[["client", "outcome"]].equals(other[["client", "outcome"]]):
        raise PromotionError(f"they were tested on different rows of the same data; {hint}")
    words = f"held-out forecasts of {len(one):,} rows of {one['client'].nunique():,} clients both were trained on"
    client, outcome = one["client"].to_numpy(), one["outcome"].to_numpy()
    return Pair(client, outcome, one["log_odds"].to_numpy(), other["log_odds"].to_numpy(), words)


def outside(present: Bundle, new: Bundle, data: Path) -> Pair:
    """Return the forecasts of two models for other people.

    Only answers given after the period that either model was trained on count. A client who answered
    in that period too may be among them: models hold no ids by which to tell.

    Raises
    ------
    PromotionError
        When no such row has an outcome, or the data are those of a training.
    SourceError, SchemaError, CohortError
        When the data cannot be read.
    """
    same_outcome(present, new)
    sides = [_scored(bundle, data) for bundle in (present, new)]
    keys = [name for name in ("client_id", "answered_on", "row") if all(name in side for side in sides)]
    both = sides[0].merge(sides[1], on=[*keys, "outcome"], validate="one_to_one", suffixes=("_present", "_new"))
    if "answered_on" in both:
        ends = [bundle.manifest.period[1] for bundle in (present, new) if bundle.manifest.period]
        if ends:
            both = both[both["answered_on"] > pd.Period(max(ends), "M").end_time]
            if both.empty:
                words = f"no row of {data.name} with a known outcome was answered after {max(ends)}"
                raise PromotionError(f"{words}, the last month of training")
    if both["outcome"].nunique() < 2:
        raise PromotionError(f"{len(both)} row(s) of {data.name} can be compared, and all have the same outcome")
    client, _ = pd.factorize(both["client_id"])
    words = f"{len(both):,} rows of {client.max() + 1:,} clients in {data.name}, answered after both trainings"
    present_log_odds, new_log_odds = (both[f"log_odds_{side}"].to_numpy() for side in ("present", "new"))
    return Pair(client, both["outcome"].to_numpy(), present_log_odds, new_log_odds, words)


def _scored(bundle: Bundle, data: Path) -> pd.DataFrame:
    """Return client, key, outcome and log-odds of every row that has an outcome and can be scored."""
    experiment = stored_experiment(bundle.manifest.config)
    if isinstance(experiment.source, Flat):
        return _scored_flat(bundle, experiment.source, data)
    instrument = bundle.instrument
    assert instrument is not None
    source = _tables(data)
    intake = read_tables(source, instrument, dt.date.today())
    schema.refuse(intake.problems)
    _other_people(intake.digests["answers"], bundle, "answers", data)
    outcome = experiment.outcome_definition()
    cohort = build_cohort(intake.answers, intake.registers, outcome, followed_until=intake.followed_until)
    registers = intake.registers if bundle.needs_registers else None
    scored = score_rows(bundle, intake.answers, Options(reasons=0, previous=intake.answers), registers).scores
    known = cohort.rows[["client_id", "answered_on", "outcome"]]
    return scored[["client_id", "answered_on", "log_odds"]].merge(
        known, on=["client_id", "answered_on"], validate="one_to_one"
    )


def _scored_flat(bundle: Bundle, source: Flat, data: Path) -> pd.DataFrame:
    frame = read_table(data, source.csv)
    _other_people(file_digest(data), bundle, "table", data)
    if absent := [name for name in source.outcome_columns if name not in frame]:
        raise SourceError(f"{data.name} has no column {absent[0]}")
    scored = score_rows(bundle, frame, Options(reasons=0)).scores
    outcome = flat_outcome(frame, source)[0].to_numpy("float64", na_value=np.nan)
    if source.keep:
        counts, problems = rule_holds(frame, parse_rule(source.keep), source.columns)
        schema.refuse(problems)
        outcome[~counts.fillna(False).to_numpy(bool)] = np.nan
    made = scored[["row", "client_id", "log_odds"]].assign(outcome=outcome[scored["row"].to_numpy() - 1])
    return made[made["outcome"].isin([0, 1])].astype({"outcome": "int8"})


def _other_people(digest: str, bundle: Bundle, table: str, data: Path) -> None:
    if bundle.manifest.data.get(table) == digest:
        raise PromotionError(f"{data.name} is what {bundle.name} was trained on")


def _tables(folder: Path) -> Tables:
    """Return the four tables of a folder, whatever their format."""
    found: dict[str, Path] = {}
    for name in ("answers", "persons", "spells", "events"):
        for suffix in (".parquet", ".csv", ".xlsx"):
            if (file := folder / f"{name}{suffix}").exists():
                found.setdefault(name, file)
    if missing := [name for name in ("answers", "persons", "spells") if name not in found]:
        raise SourceError(f"{folder} has no {' and no '.join(missing)}; outcomes are made from spells of work")
    return Tables(kind="tables", extra_columns="ignore", **found)
