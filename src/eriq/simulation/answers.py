"""Who answers when, and what caseworkers and clients say."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from eriq.config.streams import stream
from eriq.instrument.fits import RESPONDENTS, Respondent
from eriq.instrument.instrument import Instrument, Item
from eriq.simulation.people import Bools, Columns, Dates, Floats, Ints
from eriq.simulation.readiness import DAYS_A_WEEK, WAVES, Asked, World, place_in, weights_and_spread
from eriq.simulation.settings import Simulation

WAVE_DAYS = 5  # an answer falls on one of the first days of its week


def draw_asked(world: World, entered: Ints) -> Asked:
    """Return client and wave (0 is the first) of every answered questionnaire.

    Everybody answers once. Further waves are those that come first in the clients' drop-out
    clocks, as many as the design asks for, so the number of answers is exact.
    """
    design, week = world.settings.design, world.latent.week
    rng, n = stream(world.seed, "drop-out"), len(week)
    last = (np.datetime64(design.last_wave, "D") - world.people.intake).astype("int64")[:, None]
    possible = week * DAYS_A_WEEK + WAVE_DAYS <= last
    stays = rng.random((n, 1)) < design.waves_after_entry
    possible &= (week < entered[:, None]) | stays
    # A gamma spread of pace makes the number of waves negative binomial: some leave early, a few stay for years.
    clock = np.cumsum(rng.exponential(size=(n, WAVES)), axis=1) / rng.gamma(12.0, 1 / 12, (n, 1))
    clock = np.where(possible, clock, np.inf)
    clock[:, 0] = 0.0
    # A handful of clients may not have that many waves between them.
    wanted = min(round(n * design.responses_per_client), int(np.isfinite(clock).sum()))
    limit = np.partition(clock.ravel(), wanted - 1)[wanted - 1]
    return Asked(*np.nonzero(clock <= limit))


def answer_days(world: World, asked: Asked) -> Dates:
    """Return the day of every answer."""
    days = stream(world.seed, "days").integers(0, WAVE_DAYS, world.latent.week.shape)
    after = (world.latent.week * DAYS_A_WEEK + days)[asked.client, asked.wave]
    day: Dates = world.people.intake[asked.client] + after.astype("timedelta64[D]")
    return day


@dataclass(frozen=True, slots=True, eq=False)
class _Behind:
    """What stands behind the answers, one place per answered questionnaire."""

    domains: Mapping[str, Floats]
    readiness: Floats  # mean 0 and sd 1
    belief: Floats
    rater: Mapping[Respondent, Floats]  # optimism of the caseworker, response style of the client


def item_codes(world: World, asked: Asked, instrument: Instrument) -> Columns:
    """Return one column of answer codes per item, gaps and missing codes included."""
    settings, latent, (client, wave) = world.settings, world.latent, (asked.client, asked.wave)
    weights, spread = weights_and_spread(settings)
    domains = latent.domains[client, wave]
    optimism = world.caseworkers["optimism"].to_numpy()[latent.caseworker[client, wave]]
    style = stream(world.seed, "response style").normal(size=len(world.people.ids))[client]
    behind = _Behind(
        domains=dict(zip(settings.hazard.domains, domains.T, strict=True)),
        readiness=domains @ weights / spread,
        belief=latent.belief[client, wave],
        rater={"caseworker": optimism, "client": style},
    )
    no_contact = _code(instrument, "no_contact")
    gone = {respondent: _gone(world, respondent, behind.readiness) for respondent in settings.answers}
    columns: Columns = {}
    for item in instrument.items:
        half_gone, told = gone[answers_as(item.respondent)]
        answer = _answer(world, instrument, item, behind)
        columns[item.id] = np.where(half_gone, np.where(told, no_contact, np.nan), answer)
    return columns


def answers_as(respondent: Respondent) -> Respondent:
    """Return whose way of answering a respondent is made up with: settings know caseworker and client.

    >>> answers_as("client"), answers_as("teacher")
    ('client', 'caseworker')
    """
    return respondent if respondent in RESPONDENTS else "caseworker"


def _gone(world: World, respondent: Respondent, readiness: Floats) -> tuple[Bools, Bools]:
    """Return where the whole half of `respondent` is missing, and where the reason would be told."""
    model, rng, n = world.settings.answers[respondent], stream(world.seed, "missing half", respondent), len(readiness)
    chance = expit(_level(model.missing_half, model.missing_when_less_ready, readiness))
    return rng.random(n) < chance, rng.random(n) < 0.5


def _answer(world: World, instrument: Instrument, item: Item, behind: _Behind) -> Floats:
    """Return the codes of one item, also where the whole half will be missing."""
    settings, rng, n = world.settings, stream(world.seed, "item", item.id), len(behind.readiness)
    model, levels = settings.answers[answers_as(item.respondent)], [level.code for level in instrument.levels(item.id)]
    noise = rng.normal(size=n)
    if item.id == instrument.belief:
        seen, shares = behind.belief, settings.belief.shares
    else:
        domain = behind.domains[settings.domain_of(instrument)[item.id]]
        left = np.sqrt(max(0.0, 1 - model.loading**2 - model.rater**2))
        seen = model.loading * domain + model.rater * behind.rater[answers_as(item.respondent)] + left * noise
        seen, shares = seen - settings.difficulty * _hardness(settings, instrument, item), settings.level_shares
    place = place_in(seen, shares if len(shares) == len(levels) else (1 / len(levels),) * len(levels))
    code = np.array(levels if item.orientation == 1 else levels[::-1], dtype=np.float64)[place]
    silent = rng.random(n) < expit(_level(model.missing_item, model.missing_when_less_ready, behind.readiness))
    return np.where(silent, _reasons(instrument, rng, n), code)


def _hardness(settings: Simulation, instrument: Instrument, item: Item) -> float:
    """Return -1 for the easiest item of its domain and half, 1 for the hardest, evenly spread between."""
    domain = settings.domain_of(instrument)
    same = [
        other.id
        for other in instrument.half(item.respondent)
        if domain[other.id] == domain[item.id] and other.id != instrument.belief
    ]
    return 2 * (same.index(item.id) + 0.5) / len(same) - 1


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
