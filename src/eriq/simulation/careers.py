"""What each client lives on week by week, and what the registers keep of it."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from eriq.config.streams import stream
from eriq.simulation.people import Columns, Dates, Ints
from eriq.simulation.readiness import DAYS_A_WEEK, WAVES, WEEKS_A_YEAR, World

States = NDArray[np.int8]
_Scalar = TypeVar("_Scalar", bound=np.generic)

ENTRY_WEEKS = 4  # a shorter job is no entry

# What a person lives on in one week; SHORT is paid work that ends within four weeks.
SOCIAL, SICKNESS, UNEMPLOYMENT, DISABILITY, STUDY, SHELTERED, UNSUBSIDISED, SUBSIDISED, SHORT = range(9)
STATUS_OF = (
    "social_assistance",
    "sickness_benefit",
    "unemployment_benefit",
    "disability_benefit",
    "education",
    "work_sheltered",
    "work_unsubsidised",
    "work_subsidised",
    "work_unsubsidised",
)


def draw_lives(world: World) -> tuple[States, Ints]:
    """Return what each client lives on week by week, history first, and the week of the first job entry.

    The week of the first entry is counted from intake; a client without one has a very late one.
    """
    people, latent, careers = world.people, world.latent, world.settings.careers
    past = _history(world)
    until = np.datetime64(world.settings.design.followed_until, "D")
    n_weeks = int((until - people.intake.min()).astype("int64")) // DAYS_A_WEEK + 1
    rng, n = stream(world.seed, "careers"), len(past)
    state = past[:, -1].copy()
    left = np.zeros(n, dtype=np.int64)  # weeks left in the present job or education
    entered = np.full(n, np.iinfo(np.int64).max)
    slot = np.zeros(n, dtype=np.int64)
    rows = np.arange(n)
    future = np.empty((n, n_weeks), dtype=np.int8)
    future[:, 0] = state
    weekly = np.exp(latent.log_hazard) / WEEKS_A_YEAR
    for week in range(1, n_weeks):
        following = np.minimum(slot + 1, WAVES - 1)
        # A wave's readiness holds from the week after its answer, so the job it may lead to starts later.
        slot = np.where(latent.week[rows, following] < week, following, slot)
        hazard, chance = weekly[rows, slot], rng.random((4, n))
        left = np.maximum(left - 1, 0)
        state = np.where((state >= STUDY) & (left == 0), _benefit_after(state, rng), state)
        state = _other_benefit(state, rng)
        paid = (state == UNSUBSIDISED) | (state == SUBSIDISED)
        enters = ~paid & (chance[0] < -np.expm1(-hazard))
        short = (state < STUDY) & ~enters & (chance[1] < careers.short_jobs * hazard)
        studies = (state < STUDY) & ~enters & ~short & (chance[2] < careers.education_per_year / WEEKS_A_YEAR)
        shelter = (
            (state < STUDY) & ~enters & ~short & ~studies & (chance[3] < careers.sheltered_per_year / WEEKS_A_YEAR)
        )
        job = np.where(rng.random(n) < careers.subsidised, SUBSIDISED, UNSUBSIDISED)
        length = ENTRY_WEEKS + rng.geometric(1 / (careers.mean_weeks_in_work - ENTRY_WEEKS + 1), n) - 1
        state = np.select([enters, short, studies, shelter], [job, SHORT, STUDY, SHELTERED], state).astype(np.int8)
        left = np.select(
            [enters | shelter, short, studies],
            [length, rng.integers(1, ENTRY_WEEKS, n), rng.geometric(1 / careers.mean_weeks_in_education, n)],
            left,
        )
        entered = np.where(enters, np.minimum(entered, week), entered)
        future[:, week] = state
    return np.hstack([past, future]), entered


def _benefit_after(state: States, rng: np.random.Generator) -> States:
    """Return the benefit after a job or education; only some have earned unemployment benefit."""
    earned = (rng.random(len(state)) < 0.25) & (state != STUDY) & (state != SHORT)
    return np.where(earned, UNEMPLOYMENT, SOCIAL).astype(np.int8)


def _other_benefit(state: States, rng: np.random.Generator) -> States:
    """Return the benefit a week later: sickness comes and goes, unemployment benefit ends."""
    chance = rng.random(len(state))
    falls_ill, recovers = (state == SOCIAL) & (chance < 0.004), (state == SICKNESS) & (chance < 0.04)
    runs_out = (state == UNEMPLOYMENT) & (chance < 0.03)
    retires = (state == SICKNESS) & (chance > 0.9985)
    return np.select([falls_ill, recovers | runs_out, retires], [SICKNESS, SOCIAL, DISABILITY], state).astype(np.int8)


def _history(world: World) -> States:
    """Return the weeks before intake, walked backwards from social assistance on the day of intake."""
    rng, careers, n = stream(world.seed, "history"), world.settings.careers, len(world.people.ids)
    pull = np.exp(careers.attachment * world.people.attachment)
    study = careers.education_of_entries
    mean_weeks = study * careers.mean_weeks_in_education + (1 - study) * careers.mean_weeks_in_work
    weeks = careers.history_weeks

    def share(rate: float) -> float:
        """Return the mean share of weeks in work or education when spells begin at `rate` * pull."""
        begin, end = rate * pull, 1 / mean_weeks
        settles = -np.expm1(-(begin + end) * weeks) / ((begin + end) * weeks)
        return float(np.mean(begin / (begin + end) * (1 - settles)))

    rate = brentq(lambda r: share(r) - careers.work_or_education, 1e-9, 1.0)
    past = np.empty((n, weeks), dtype=np.int8)
    state = np.full(n, SOCIAL, dtype=np.int8)
    for back in range(1, weeks + 1):
        past[:, weeks - back] = state
        chance, kind, job = rng.random((3, n))
        mean = np.where(state == STUDY, careers.mean_weeks_in_education, careers.mean_weeks_in_work)
        ends = (state >= STUDY) & (chance < 1 / mean)
        begins = (state < STUDY) & (chance < -np.expm1(-rate * pull))
        work = np.where(job < careers.subsidised, SUBSIDISED, UNSUBSIDISED)
        active = np.where(kind < study, STUDY, np.where(job > 0.97, SHELTERED, work))
        state = np.where(begins, active, np.where(ends, _benefit_after(state, rng), _other_benefit(state, rng)))
        # Seen backwards nobody comes from a disability pension: it would not have ended.
        state = np.where(state == DISABILITY, SICKNESS, state).astype(np.int8)
    return past


def draw_last_days(world: World) -> Dates:
    """Return the last day on which each client is seen; a few are lost early."""
    intake, design = world.people.intake, world.settings.design
    rng, n = stream(world.seed, "follow-up"), len(intake)
    until = np.full(n, np.datetime64(design.followed_until, "D"))
    days = (until - intake).astype("int64")
    early = intake + (28 + rng.random(n) * (days - 28)).astype("timedelta64[D]")
    return np.where(rng.random(n) < design.lost_share, early, until)


def _runs(grid: NDArray[_Scalar]) -> tuple[Ints, Ints, Ints, NDArray[_Scalar]]:
    """Return row, first column, column after the last, and value of every run of equal values in a row.

    >>> [part.tolist() for part in _runs(np.array([[7, 7, 8]]))]
    [[0, 0], [0, 2], [2, 3], [7, 8]]
    """
    first = np.ones(grid.shape, dtype=bool)
    first[:, 1:] = grid[:, 1:] != grid[:, :-1]
    row, begin = np.nonzero(first)
    end = np.append(begin[1:], 0)
    end[np.append(row[1:] != row[:-1], True)] = grid.shape[1]
    return row, begin, end, grid[row, begin]


def spell_columns(world: World, weekly: States, followed: Dates) -> Columns:
    """Return SPELLS as seen on the last day of follow-up: later spells unknown, unfinished ones open."""
    rng, people = stream(world.seed, "activation"), world.people
    history = world.settings.careers.history_weeks
    # Activation runs beside a benefit, in blocks of a quarter of which some are empty.
    block = rng.random((len(weekly), weekly.shape[1] // 13 + 1)) < 0.35
    active = np.repeat(block, 13, axis=1)[:, : weekly.shape[1]] & (weekly <= UNEMPLOYMENT)
    row, begin, end, state = _runs(weekly)
    extra_row, extra_begin, extra_end, on = _runs(active)
    row, begin, end = (
        np.concatenate([given, extra[on]])
        for given, extra in ((row, extra_row), (begin, extra_begin), (end, extra_end))
    )
    status = np.concatenate([np.array(STATUS_OF)[state], np.full(int(on.sum()), "activation")])
    started = people.intake[row] + ((begin - history) * DAYS_A_WEEK).astype("timedelta64[D]")
    ended = people.intake[row] + ((end - history) * DAYS_A_WEEK - 1).astype("timedelta64[D]")
    seen = started <= followed[row]
    open_ended = (ended >= followed[row]) | (end == weekly.shape[1])
    hours = np.where(np.char.startswith(status, "work"), rng.choice([15.0, 20.0, 30.0, 37.0], len(row)), np.nan)
    order = np.lexsort((started[seen], row[seen]))
    columns = {
        "client_id": people.ids[row],
        "started_on": started,
        "ended_on": np.where(open_ended, np.datetime64("NaT"), ended),
        "status": status,
        "hours": hours,
    }
    return {name: values[seen][order] for name, values in columns.items()}


def event_columns(world: World, followed: Dates) -> Columns:
    """Return EVENTS from five years before intake to the end of follow-up."""
    people, population = world.people, world.settings.population
    rng, n = stream(world.seed, "events"), len(people.score)
    before = world.settings.careers.history_weeks * DAYS_A_WEEK - 10
    after = (followed - people.intake).astype("int64")
    years = (before + after) / 365.25
    flags = {
        name: people.frame[name].to_numpy()
        for name in ("psychiatric", "musculoskeletal", "convicted", "disability_code")
    }
    # (kind, events over the whole time, events surely before intake): the last makes the profile at intake exact.
    plan = (
        ("gp_contact", rng.poisson(population.gp_contacts_per_year * years * rng.gamma(2.0, 0.5, n)), np.zeros(n)),
        ("psychiatric_contact", flags["psychiatric"] * rng.poisson(0.6 * years), flags["psychiatric"]),
        ("musculoskeletal_contact", flags["musculoskeletal"] * rng.poisson(0.5 * years), flags["musculoskeletal"]),
        ("conviction", flags["convicted"] * rng.poisson(0.08 * years), flags["convicted"]),
        ("disability_code", np.zeros(n), flags["disability_code"]),
    )
    who, day, kind = [], [], []
    for name, whole, past in plan:
        for count, length in ((whole, before + after), (past, np.full(n, before))):
            of = np.repeat(np.arange(n), count.astype("int64"))
            who.append(of)
            day.append(rng.random(len(of)) * length[of] - before)
            kind.append(np.full(len(of), name))
    client = np.concatenate(who)
    occurred = people.intake[client] + np.floor(np.concatenate(day)).astype("timedelta64[D]")
    order = np.lexsort((occurred, client))
    return {"client_id": people.ids[client][order], "occurred_on": occurred[order], "kind": np.concatenate(kind)[order]}
