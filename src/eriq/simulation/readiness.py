"""How ready each client is from wave to wave, what caseworkers believe, and the hazard of a job that follows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ndtri

from eriq.config.streams import stream
from eriq.simulation.people import Bools, Dates, Floats, Ints, People
from eriq.simulation.settings import Simulation

DAYS_A_WEEK = 7
WEEKS_A_YEAR = 52
FUTURES = 64  # drawn per answer to average over what may still happen
WAVES = 24  # the most that fit between intake and the end of the registers


@dataclass(frozen=True, slots=True, eq=False)
class Latent:
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


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """All that is settled before anybody lives or answers; every draw from it is named."""

    settings: Simulation
    seed: int
    people: People
    caseworkers: pd.DataFrame
    latent: Latent


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Client and wave (0 is the first) of every answered questionnaire."""

    client: Ints
    wave: Ints


@dataclass(frozen=True, slots=True, eq=False)
class _Situation:
    """What makes a job entry more or less likely at one time; arrays that broadcast."""

    years: Floats  # since the first intake
    score: Floats
    domains: Floats  # one more axis than the rest
    belief: Floats
    known: Floats  # the belief of a caseworker without optimism
    effectiveness: Floats  # of the caseworker
    changed: Bools


def draw_latent(settings: Simulation, people: People, caseworkers: pd.DataFrame, seed: int) -> Latent:
    """Return what nobody sees of each client at each possible wave, and the hazard that comes of it."""
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
    caseworker, changed = _assigned(settings, n, seed)
    impression = rng.normal(size=(n, WAVES))
    for k in range(1, WAVES):
        new = caseworker[:, k] != caseworker[:, k - 1]
        impression[:, k] = _impression(settings, impression[:, k - 1], impression[:, k], new)
    domains = _domains(settings, fixed[:, None, :], people.score[:, None], moving)
    belief = _belief(settings, domains, caseworkers["optimism"].to_numpy()[caseworker], impression)
    situation = _Situation(
        years=_years(settings, people.intake[:, None], week),
        score=people.score[:, None],
        domains=domains,
        belief=belief,
        known=_known(settings, domains, impression, belief),
        effectiveness=caseworkers["effectiveness"].to_numpy()[caseworker],
        changed=changed,
    )
    log_hazard = _log_hazard(settings, situation)
    first = log_hazard[:, 0]
    level = brentq(lambda c: np.mean(-np.expm1(-np.exp(c + first))) - settings.hazard.base_rate, -60.0, 30.0)
    return Latent(week, domains, fixed, moving, caseworker, impression, belief, changed, level, level + log_hazard)


def _domains(settings: Simulation, fixed: Floats, score: Floats, moving: Floats) -> Floats:
    """Return the domains of readiness, one more axis than `moving`."""
    overlap, share = settings.hazard.overlap, settings.readiness.general_share
    general = overlap * score + np.sqrt(1 - overlap**2) * moving
    return np.asarray(fixed + np.sqrt(share) * general[..., None], dtype=np.float64)


def weights_and_spread(settings: Simulation) -> tuple[Floats, float]:
    """Return the effects of the domains and the sd of their sum."""
    weights, share = np.array(list(settings.hazard.domains.values())), settings.readiness.general_share
    return weights, float(np.sqrt(share * weights.sum() ** 2 + (1 - share) * (weights**2).sum())) or 1.0


def _impression(settings: Simulation, before: Floats, fresh: Floats, new: Bools) -> Floats:
    """Return the impression before, or where the caseworker is `new` what is handed over and a `fresh` part."""
    kept = settings.belief.handover
    return np.where(new, kept * before + np.sqrt(1 - kept**2) * fresh, before)


def _belief(settings: Simulation, domains: Floats, optimism: Floats, impression: Floats) -> Floats:
    """Return the caseworker's belief in a job entry, mean 0 and sd 1."""
    weights, spread = weights_and_spread(settings)
    model = settings.belief
    total = model.readiness * (domains @ weights) / spread + model.optimism * optimism + model.impression * impression
    return np.asarray(total / np.sqrt(model.readiness**2 + model.optimism**2 + model.impression**2), dtype=np.float64)


def _known(settings: Simulation, domains: Floats, impression: Floats, belief: Floats) -> Floats:
    """Return what a caseworker without optimism would believe; `belief` itself where all of it acts."""
    if settings.hazard.acting == 1:
        return belief
    plain = settings.model_copy(update={"belief": settings.belief.model_copy(update={"optimism": 0.0})})
    return _belief(plain, domains, np.zeros(1), impression)


def if_optimism_were(world: World, asked: Asked, optimism: float) -> tuple[Floats, Floats]:
    """Return belief and log hazard of each answer, were its caseworker so optimistic and all else the same."""
    settings, people, latent, (client, wave) = world.settings, world.people, world.latent, (asked.client, asked.wave)
    domains, impression = latent.domains[client, wave], latent.impression[client, wave]
    belief = _belief(settings, domains, np.full(len(client), optimism), impression)
    now = _Situation(
        years=_years(settings, people.intake[client], latent.week[client, wave]),
        score=people.score[client],
        domains=domains,
        belief=belief,
        known=_known(settings, domains, impression, belief),
        effectiveness=world.caseworkers["effectiveness"].to_numpy()[latent.caseworker[client, wave]],
        changed=latent.changed[client, wave],
    )
    return belief, latent.level + _log_hazard(settings, now)


def place_in(values: Floats, shares: tuple[float, ...]) -> Ints:
    """Return the level, 0 the least ready, of standard normal `values` cut into `shares`.

    >>> place_in(np.array([-1.0, 0.1, 3.0]), (0.5, 0.4, 0.1)).tolist()
    [0, 1, 2]
    """
    return np.searchsorted(ndtri(np.cumsum(shares)[:-1]), values)


def _years(settings: Simulation, intake: Dates, week: Ints) -> Floats:
    """Return years since the first intake, the clock of a drift."""
    start = np.datetime64(settings.design.first_intake, "D")
    days = (intake - start).astype("int64") + week * DAYS_A_WEEK
    return np.asarray(days / 365.25, dtype=np.float64)


def _assigned(settings: Simulation, n: int, seed: int) -> tuple[Ints, Bools]:
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


def _log_hazard(settings: Simulation, now: _Situation) -> Floats:
    """Return the log hazard of a job entry in one year, up to its level."""
    hazard = settings.hazard
    weights, _ = weights_and_spread(settings)
    turn = hazard.drift * now.years
    # Reversed, with every other sign turned: orthogonal to the weights where the domains are even in number.
    turned = weights[::-1] * (-1.0) ** np.arange(len(weights))
    readiness = np.cos(turn) * (now.domains @ weights) + np.sin(turn) * (now.domains @ turned)
    effects = np.array(hazard.belief)
    believed = effects[place_in(now.belief, settings.belief.shares)]
    if hazard.acting < 1:
        knows = effects[place_in(now.known, settings.belief.shares)]
        believed = hazard.acting * believed + (1 - hazard.acting) * knows
    return np.asarray(
        hazard.register_score * np.cos(turn) * now.score
        + hazard.signal * (readiness + np.cos(turn) * believed)
        + now.effectiveness
        + np.log(hazard.change) * now.changed,
        dtype=np.float64,
    )


def probability(world: World, asked: Asked) -> Floats:
    """Return the probability of a job entry within a year of each answer, averaged over `FUTURES` futures."""
    settings, people, latent, (client, wave) = world.settings, world.people, world.latent, (asked.client, asked.wave)
    rng, shape = stream(world.seed, "futures"), (len(client), FUTURES)
    share = WEEKS_A_YEAR // 4 / WEEKS_A_YEAR
    optimism, effectiveness = (world.caseworkers[name].to_numpy() for name in ("optimism", "effectiveness"))
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
        situation = _Situation(
            years=_years(settings, people.intake[client], week)[:, None],
            score=people.score[client][:, None],
            domains=domains,
            belief=(belief := _belief(settings, domains, optimism[worker], impression)),
            known=_known(settings, domains, impression, belief),
            effectiveness=effectiveness[worker],
            changed=changed,
        )
        total += share * np.exp(latent.level + _log_hazard(settings, situation))
    return np.asarray(-np.expm1(-total).mean(axis=1), dtype=np.float64)
