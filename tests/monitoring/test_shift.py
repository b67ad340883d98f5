"""Counts a model keeps of training, and a new period held against them."""

import numpy as np
import pandas as pd
import pytest

from eriq.features import Feature
from eriq.model.distributions import binned, distributions
from eriq.monitoring.shift import MOVED, QUIET, UNKNOWN, shift, standardised


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


def test_the_effect_is_a_difference_of_means_in_deviations_of_training() -> None:
    """Half a deviation more is told with its interval; gaps do not count; few people and older models tell none."""
    rng = np.random.default_rng(5)
    kept = binned(rng.normal(3, 2, 4000), measured=True)
    assert kept is not None
    new = np.append(rng.normal(4, 2, 800), [np.nan] * 200)
    d, low, high = standardised(kept, new)
    assert low < 0.5 < high
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(1 / 800 + 1 / 4000 + d**2 / 8000), rel=0.1)
    assert np.isnan(standardised(kept, new[:40])).all()
    assert np.isnan(standardised(kept.model_copy(update={"mean": None}), new)).all()
    table = shift({"client.a": kept}, {"client.a": "client"}, {"all": pd.DataFrame({"client.a": new})})
    assert table[["effect", "effect_low", "effect_high"]].iloc[0].tolist() == [d, low, high]
