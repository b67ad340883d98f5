"""Hold a model in use against the people of a new period."""

import datetime as dt
import shutil
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from eriq.config import Flat, Monitoring, Simulated, Tables, load_monitoring, stored_experiment
from eriq.disclosure import publishable_all
from eriq.errors import CohortError, ConfigError, OutputError, SourceError
from eriq.features.halves import usable_halves
from eriq.model.around import STAFF, answered_words
from eriq.model.bundle import Bundle
from eriq.model.distributions import FORECAST
from eriq.monitoring.answering import answered, body
from eriq.monitoring.page import shapes
from eriq.monitoring.shift import MOVED, UNKNOWN
from eriq.monitoring.watching import EVERYONE, against, awaited, by_month, shifted
from eriq.pages import render
from eriq.registry.models import load_model
from eriq.registry.monitoring_run import OtherRun, log_monitoring
from eriq.scoring.chunk import Usable, usable_rows
from eriq.tables import schema
from eriq.tables.cohort import build_cohort
from eriq.tables.files import read_table, write_aggregates
from eriq.tables.folders import find_table
from eriq.tables.intake import Intake, read_tables
from eriq.tables.ready import flat_outcome, once
from eriq.tables.schema import Column

KEYS = ["client_id", "answered_on"]
DAY = "datetime64[us]"


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


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A ready table of a new period, and what training declared of its columns."""

    table: pd.DataFrame  # as read
    source: Flat


def read_period(bundle: Bundle, folder: Path) -> Intake | Ready:
    """Return the checked tables of a folder; of a model of a ready table, that table as read.

    Raises
    ------
    SourceError
        When it is not there.
    """
    if bundle.instrument is None:
        source = stored_experiment(bundle.manifest.config).source
        if not isinstance(source, Flat):
            raise ConfigError(f"{bundle.name} has no questionnaire, and its config names no ready table")
        return Ready(read_table(folder, source.csv), source)
    if not folder.is_dir():
        raise SourceError(f"{folder} is no folder with answers, persons and spells")
    given = {name: find_table(folder, name) for name in ("answers", "persons", "spells", "events")}
    if missing := [name for name in ("answers", "persons", "spells") if given[name] is None]:
        raise SourceError(f"{folder} has no {' and no '.join(missing)}")
    paths = {name: file for name, file in given.items() if file is not None}
    source = Tables.model_validate({"kind": "tables", "extra_columns": "ignore", **paths})
    intake = read_tables(source, bundle.instrument, dt.date.today())
    schema.refuse(intake.problems)
    return intake


def usable_of(bundle: Bundle, period: Intake | Ready) -> Usable:
    """Return every row of a period that a fit of the model takes."""
    today = dt.date.today()
    if isinstance(period, Ready):
        return usable_rows(bundle, period.table, today)
    registers = period.registers if bundle.needs_registers else None
    return usable_rows(bundle, period.answers, today, registers, previous=period.answers)


def scored(bundle: Bundle, period: Intake | Ready, usable: Usable | None = None) -> pd.DataFrame:
    """Return columns, forecast and keys of every row that the whole model takes, in order of days."""
    usable = usable_of(bundle, period) if usable is None else usable
    part = next((p for p in usable.parts if p.bundle is bundle), None)
    if part is None or not len(part.places):
        raise CohortError(f"no row of the period can be scored by {bundle.name}")
    if isinstance(period, Ready):
        facts = _flat_facts(period).iloc[usable.rows[part.places] - 1].reset_index(drop=True)
    else:
        kept = usable.kept.iloc[part.places].reset_index(drop=True)
        facts = kept[[name for name in (*KEYS, "wave", "job_centre", "caseworker_id") if name in kept]]
    matrix = pd.DataFrame(part.matrix, columns=[f.name for f in bundle.features])
    matrix[FORECAST] = bundle.model.log_odds(part.matrix)
    whole: pd.DataFrame = pd.concat([facts, matrix], axis="columns")
    return whole.sort_values("answered_on", kind="stable", ignore_index=True)


def outcomes(bundle: Bundle, period: Intake | Ready) -> pd.DataFrame:
    """Return keys and outcome of rows that were followed for long enough; none where nobody was."""
    nobody = pd.DataFrame({"client_id": [], "answered_on": [], "outcome": []})
    if isinstance(period, Ready):
        if not set(period.source.outcome_columns) <= set(period.table):  # nobody's outcome is known yet
            return nobody
        happened, problems = flat_outcome(period.table, period.source)
        schema.refuse(once(problems))
        facts = _flat_facts(period).assign(outcome=happened.astype("Float64").astype("float64").to_numpy())
        return pd.DataFrame(facts[[*KEYS, "outcome"]].dropna(subset="outcome").drop_duplicates(KEYS))
    wanted = stored_experiment(bundle.manifest.config).outcome_definition()
    try:
        cohort = build_cohort(period.answers, period.registers, wanted, followed_until=period.followed_until)
    except CohortError:
        return nobody
    return cohort.rows[[*KEYS, "outcome"]]


def _flat_facts(period: Ready) -> pd.DataFrame:
    """Return who and when of every row of a ready table; days are gaps where it has none."""
    source, table = period.source, period.table
    names = {"client_id": source.client, "answered_on": source.answered_on, "job_centre": source.job_centre}
    given = {ours: theirs for ours, theirs in names.items() if theirs and theirs in table}
    columns = [Column(theirs, DAY if ours == "answered_on" else "str") for ours, theirs in given.items()]
    typed, _ = schema.check(table, columns, "table", extra="ignore")
    facts = typed[list(given.values())].set_axis(list(given), axis="columns")
    gaps = pd.Series(pd.NaT, index=facts.index, dtype=DAY)
    return facts if "answered_on" in facts else facts.assign(answered_on=gaps)


def answering(bundle: Bundle, intake: Intake, usable: Usable) -> pd.DataFrame:
    """Return who answered each usable row and which halves: ids, belief, `answered` in words; in order of days."""
    assert bundle.instrument is not None
    kept, belief = usable.kept, bundle.instrument.belief
    gaps = pd.Series(np.nan, index=kept.index)
    rows = kept.reindex(columns=[*KEYS, "caseworker_id"]).assign(
        belief=bundle.instrument.oriented(belief, kept[belief]) if belief else gaps,
        answered=answered_words(usable_halves(kept, bundle.instrument)).to_numpy(),
        place=np.arange(len(kept)),
    )
    return rows.sort_values("answered_on", kind="stable", ignore_index=True)


def slices(
    bundle: Bundle, usable: Usable, rows: pd.DataFrame, before: Collection[str] | None
) -> dict[str, pd.DataFrame]:
    """Return people by the halves they answered and, where that is known, those of caseworkers new since training.

    Each has the columns of the fit that takes it: what was not asked is no gap in an answer. A further fit's forecast
    is another one, so it is left out.
    """
    made: dict[str, list[pd.DataFrame]] = {}
    words = rows.set_index("place")
    for part in usable.parts:
        matrix = pd.DataFrame(part.matrix, columns=[f.name for f in part.bundle.features])
        if part.bundle is bundle:
            matrix[FORECAST] = bundle.model.log_odds(part.matrix)
        told = words.loc[part.places].reset_index(drop=True)
        tail = "" if bool(part.bundle.registers) == bool(bundle.registers) else ", without registers"
        whole = pd.concat([told, matrix], axis="columns").sort_values("answered_on", kind="stable")
        for name, some in whole.groupby("answered", sort=True):
            made.setdefault(f"{name}{tail}", []).append(some)
        if part.bundle is bundle and before is not None:
            new = whole[whole["caseworker_id"].notna() & ~whole["caseworker_id"].isin(set(before))]
            if new["caseworker_id"].nunique() >= STAFF:
                made["caseworkers new since training"] = [new]
    return {name: parts[0] for name, parts in made.items()} if len(made) > 1 else {}


def look(
    champion: Bundle, intake: Intake | Ready, asked: Monitoring, challenger: Bundle | None = None, note: str = ""
) -> Watch:
    """Write the page and tables of a period, and return what they say."""
    usable = usable_of(champion, intake)
    people = scored(champion, intake, usable)
    truth = outcomes(champion, intake)
    known = people[[*KEYS, FORECAST]].rename(columns={FORECAST: "log_odds"})
    known = known.merge(truth, on=KEYS) if len(truth) else known.assign(outcome=0).iloc[:0]
    tables, others = _who(champion, intake, usable, asked)
    tables = {
        "monitor_shift": shifted(people, champion.manifest, champion.features, asked.alpha, others),
        **tables,
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


def _who(
    champion: Bundle, intake: Intake | Ready, usable: Usable, asked: Monitoring
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Return the tables of who answered, and slices by it; a ready table does not say who did."""
    if isinstance(intake, Ready):
        return {}, {}
    before = _caseworkers(asked.training_answers) if asked.training_answers else None
    rows, kept = answering(champion, intake, usable), champion.manifest.around
    tables = {
        "monitor_body": body(kept, rows, before, asked.alpha),
        "monitor_answered": answered(kept, rows.drop_duplicates("client_id")["answered"], asked.alpha),
    }
    return tables, slices(champion, usable, rows, before)


def _caseworkers(file: Path) -> frozenset[str]:
    """Return the ids of training's caseworkers, to count those who are new: no further than this look."""
    table = read_table(file)
    if "caseworker_id" not in table:
        raise SourceError(f"{file.name} has no column caseworker_id, which training_answers is read for")
    return frozenset(table["caseworker_id"].dropna().astype("str").str.strip())


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
    for name, what in (("monitor_body", "the body of caseworkers"), ("monitor_answered", "which half is answered")):
        if name in tables and (tables[name]["verdict"] == MOVED).any():
            words = f"{words}; drift shown in {what} (no alarm by itself)"
    watched = tables["monitor_months"]["verdict"]
    wrong = bool((watched == "alarm").any())
    silent = "too few people" if len(watched) else "no outcome of this period is known yet"
    come = (
        "alarm: forecasts are off" if wrong else "quiet" if (watched == "quiet").any() else f"not assessable: {silent}"
    )
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
                shown=shapes(shown, model),
            ),
            "utf-8",
        )
    except OSError as why:
        raise OutputError(f"{out} cannot be written: {why.strerror}") from None
    return page


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
