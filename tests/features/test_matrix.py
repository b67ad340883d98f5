"""Columns in less memory: whole numbers as float32, every value as it was."""

import numpy as np
import pandas as pd
import pytest
from tests.tables.test_by_client import random_registers

from eriq.config import load_experiment
from eriq.errors import LeakageError
from eriq.features import REGISTER_FEATURES, questionnaire_columns, questionnaire_features, register_columns
from eriq.features.feature import Feature
from eriq.features.matrix import blank, framed, to_matrix
from eriq.features.recorded import recorded_columns
from eriq.simulation.cohort import simulate
from eriq.simulation.settings import load_simulation
from eriq.study.comparison.sample import sample_sizes
from eriq.study.design.doubts import doubts_of
from eriq.study.design.leakage import too_good
from eriq.study.design.prepare import prepare
from eriq.tables.cohort import Registers


def same_values(narrow: pd.DataFrame, wide: pd.DataFrame) -> bool:
    """Return whether every value is the same number, and some are float32."""
    assert set(wide.dtypes.astype("str")) == {"float64"}
    assert set(narrow.dtypes.astype("str")) == {"float32", "float64"}
    pd.testing.assert_frame_equal(to_matrix(narrow, list(wide)), wide, check_exact=True)
    return True


def test_register_columns_of_random_worlds_lose_nothing():
    """At every delay a narrow column holds the very numbers of the wide one."""
    for seed in range(5):
        rows, held = random_registers(np.random.default_rng(seed), 20)
        assert same_values(register_columns(rows, held, 7, narrow=True), register_columns(rows, held, 7))


@pytest.mark.parametrize("policy", ["indicator", "worst"])
def test_questionnaires_and_forms_lose_nothing(instrument, policy):
    """Answers are small whole numbers; shares left unanswered are none, and stay float64."""
    made = simulate(load_simulation("claim"), instrument, clients=100, seed=1)
    narrow = questionnaire_columns(made.answers, instrument, policy, narrow=True)
    assert same_values(narrow, questionnaire_columns(made.answers, instrument, policy))
    assert narrow["caseworker.unanswered"].dtype == "float64"
    held = Registers(made.persons, made.spells, made.events, made.forms)
    assert same_values(recorded_columns(made.answers, held, 30, narrow=True), recorded_columns(made.answers, held, 30))


def test_weeks_days_and_shares_are_never_narrow(instrument):
    """A feature is of whole numbers by its kind or because it counts; what is measured is float64."""
    features = {f.name: f for f in (*REGISTER_FEATURES, *questionnaire_features(instrument))}
    narrow = {name for name, feature in features.items() if feature.of_whole_numbers}
    assert {"register.sex", "register.children", "register.gp_contact_5y", "belief.cw11"} <= narrow
    assert not any("weeks" in name or "days" in name or "area" in name for name in narrow)
    assert "register.age" not in narrow


def test_columns_are_not_copied_when_they_are_framed():
    """What is written into the arrays is what the table shows: there is one copy of it."""
    features = [Feature("a", "client"), Feature("b", "client", "flag")]
    for narrow in (False, True):
        columns = blank(features, 3, narrow=narrow)
        columns["a"][:], columns["b"][:] = 0.5, 1
        frame = framed(columns)
        assert frame["a"].tolist() == [0.5] * 3
        assert frame["b"].tolist() == [1] * 3
        assert all(np.shares_memory(frame[name].to_numpy(), values) for name, values in columns.items())


def test_a_check_finds_the_same_in_narrow_columns():
    """Parameters, doubts, and which columns know too much are those of float64."""
    config = load_experiment("quick")
    wide, narrow = prepare(config), prepare(config, narrow=True)
    assert same_values(narrow.design.matrix, wide.design.matrix)
    found = [sample_sizes(study, study.contenders) for study in (wide, narrow)]
    assert found[0] == found[1]
    assert doubts_of(wide) == doubts_of(narrow)
    for limit in np.linspace(0.5, 0.95, 7):
        told = []
        for study in (wide, narrow):
            try:
                too_good(study.design, study.features, limit)
                told.append("")
            except LeakageError as why:
                told.append(str(why))
        assert told[0] == told[1]
    assert not told[0]
