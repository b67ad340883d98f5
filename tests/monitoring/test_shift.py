"""Counts a model keeps of training, and a new period held against them."""

import numpy as np
import pandas as pd

from eriq.features import Feature
from eriq.model.distributions import binned, distributions
from eriq.monitoring.shift import MOVED, QUIET, UNKNOWN, shift


def test_counts_kept_give_nobody_away() -> None:
    """Counts are multiples of five; a level of four people and four gaps do not show; nothing sensitive is kept."""
    values = np.array([1.0] * 41 + [2.0] * 33 + [3.0] * 4 + [np.nan] * 2)

    found = binned(values, measured=False)

    assert found is not None
    assert (found.edges, found.counts) == ((2.0,), (40, 35, 0))
    used = (Feature("register.a", "register_history", sensitive=True),)
    matrix = pd.DataFrame({"register.a": values})
    assert "register.a" not in distributions(matrix, used, np.arange(len(values)), values)


def test_a_client_counts_once_however_often_there() -> None:
    """Twenty clients with three rows each are twenty people."""
    used = (Feature("client.a", "client", kind="ordinal"),)
    client = np.repeat(np.arange(20), 3)
    found = distributions(pd.DataFrame({"client.a": client % 2 * 1.0}), used, client, client * 1.0)

    assert sum(found["client.a"].counts) == 20


def test_a_verdict_knows_how_many_people_there_are() -> None:
    """The same four codes: moved is shown with 1000, alike is told with 1000, and 60 or 20 people tell nothing."""
    kept = binned(np.repeat(np.arange(4.0), 500), measured=False)
    assert kept is not None
    alike, moved = np.resize(np.arange(4.0), 1000), np.repeat(np.arange(4.0), [100, 200, 300, 400])
    slices = {"alike": alike, "moved": moved, "sixty": alike[:60], "few": moved[:20]}
    people = {name: pd.DataFrame({"client.a": values}) for name, values in slices.items()}

    found = shift({"client.a": kept}, {"client.a": "client"}, people).set_index("slice")

    assert found["verdict"].to_dict() == {"alike": QUIET, "moved": MOVED, "sixty": UNKNOWN, "few": UNKNOWN}
    assert found.loc["few", ["estimate", "low", "high", "p"]].isna().all()
    low = found["low"].to_dict()
    assert low["moved"] > 0
    assert low["alike"] == 0
