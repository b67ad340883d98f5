"""The form that staff fill in at the start, of made-up clients: what registers do not hold."""

import numpy as np

from eriq.config.streams import stream
from eriq.simulation.people import Columns, People

FILLED_IN = 0.9  # share of clients whose staff did; as invented as every number here


def form_columns(people: People, seed: int) -> Columns:
    """Return FORMS, at most one row a client, filled in on the day of intake.

    What it says goes with attachment and health, which outcomes rest on as well, and with nothing that answers alone
    know. Drawn from a stream of its own, so people, lives and answers of a seed are the same with it and without.

    Parameters
    ----------
    people : People
    seed : int
    """
    rng, n = stream(seed, "form"), len(people.ids)
    ill = people.frame["psychiatric"].to_numpy() + people.frame["musculoskeletal"].to_numpy()
    hours = np.minimum(rng.gamma(2.0, 2.0 * np.exp(0.3 * people.attachment)), 40.0).round(1)
    problems = rng.poisson(1.0 + ill)
    columns: Columns = {
        "client_id": people.ids,
        "filled_on": people.intake,
        "activity_hours": hours,
        "contacts": problems + rng.poisson(1.0, n),
        "problem_areas": problems,
        "work_experience": (rng.random(n) < 1 / (1 + np.exp(-1.0 - people.attachment))).astype("int64"),
    }
    filled = rng.random(n) < FILLED_IN
    return {name: values[filled] for name, values in columns.items()}
