"""The comparison: fair choices, honest verdicts, and tables that agree with each other."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

from eriq.config import Cross, Experiment, Headline, Tuning, Validation, load_experiment
from eriq.errors import CohortError, ConfigError, LeakageError
from eriq.model.calibrator import expit
from eriq.study.comparison import compare as benchmark
from eriq.study.comparison.compare import (
    SAVED,
    Comparison,
    choose,
    compare,
    cross_calibrated,
    headline_names,
    other_designs,
    sample_statement,
    verdict_of,
)
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design, make_design
from eriq.study.design.folds import Fold, grouped_kfold, make_folds
from eriq.study.design.prepare import Study, prepare
from eriq.study.evaluation.calibration import fit_calibrator
from eriq.study.evaluation.intervals import Replicates
from eriq.study.evaluation.metrics import auc
from eriq.study.learning.estimators import ESTIMATORS
from eriq.study.learning.training import run_all

FACTORIAL = Cross(blocks="factorial", estimators=("logistic",))
HUMAN = Cross(blocks=("belief",), estimators=("level_rates",))
TREES = Cross(blocks=("questionnaire",), estimators=("random_forest",))
DECLARED = Cross(blocks=("register_full", "questionnaire"), estimators=("logistic",))


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    """Return the quick config with 250 made-up people, the full factorial and few replicates."""
    quick = load_experiment("quick")
    return quick.model_copy(
        update={
            "source": quick.source.model_copy(update={"clients": 250}),
            "contenders": (DECLARED, FACTORIAL, HUMAN),
            "intervals": quick.intervals.model_copy(update={"replicates": 100, "refit_replicates": 10, "level": 0.9}),
            "validation": Validation(folds=3, origins=2, also=("leave_one_centre_out", "rolling_origin")),
            "capacity": quick.capacity.model_copy(update={"numbers": (50, 100_000)}),
        }
    )


@pytest.fixture(scope="module")
def study(experiment: Experiment) -> Study:
    """Return the people of the config."""
    return prepare(experiment)


@pytest.fixture(scope="module")
def log_odds(study: Study, experiment: Experiment) -> np.ndarray:
    """Return the out-of-fold log-odds of every contender."""
    folds = make_folds(study.design, experiment, 365)
    return run_all(study.contenders, study.design, folds, study.features, seed=1, tuning=Tuning())


@pytest.fixture(scope="module")
def found(study: Study, experiment: Experiment, log_odds: np.ndarray) -> Comparison:
    """Return the comparison."""
    folds = make_folds(study.design, experiment, 365)
    return compare(study.design, study.contenders, experiment, log_odds, folds, study.truth)


def one_row_each(n: int = 200, seed: int = 1) -> Design:
    """Return people with one row each, of two columns, with an outcome that depends on the first."""
    rng = np.random.default_rng(seed)
    matrix = pd.DataFrame(rng.normal(size=(n, 2)), columns=["client.q", "register.r"])
    outcome = (matrix["client.q"] - 1 + rng.logistic(size=n) > 0).astype(int).to_numpy()
    return make_design(pd.DataFrame({"client_id": [f"c{k}" for k in range(n)]}), matrix, outcome)


# --- choosing ------------------------------------------------------------------------------


def losses(*means: float, spread: float) -> Replicates:
    """Return log losses of contenders whose paired differences have a standard error of `spread`.

    The first contender moves up and down over the replicates; the others stay.
    """
    draws = np.tile(np.array(means), (100, 1))
    draws[::2, 0] += spread
    draws[1::2, 0] -= spread
    return Replicates(("log_loss",), np.array([means]), draws[None])


def named(*keys: tuple[str, str], columns: tuple[str, ...] = ("client.q",)) -> tuple[Contender, ...]:
    """Return contenders of (block, estimator)."""
    return tuple(Contender(f"{b} | {e}", b, e, columns) for b, e in keys)  # type: ignore[arg-type]


@pytest.mark.parametrize(("behind", "winner"), [(0.009, "all | logistic"), (0.011, "all | lightgbm")])
def test_a_tie_within_one_standard_error_goes_to_the_simpler(behind, winner):
    """With a standard error of 0.010 a simpler contender 0.009 behind is taken, one 0.011 behind is not."""
    some = named(("all", "lightgbm"), ("all", "logistic"))
    assert choose(some, losses(0.30, 0.30 + behind, spread=0.010), [c.name for c in some]).name == winner


def test_of_two_equally_simple_the_one_with_fewer_columns_is_taken():
    """Within a tie and the same estimator the smaller block wins, and then the lower loss."""
    large, small = named(("all", "logistic"), columns=("a", "b")) + named(("few", "logistic"), columns=("a",))
    assert choose((large, small), losses(0.30, 0.305, spread=0.01), [large.name, small.name]) == small
    other = replace(small, name="other", block="other")
    assert choose((other, small), losses(0.30, 0.305, spread=0.01), ["other", small.name]) == other


@pytest.mark.parametrize("better", ["prevalence", *(n for n, r in ESTIMATORS.items() if not r.savable)])
def test_the_yardstick_and_what_cannot_be_saved_are_never_chosen(better):
    """However good they look, prevalence and estimators that need a pickle are only compared."""
    some = named(("all", "logistic"), ("all", better))
    assert choose(some, losses(0.5, 0.1, spread=0.001), [c.name for c in some]).estimator == "logistic"


def test_a_block_of_changes_is_never_chosen():
    """A model that needs the client's earlier waves could not score a first one."""
    plain, changes = named(("all", "logistic")) + named(
        ("with changes", "logistic"), columns=("client.q", "changes.belief")
    )
    assert choose((plain, changes), losses(0.5, 0.1, spread=0.001), [plain.name, changes.name]) == plain


def test_the_config_can_restrict_the_choice():
    """`choose_from` names blocks; a better one outside them is not taken."""
    some = named(("a", "logistic"), ("b", "logistic"))
    made, names = losses(0.5, 0.1, spread=0.001), [c.name for c in some]
    assert choose(some, made, names).block == "b"
    assert choose(some, made, names, ("a",)).block == "a"


def test_nothing_to_choose_from_is_a_config_error():
    """If only yardsticks take part, or no block fits, the error says what to name."""
    some = named(("none", "prevalence"), ("all", "random_forest"))
    with pytest.raises(ConfigError, match="no contender can be saved"):
        choose(some, losses(0.1, 0.1, spread=0.1), [c.name for c in some])
    one = named(("a", "logistic"))
    with pytest.raises(ConfigError, match="choose_from"):
        choose(one, losses(0.1, spread=0.1), [one[0].name], ("b",))


def test_the_one_chosen_is_within_its_own_rule(found, experiment):
    """In the whole comparison the chosen contender can be saved and is at most one standard error behind the best."""
    measures = found.tables["measures"]
    loss = measures[measures["measure"] == "log_loss"].set_index("contender")["estimate"]
    able = [c.name for c in found.contenders if ESTIMATORS[c.estimator].savable and c.columns]
    assert found.chosen.name in able
    assert loss[found.chosen.name] - loss[able].min() < 0.02


# --- the declared difference ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimate", "low", "high", "verdict"),
    [
        (0.02, 0.0, 0.04, "no gain shown"),
        (0.02, -0.01, 0.05, "no gain shown"),
        (0.029, 0.001, 0.05, "small gain"),
        (0.03, 0.001, 0.05, "moderate gain"),
        (0.099, 0.05, 0.15, "moderate gain"),
        (0.10, 0.05, 0.15, "large gain"),
        (-0.02, -0.04, -0.001, "loss shown"),
        (-0.02, -0.04, 0.0, "no gain shown"),
    ],
)
def test_verdicts_need_the_whole_interval(estimate, low, high, verdict):
    """A gain needs an interval above 0, a loss one below; limits of size are 0.03 and 0.10."""
    plan = Headline.model_validate({"with": "all", "without": "register_full"})
    assert verdict_of(estimate, low, high, plan) == verdict


def test_a_headline_needs_both_contenders(study):
    """A declared contender that does not take part is named in a ConfigError."""
    plan = Headline.model_validate({"with": "client", "without": "register_full", "estimator": "lightgbm"})
    with pytest.raises(ConfigError, match=r"client \| lightgbm, register_full \| lightgbm"):
        headline_names(plan, study.contenders)
    good = Headline.model_validate({"with": "client", "without": "register_full"})
    assert headline_names(good, study.contenders) == ("client | logistic", "register_full | logistic")


def test_the_headline_is_the_difference_in_its_table(found):
    """The sentence, its numbers and the table of differences say the same, with the level that was asked for."""
    row = found.tables["headline"].iloc[0]
    table = found.tables["differences"]
    same = table[(table["measure"] == "auc") & (table["contender"] == "questionnaire | logistic")].iloc[0]
    assert [row[k] for k in ("estimate", "low", "high")] == [same[k] for k in ("estimate", "low", "high")]
    assert same["baseline"] == found.baseline == "register_full | logistic"
    assert f"is {row['estimate']:+.3f}, 90 % interval {row['low']:+.3f} to {row['high']:+.3f}." in row["sentence"]
    assert row["sentence"].lower().startswith(row["verdict"])


def test_no_gain_comes_with_what_could_have_been_shown(study, experiment, log_odds):
    """Equal forecasts of two blocks show no gain, and the sentence gives the smallest detectable difference."""
    plan = experiment.model_copy(update={"headline": Headline.model_validate({"with": "client"})})
    folds = make_folds(study.design, experiment, 365)
    few = [c for c in study.contenders if c.block in ("client", "register_full")]
    same = log_odds[:, [study.contenders.index(few[0])] * 2]
    sentence = compare(study.design, few, plan, same, folds).tables["headline"].iloc[0]
    assert sentence["estimate"] == 0
    assert sentence["verdict"] == "no gain shown"
    assert f"could have shown is {sentence['smallest_detectable']:.3f}" in sentence["sentence"]
    assert 0 < sentence["smallest_detectable"] < 0.5


# --- tables --------------------------------------------------------------------------------

COLUMNS = {
    "contenders": {"contender", "block", "estimator", "words", "columns", "savable", "human"},
    "measures": {"contender", "measure", "estimate", "low", "high", "replicates"},
    "differences": {"contender", "baseline", "measure", "estimate", "low", "high", "replicates"},
    "all_differences": {"contender", "baseline", "measure", "estimate", "low", "high", "replicates"},
    "capacity": {"contender", "k", "measure", "estimate", "low", "high"},
    "overlap": {"contender", "other", "k", "overlap"},
    "headline": {
        "with", "without", "estimator", "measure", "estimate", "low", "high",
        "smallest_detectable", "verdict", "sentence",
    },
    "decision_curve": {"contender", "threshold", "net_benefit", "low", "high"},
    "decomposition": {"block", "measure", "estimate", "low", "high", "estimator"},
    "oracle": {"contender", "auc", "oracle_auc", "share_of_way"},
    "human": {"model", "human", "measure", "estimate", "low", "high", "beats"},
}  # fmt: skip


@pytest.mark.parametrize("name", COLUMNS)
def test_tables_have_their_columns(found, name):
    """Reports and figures rely on these names."""
    assert set(found.tables[name].columns) == COLUMNS[name]
    assert len(found.tables[name])


def test_calibration_tables_show_both_blocks_and_the_saved_model(found):
    """Curves with bands, and bins, for the declared pair and for what is saved."""
    shown = {"questionnaire | logistic", "register_full | logistic", SAVED}
    for name in ("calibration_curve", "calibration_bins"):
        assert set(found.tables[name]["contender"]) == shown
    curve = found.tables["calibration_curve"]
    assert (curve["low"] <= curve["high"]).all()


def test_measures_equal_a_computation_of_their_own(found, study, log_odds):
    """The AUC and Brier score of every contender in the table are those of its forecasts."""
    table = found.tables["measures"].set_index(["measure", "contender"])["estimate"]
    for place, contender in enumerate(study.contenders):
        probability = expit(log_odds[:, place])
        assert table["auc", contender.name] == pytest.approx(auc(study.design.outcome, probability))
        assert table["brier", contender.name] == pytest.approx(((probability - study.design.outcome) ** 2).mean())
    assert table["accuracy_majority", "majority"] == pytest.approx(1 - study.design.outcome.mean())


def test_every_interval_holds_its_order(found):
    """No interval has its ends the wrong way round, in any table."""
    for name in ("measures", "differences", "all_differences", "capacity", "decomposition"):
        table = found.tables[name].dropna(subset=["low", "high"])
        assert len(table)
        assert (table["low"] <= table["high"]).all(), name


def test_every_pair_is_compared_once(found):
    """With n contenders there are n(n-1)/2 differences per measure, and n-1 from the baseline."""
    n = len(found.contenders)
    pairs = found.tables["all_differences"]
    assert len(pairs[pairs["measure"] == "auc"]) == n * (n - 1) / 2
    one = found.tables["differences"]
    assert len(one[one["measure"] == "auc"]) == n - 1


def test_a_contender_does_not_differ_from_itself(study, experiment, log_odds):
    """The same forecasts under two names differ by exactly 0 in every measure, on every replicate."""
    wanted = ("register_full | logistic", "questionnaire | logistic")
    few = [next(c for c in study.contenders if c.name == name) for name in wanted]
    few.append(replace(few[1], name="twin", block="twin"))
    columns = log_odds[:, [study.contenders.index(c) for c in few[:2]]]
    folds = make_folds(study.design, experiment, 365)
    found = compare(study.design, few, experiment, columns[:, [0, 1, 1]], folds)
    table = found.tables["all_differences"]
    twin = table[(table["contender"] == "twin") & (table["baseline"] == few[1].name)]
    assert len(twin) >= 8
    assert (twin[["estimate", "low", "high"]] == 0).all(axis=None)


def test_the_decomposition_adds_up_to_full_minus_empty(found):
    """The shares of the four factors sum to what the full block has over none, for AUC and (turned round) log loss."""
    measures = found.tables["measures"].set_index(["measure", "contender"])["estimate"]
    full = max((c for c in found.contenders if c.block.count("+") == 3), key=lambda c: len(c.columns)).name
    table = found.tables["decomposition"]
    assert (table["estimator"] == "logistic").all()
    for measure, sign in (("auc", 1), ("log_loss", -1)):
        gained = sign * (measures[measure, full] - measures[measure, "prevalence"])
        assert table.loc[table["measure"] == measure, "estimate"].sum() == pytest.approx(gained, abs=1e-12)
    assert len(table) == 8


def test_the_decomposition_needs_all_sixteen_blocks(study, experiment, log_odds):
    """With one union missing there is no decomposition, rather than a wrong one."""
    few = [c for c in study.contenders if c.block.count("+") < 3]
    columns = log_odds[:, [study.contenders.index(c) for c in few]]
    tables = compare(study.design, few, experiment, columns, make_folds(study.design, experiment, 365)).tables
    assert "decomposition" not in tables
    assert "oracle" not in tables  # and no truth was given


def test_the_oracle_line_by_hand():
    """From 0.5 to an oracle of 1, an AUC of 0.75 is half the way; the baseline is at 0."""
    outcome = np.array([0, 0, 1, 1])
    forecasts = np.array([[0.5, 0.2, 0.1], [0.5, 0.6, 0.2], [0.5, 0.5, 0.8], [0.5, 0.9, 0.9]])
    table = benchmark._oracle(outcome, forecasts, ["none", "some", "best"], "none", np.array([0.1, 0.2, 0.8, 0.9]))
    assert table["share_of_way"].tolist() == [0.0, 0.5, 1.0]
    assert table["oracle_auc"].tolist() == [1.0] * 3


def test_the_oracle_is_the_truth_of_the_made_up_people(found, study):
    """The line equals the AUC of the true probabilities, and the register baseline starts the way at 0."""
    table = found.tables["oracle"].set_index("contender")
    assert table["oracle_auc"].unique().tolist() == [auc(study.design.outcome, study.truth)]
    assert table.loc["register_full | logistic", "share_of_way"] == 0


def test_capacity_leaves_out_room_for_more_people_than_there_are(found):
    """A number of places beyond the cohort is left out of the overlaps, shares are written as percentages."""
    assert set(found.tables["overlap"]["k"]) == {"5%", "10%", "20%", "50"}
    assert found.tables["overlap"]["overlap"].between(0, 1).all()


def test_delong_is_told_only_where_people_have_one_row(study, found):
    """DeLong's interval assumes independent rows: with several waves it is left out, with one it agrees."""
    assert "delong" not in found.tables
    first = np.unique(study.design.client, return_index=True)[1]
    few = [c for c in study.contenders if c.name in ("register_full | logistic", "questionnaire | logistic")]
    places = [study.contenders.index(c) for c in few]
    names = [c.name for c in few]
    table = benchmark._delong(
        study.design.outcome[first], expit(found.log_odds[first][:, places]), names, names[0], 0.95
    )
    assert table["contender"].tolist() == names[1:]
    assert (table["low"] < table["estimate"]).all()
    assert (table["estimate"] < table["high"]).all()


def test_the_model_against_people_is_the_difference_either_way(found):
    """The gain of the declared model over the caseworker's forecast has the sign of their AUCs."""
    row = found.tables["human"].iloc[0]
    areas = found.tables["measures"].query("measure == 'auc'").set_index("contender")["estimate"]
    assert row["human"] == "belief | level_rates"
    assert row["estimate"] == pytest.approx(areas[row["model"]] - areas[row["human"]])
    assert row["low"] <= row["high"]


def test_workers_do_not_change_the_tables(study, experiment, log_odds, found):
    """Two threads give the same measures as one."""
    folds = make_folds(study.design, experiment, 365)
    again = compare(study.design, study.contenders, experiment, log_odds, folds, study.truth, workers=2)
    pd.testing.assert_frame_equal(again.tables["measures"], found.tables["measures"])


def test_rows_nobody_tested_are_left_out_for_all(study, experiment, log_odds):
    """If one contender lacks a row, no contender is judged on it."""
    few = [c for c in study.contenders if c.name in ("register_full | logistic", "questionnaire | logistic")]
    columns = log_odds[:, [study.contenders.index(c) for c in few]].copy()
    columns[:100, 0] = np.nan
    tables = compare(study.design, few, experiment, columns, make_folds(study.design, experiment, 365)).tables
    table = tables["measures"].set_index(["measure", "contender"])["estimate"]
    assert table["auc", few[1].name] == pytest.approx(auc(study.design.outcome[100:], expit(columns[100:, 1])))


def test_the_sample_size_is_counted_in_people():
    """Three waves of one client are one person and at most one event."""
    size = sample_statement(np.array([1, 1, 0, 0, 0, 0]), np.array([0, 0, 0, 1, 2, 3]), parameters=1)
    assert (size.persons, size.events, size.rows) == (4, 1, 6)


# --- calibration in the large of replicates ------------------------------------------------


@pytest.mark.parametrize("certain", [False, True])
def test_the_mean_forecast_of_every_replicate_is_made_right(certain):
    """Root finding on each replicate alone gives the same shift, also where 30 guesses are called all but certain."""
    rng = np.random.default_rng(1)
    x = rng.choice([-12.0, 12.0], 30) if certain else rng.normal(-1.5, 1, 250)
    y = (rng.random(len(x)) < (0.5 if certain else expit(x))).astype(int)
    weights = np.concatenate(list(client_weights(np.arange(len(x)), 60, seed=1)))
    start, *expected = (
        brentq(lambda shift, w=w: w @ expit(x + shift) - w @ y, -60, 60, xtol=1e-12) for w in [x * 0 + 1, *weights]
    )
    assert benchmark._in_the_large(y, x, weights, start) == pytest.approx(expected, abs=1e-9)


def test_a_shift_is_found_where_newton_goes_to_and_fro():
    """On these ten rows Newton alone jumps between -2.9 and 3.1 for good; the mean forecast is right in between."""
    x = np.array([1.0, 1, 1, 1, 25, -6, 6, 6, -12, -12])
    y = np.array([1, 1, 1, 1, 1, 1, 0, 0, 0, 0])
    (shift,) = benchmark._in_the_large(y, x, np.ones((1, 10)), 3.1)
    assert expit(x + shift).mean() == pytest.approx(y.mean(), abs=1e-12)


def test_a_replicate_with_one_outcome_has_no_shift():
    """Whoever drew no event, or nothing else, has no finite shift; from half to 3 in 4 it is log 3."""
    y, weights = np.array([1, 0]), np.array([[3.0, 1.0], [2.0, 0.0], [0.0, 2.0]])
    given = benchmark._in_the_large(y, np.zeros(2), weights, 0.0)
    assert given == pytest.approx([np.log(3), np.nan, np.nan], abs=1e-12, nan_ok=True)


# --- calibration on other people -----------------------------------------------------------


@pytest.fixture(scope="module")
def calibrating() -> tuple[Design, np.ndarray, list[Fold]]:
    """Return people with one row each, log-odds that are too steep, and four folds."""
    design = one_row_each()
    return design, 3 * design.matrix["client.q"].to_numpy(), grouped_kfold(design, 4, 1, 1)


def test_a_fold_is_calibrated_on_the_other_folds(calibrating):
    """Each fold's values are those of the calibrator fitted on the rows of all other folds."""
    design, log_odds, folds = calibrating
    given = cross_calibrated(design, log_odds, folds)
    for fold in folds:
        made = fit_calibrator(log_odds[fold.train], design.outcome[fold.train])
        assert given[fold.test] == pytest.approx(made.apply(log_odds[fold.test]))
        assert made.slope < 0.7


def test_outcomes_of_a_fold_do_not_reach_its_own_calibration(calibrating):
    """Turning all outcomes of a fold round leaves its calibrated values to the last digit, and moves the others."""
    design, log_odds, folds = calibrating
    turned = design.outcome.copy()
    turned[folds[0].test] = 1 - turned[folds[0].test]
    before, after = (cross_calibrated(replace(design, outcome=y), log_odds, folds) for y in (design.outcome, turned))
    assert np.array_equal(before[folds[0].test], after[folds[0].test])
    assert np.abs(before[folds[1].test] - after[folds[1].test]).max() > 0.05


def test_other_waves_of_a_client_do_not_calibrate_it():
    """A client whose waves lie in two test folds (as with job centres) calibrates neither of them."""
    design = one_row_each(120)
    client = np.arange(120)
    client[60:75] = np.arange(15)  # fifteen clients of the first fold answered at the second centre as well
    design, everyone = replace(design, client=client), np.arange(120)
    folds = [Fold("a", 0, everyone[75:], everyone[:60]), Fold("b", 0, everyone[15:60], everyone[60:])]
    log_odds = 3 * design.matrix["client.q"].to_numpy()
    given = cross_calibrated(design, log_odds, folds)
    for tested, others in ((slice(0, 60), slice(75, 120)), (slice(60, 120), slice(15, 60))):
        made = fit_calibrator(log_odds[others], design.outcome[others])
        assert given[tested] == pytest.approx(made.apply(log_odds[tested]))


def test_rows_without_forecast_stay_without(calibrating):
    """A row that no fold tested has no calibrated value and calibrates nobody."""
    design, log_odds, folds = calibrating
    gaps = np.where(np.arange(200) < 20, np.nan, log_odds)
    given = cross_calibrated(design, gaps, folds)
    assert np.array_equal(np.isnan(given), np.isnan(gaps))
    rest = np.setdiff1d(folds[0].train, np.arange(20))
    inside = np.setdiff1d(folds[0].test, np.arange(20))
    assert given[inside] == pytest.approx(fit_calibrator(log_odds[rest], design.outcome[rest]).apply(log_odds[inside]))


def test_a_leak_in_the_calibration_is_refused(calibrating, monkeypatch):
    """The check that keeps people apart is made for every fold of the calibration."""
    design, log_odds, folds = calibrating
    steps = []

    def refuse(client: Any, a: Any, b: Any, step: str) -> None:
        steps.append(step)
        if len(steps) == 3:
            raise LeakageError(step)

    monkeypatch.setattr(benchmark, "apart", refuse)
    with pytest.raises(LeakageError, match="calibration, fold 3"):
        cross_calibrated(design, log_odds, folds)


def test_the_saved_model_is_judged_as_calibrated_on_others(found, study, experiment):
    """The measures of the saved model are those of the cross-calibrated forecasts of the chosen contender."""
    folds = make_folds(study.design, experiment, 365)
    place = found.contenders.index(found.chosen)
    calibrated = cross_calibrated(study.design, found.log_odds[:, place], folds)
    table = found.tables["measures"].set_index(["measure", "contender"])["estimate"]
    assert table["auc", SAVED] == pytest.approx(auc(study.design.outcome, expit(calibrated)))


# --- other designs -------------------------------------------------------------------------


def test_other_designs_are_run_for_the_declared_pair(study, experiment):
    """Leave-one-centre-out tests every row in a fold per centre; rolling origin only later ones."""
    # Dates spread over three years, so that outcomes occur in every test period.
    days = pd.Timestamp("2013-01-01") + pd.to_timedelta(
        np.random.default_rng(1).integers(0, 1000, len(study.design.rows)), "D"
    )
    design = replace(study.design, rows=study.design.rows.assign(answered_on=days))
    table = other_designs(design, study.contenders, study.features, experiment, 365)
    assert set(table["contender"]) == {"questionnaire | logistic", "register_full | logistic"}
    by_design = table.drop_duplicates("design").set_index("design")
    assert by_design.loc["leave_one_centre_out", "folds"] == study.design.rows["job_centre"].nunique() == 10
    assert by_design.loc["leave_one_centre_out", "rows"] == len(study.design.outcome)
    assert by_design.loc["rolling_origin", "folds"] == 2
    assert 0 < by_design.loc["rolling_origin", "rows"] < len(study.design.outcome)
    assert by_design.loc["rolling_origin", "clients"] <= study.n_clients
    assert table["auc"].between(0, 1).all()
    assert (table["low"] <= table["high"]).all()


def test_a_design_these_people_do_not_allow_is_told_as_such(study, experiment):
    """With one job centre and no dates both designs come back as not possible, with the reason."""
    rows = study.design.rows.assign(job_centre="north", answered_on=pd.NaT)
    table = other_designs(replace(study.design, rows=rows), study.contenders, study.features, experiment, 365)
    assert table["contender"].tolist() == ["not possible"] * 2
    assert table["words"].str.contains("at least two job centres|date of every answer").all()


def test_a_test_period_without_the_outcome_is_told_as_such(study, experiment):
    """Where nobody who is tested later has the outcome there is no AUC, and the table says why."""
    day = study.design.rows["answered_on"]
    quiet = replace(study.design, outcome=np.where(day < "2014-01-01", study.design.outcome, 0).astype("int8"))
    table = other_designs(quiet, study.contenders, study.features, experiment, 365)
    rolling = table[table["design"] == "rolling_origin"]
    assert rolling["contender"].tolist() == ["not possible"]
    assert rolling["words"].str.startswith("nobody has the outcome").all()


def test_one_class_among_the_tested_rows_cannot_be_compared(study, experiment, log_odds):
    """If no tested row has the outcome the comparison is refused in one sentence."""
    few = [c for c in study.contenders if c.name in ("register_full | logistic", "questionnaire | logistic")]
    columns = np.where(
        (study.design.outcome == 1)[:, None], np.nan, log_odds[:, [study.contenders.index(c) for c in few]]
    )
    with pytest.raises(CohortError, match="nobody has the outcome"):
        compare(study.design, few, experiment, columns, make_folds(study.design, experiment, 365))


def test_no_other_design_gives_an_empty_table(study, experiment):
    """Without further designs there is nothing to tell."""
    plain = experiment.model_copy(update={"validation": Validation(folds=3)})
    assert other_designs(study.design, study.contenders, study.features, plain, 365).empty
