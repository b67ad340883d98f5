"""Made-up clients under one caseworker and the next, and what being believed in truly does for them."""

import numpy as np
import pandas as pd

from eriq.simulation.answers import draw_asked
from eriq.simulation.careers import draw_lives
from eriq.simulation.people import draw_caseworkers, draw_people
from eriq.simulation.readiness import WEEKS_A_YEAR, World, draw_latent, if_optimism_were, place_in
from eriq.simulation.settings import Simulation


def same_client(settings: Simulation, clients: int, seed: int) -> pd.DataFrame:
    """Return the answers of a made-up cohort as far as a comparison of clients with themselves needs them.

    Lives and beliefs are those of `simulate` with the same seed; items, spells and events are not drawn.

    Parameters
    ----------
    settings : Simulation
    clients : int
    seed : int

    Returns
    -------
    DataFrame of shape (n_answers, 8)
        client, caseworker, wave, believes (one of the upper half of the levels), outcome (a job entry before the next
        wave), optimism of the caseworker, and as differences from a caseworker of middle optimism who sees the same:
        `chance` of the outcome, and `believing`.

    Examples
    --------
    >>> from eriq.simulation.settings import load_simulation
    >>> rows = same_client(load_simulation("claim"), clients=100, seed=1)
    >>> len(rows), rows["client"].nunique()
    (284, 100)
    """
    people, staff = draw_people(settings, clients, seed), draw_caseworkers(settings, seed)
    world = World(settings, seed, people, staff, draw_latent(settings, people, staff, seed))
    _, entered = draw_lives(world)
    asked, latent, gap = draw_asked(world, entered), world.latent, settings.design.weeks_between_waves
    client, wave = asked.client, asked.wave
    week, caseworker, entry = latent.week[client, wave], latent.caseworker[client, wave], entered[client]
    middle, plain = if_optimism_were(world, asked, 0.0)
    levels = settings.belief.shares
    says, would = (place_in(belief, levels) >= len(levels) // 2 for belief in (latent.belief[client, wave], middle))
    chance = [-np.expm1(-np.exp(log) * gap / WEEKS_A_YEAR) for log in (latent.log_hazard[client, wave], plain)]
    rows = pd.DataFrame(
        {
            "client": client,
            "caseworker": caseworker,
            "wave": wave,
            "believes": says * 1.0,
            "outcome": ((entry > week) & (entry <= week + gap)) * 1.0,
            "optimism": staff["optimism"].to_numpy()[caseworker],
            "chance": chance[0] - chance[1],
            "believing": says * 1.0 - would,
        }
    )
    return rows[entry > week].reset_index(drop=True)


def planted(rows: pd.DataFrame) -> float:
    """Return what a comparison within clients would estimate in a cohort without chance: the truth of its slope.

    Both sides move by the caseworker's optimism alone, and each row weighs as in the comparison.

    Parameters
    ----------
    rows : DataFrame
        Of `same_client`.
    """
    met = rows[rows.groupby("client")["caseworker"].transform("nunique") > 1]
    until = met.groupby("client")["optimism"].expanding().mean().droplevel(0)
    pull = met["optimism"] - until.reindex(met.index)
    return float((pull * met["chance"]).sum() / (pull * met["believing"]).sum())
