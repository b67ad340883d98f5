"""Rows whose follow-up breaks off: by hand, in the words of a report, and in a cohort whose truth is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.study.worlds import HORIZON, steady_intake

from eriq.config import OUTCOMES, Experiment, Ipcw, load_experiment
from eriq.disclosure import publishable
from eriq.errors import CohortError
from eriq.study.design.censored import (
    NO_SUPPORT,
    STOOD_FOR,
    both,
    censoring_rule,
    censoring_sentences,
    known_and_censored,
    publishable_censoring,
)
from eriq.study.design.design import make_design
from eriq.study.design.prepare import prepare
from eriq.study.evaluation.bootstrap import client_weights

DAY = pd.Timestamp("2020-01-01")
BY_YEAR = Ipcw(by=("year",))


def asked(censoring: str | Ipcw) -> Experiment:
    """Return the quick config with a rule for rows whose follow-up breaks off."""
    return load_experiment("quick").model_copy(update={"censoring": censoring})


def rows_of(*rows: tuple[int, bool, int], day: pd.Timestamp = DAY) -> pd.DataFrame:
    """Return rows at risk from (days, event, followed_days)."""
    frame = pd.DataFrame(rows, columns=["days", "event", "followed_days"])
    happened = (frame["event"] & (frame["days"] <= HORIZON)).astype("int8")
    return frame.assign(client_id=[f"c{k}" for k in range(len(frame))], answered_on=day, outcome=happened)


SOME = rows_of((100, True, 200), (50, False, 50), (400, True, 500), (365, False, 365))


def test_left_out_means_that_nothing_is_kept():
    """Under leave_out rows, flow and design stay as they are."""
    rows, flow, treated = known_and_censored(SOME, (("before", 3),), asked("leave_out"))
    assert rows is SOME
    assert flow == (("before", 3),)
    design = make_design(rows, pd.DataFrame({"x": np.zeros(4)}), rows["outcome"].to_numpy())
    made = treated.on(design)
    assert (made.weight, made.times, made.horizon_days, treated.table) == (None, None, 0, None)


def test_weights_by_hand_and_everybody_in_the_flow_once():
    """Of three at risk of censoring after day 50 ... one of four is lost, so the other three count 4/3 each."""
    rows, flow, treated = known_and_censored(SOME, (), asked("ipcw"))
    assert treated.weight == pytest.approx([4 / 3, 0, 4 / 3, 4 / 3])
    assert flow == ((NO_SUPPORT, 0), (STOOD_FOR, 1))
    assert len(rows) == 4
    design = treated.on(make_design(rows, pd.DataFrame({"x": np.zeros(4)}), rows["outcome"].to_numpy()))
    assert design.rate == pytest.approx(1 / 3)
    assert design.known.tolist() == [True, False, True, True]
    assert design.judged().rows["client_id"].tolist() == ["c0", "c2", "c3"]
    assert design.followed().rows["client_id"].tolist() == ["c2", "c3"]
    assert design.followed().weight is None


def test_a_contender_that_learns_from_times_keeps_censored_rows_and_weighs_nothing():
    """With the hazard contender alone the rows of leave_out count once each; early events of others do not count."""
    quick = asked("leave_out")
    cross = quick.contenders[-1].model_copy(update={"estimators": ("hazard",)})
    experiment = quick.model_copy(update={"contenders": (*quick.contenders, cross)})
    some = rows_of((100, True, 200), (50, False, 50), (300, True, 500), (365, False, 365))
    _, flow, treated = known_and_censored(some, (), experiment)
    assert treated.weight.tolist() == [0, 0, 1, 1]
    assert flow == (("censored: follow-up ends before day 393 after the answer", 2),)
    assert treated.table is None
    assert "hazard" in censoring_sentences(experiment, None)[0]


def test_a_stratum_without_support_leaves_and_does_not_count_as_known():
    """Its early event counts neither in the flow as known nor in the table."""
    late = rows_of((10, True, 90), (80, False, 80), day=pd.Timestamp("2021-02-01")).assign(client_id=["l0", "l1"])
    everyone = pd.concat([SOME, late], ignore_index=True)
    rows, flow, treated = known_and_censored(everyone, (), asked(BY_YEAR))
    assert flow == ((NO_SUPPORT, 2), (STOOD_FOR, 1))
    assert rows["client_id"].tolist() == ["c0", "c1", "c2", "c3"]
    assert len(treated.weight) == len(treated.times) == 4
    table = treated.table.set_index("stratum")
    assert table["known"].to_dict() == {"2020": 3, "2021": 0, "all": 3}
    assert table["left_out"].to_dict() == {"2020": 0, "2021": 2, "all": 2}


def test_one_known_outcome_is_told_though_censored_rows_would_look_like_the_other():
    """A row without a known outcome is not a "no"."""
    with pytest.raises(CohortError, match=r"everybody has the outcome in 2 row\(s\)"):
        known_and_censored(rows_of((10, True, 400), (20, True, 400), (30, False, 30)), (), asked("ipcw"))


def test_a_design_of_two_populations_keeps_the_weights_of_each():
    """Rows of an external set stand behind those at home, with weights of their own."""
    parts = []
    for rows in (SOME, rows_of((5, True, 400), (370, False, 370))):
        _, _, treated = known_and_censored(rows, (), asked("ipcw"))
        matrix = pd.DataFrame({"x": np.zeros(len(rows))})
        parts.append(treated.on(make_design(rows, matrix, rows["outcome"].to_numpy())))
    home, away = parts
    whole = make_design(
        pd.concat([home.rows, away.rows]), pd.concat([home.matrix, away.matrix]), np.r_[home.outcome, away.outcome]
    )
    made = both(whole, home, away)
    assert made.weight.tolist() == [*home.weight, 1, 1]
    assert made.times["followed_days"].tolist() == [200, 50, 500, 365, 400, 370]
    assert both(whole, home, replace(away, weight=None)).weight.tolist() == [*home.weight, 1, 1]
    plain = [replace(part, weight=None) for part in parts]
    assert both(whole, *plain) is whole


def test_the_rule_is_told_in_words():
    """What was declared, within what, which weights are cut, and the numbers of the last line."""
    rows = rows_of(*[(100, True, 500)] * 20, *[(50, False, 50)] * 30, *[(400, False, 400)] * 70)
    model = Ipcw(by=("year", "job_centre"), largest_weight=4, quantile=0.9)
    assert [censoring_rule(asked(c)) for c in ("leave_out", "ipcw", model)] == [
        "leave_out",
        "ipcw",
        "ipcw by year, job_centre",
    ]
    _, flow, treated = known_and_censored(rows.assign(job_centre="north"), (), asked(model))
    rule, numbers = censoring_sentences(asked(model), publishable_censoring(treated.table, flow))
    assert (
        "Kaplan-Meier within year and job centre; weights above 4 are cut, and those above their quantile 0.9" in rule
    )
    assert numbers.startswith("Of 120 questionnaires 90 have a known outcome and 90 were followed to the end.")
    assert "22.2 % have the outcome" in numbers
    assert censoring_sentences(asked("leave_out"), None) == ()


def test_numbers_that_the_flow_withholds_are_not_told_here():
    """If the censored rows are withheld beside a small count, the table that has them goes too."""
    _, flow, treated = known_and_censored(
        rows_of(*[(100, True, 500)] * 20, *[(50, False, 50)] * 8, *[(400, False, 400)] * 70), (), asked("ipcw")
    )
    assert publishable_censoring(treated.table, (("no consent", 40), *flow)) is not None
    told = publishable_censoring(treated.table, (("no consent", 3), *flow))
    assert told is None
    assert censoring_sentences(asked("ipcw"), told)[1] == "How many they are is withheld: too few people."


def test_small_cells_of_strata_are_hidden():
    """A stratum in which three early events are known shows nothing, nor does another by which it could be had."""
    frame = pd.concat(
        [
            rows_of(*[(100, True, 500)] * 20, *[(50, False, 50)] * n, *[(400, False, 400)] * 70, *extra, day=day)
            for n, extra, day in (
                (30, [(9, True, 90)] * 3, DAY),
                (20, [], pd.Timestamp("2021-01-01")),
                (40, [(9, True, 90)] * 30, pd.Timestamp("2022-01-01")),
            )
        ],
        ignore_index=True,
    )
    _, _, treated = known_and_censored(frame, (), asked(BY_YEAR))
    shown = publishable("censoring", treated.table).set_index("stratum")
    assert shown["rows"].isna().tolist() == [True, True, True, False]  # 3 early events need those of 2022 beside them
    assert shown.loc["2020", ["rate", "largest", "effective"]].isna().all()


def test_an_outcome_that_is_a_state_has_weights_as_well():
    """It happens on its day; who was not followed to it is stood for."""
    experiment = asked("ipcw").model_copy(update={"outcome": OUTCOMES["trial_work_15m"]})
    rows = rows_of((456, True, 456), (456, False, 456), (300, False, 300)).assign(outcome=[1, 0, 0])
    rows["days"] = [456, 456, 300]
    _, _, treated = known_and_censored(rows, (), experiment)
    assert treated.weight == pytest.approx([1.5, 1.5, 0])


# --- known truth ---------------------------------------------------------------------------


def test_weights_restore_the_rate_of_a_cohort_whose_last_third_is_not_followed():
    """Leaving out loses a third; with weights the rate is that of all rows followed for longer, within its interval.

    Dropping the weights, as if every known row counted once, would be far outside: early events are known, early "no"s
    are not.
    """
    quick, intake, truth = steady_intake(1500, seed=1)
    study = prepare(quick.model_copy(update={"censoring": "ipcw"}), intake)
    design = study.design
    assert design.rows["client_id"].tolist() == truth["client_id"].tolist()
    assert 1 - design.whole.mean() == pytest.approx(1 / 3, abs=0.04)
    assert len(prepare(quick, intake).design.outcome) == design.whole.sum()
    really = truth["outcome"].to_numpy("float64")
    known = design.known
    assert (design.outcome[known] == really[known]).all()
    assert design.weight.sum() == pytest.approx(len(really), rel=1e-9)

    def off(counts: np.ndarray, drawn: np.ndarray) -> float:
        w = counts * drawn
        return float(w @ design.outcome / w.sum() - drawn @ really / drawn.sum())

    draws = [drawn for some in client_weights(design.client, 200, 1) for drawn in some]
    for counts, inside in ((design.weight, True), (known.astype(float), False)):
        spread = np.std([off(counts, drawn) for drawn in draws])
        assert (abs(off(counts, np.ones(len(really)))) < 2 * spread) == inside
    assert study.censoring["rate"].iloc[-1] == pytest.approx(design.rate)
    assert sum(count for _, count in study.flow) + len(study.judged.outcome) == study.n_read
