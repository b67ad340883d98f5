"""People in groups, with strong likeness within a client: outcomes, forecasts, and labels that may tell them apart."""

import numpy as np
import pandas as pd

from eriq.config import Experiment
from eriq.study.evaluation.forecasts import Forecasts


def people(clients: int, seed: int, *, missed: float = 0.0, tiny: int = 0) -> tuple[Forecasts, pd.DataFrame]:
    """Return forecasts and groups: 2.9 rows a client, one row in seven with the outcome.

    Readiness and luck of a client last, so that its rows resemble each other; forecasts see readiness only. `missed`
    is how much too low the log-odds of group "b" are; "t" of the column "rare" has `tiny` clients.
    """
    rng = np.random.default_rng([2026, seed])
    client = np.repeat(np.arange(clients), rng.choice([1, 2, 3, 4, 5], p=[0.2, 0.2, 0.25, 0.2, 0.15], size=clients))
    readiness, luck = rng.normal(size=(2, clients))
    log_odds = -2.3 + 1.2 * readiness[client] + 0.3 * rng.normal(size=len(client))
    outcome = (rng.random(len(client)) < 1 / (1 + np.exp(-log_odds - 1.2 * luck[client]))).astype(int)
    labels = pd.DataFrame(
        {
            "half": rng.choice(["a", "b"], size=clients)[client],
            "third": rng.choice(["n", "e", "o"], p=[0.7, 0.1, 0.2], size=clients)[client],
            # A band may change between the rows of a client, as age does.
            "band": pd.cut(rng.uniform(20, 64, clients)[client] + rng.uniform(0, 1, len(client)), [0, 30, 45, 55, 99])
            .codes.astype("str")
            .tolist(),
            "rare": np.where(client < tiny, "t", "u"),
        }
    )
    labels["half x third"] = labels["half"] + ", " + labels["third"]
    given = log_odds - missed * (labels["half"] == "b").to_numpy()
    return Forecasts(("m",), outcome, given[:, None], client), labels if tiny else labels.drop(columns="rare")


def asked(replicates: int = 300, **groups: object) -> Experiment:
    """Return a config with few replicates and these groups."""
    return Experiment.model_validate(
        {
            "version": 1,
            "name": "groups",
            "question": "?",
            "source": {"kind": "simulated"},
            "contenders": [{"blocks": ["client"], "estimators": ["logistic"]}],
            "headline": {"with": "client"},
            "intervals": {"replicates": replicates},
            "groups": groups,
        }
    )
