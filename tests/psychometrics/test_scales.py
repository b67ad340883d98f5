"""What is assessed."""

import numpy as np
import pandas as pd

from eriq.instrument.instrument import Instrument
from eriq.psychometrics.scales import Scale, drawn_of_each, first_of_each, pairs_of, scales_of


def test_halves_and_declared_scores_are_scales(small: Instrument) -> None:
    """Both halves, then the declared score; pairs are items on one indicator."""
    assert [scale.name for scale in scales_of(small)] == ["caseworker", "client", "first"]
    assert scales_of(small)[2] == Scale("first", ("cl1", "cl2", "cl3"))
    assert [(p.first, p.second) for p in pairs_of(small)] == [(f"cw{n}", f"cl{n}") for n in range(1, 5)]


def test_each_client_counts_once() -> None:
    """The first questionnaire by day, whatever the order of rows; or one drawn by chance."""
    days = pd.to_datetime(["2015-03-01", "2015-01-01", "2015-02-01"])
    answers = pd.DataFrame({"client_id": ["a", "a", "b"], "answered_on": days})
    assert first_of_each(answers).tolist() == [1, 2]
    drawn = {tuple(drawn_of_each(answers, np.random.default_rng(seed))) for seed in range(20)}
    assert drawn == {(0, 2), (1, 2)}
