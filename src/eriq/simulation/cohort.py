"""Seeded made-up clients who satisfy the same tables as real ones, with the truth written down."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from eriq.instrument.instrument import Instrument
from eriq.simulation.answers import answer_days, draw_asked, item_codes
from eriq.simulation.careers import draw_last_days, draw_lives, event_columns, spell_columns
from eriq.simulation.form import form_columns
from eriq.simulation.people import Columns, client_ids, draw_caseworkers, draw_people
from eriq.simulation.readiness import Asked, World, draw_latent, place_in, probability
from eriq.simulation.settings import Simulation
from eriq.tables.schema import EVENT_COLUMNS, FORMS, PERSONS, SPELLS, Column, answers_columns

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


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedCohort:
    """Tables as an agency keeps them, the form of staff among them; what nobody could know stands apart."""

    answers: pd.DataFrame
    persons: pd.DataFrame
    spells: pd.DataFrame
    events: pd.DataFrame
    truth: pd.DataFrame  # one row per answer, same order: see `TRUTH`
    caseworkers: pd.DataFrame  # latent optimism and effectiveness of each caseworker
    about: str
    forms: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Within:
    """A cohort as one block of a larger one: same caseworkers, ids that go on."""

    seed: int  # of the larger one
    before: int  # clients of earlier blocks
    clients: int  # of all blocks


def simulate(
    settings: Simulation, instrument: Instrument, clients: int, seed: int, *, within: Within | None = None
) -> SimulatedCohort:
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
    within : Within, optional
        Of what larger cohort this is a block: see `eriq.simulation.pieces`.

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
    people = draw_people(settings, clients, seed)
    if within is not None:
        people = replace(people, ids=client_ids(within.before, clients, within.clients))
    caseworkers = draw_caseworkers(settings, seed if within is None else within.seed)
    world = World(settings, seed, people, caseworkers, draw_latent(settings, people, caseworkers, seed))
    weekly, entered = draw_lives(world)
    followed = draw_last_days(world)
    asked = draw_asked(world, entered)
    head, truth = _head_and_truth(world, asked)
    head["instrument"] = np.full(len(truth), instrument.label)
    persons = {name: column.to_numpy() for name, column in people.frame.items()}
    return SimulatedCohort(
        answers=_typed(head | item_codes(world, asked, instrument), answers_columns(instrument)),
        persons=_typed(persons | {"client_id": people.ids, "followed_until": followed}, PERSONS),
        spells=_typed(spell_columns(world, weekly, followed), SPELLS),
        events=_typed(event_columns(world, followed), EVENT_COLUMNS),
        truth=truth,
        caseworkers=caseworkers,
        about=about_cohort(settings),
        forms=_typed(form_columns(people, seed), FORMS),
    )


def about_cohort(settings: Simulation) -> str:
    """Return what must be said beside every figure on made-up people."""
    return f"{ABOUT} Preset {settings.name}: {settings.words}."


def _head_and_truth(world: World, asked: Asked) -> tuple[Columns, pd.DataFrame]:
    """Return the columns of ANSWERS before the items, and what nobody could know about each answer."""
    latent, (client, wave) = world.latent, (asked.client, asked.wave)
    keys: Columns = {
        "client_id": world.people.ids[client],
        "answered_on": answer_days(world, asked),
        "wave": wave + 1,
    }
    caseworkers = world.caseworkers.iloc[latent.caseworker[client, wave]]
    head = keys | {
        "caseworker_id": caseworkers["caseworker_id"].to_numpy(),
        "job_centre": caseworkers["job_centre"].to_numpy(),
        "consent": np.ones(len(client)),
    }
    truth = keys | {
        "probability": probability(world, asked),
        "log_hazard": latent.log_hazard[client, wave],
        "caseworker_changed": latent.changed[client, wave],
        "belief_level": place_in(latent.belief[client, wave], world.settings.belief.shares),
    }
    types = {"client_id": "str", "answered_on": "datetime64[us]", "wave": "Int16"}
    return head, pd.DataFrame(truth).astype(types)


def _typed(columns: Columns, contract: Sequence[Column]) -> pd.DataFrame:
    """Return exactly the columns of `contract` in its types; what was not made is missing."""
    n = len(columns["client_id"])
    made = {
        column.name: pd.Series(columns[column.name]) if column.name in columns else pd.Series(pd.NA, index=range(n))
        for column in contract
    }
    return pd.DataFrame(made).astype({column.name: column.dtype for column in contract})
