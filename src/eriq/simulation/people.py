"""Who the made-up clients and their caseworkers are on the day of intake."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eriq.config.streams import stream
from eriq.simulation.settings import Simulation
from eriq.tables.schema import EDUCATION

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Dates = NDArray[np.datetime64]
Columns = dict[str, NDArray[np.generic]]

REGISTERED_EARLIER = 35  # days, so that registration is known when the first answer is given


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Fixed traits, one place per client."""

    frame: pd.DataFrame  # PERSONS without ids, plus 0/1 health and crime flags
    ids: NDArray[np.str_]
    intake: Dates
    attachment: Floats
    score: Floats  # register score, mean 0 and sd 1


def _standardised(values: Floats) -> Floats:
    """Return `values` with mean 0 and sd 1; a constant becomes 0."""
    spread = values.std()
    return (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)


def draw_people(settings: Simulation, n: int, seed: int) -> People:
    """Return `n` clients with the facts that registers hold of them on the day of intake."""
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
    return People(frame, client_ids(0, n, n), intake, attachment, score)


def client_ids(before: int, n: int, of: int) -> NDArray[np.str_]:
    """Return the ids of `n` clients behind `before` others of `of` in all.

    >>> client_ids(9, 2, 100).tolist()
    ['c010', 'c011']
    """
    width = len(str(of))
    return np.array([f"c{k:0{width}d}" for k in range(before + 1, before + n + 1)])


def draw_caseworkers(settings: Simulation, seed: int) -> pd.DataFrame:
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
