"""How answers are spread, what was left unanswered, and how far two halves agree."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eriq.features import questionnaire_features
from eriq.instrument.instrument import Instrument
from eriq.study.comparison.answers import answer_tables
from eriq.study.design.design import make_design
from eriq.study.design.study import Study
from eriq.tables.people import UNANSWERED


@pytest.fixture(scope="module")
def study(instrument: Instrument) -> Study:
    """Return six people who answered; of "job search" caseworker and client say 0 1 2 3 4 -, and 0 1 2 4 2 1."""
    features = tuple(f for f in questionnaire_features(instrument) if f.item)
    matrix = pd.DataFrame({f.name: np.tile([0.0, 1.0, 2.0], 2) for f in features})
    matrix["caseworker.cw01"] = [0, 1, 2, 3, 4, np.nan]
    matrix["client.cl01"] = [0, 1, 2, 4, 2, 1]
    rows = pd.DataFrame({"client_id": list("abcdef")})
    design = make_design(rows, matrix, np.array([0, 1, 0, 1, 0, 1]))
    return Study(design, features, (), instrument, "work", 365, 393, (), 6, {})


def test_each_answer_is_counted_with_those_nobody_gave(study: Study) -> None:
    """Five answers and the unanswered one add up to all rows; an answer nobody gave has a row of none."""
    table = answer_tables(study)["answers"].query("item == 'caseworker.cw01'")
    assert table["rows"].tolist() == [1] * 6
    assert table["answer"].iloc[-1] == UNANSWERED
    assert table["share"].sum() == pytest.approx(1)
    third = answer_tables(study)["answers"].query("item == 'client.cl02'")
    assert third["rows"].tolist() == [2, 2, 2, 0, 0, 0]


def test_people_are_counted_once(study: Study) -> None:
    """Two rows of one person with the same answer are one of the people and two of the rows."""
    twice = replace(study, design=replace(study.design, client=np.array([0, 0, 1, 2, 3, 3])))
    row = answer_tables(twice)["answers"].query("item == 'client.cl01' and level == 1").iloc[0]
    assert (row["rows"], row["people"]) == (2, 2)
    row = answer_tables(twice)["answers"].query("item == 'client.cl02' and level == 0").iloc[0]
    assert (row["rows"], row["people"]) == (2, 2)


def test_agreement_is_that_of_the_rows_both_answered(study: Study) -> None:
    """Three of five the same and one a step apart; kappa with quadratic weights by its formula."""
    row = answer_tables(study)["halves"].set_index("indicator").loc["job search"]
    a, b = np.array([0, 1, 2, 3, 4]), np.array([0, 1, 2, 4, 2])
    expected = ((a[:, None] - b[None, :]) ** 2).mean()
    assert (row["rows"], row["same"], row["within_one"]) == (5, 0.6, 0.8)
    assert row["kappa"] == pytest.approx(1 - ((a - b) ** 2).mean() / expected)


def test_other_scales_are_not_compared(study: Study, instrument: Instrument) -> None:
    """An indicator whose two items have scales of unlike length has no agreement."""
    items = [item.model_copy(update={"scale": "belief4"}) if item.id == "cl01" else item for item in instrument.items]
    short = instrument.model_copy(update={"items": [item.model_dump() for item in items]})
    assert "job search" not in set(answer_tables(replace(study, instrument=short))["halves"]["indicator"])


def test_one_answer_for_all_has_no_kappa(study: Study) -> None:
    """Where nobody differs, agreement by chance is full, and kappa is not defined."""
    same = study.design.matrix.assign(**{"caseworker.cw01": 2.0, "client.cl01": 2.0})
    row = answer_tables(replace(study, design=replace(study.design, matrix=same)))["halves"].set_index("indicator")
    assert row.loc["job search", "same"] == 1
    assert np.isnan(row.loc["job search", "kappa"])


def test_a_study_without_a_questionnaire_has_neither(study: Study) -> None:
    """Registers alone give no answers."""
    assert answer_tables(replace(study, features=(), instrument=None)) == {}
