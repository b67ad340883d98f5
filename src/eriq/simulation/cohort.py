"""Seeded made-up clients who satisfy the same tables as real ones, with the truth written down."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit, ndtri

from eriq.instrument.instrument import Instrument
from eriq.simulation.settings import Population, Simulation
from eriq.tables.schema import EDUCATION, EVENT_COLUMNS, PERSONS, SPELLS, answers_columns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ABOUT = (
    "These people are made up, and tuned to figures chosen beforehand, so agreement with those figures is built in: "
    "it shows that the pipeline works, and says nothing about whether the questionnaire does."
)
TRUTH = (
    "probability: the true probability of job_entry_12m (a first job of at least four weeks, unsubsidised or "
    "subsidised, starting within 365 days after the answer), given everything latent on the answer date, averaged "
    "over what may still happen to readiness and to the choice of caseworker. It holds for rows not in paid work on "
    "that date."
)

DAYS_A_WEEK = 7
WEEKS_A_YEAR = 52
ENTRY_WEEKS = 4  # a shorter job is no entry
WAVE_DAYS = 5  # an answer falls on one of the first days of its week
REGISTERED_EARLIER = 35  # days, so that registration is known when the first answer is given
FUTURES = 64  # drawn per answer to average over what may still happen
WAVES = 24  # the most that fit between intake and the end of the registers

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


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedCohort:
    """Four tables as an agency keeps them; what nobody could know stands apart."""

    answers: pd.DataFrame
    persons: pd.DataFrame
    spells: pd.DataFrame
    events: pd.DataFrame
    truth: pd.DataFrame  # one row per answer, same order: see `TRUTH`
    caseworkers: pd.DataFrame  # latent optimism and effectiveness of each caseworker
    about: str


@dataclass(frozen=True, slots=True, eq=False)
class _People:
    """Fixed traits, one place per client."""

    frame: pd.DataFrame  # PERSONS without ids, plus 0/1 health and crime flags
    intake: NDArray[np.datetime64]
    attachment: Floats
    score: Floats  # register score, mean 0 and sd 1


@dataclass(frozen=True, slots=True, eq=False)
class _Latent:
    """What nobody sees; arrays of shape (n_clients, WAVES) where they move from wave to wave."""

    week: Ints  # of each possible wave, counted from intake
    domains: Floats  # (n_clients, WAVES, n_domains), each mean 0 and sd 1
    fixed: Floats  # (n_clients, n_domains): the part of a domain that never moves
    moving: Floats  # general readiness apart from the register score
    caseworker: Ints
    impression: Floats  # each caseworker's of each client
    belief: Floats  # mean 0 and sd 1
    changed: Bools
    level: float  # log hazard of somebody with nothing for or against
    log_hazard: Floats  # of a job entry in one year, level included


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Return the generator for one purpose, whatever else has been drawn.

    >>> bool(stream(1, "items").random() == stream(1, "items").random())
    True
    """
    return np.random.default_rng([seed, *purpose.encode()])


def simulate(settings: Simulation, instrument: Instrument, clients: int, seed: int) -> SimulatedCohort:
    """Return a made-up cohort and the true probability behind every answer.

    Parameters
    ----------
    settings : Simulation
        Structure, population, careers, outcome and answers.
    instrument : Instrument
        The questionnaire that is answered; the same seed gives the same lives whatever is asked.
    clients : int
        Number of clients, at least 1.
    seed : int
        Same seed, same tables.

    Returns
    -------
    SimulatedCohort
        Tables in the types of ``eriq.tables.schema``; dates have whole days.

    Raises
    ------
    ValueError
        If `clients` is below 1.

    Examples
    --------
    >>> from eriq.instrument.instrument import load_instrument
    >>> from eriq.simulation.settings import load_simulation
    >>> cohort = simulate(load_simulation("claim"), load_instrument("eriq22"), clients=100, seed=1)
    >>> len(cohort.persons), len(cohort.answers), len(cohort.truth)
    (100, 287, 287)
    """
    if clients < 1:
        raise ValueError(f"clients must be at least 1, got {clients}")
    people = _people(settings, clients, seed)
    workers = _caseworkers(settings, seed)
    latent = _latent(settings, people, workers, seed)
    weekly, entered = _weeks(settings, people, latent, seed)
    followed = _followed_until(settings, people, seed)
    client, wave = _answered(settings, people, latent, entered, seed)
    width = len(str(clients))
    ids = np.array([f"c{n:0{width}d}" for n in range(1, clients + 1)])
    day = people.intake[client] + (
        latent.week[client, wave] * DAYS_A_WEEK
        + stream(seed, "days").integers(0, WAVE_DAYS, (clients, WAVES))[client, wave]
    ).astype("timedelta64[D]")
    who = latent.caseworker[client, wave]
    head = {
        "client_id": ids[client],
        "answered_on": day,
        "wave": wave + 1,
        "caseworker_id": workers["caseworker_id"].to_numpy()[who],
        "job_centre": workers["job_centre"].to_numpy()[who],
        "consent": np.ones(len(client)),
    }
    codes = _items(settings, instrument, people, workers, latent, client, wave, seed)
    truth = {
        "client_id": ids[client],
        "answered_on": day,
        "wave": wave + 1,
        "probability": _probability(settings, people, workers, latent, client, wave, seed),
        "log_hazard": latent.log_hazard[client, wave],
        "caseworker_changed": latent.changed[client, wave],
        "belief_level": _place(latent.belief[client, wave], settings.belief.shares),
    }
    persons = people.frame.assign(client_id=ids, followed_until=followed)
    return SimulatedCohort(
        answers=_typed(head | codes, answers_columns(instrument)),
        persons=_typed(persons, PERSONS),
        spells=_typed(_spells(settings, people, weekly, followed, ids, seed), SPELLS),
        events=_typed(_events(settings, people, followed, ids, seed), EVENT_COLUMNS),
        truth=pd.DataFrame(truth).astype({"client_id": "str", "answered_on": "datetime64[us]", "wave": "Int16"}),
        caseworkers=workers,
        about=f"{ABOUT} Preset {settings.name}: {settings.words}.",
    )


# --- people --------------------------------------------------------------------------------


def _standardised(values: Floats) -> Floats:
    """Return `values` with mean 0 and sd 1; a constant becomes 0."""
    spread = values.std()
    return (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)


def _people(settings: Simulation, n: int, seed: int) -> _People:
    population, rng = settings.population, stream(seed, "people")
    span = (settings.design.last_intake - settings.design.first_intake).days
    intake = np.datetime64(settings.design.first_intake, "D") + rng.integers(0, span + 1, n).astype("timedelta64[D]")
    attachment = rng.normal(size=n)
    sex = np.where(rng.random(n) < population.women, "female", "male")
    age = rng.uniform(*population.age, n)
    education = rng.choice(3, n, p=population.education)
    # Vocational education is rarer below upper secondary; the odds keep the overall share.
    odds = np.array([0.6, 1.6, 1.2])
    vocational = rng.random(n) < population.vocational * odds[education] / (odds @ np.array(population.education))
    convicted = rng.random(n) < np.where(sex == "male", population.convicted_men, population.convicted_women)
    traits = {
        "attachment": attachment,
        "age": age,
        "education": education.astype("float64"),
        "vocational": vocational.astype("float64"),
        "children": np.minimum(rng.poisson(population.mean_children, n), 8).astype("float64"),
        "psychiatric": (rng.random(n) < population.psychiatric).astype("float64"),
        "musculoskeletal": (rng.random(n) < population.musculoskeletal).astype("float64"),
        "convicted": convicted.astype("float64"),
    }
    weights = settings.hazard.register_traits
    score = _standardised(np.sum([weights[name] * _standardised(traits[name]) for name in weights], axis=0))
    registered = intake - (REGISTERED_EARLIER + rng.exponential(150, n)).astype("timedelta64[D]")
    frame = pd.DataFrame(
        {
            "born_on": intake - (age * 365.25).astype("timedelta64[D]"),
            "sex": sex,
            "origin": rng.choice(["native", "europe", "outside_europe"], n, p=population.origin),
            "family": np.where(rng.random(n) < population.couples, "couple", "single"),
            "children": traits["children"],
            "education": np.array(EDUCATION)[education],
            "vocational_education": traits["vocational"],
            "registered_on": registered,
            "known_on": registered,
            **{name: traits[name] for name in ("psychiatric", "musculoskeletal", "convicted")},
            "disability_code": (rng.random(n) < population.disability_code).astype("float64"),
        }
    )
    return _People(frame, intake, attachment, score)


def _caseworkers(settings: Simulation, seed: int) -> pd.DataFrame:
    """Return one row per caseworker; optimism owes nothing to the clients."""
    rng, n, centres = stream(seed, "caseworkers"), settings.design.caseworkers, settings.design.job_centres
    centre = np.arange(n) % centres
    optimism = np.sqrt(0.1) * rng.normal(size=centres)[centre] + np.sqrt(0.9) * rng.normal(size=n)
    return pd.DataFrame(
        {
            "caseworker_id": [f"w{k:03d}" for k in range(1, n + 1)],
            "job_centre": [f"centre {k + 1:02d}" for k in centre],
            "centre": centre,
            "optimism": optimism,
            "effectiveness": settings.hazard.caseworker_sd * rng.normal(size=n),
        }
    )


# --- readiness and hazard ------------------------------------------------------------------


def _latent(settings: Simulation, people: _People, workers: pd.DataFrame, seed: int) -> _Latent:
    rng, n = stream(seed, "latent"), len(people.score)
    gap = settings.design.weeks_between_waves
    week = gap * np.arange(WAVES) + rng.integers(-1, 2, (n, WAVES))
    week[:, 0] = 0
    moving = rng.normal(size=(n, WAVES))
    keep = settings.readiness.persistence
    for k in range(1, WAVES):
        moving[:, k] = keep * moving[:, k - 1] + np.sqrt(1 - keep**2) * moving[:, k]
    share = settings.readiness.general_share
    fixed = np.sqrt(1 - share) * rng.normal(size=(n, len(settings.hazard.domains)))
    caseworker, changed = _assigned(settings, workers, n, seed)
    impression = rng.normal(size=(n, WAVES))
    for k in range(1, WAVES):
        new = caseworker[:, k] != caseworker[:, k - 1]
        impression[:, k] = _impression(settings, impression[:, k - 1], impression[:, k], new)
    domains = _domains(settings, fixed[:, None, :], people.score[:, None], moving)
    belief = _belief(settings, domains, workers["optimism"].to_numpy()[caseworker], impression)
    log_hazard = _log_hazard(
        settings,
        years=_years(settings, people.intake[:, None], week),
        score=people.score[:, None],
        domains=domains,
        belief=belief,
        effectiveness=workers["effectiveness"].to_numpy()[caseworker],
        changed=changed,
    )
    first = log_hazard[:, 0]
    level = brentq(lambda c: np.mean(-np.expm1(-np.exp(c + first))) - settings.hazard.base_rate, -60.0, 30.0)
    return _Latent(week, domains, fixed, moving, caseworker, impression, belief, changed, level, level + log_hazard)


def _domains(settings: Simulation, fixed: Floats, score: Floats, moving: Floats) -> Floats:
    """Return the domains of readiness, one more axis than `moving`."""
    overlap, share = settings.hazard.overlap, settings.readiness.general_share
    general = overlap * score + np.sqrt(1 - overlap**2) * moving
    return np.asarray(fixed + np.sqrt(share) * general[..., None], dtype=np.float64)


def _weights(settings: Simulation) -> tuple[Floats, float]:
    """Return the effects of the domains and the sd of their sum."""
    weights, share = np.array(list(settings.hazard.domains.values())), settings.readiness.general_share
    return weights, float(np.sqrt(share * weights.sum() ** 2 + (1 - share) * (weights**2).sum())) or 1.0


def _impression(settings: Simulation, before: Floats, fresh: Floats, new: Bools) -> Floats:
    """Return the impression before, or where the caseworker is `new` what is handed over and a `fresh` part."""
    kept = settings.belief.handover
    return np.where(new, kept * before + np.sqrt(1 - kept**2) * fresh, before)


def _belief(settings: Simulation, domains: Floats, optimism: Floats, impression: Floats) -> Floats:
    """Return the caseworker's belief in a job entry, mean 0 and sd 1."""
    weights, spread = _weights(settings)
    model = settings.belief
    total = model.readiness * (domains @ weights) / spread + model.optimism * optimism + model.impression * impression
    return np.asarray(total / np.sqrt(model.readiness**2 + model.optimism**2 + model.impression**2), dtype=np.float64)


def _place(values: Floats, shares: tuple[float, ...]) -> Ints:
    """Return the level, 0 the least ready, of standard normal `values` cut into `shares`.

    >>> _place(np.array([-1.0, 0.1, 3.0]), (0.5, 0.4, 0.1)).tolist()
    [0, 1, 2]
    """
    return np.searchsorted(ndtri(np.cumsum(shares)[:-1]), values)


def _years(settings: Simulation, intake: NDArray[np.datetime64], week: Ints) -> Floats:
    """Return years since the first intake, the clock of a drift."""
    start = np.datetime64(settings.design.first_intake, "D")
    days = (intake - start).astype("int64") + week * DAYS_A_WEEK
    return np.asarray(days / 365.25, dtype=np.float64)


def _assigned(settings: Simulation, workers: pd.DataFrame, n: int, seed: int) -> tuple[Ints, Bools]:
    """Return each client's caseworker at each wave, always of one centre, and whether it ever changed."""
    rng = stream(seed, "assignment")
    centres, total = settings.design.job_centres, settings.design.caseworkers
    centre = rng.choice(centres, n, p=rng.dirichlet(np.full(centres, 20.0)))
    worker = np.empty((n, WAVES), dtype=np.int64)
    worker[:, 0] = rng.integers(0, (total - centre - 1) // centres + 1) * centres + centre
    moved = rng.random((n, WAVES)) < settings.design.change_per_wave
    for k in range(1, WAVES):
        worker[:, k] = np.where(moved[:, k], _colleague(settings, worker[:, k - 1], rng), worker[:, k - 1])
    changed = np.zeros((n, WAVES), dtype=bool)
    changed[:, 1:] = np.cumsum(worker[:, 1:] != worker[:, :-1], axis=1) > 0
    return worker, changed


def _colleague(settings: Simulation, worker: Ints, rng: np.random.Generator) -> Ints:
    """Return somebody else of the same centre, or the same person where there is nobody else."""
    centres, total = settings.design.job_centres, settings.design.caseworkers
    centre = worker % centres  # caseworkers are dealt to the centres in turn
    staff = (total - centre - 1) // centres + 1
    step = np.where(staff > 1, rng.integers(1, np.maximum(staff, 2)), 0)
    return (worker // centres + step) % staff * centres + centre


def _log_hazard(
    settings: Simulation,
    *,
    years: Floats,
    score: Floats,
    domains: Floats,
    belief: Floats,
    effectiveness: Floats,
    changed: Bools,
) -> Floats:
    """Return the log hazard of a job entry in one year, up to its level; arguments broadcast."""
    hazard = settings.hazard
    weights, _ = _weights(settings)
    turn = hazard.drift * years
    # Reversed, with every other sign turned: orthogonal to the weights where the domains are even in number.
    turned = weights[::-1] * (-1.0) ** np.arange(len(weights))
    readiness = np.cos(turn) * (domains @ weights) + np.sin(turn) * (domains @ turned)
    return np.asarray(
        hazard.register_score * np.cos(turn) * score
        + hazard.signal * (readiness + np.cos(turn) * np.array(hazard.belief)[_place(belief, settings.belief.shares)])
        + effectiveness
        + np.log(hazard.change) * changed,
        dtype=np.float64,
    )


def _probability(
    settings: Simulation,
    people: _People,
    workers: pd.DataFrame,
    latent: _Latent,
    client: Ints,
    wave: Ints,
    seed: int,
) -> Floats:
    """Return the probability of a job entry within a year of each answer, averaged over `FUTURES` futures."""
    rng, shape = stream(seed, "futures"), (len(client), FUTURES)
    share = WEEKS_A_YEAR // 4 / WEEKS_A_YEAR
    optimism, effectiveness = (workers[name].to_numpy() for name in ("optimism", "effectiveness"))
    worker = np.broadcast_to(latent.caseworker[client, wave][:, None], shape)
    moving = np.broadcast_to(latent.moving[client, wave][:, None], shape)
    impression = np.broadcast_to(latent.impression[client, wave][:, None], shape)
    changed = np.broadcast_to(latent.changed[client, wave][:, None], shape)
    total = np.repeat(share * np.exp(latent.log_hazard[client, wave])[:, None], FUTURES, axis=1)
    keep = settings.readiness.persistence
    for quarter in range(1, 4):
        moving = keep * moving + np.sqrt(1 - keep**2) * rng.normal(size=shape)
        moved = rng.random(shape) < settings.design.change_per_wave
        other = np.where(moved, _colleague(settings, worker, rng), worker)
        impression = _impression(settings, impression, rng.normal(size=shape), other != worker)
        changed, worker = changed | (other != worker), other
        domains = _domains(settings, latent.fixed[client][:, None, :], people.score[client][:, None], moving)
        week = latent.week[client, wave] + quarter * WEEKS_A_YEAR // 4
        log_hazard = latent.level + _log_hazard(
            settings,
            years=_years(settings, people.intake[client], week)[:, None],
            score=people.score[client][:, None],
            domains=domains,
            belief=_belief(settings, domains, optimism[worker], impression),
            effectiveness=effectiveness[worker],
            changed=changed,
        )
        total += share * np.exp(log_hazard)
    return np.asarray(-np.expm1(-total).mean(axis=1), dtype=np.float64)


# --- careers -------------------------------------------------------------------------------


def _weeks(settings: Simulation, people: _People, latent: _Latent, seed: int) -> tuple[NDArray[np.int8], Ints]:
    """Return what each client lives on week by week, history first, and the week of the first job entry.

    The week of the first entry is counted from intake; a client without one has a very late one.
    """
    past = _history(settings, people, seed)
    until = np.datetime64(settings.design.followed_until, "D")
    n_weeks = int((until - people.intake.min()).astype("int64")) // DAYS_A_WEEK + 1
    rng, n, careers = stream(seed, "careers"), len(past), settings.careers
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


def _benefit_after(state: NDArray[np.int8], rng: np.random.Generator) -> NDArray[np.int8]:
    """Return the benefit after a job or education; only some have earned unemployment benefit."""
    earned = (rng.random(len(state)) < 0.25) & (state != STUDY) & (state != SHORT)
    return np.where(earned, UNEMPLOYMENT, SOCIAL).astype(np.int8)


def _other_benefit(state: NDArray[np.int8], rng: np.random.Generator) -> NDArray[np.int8]:
    """Return the benefit a week later: sickness comes and goes, unemployment benefit ends."""
    chance = rng.random(len(state))
    falls_ill, recovers = (state == SOCIAL) & (chance < 0.004), (state == SICKNESS) & (chance < 0.04)
    runs_out = (state == UNEMPLOYMENT) & (chance < 0.03)
    retires = (state == SICKNESS) & (chance > 0.9985)
    return np.select([falls_ill, recovers | runs_out, retires], [SICKNESS, SOCIAL, DISABILITY], state).astype(np.int8)


def _history(settings: Simulation, people: _People, seed: int) -> NDArray[np.int8]:
    """Return the weeks before intake, walked backwards from social assistance on the day of intake."""
    rng, careers, n = stream(seed, "history"), settings.careers, len(people.score)
    pull = np.exp(careers.attachment * people.attachment)
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


def _followed_until(settings: Simulation, people: _People, seed: int) -> NDArray[np.datetime64]:
    rng, n = stream(seed, "follow-up"), len(people.score)
    until = np.full(n, np.datetime64(settings.design.followed_until, "D"))
    days = (until - people.intake).astype("int64")
    early = people.intake + (28 + rng.random(n) * (days - 28)).astype("timedelta64[D]")
    return np.where(rng.random(n) < settings.design.lost_share, early, until)


def _runs(grid: NDArray[Any]) -> tuple[Ints, Ints, Ints, NDArray[Any]]:
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


def _spells(
    settings: Simulation,
    people: _People,
    weekly: NDArray[np.int8],
    followed: NDArray[np.datetime64],
    ids: NDArray[np.str_],
    seed: int,
) -> dict[str, Any]:
    """Return SPELLS as seen on the last day of follow-up: later spells unknown, unfinished ones open."""
    rng = stream(seed, "activation")
    history = settings.careers.history_weeks
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
        "client_id": ids[row],
        "started_on": started,
        "ended_on": np.where(open_ended, np.datetime64("NaT"), ended),
        "status": status,
        "hours": hours,
    }
    return {name: values[seen][order] for name, values in columns.items()}


def _events(
    settings: Simulation, people: _People, followed: NDArray[np.datetime64], ids: NDArray[np.str_], seed: int
) -> dict[str, Any]:
    """Return EVENTS from five years before intake to the end of follow-up."""
    rng, n = stream(seed, "events"), len(people.score)
    population: Population = settings.population
    before = settings.careers.history_weeks * DAYS_A_WEEK - 10
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
    return {"client_id": ids[client][order], "occurred_on": occurred[order], "kind": np.concatenate(kind)[order]}


# --- answers -------------------------------------------------------------------------------


def _answered(settings: Simulation, people: _People, latent: _Latent, entered: Ints, seed: int) -> tuple[Ints, Ints]:
    """Return client and wave (0 is the first) of every answered questionnaire.

    Everybody answers once. Further waves are those that come first in the clients' drop-out
    clocks, as many as the design asks for, so the number of answers is exact.
    """
    rng, n = stream(seed, "drop-out"), len(people.score)
    last = (np.datetime64(settings.design.last_wave, "D") - people.intake).astype("int64")[:, None]
    possible = latent.week * DAYS_A_WEEK + WAVE_DAYS <= last
    stays = rng.random((n, 1)) < settings.design.waves_after_entry
    possible &= (latent.week < entered[:, None]) | stays
    # A gamma spread of pace makes the number of waves negative binomial: some leave early, a few stay for years.
    clock = np.cumsum(rng.exponential(size=(n, WAVES)), axis=1) / rng.gamma(12.0, 1 / 12, (n, 1))
    clock = np.where(possible, clock, np.inf)
    clock[:, 0] = 0.0
    # A handful of clients may not have that many waves between them.
    wanted = min(round(n * settings.design.responses_per_client), int(np.isfinite(clock).sum()))
    limit = np.partition(clock.ravel(), wanted - 1)[wanted - 1]
    client, wave = np.nonzero(clock <= limit)
    return client, wave


def _items(
    settings: Simulation,
    instrument: Instrument,
    people: _People,
    workers: pd.DataFrame,
    latent: _Latent,
    client: Ints,
    wave: Ints,
    seed: int,
) -> dict[str, Any]:
    """Return one column of answer codes per item, gaps and missing codes included."""
    n = len(client)
    names, (weights, spread) = list(settings.hazard.domains), _weights(settings)
    domains = latent.domains[client, wave]
    readiness = domains @ weights / spread
    style = stream(seed, "response style").normal(size=len(people.score))[client]
    rater = {"caseworker": workers["optimism"].to_numpy()[latent.caseworker[client, wave]], "client": style}
    columns: dict[str, Any] = {}
    gone = {}
    for respondent, model in settings.answers.items():
        rng = stream(seed, f"missing half {respondent}")
        chance = expit(_level(model.missing_half, model.missing_when_less_ready, readiness))
        gone[respondent] = rng.random(n) < chance, rng.random(n) < 0.5
    for item, domain in zip(instrument.items, settings.domain_of(instrument), strict=True):
        rng, model = stream(seed, f"item {item.id}"), settings.answers[item.respondent]
        levels = [level.code for level in instrument.levels(item.id)]
        noise = rng.normal(size=n)
        if item.id == instrument.belief:
            seen, shares = latent.belief[client, wave], settings.belief.shares
        else:
            left = np.sqrt(max(0.0, 1 - model.loading**2 - model.rater**2))
            seen = model.loading * domains[:, names.index(domain)] + model.rater * rater[item.respondent] + left * noise
            seen, shares = seen - settings.difficulty * _hardness(settings, instrument, item.id), settings.level_shares
        place = _place(seen, shares if len(shares) == len(levels) else (1 / len(levels),) * len(levels))
        order = levels if item.orientation == 1 else levels[::-1]
        answer = np.array(order, dtype=np.float64)[place]
        silent = rng.random(n) < expit(_level(model.missing_item, model.missing_when_less_ready, readiness))
        reason = _reasons(instrument, rng, n)
        half_gone, told = gone[item.respondent]
        answer = np.where(silent, reason, answer)
        columns[item.id] = np.where(half_gone, np.where(told, _code(instrument, "no_contact"), np.nan), answer)
    return columns


def _hardness(settings: Simulation, instrument: Instrument, item: str) -> float:
    """Return -1 for the easiest item of its domain and half, 1 for the hardest, evenly spread between."""
    domain = dict(zip(instrument.item_ids, settings.domain_of(instrument), strict=True))
    half = instrument.half(instrument.by_id[item].respondent)
    same = [i.id for i in half if domain[i.id] == domain[item] and i.id != instrument.belief]
    return 2 * (same.index(item) + 0.5) / len(same) - 1


def _level(share: float, slope: float, readiness: Floats) -> Floats:
    """Return log odds that rise by `slope` for every sd less readiness, about `share` on average."""
    if share in (0, 1):
        return np.full(len(readiness), -np.inf if share == 0 else np.inf)
    return np.asarray(logit(share) - slope * readiness - slope**2 / 2 * (1 - 2 * share), dtype=np.float64)


def _code(instrument: Instrument, name: str) -> float:
    """Return the missing code of that name, or a gap where the questionnaire has none."""
    return next((float(code.code) for code in instrument.missing_codes if code.name == name), np.nan)


def _reasons(instrument: Instrument, rng: np.random.Generator, n: int) -> Floats:
    """Return why single items have no answer; a quarter are left blank."""
    reasons = np.array([*(_code(instrument, name) for name in ("dont_know", "not_asked", "refused")), np.nan])
    return np.asarray(rng.choice(reasons, n, p=[0.4, 0.2, 0.15, 0.25]), dtype=np.float64)


def _typed(columns: dict[str, Any] | pd.DataFrame, contract: tuple[Any, ...]) -> pd.DataFrame:
    """Return exactly the columns of `contract` in its types; what was not made is missing."""
    n = len(columns["client_id"])
    made = {
        column.name: pd.Series(columns[column.name]) if column.name in columns else pd.Series(pd.NA, index=range(n))
        for column in contract
    }
    return pd.DataFrame({column.name: made[column.name].astype(column.dtype) for column in contract})
