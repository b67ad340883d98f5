"""Who answered a new period: the body of caseworkers, and halves."""

import numpy as np
import pandas as pd
import pytest

from eriq.disclosure import publishable
from eriq.model.around import Around, around
from eriq.monitoring.answering import answered, body
from eriq.monitoring.shift import MOVED, QUIET, UNKNOWN


def made(caseworkers: int, up: float = 0.0, clients: int = 12, seed: int = 1, name: str = "w") -> pd.DataFrame:
    """Return clients of caseworkers who differ in how much they believe, all `up` of a level higher."""
    rng = np.random.default_rng(seed)
    own = np.repeat(rng.normal(2 + up, 0.5, caseworkers), clients)
    belief = np.clip(np.round(own + rng.normal(0, 1, len(own))), 0, 4)
    ids = {"client_id": np.arange(len(own)).astype("str"), "caseworker_id": np.repeat(np.arange(caseworkers), clients)}
    return pd.DataFrame(ids).assign(caseworker_id=lambda x: name + x["caseworker_id"].astype("str"), belief=belief)


TRAINED = around(made(150), None)


def test_a_body_that_believes_more_is_shown_and_another_is_not() -> None:
    """Half a level more is found, with the true difference in the interval; fewer clients of each move nothing."""
    up, same = (body(TRAINED, made(150, by, n, 2), None).iloc[0] for by, n in ((0.5, 12), (0.0, 3)))
    spread = TRAINED.caseworkers.sd if TRAINED.caseworkers else None
    assert up["verdict"] == MOVED
    assert up["low"] < 0.5 / (spread or 1) < up["high"]
    assert same["verdict"] == QUIET


def test_nothing_is_told_of_a_small_body() -> None:
    """Nineteen caseworkers, or a model that keeps none: not assessable; with 22 silence says nothing."""
    few, old = body(TRAINED, made(19), {"w0"}), body(None, made(60), None)
    for table in (few, old):
        assert set(table["verdict"]) == {UNKNOWN}
        assert publishable("monitor_body", table)[["estimate", "low", "high"]].isna().all(axis=None)
    assert publishable("monitor_body", few)[["n", "period"]].isna().all(axis=None)
    assert body(TRAINED, made(22, seed=3), None)["verdict"].iloc[0] == UNKNOWN


def test_new_caseworkers_are_counted_and_never_few() -> None:
    """Twenty of forty are new, and so are half of the clients; four of forty are not told; a gap has its reason."""
    half = body(TRAINED, made(40), {f"w{k}" for k in range(20)}).set_index("of")
    few = body(TRAINED, made(40), {f"w{k}" for k in range(36)}).set_index("of")
    of = ["caseworkers new since training", "people of caseworkers new since training"]
    assert half.loc[of, "period"].tolist() == [0.5, 0.5]
    assert half.loc[of[0], "low"] < 0.5 < half.loc[of[0], "high"]
    assert few.loc[of, ["period", "estimate", "n"]].isna().all(axis=None)
    assert "training_answers" in body(TRAINED, made(40), None).set_index("of").loc[of[0], "why"]


def test_small_bands_are_not_published() -> None:
    """Where three caseworkers are in a band, neither they nor the next smallest band can be worked out."""
    rows = made(40, 3.0)  # nearly everybody at the top
    shown = publishable("monitor_body", body(TRAINED, rows, None))
    bands = shown[shown["of"] == "caseworkers by mean belief"]
    assert bands["n"].isna().sum() >= 2
    assert not (bands["n"] < 5).any()


def test_halves_that_are_answered_otherwise_are_shown() -> None:
    """A quarter of the caseworkers alone instead of a tenth is found with its interval; 30 people tell nothing."""
    kept = Around(answered={"both halves": 900, "caseworker only": 100})

    def words(alone: int, n: int) -> pd.Series:
        return pd.Series(["caseworker only"] * alone + ["both halves"] * (n - alone))

    moved = answered(kept, words(100, 400)).set_index("answered")
    assert set(moved["verdict"]) == {MOVED}
    assert moved.loc["caseworker only", "estimate"] == pytest.approx(0.15)
    assert 0.05 < moved.loc["caseworker only", "low"] < 0.15 < moved.loc["caseworker only", "high"] < 0.25
    assert set(answered(kept, words(40, 400))["verdict"]) == {QUIET}
    for table in (answered(kept, words(10, 30)), answered(None, words(40, 400))):
        assert set(table["verdict"]) == {UNKNOWN}
        assert table[["training", "estimate", "low"]].isna().all(axis=None)
