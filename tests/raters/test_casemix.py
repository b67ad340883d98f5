"""The case mix, out of fold."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from eriq.errors import CohortError
from eriq.raters.casemix import case_mix
from eriq.study.design import folds as folds_of
from eriq.study.design.design import Design, make_design


def noise(clients: int = 300, columns: int = 40) -> Design:
    """Return two waves of clients whose registers are constant over waves and tell nothing of a coin's fall."""
    rng = np.random.default_rng(4)
    rows = pd.DataFrame({"client_id": np.repeat(np.arange(clients), 2).astype(str)})
    matrix = pd.DataFrame(np.repeat(rng.normal(size=(clients, columns)), 2, axis=0)).add_prefix("r")
    return make_design(rows, matrix, np.repeat(rng.random(clients) < 0.3, 2))


def test_noise_is_no_case_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an outcome by lot, forecasts fitted on the same rows seem to know a lot, and those out of fold nothing."""
    design = noise()
    names = list(design.matrix.columns)
    apart = case_mix(design, names, seed=3)
    assert abs(roc_auc_score(design.outcome, apart) - 0.5) < 0.08
    everyone = np.arange(len(design.outcome))
    monkeypatch.setattr("eriq.raters.casemix.grouped_kfold", lambda *_: [folds_of.Fold("all", 0, everyone, everyone)])
    assert roc_auc_score(design.outcome, case_mix(design, names)) > 0.7


def test_waves_of_a_client_are_on_one_side() -> None:
    """Registers that are a client's own number tell nothing, as no other wave of that client was seen."""
    design = noise(columns=1)
    who = pd.get_dummies(design.rows["client_id"]).astype("float64")
    own = make_design(design.rows, who, design.outcome)
    assert roc_auc_score(own.outcome, case_mix(own, list(who.columns), folds=5)) < 0.6


def test_without_registers_or_people_there_is_no_number() -> None:
    """No columns: gaps; fewer people than folds: an error by name."""
    design = noise(clients=8)
    assert np.isnan(case_mix(design, [])).all()
    with pytest.raises(CohortError, match="too few for 5 folds"):
        case_mix(design, list(design.matrix.columns))
