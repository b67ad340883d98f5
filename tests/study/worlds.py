"""Made-up people with known chances to enter, and follow-up that breaks off."""

import datetime as dt
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd

from eriq.config import Experiment, load_experiment
from eriq.instrument.instrument import load_instrument
from eriq.simulation.intake import simulate_tables
from eriq.tables.cohort import build_cohort
from eriq.tables.intake import Intake

HORIZON = 365


@dataclass(frozen=True)
class World:
    """Rows with a score, their stratum, times as registers show them, and what would have been seen by the horizon."""

    x: np.ndarray
    stratum: np.ndarray
    times: pd.DataFrame
    outcome: np.ndarray  # by the horizon, had everybody been followed
    probability: np.ndarray  # true, by the horizon


def monthly(eta: np.ndarray) -> np.ndarray:
    """Return the true chance to have entered by the end of each of 16 months, of shape (n, 16)."""
    level = -4.2 - 0.3 * np.abs(np.arange(16) - 4) / 4
    return 1 - np.cumprod(1 - 1 / (1 + np.exp(-(eta[:, None] + level))), axis=1)


def make(seed: int, n: int = 4000, *, effect: float = 1.0, dependent: bool = False) -> World:
    """Return a world of steady intake: follow-up ends on a day drawn evenly, and 36 % do not reach the horizon.

    If `dependent`, two periods of intake differ in level of risk and in how long they are followed.
    """
    rng = np.random.default_rng(seed)
    ends = np.round(np.arange(17) * 365 / 12).astype(int)
    x = rng.normal(size=n)
    late = rng.random(n) < 0.5
    eta = effect * x + (1.2 * late if dependent else 0.0)
    entered = monthly(eta)
    month = (rng.random(n)[:, None] > entered).sum(axis=1)  # 16: not within the months that are made up
    day = ends[month] + 1 + (rng.random(n) * np.diff([*ends, ends[-1] + 30])[month]).astype(int)
    first = np.where(month < 16, day, 10_000)
    last = HORIZON / 0.36
    followed = (rng.random(n) * (np.where(late, 500, 1830) if dependent else last)).astype(int) + 1
    event = first <= followed
    times = pd.DataFrame({"days": np.where(event, first, followed), "event": event, "followed_days": followed})
    stratum = np.where(late, "2020Q2", "2020Q1").astype(object)
    return World(x, stratum, times, (first <= HORIZON).astype(int), entered[:, 11])


WINDOW = 3 * 393  # days of intake; who answers in the last third is not followed for a year and four weeks


@cache
def steady_intake(clients: int, seed: int) -> tuple[Experiment, Intake, pd.DataFrame]:
    """Return a config, made-up tables whose registers end, and the rows at risk as if followed for longer.

    Of each client one answer is kept, and the whole life is moved so that it falls on a day drawn evenly from `WINDOW`;
    the registers end with that window.
    """
    quick, rng = load_experiment("quick"), np.random.default_rng(seed)
    source = quick.source.model_copy(update={"clients": clients, "seed": seed})
    made = simulate_tables(source, load_instrument("eriq22"), dt.date(2026, 1, 1))
    one = made.answers.sample(frac=1, random_state=seed).drop_duplicates("client_id").sort_index()
    drawn = pd.to_timedelta(rng.integers(0, WINDOW, len(one)), unit="D").as_unit("us")
    start = pd.Timestamp("2020-01-01").as_unit("us")
    shift = pd.Series((start + drawn - pd.DatetimeIndex(one["answered_on"])), index=one["client_id"])

    def moved(table: pd.DataFrame) -> pd.DataFrame:
        table = table[table["client_id"].isin(shift.index)].reset_index(drop=True)
        by = table["client_id"].map(shift)
        return table.assign(**{name: table[name] + by for name in table.select_dtypes("datetime").columns})

    held = made.registers
    persons = moved(held.persons).assign(followed_until=pd.NaT).astype({"followed_until": "datetime64[us]"})
    registers = replace(held, persons=persons, spells=moved(held.spells), events=moved(held.events))
    answers, end = moved(one), (start + pd.Timedelta(days=WINDOW)).date()
    later = end + dt.timedelta(days=500)
    truth = build_cohort(answers, registers, quick.outcome_definition(), followed_until=later).rows
    return (
        quick,
        replace(made, answers=answers, registers=registers, followed_until=end, truth=moved(made.truth)),
        truth,
    )
