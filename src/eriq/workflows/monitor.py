"""Hold a model in use against the people of a new period."""

import datetime as dt
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from eriq.config import Monitoring, Simulated, Tables, load_monitoring, stored_experiment
from eriq.disclosure import publishable_all
from eriq.errors import CohortError, ConfigError, OutputError, SourceError
from eriq.model.bundle import Bundle
from eriq.model.distributions import FORECAST
from eriq.monitoring.before import column_words
from eriq.monitoring.shift import MOVED, UNKNOWN
from eriq.monitoring.watching import EVERYONE, against, awaited, by_month, shifted
from eriq.pages import render
from eriq.registry.models import load_model
from eriq.registry.monitoring_run import OtherRun, log_monitoring
from eriq.scoring.chunk import usable_rows
from eriq.tables import schema
from eriq.tables.cohort import build_cohort
from eriq.tables.files import write_aggregates
from eriq.tables.folders import find_table
from eriq.tables.intake import Intake, read_tables

KEYS = ["client_id", "answered_on"]


PLANTED = (
    "A second year in which clients answer their first two questions higher: planted, so that the page "
    "has something to find."
)


@dataclass(frozen=True, slots=True)
class Watch:
    """What a look at a model found."""

    alarm: bool
    sentence: str
    page: Path


def monitor(config: str | Path) -> Watch:
    """Look at a new period as a config says; write page and tables, and log a run.

    Raises
    ------
    EriqError
        By cause.
    """
    asked = load_monitoring(config)
    champion = load_model(asked.model, asked.trusted_keys)
    challenger = load_model(asked.challenger, asked.trusted_keys) if asked.challenger else None
    found = look(champion, read_period(champion, asked.data), asked, challenger)
    metrics = {"alarm": float(found.alarm)}
    log_monitoring(OtherRun(f"monitor-{asked.name}", {"model": champion.name}, metrics, asked.out))
    return found


def read_period(bundle: Bundle, folder: Path) -> Intake:
    """Return the checked tables of a folder."""
    if bundle.instrument is None:
        raise ConfigError(f"{bundle.name} was trained on a ready table; monitoring takes answers and registers")
    given = {name: find_table(folder, name) for name in ("answers", "persons", "spells", "events")}
    if missing := [name for name in ("answers", "persons", "spells") if given[name] is None]:
        raise SourceError(f"{folder} has no {' and no '.join(missing)}")
    paths = {name: file for name, file in given.items() if file is not None}
    source = Tables.model_validate({"kind": "tables", "extra_columns": "ignore", **paths})
    intake = read_tables(source, bundle.instrument, dt.date.today())
    schema.refuse(intake.problems)
    return intake


def scored(bundle: Bundle, intake: Intake) -> pd.DataFrame:
    """Return columns, forecast and keys of every row that the whole model takes, in order of days."""
    registers = intake.registers if bundle.needs_registers else None
    usable = usable_rows(bundle, intake.answers, dt.date.today(), registers, previous=intake.answers)
    part = next((p for p in usable.parts if p.bundle is bundle), None)
    if part is None or not len(part.places):
        raise CohortError(f"no row of the period can be scored by {bundle.name}")
    kept = usable.kept.iloc[part.places].reset_index(drop=True)
    facts = kept[[name for name in (*KEYS, "wave", "job_centre") if name in kept]]
    matrix = pd.DataFrame(part.matrix, columns=[f.name for f in bundle.features])
    matrix[FORECAST] = bundle.model.log_odds(part.matrix)
    return pd.concat([facts, matrix], axis="columns").sort_values("answered_on", kind="stable", ignore_index=True)


def outcomes(bundle: Bundle, intake: Intake) -> pd.DataFrame:
    """Return keys and outcome of rows that were followed for long enough; none where nobody was."""
    outcome = stored_experiment(bundle.manifest.config).outcome_definition()
    try:
        cohort = build_cohort(intake.answers, intake.registers, outcome, followed_until=intake.followed_until)
    except CohortError:
        return pd.DataFrame({"client_id": [], "answered_on": [], "outcome": []})
    return cohort.rows[[*KEYS, "outcome"]]


def look(
    champion: Bundle, intake: Intake, asked: Monitoring, challenger: Bundle | None = None, note: str = ""
) -> Watch:
    """Write the page and tables of a period, and return what they say."""
    people = scored(champion, intake)
    truth = outcomes(champion, intake)
    known = people[[*KEYS, FORECAST]].rename(columns={FORECAST: "log_odds"})
    known = known.merge(truth, on=KEYS) if len(truth) else known.assign(outcome=0).iloc[:0]
    tables = {
        "monitor_shift": shifted(people, champion.manifest, champion.features, asked.alpha),
        "monitor_expected": awaited(people.drop_duplicates("client_id")[FORECAST].to_numpy("float64")),
        "monitor_months": by_month(known),
    }
    if challenger is not None:
        if champion.manifest.outcome != challenger.manifest.outcome:
            raise ConfigError("champion and challenger forecast different outcomes")
        other = scored(challenger, intake)[[*KEYS, FORECAST]]
        both = known.merge(other, on=KEYS).drop_duplicates("client_id")
        sides = (both[name].to_numpy("float64") for name in ("log_odds", FORECAST))
        tables["monitor_challenger"] = against(both["outcome"].to_numpy("int8"), *sides)
    alarm, words = verdict(tables)
    return Watch(alarm, f"{champion.name}: {words}", write(tables, (words, note), champion, asked.out, len(people)))


def verdict(tables: dict[str, pd.DataFrame]) -> tuple[bool, str]:
    """Return whether anything alarms, and in words what."""
    moved = tables["monitor_shift"]
    moved = moved[moved["slice"] == EVERYONE]
    n = int((moved["verdict"] == MOVED).sum())
    if moved.empty:
        words = "shift not assessable: this model keeps no distributions"
    elif (moved["verdict"] == UNKNOWN).all():
        words = "shift not assessable: too few people"
    else:
        words = f"drift shown in {n} of {len(moved)} columns"
    watched = tables["monitor_months"]["verdict"]
    wrong = bool((watched == "alarm").any())
    come = "alarm: forecasts are off" if wrong else "quiet" if (watched == "quiet").any() else "not assessable"
    return bool(n or wrong), f"{words}; outcomes against forecasts {come}"


def write(tables: dict[str, pd.DataFrame], words: tuple[str, str], model: Bundle, out: Path, rows: int) -> Path:
    """Write page and tables into a folder, and return the page."""
    shown = publishable_all(tables, rows)
    try:
        shutil.rmtree(out / "tables", ignore_errors=True)
        (out / "tables").mkdir(parents=True)
        for name, table in shown.items():
            write_aggregates(table, out / "tables" / f"{name}.csv")
        page = out / "monitor.html"
        page.write_text(
            render(
                "monitor.html",
                heading="A model in use",
                model=model.name,
                words=words[0],
                note=words[1],
                tables=shown,
                shift=in_words(shown["monitor_shift"], model),
            ),
            "utf-8",
        )
    except OSError as why:
        raise OutputError(f"{out} cannot be written: {why.strerror}") from None
    return page


def in_words(shift: pd.DataFrame, model: Bundle) -> pd.DataFrame:
    """Return the table of shift with labels in the place of names, and whose knowledge each column is."""
    of = {feature.name: feature.respondent for feature in model.features}
    names = {name: column_words(model, name) for name in shift["column"].unique()}
    half = shift["column"].map(of).fillna("all")
    return shift.assign(column=shift["column"].map(names), half=half).drop(columns="block")


def second_year(model: str, out: Path, clients: int = 1000, seed: int = 2014) -> Watch:
    """Write the page of a made-up second year of a made-up cohort, whose clients answer two items otherwise."""
    from eriq.simulation.intake import simulate_tables

    bundle = load_model(model)
    source = stored_experiment(bundle.manifest.config).source
    if bundle.instrument is None or not isinstance(source, Simulated):
        raise ConfigError(f"{bundle.name} was not trained on made-up people")
    source = source.model_copy(update={"clients": clients, "seed": seed})
    intake = simulate_tables(source, bundle.instrument, dt.date.today())
    rng = np.random.default_rng(seed)
    answers = intake.answers.copy()
    for item in bundle.instrument.half("client")[:2]:
        most = max(bundle.instrument.allowed(item.id))
        higher = pd.Series(rng.random(len(answers)) < 0.4, index=answers.index) & (answers[item.id] < most)
        answers[item.id] = answers[item.id].mask(higher.fillna(False), answers[item.id] + 1)
    asked = Monitoring(name="second-year", model=model, data=Path(), out=out)
    return look(bundle, replace(intake, answers=answers), asked, note=PLANTED)
