"""Belief before score: a belief written down with a forecast in view is no opinion of its own."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from eriq.config import load_experiment
from eriq.instrument.instrument import load_instrument
from eriq.study.design.from_tables import tables_study
from eriq.tables.belief import AFTER_SCORE, after_score, kept_after_score, without_belief
from eriq.tables.between import check_known
from eriq.tables.intake import Intake, check_answers, read_tables


@pytest.fixture
def answers(waves) -> pd.DataFrame:
    """Return five waves: belief before, after and on the day of the score, with no day of its own, and none at all."""
    return waves(
        [(client, "2015-03-01") for client in "abcde"],
        belief_recorded_on=["2015-03-01", "2015-03-03", "2015-03-02", None, "2015-03-03"],
        score_shown_on=["2015-03-02", "2015-03-02", "2015-03-02", "2015-02-27", "2015-03-02"],
        cw11=[4, 4, 4, 4, -1],
    )


def test_a_belief_is_late_from_the_day_after_the_score(answers, instrument):
    """Later than the score is late; the same day proves nothing; without a day the day of the answers counts."""
    assert after_score(answers, instrument).tolist() == [False, True, False, True, False]
    assert not after_score(answers.assign(score_shown_on=pd.NaT), instrument).any()
    assert not after_score(answers, load_instrument("no-questions")).any()


def test_only_late_beliefs_are_taken_out(answers, instrument):
    """Every other cell stays, and the table that was given stays as it is."""
    before = answers.copy()
    assert without_belief(answers, instrument)["cw11"].isna().tolist() == [False, True, False, True, False]
    pd.testing.assert_frame_equal(without_belief(answers, instrument).drop(columns="cw11"), before.drop(columns="cw11"))
    pd.testing.assert_frame_equal(answers, before)


def test_few_people_are_not_counted_out(answers, instrument):
    """A sentence where such beliefs are kept, without a count under five, and none where there are none."""
    assert kept_after_score(answers, instrument)[0].startswith("Careful: of <5 people")
    assert kept_after_score(answers.iloc[[0]], instrument) == ()


def test_the_two_days_are_checked_as_other_dates(answers, instrument):
    """A day in the future, or before the client was born, is a problem of its row."""
    given = answers.assign(score_shown_on=["2999-01-01", *[None] * 4]).astype({"answered_on": "str"})
    found = check_answers(given, instrument, dt.date(2020, 1, 1))[1]
    assert [(p.column, p.code, p.rows.tolist()) for p in found] == [("score_shown_on", "future", [0])]
    persons = pd.DataFrame({"client_id": list("abcde"), "born_on": pd.Timestamp("2015-02-28")})
    early = check_known(answers, persons, "answers")
    assert [(p.column, p.code, p.rows.tolist()) for p in early] == [("score_shown_on", "before_birth", [3])]


@pytest.fixture(scope="module")
def marked() -> tuple[Intake, int]:
    """Return made-up tables in which the second waves of some people have a belief from after the score."""
    from eriq.config import Simulated
    from eriq.simulation.intake import simulate_tables

    instrument = load_instrument("eriq22")
    intake = simulate_tables(Simulated(kind="simulated", clients=250), instrument, dt.date(2026, 1, 1))
    answers = intake.answers.copy()
    shown = (answers["wave"] == 1) & (np.arange(len(answers)) % 3 == 0)
    answers["score_shown_on"] = (answers["answered_on"] - pd.Timedelta(days=1)).where(shown)
    return Intake(answers, intake.registers, intake.digests, truth=intake.truth), int(shown.sum())


def test_training_leaves_late_beliefs_out_and_says_so(marked):
    """By default the rows are out, counted in the flow; no later wave is compared with such a belief."""
    experiment = load_experiment("quick")
    intake, _ = marked
    kept = tables_study(experiment.model_copy(update={"belief_after_score": "keep"}), experiment.source, intake)
    study = tables_study(experiment, experiment.source, intake)
    left = dict(study.flow)[AFTER_SCORE]
    assert left == len(kept.design.outcome) - len(study.design.outcome) > 20
    assert AFTER_SCORE not in dict(kept.flow)
    assert any("belief_after_score: keep" in words for words in kept.remarks)
    assert not any("belief_after_score" in words for words in study.remarks)
    assert study.intake is intake
    keys = ["client_id", "answered_on"]
    joined = kept.design.rows[keys].assign(change=kept.design.matrix["changes.belief"].to_numpy())
    compared = study.design.rows[keys].assign(change=study.design.matrix["changes.belief"].to_numpy())
    both = compared.merge(joined, on=keys, suffixes=("", "_kept"))
    lost = both["change"].isna() & both["change_kept"].notna()
    assert lost.any()
    same = both["change"].notna()
    assert (both.loc[same, "change"] == both.loc[same, "change_kept"]).all()


def test_a_log_of_decisions_keeps_late_beliefs_out_of_a_study(agency, instrument, tmp_path):
    """Named as exposures, its rows mark the wave whose belief came after a score; other waves stay as they are."""
    source = agency()
    (tmp_path / "e.csv").write_text(
        "client_id,answered_on,belief_recorded_on,score_shown_on\n"
        "c1,2015-03-01,2015-03-05,2015-03-04\nc2,2015-03-02,,2015-03-04\nnobody,2015-03-02,,2015-03-01\n"
    )
    read = read_tables(source.model_copy(update={"exposures": tmp_path / "e.csv"}), instrument, dt.date(2026, 1, 1))
    assert read.problems == []
    assert set(read.digests) - set(read_tables(source, instrument, dt.date(2026, 1, 1)).digests) == {"exposures"}
    assert after_score(read.answers, instrument).tolist() == [True, False, False]


def test_broken_exposures_are_refused_with_the_other_tables(agency, instrument, tmp_path):
    """A wave that stands there twice, and a column that is not known."""
    (tmp_path / "e.csv").write_text("client_id,answered_on,x\nc1,2015-03-01,1\nc1,2015-03-01,1\n")
    read = read_tables(agency().model_copy(update={"exposures": tmp_path / "e.csv"}), instrument, dt.date(2026, 1, 1))
    assert [p.code for p in read.problems if p.table == "exposures"] == ["unknown_column", "duplicate"]
