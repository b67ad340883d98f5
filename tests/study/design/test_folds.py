"""Rows and folds: nobody on both sides, no outcome from after the test begins, no column that tells the outcome."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from eriq.config import Validation, load_experiment
from eriq.errors import CohortError, LeakageError
from eriq.features import Feature
from eriq.features.matrix import to_matrix
from eriq.study.design.design import Design, make_design
from eriq.study.design.folds import (
    apart,
    client_folds,
    external_fold,
    grouped_kfold,
    kept_apart,
    leave_one_centre_out,
    make_folds,
    rolling_origin,
)
from eriq.study.design.leakage import _auc, too_good

DAY = pd.Timedelta(days=1)


def design_of(client: np.ndarray, outcome: np.ndarray, **facts: object) -> Design:
    rows = pd.DataFrame({"client_id": client, "answered_on": pd.NaT, "job_centre": "a", **facts})
    return make_design(rows, pd.DataFrame({"x": np.arange(len(rows), dtype="float64")}), outcome)


def world(seed: int, n_clients: int = 60, n_rows: int = 150) -> Design:
    """Return repeated rows of some clients over six years and four job centres, some of whom move."""
    rng = np.random.default_rng(seed)
    client = rng.integers(0, n_clients, n_rows)
    home = rng.integers(0, 4, n_clients)
    centre = np.where(rng.random(n_rows) < 0.1, rng.integers(0, 4, n_rows), home[client])
    days = pd.Timestamp("2012-01-01") + pd.to_timedelta(rng.integers(0, 2190, n_rows), unit="D")
    return design_of(
        np.array([f"k{c}" for c in client]),
        (rng.random(n_rows) < 0.3).astype(int),
        answered_on=days.as_unit("us"),
        job_centre=np.array([f"centre {c}" for c in centre]),
    )


# --- the design ----------------------------------------------------------------------------


def test_clients_get_codes_in_order_of_appearance_and_rows_a_fresh_index():
    """Whatever index came in, rows, matrix, outcome and client are aligned by position."""
    rows = pd.DataFrame({"client_id": ["b", "a", "b"]}, index=[7, 3, 5])
    matrix = pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=[7, 3, 5])
    design = make_design(rows, matrix, np.array([True, False, True]))
    assert design.client.tolist() == [0, 1, 0]
    assert design.outcome.dtype == np.int8
    assert design.rows.index.tolist() == design.matrix.index.tolist() == [0, 1, 2]
    assert rows.index.tolist() == [7, 3, 5]


def test_taking_rows_takes_all_of_them_together():
    """A part of a design keeps rows, matrix, outcome and client side by side, in the order asked for."""
    design = world(1)
    index = np.array([9, 3, 3, 140])
    part = design.take(index)
    assert part.rows["client_id"].tolist() == design.rows["client_id"].iloc[index].tolist()
    assert part.matrix["x"].tolist() == [9.0, 3.0, 3.0, 140.0]
    assert part.outcome.tolist() == design.outcome[index].tolist()
    assert part.client.tolist() == design.client[index].tolist()
    assert len(design.outcome) == 150


def test_a_matrix_has_the_columns_of_the_model_in_its_order():
    """Columns the model does not know are left out, whole numbers with gaps become floats with NaN."""
    frame = pd.DataFrame({"a": pd.array([1, None], "Int8"), "b": [True, False], "c": [1.5, 2.5]})
    matrix = to_matrix(frame, ["c", "a"])
    assert matrix.columns.tolist() == ["c", "a"]
    np.testing.assert_array_equal(matrix.to_numpy(), [[1.5, 1.0], [2.5, np.nan]])
    assert str(frame["a"].dtype) == "Int8"


# --- nobody on both sides ------------------------------------------------------------------


def test_a_client_on_both_sides_is_refused_with_the_number_of_clients():
    """One client shared by training and test is enough for a LeakageError (exit code 12)."""
    client = np.array([0, 0, 1, 1, 2])
    apart(client, np.array([0, 1]), np.array([2, 3, 4]), "fold 1")
    with pytest.raises(LeakageError, match=r"calibration: 2 client\(s\) are in training and in test"):
        apart(client, np.array([0, 2, 4]), np.array([1, 3]), "calibration")
    assert LeakageError.exit_code == 12


_ROWS = st.lists(st.tuples(st.integers(0, 15), st.booleans()), min_size=1, max_size=60)


@given(_ROWS, st.integers(2, 6), st.integers(0, 5))
def test_grouped_folds_keep_clients_whole_and_spread_events_evenly(rows, n_folds, seed):
    """Every row is tested once per repeat, no client is split, and clients with the outcome differ by one at most."""
    client, outcome = (np.array(part) for part in zip(*rows, strict=True))
    ids = np.unique(client)
    with_event = {c for c in ids if outcome[client == c].any()}
    without = {c for c in ids if not outcome[client == c].all()}
    if min(len(with_event), len(without)) < n_folds:
        with pytest.raises(CohortError, match=rf"client\(s\) with(out)? the outcome are too few for {n_folds} folds"):
            client_folds(outcome, client, n_folds, seed)
        return
    before = client.copy(), outcome.copy()
    label = client_folds(outcome, client, n_folds, seed)
    of_client = {c: set(label[client == c]) for c in ids}
    assert all(len(folds) == 1 for folds in of_client.values())
    for group in (set(ids), with_event):
        sizes = [sum(of_client[c] == {k} for c in group) for k in range(n_folds)]
        assert max(sizes) - min(sizes) <= 1
    np.testing.assert_array_equal(label, client_folds(outcome, client, n_folds, seed))
    turned = client_folds(outcome[::-1], client[::-1], n_folds, seed)[::-1]
    np.testing.assert_array_equal(label, turned)
    assert (client == before[0]).all()
    assert (outcome == before[1]).all()


def test_events_are_spread_by_their_number_per_client():
    """Ten clients with one event and ten with three: each of five folds gets two of each, so eight events."""
    client = np.repeat(np.arange(40), 3)
    outcome = np.zeros(120, dtype=int)
    outcome[np.arange(10) * 3] = 1
    outcome[30:60] = 1
    label = client_folds(outcome, client, 5, 1)
    assert [int(outcome[label == k].sum()) for k in range(5)] == [8] * 5
    assert [int((label == k).sum()) for k in range(5)] == [24] * 5


def test_every_repeat_tests_every_row_once_with_other_folds():
    """Two repeats are two different partitions of the rows, whole clients in each."""
    design = world(2)
    folds = grouped_kfold(design, 5, 2, seed=1)
    assert [f.repeat for f in folds] == [0] * 5 + [1] * 5
    for repeat in (0, 1):
        tested = np.concatenate([f.test for f in folds if f.repeat == repeat])
        assert sorted(tested) == list(range(150))
    for fold in folds:
        assert sorted([*fold.train, *fold.test]) == list(range(150))
        assert not {*design.client[fold.train]} & {*design.client[fold.test]}
    assert any(not np.array_equal(a.test, b.test) for a, b in zip(folds[:5], folds[5:], strict=True))


@pytest.mark.parametrize("seed", range(8))
def test_a_job_centre_is_tested_by_a_model_that_never_saw_its_clients(seed):
    """One fold per centre; clients who moved do not train for the centre they are tested at."""
    design = world(seed)
    folds = leave_one_centre_out(design)
    centre = design.rows["job_centre"].to_numpy()
    assert len(folds) == 4
    for fold in folds:
        assert len({*centre[fold.test]}) == 1
        assert centre[fold.test][0] not in centre[fold.train]
        assert not {*design.client[fold.train]} & {*design.client[fold.test]}
    assert sorted(np.concatenate([f.test for f in folds])) == list(range(150))
    moved = pd.Series(centre).groupby(design.client).nunique().gt(1).sum()
    assert moved > 0


def test_one_job_centre_cannot_be_left_out():
    """Without a second centre there is nothing to train on; no centre at all is the same."""
    for centre in ("only", None):
        design = design_of(np.arange(4), np.array([0, 1, 0, 1]), job_centre=pd.Series([centre] * 4, dtype="str"))
        with pytest.raises(CohortError, match="needs at least two job centres"):
            leave_one_centre_out(design)


def test_a_fold_whose_training_has_one_class_is_refused():
    """If all events are at one centre, the model for it has none to learn from."""
    design = design_of(np.arange(6), np.array([1, 1, 0, 0, 0, 0]), job_centre=list("aabbbb"))
    with pytest.raises(CohortError, match="centre 1: the training rows have one outcome only"):
        leave_one_centre_out(design)


def test_an_external_set_is_only_tested_on():
    """Home trains, the fixed set is tested; a client in both, or no set at all, is refused."""
    design = design_of(np.array(list("abcdef")), np.array([0, 1, 0, 1, 0, 1]))
    away = np.array([False, False, False, False, True, True])
    fold = external_fold(design, away)
    assert (fold.train.tolist(), fold.test.tolist()) == ([0, 1, 2, 3], [4, 5])
    both = design_of(np.array(list("abcdea")), design.outcome)
    with pytest.raises(LeakageError, match=r"1 client\(s\) are in training and in test"):
        external_fold(both, away)
    for none in (None, np.zeros(6, dtype=bool)):
        with pytest.raises(CohortError, match="needs rows of one"):
            external_fold(design, none)


# --- time ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("origins", "gap"), [(1, 365), (3, 393), (5, 30)])
def test_every_training_outcome_is_closed_before_the_test_begins(seed, origins, gap):
    """The window of the last training answer ends before the first test answer, whoever trains."""
    design = world(seed, n_clients=300, n_rows=600)
    day = design.rows["answered_on"]
    folds = rolling_origin(design, origins, gap)
    assert len(folds) == origins
    assert len({f.name for f in folds}) == origins
    for fold in folds:
        assert day[fold.train].max() + gap * DAY < day[fold.test].min()
    for fold, apart_too in zip(folds, rolling_origin(design, origins, gap, "apart"), strict=True):
        tested_later = np.isin(design.client[fold.train], design.client[fold.test])
        assert tested_later.any()
        assert apart_too.train.tolist() == fold.train[~tested_later].tolist()
        assert apart_too.test.tolist() == fold.test.tolist()
    tested = np.concatenate([f.test for f in folds])
    assert len(tested) == len({*tested})
    assert {*np.flatnonzero(day >= day[tested].min())} == {*tested}
    for earlier, later in pairwise(folds):
        assert day[earlier.test].max() < day[later.test].min()


def waves() -> Design:
    """Return 40 clients with three waves 200 days apart, the last of which half of them did not answer."""
    client, wave = np.repeat(np.arange(40), 3), np.tile([1, 2, 3], 40)
    days = pd.Timestamp("2015-01-01") + pd.to_timedelta(200 * wave + client % 20, unit="D")
    there = (wave < 3) | (client < 20)
    outcome = ((client + wave) % 4 == 0).astype(int)
    return design_of(client[there], outcome[there], answered_on=days.as_unit("us")[there], wave=wave[there])


def test_a_matured_wave_of_a_tested_client_trains_and_one_that_is_not_matured_never_does():
    """With 250 days until an outcome is known, the first wave is known when the third is tested, the second is not."""
    design = waves()
    fold = rolling_origin(design, 1, 250)[0]
    wave = design.rows["wave"].to_numpy()
    edge = pd.Timestamp(fold.name.removeprefix("from "))
    assert {*wave[fold.test]} == {3}
    assert {*wave[fold.train]} == {1}
    assert {*design.client[fold.train]} & {*design.client[fold.test]}
    known = (design.rows["answered_on"] + 250 * DAY < edge).to_numpy()
    assert abs(int(known.sum()) - len(fold.train)) <= 2  # the name holds the day, not the hour
    assert fold.known_after == 250
    apart_too = rolling_origin(design, 1, 250, "apart")[0]
    assert apart_too.known_after is None
    assert not {*design.client[apart_too.train]} & {*design.client[apart_too.test]}


def test_one_row_whose_outcome_was_not_known_is_refused():
    """A second wave planted in training stops the run, by number and step, though its client may train otherwise."""
    design = waves()
    fold = rolling_origin(design, 1, 250)[0]
    kept_apart(design, fold, "calibration")
    late = replace(fold, train=np.append(fold.train, np.flatnonzero(design.rows["wave"] == 2)[:2]))
    with pytest.raises(LeakageError, match=r"calibration: the outcome of 2 training row\(s\) was not known"):
        kept_apart(design, late, "calibration")
    day = design.rows["answered_on"]
    same_day = replace(fold, known_after=(day[fold.test].min() - day[fold.train].max()).days)
    with pytest.raises(LeakageError):
        kept_apart(design, same_day, "fitting")


def test_a_training_row_without_a_date_is_not_known():
    """Where time is to keep the sides apart, a row that has no place in time is refused."""
    design = waves()
    fold = rolling_origin(design, 1, 250)[0]
    rows = design.rows.assign(answered_on=design.rows["answered_on"].where(np.arange(100) != fold.train[0]))
    with pytest.raises(LeakageError, match=r"the outcome of 1 training row"):
        kept_apart(replace(design, rows=rows), fold, "fitting")


def test_a_config_says_whether_matured_waves_of_tested_clients_train():
    """By default they do; `rolling_clients: apart` is the old rule."""
    design, quick = waves(), load_experiment("quick")
    kept, dropped = (
        make_folds(
            design, quick.model_copy(update={"validation": Validation(origins=1, **words)}), 250, "rolling_origin"
        )
        for words in ({}, {"rolling_clients": "apart"})
    )
    assert len(kept[0].train) > len(dropped[0].train)


def test_answers_too_close_together_cannot_be_rolled():
    """If all answers lie within the gap, no training outcome is known before a test."""
    days = pd.date_range("2015-01-01", periods=10, freq="30D").as_unit("us")
    design = design_of(np.arange(10), np.arange(10) % 2, answered_on=days)
    with pytest.raises(CohortError, match="answers span 270 days; rolling origin needs more than the gap of 270 days"):
        rolling_origin(design, 2, 270)
    assert len(rolling_origin(design, 2, 60)) == 2


def test_a_test_period_without_answers_is_refused():
    """Answers with a long hole in time leave a period empty; the number of periods is named."""
    days = pd.to_datetime([f"2012-{m:02d}-01" for m in range(1, 9)] + ["2018-01-01", "2018-02-01"]).as_unit("us")
    design = design_of(np.arange(10), np.arange(10) % 2, answered_on=days)
    with pytest.raises(CohortError, match="test period 1 of 3 has no answers; ask for fewer origins"):
        rolling_origin(design, 3, 30)


def test_rolling_needs_every_date():
    """A row without a date has no place in time."""
    with pytest.raises(CohortError, match="needs the date of every answer"):
        rolling_origin(design_of(np.arange(4), np.array([0, 1, 0, 1])), 2, 30)


# --- columns that tell the outcome ---------------------------------------------------------


def planted(**columns: np.ndarray) -> Design:
    """Return 400 rows of 400 clients, a quarter with the outcome, and the columns given."""
    outcome = (np.arange(400) % 4 == 0).astype(int)
    rows = pd.DataFrame({"client_id": np.arange(400)})
    return make_design(rows, pd.DataFrame(columns), outcome)


OUTCOME = (np.arange(400) % 4 == 0).astype("float64")
NOISE = np.random.default_rng(0).normal(size=400)
LEAKS = {
    "a copy": OUTCOME,
    "the opposite": 1 - OUTCOME,
    "a copy with gaps": np.where(np.arange(400) % 3 == 0, np.nan, OUTCOME),
    "a later fact": OUTCOME * 5 + NOISE,
    "known only for those who found work": np.where(OUTCOME == 1, 20_000 + NOISE, np.nan),
    "missing only for those who found work": np.where(OUTCOME == 1, np.nan, NOISE),
}
HONEST = {
    "noise": NOISE,
    "a good column": OUTCOME * 1.5 + NOISE,
    "constant": np.zeros(400),
    "all missing": np.full(400, np.nan),
    "missing at random": np.where(np.arange(400) % 3 == 0, np.nan, NOISE),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_outcome_is_refused(leak):
    """A column that tells the outcome by its values, either way round, or by its gaps, is named as a leak."""
    design = planted(**{"register.planted": LEAKS[leak], "register.honest": NOISE})
    features = [Feature("register.planted", "register_basic"), Feature("register.honest", "register_basic")]
    with pytest.raises(LeakageError, match=r"^register\.planted: tells the outcome alone with an AUC of 0\.95 or more"):
        too_good(design, features, 0.95)
    for name in ("register.planted", "planted"):
        too_good(design, features, 0.95, trusted=(name,))


@pytest.mark.parametrize("honest", HONEST)
def test_honest_columns_pass(honest):
    """A useful column, a useless one, a constant and gaps at random are no leak."""
    design = planted(**{"client.x": HONEST[honest]})
    before = design.matrix.copy(deep=True)
    too_good(design, [Feature("client.x", "client"), Feature("client.absent", "client")], 0.95)
    pd.testing.assert_frame_equal(design.matrix, before)


def test_all_leaks_are_named_at_once():
    """One run tells every suspect column."""
    design = planted(**{"register.a": OUTCOME, "register.b": -OUTCOME, "register.c": NOISE})
    features = [Feature(f"register.{name}", "register_basic") for name in "abc"]
    with pytest.raises(LeakageError, match=r"^register.a, register.b: "):
        too_good(design, features, 0.95)


def test_a_category_leaks_by_its_levels_whatever_their_order():
    """The middle one of three levels can be the outcome; many small levels are no leak."""
    rng = np.random.default_rng(1)
    middle = np.where(OUTCOME == 1, 1.0, rng.choice([0.0, 2.0], 400))
    category = Feature("register.town", "register_basic", "category", levels=("a", "b", "c"))
    with pytest.raises(LeakageError, match=r"register\.town"):
        too_good(planted(**{"register.town": middle}), [category], 0.95)
    many = Feature("register.town", "register_basic", "category", levels=tuple(map(str, range(200))))
    for levels in (100, 200):
        too_good(planted(**{"register.town": rng.integers(0, levels, 400).astype(float)}), [many], 0.95)


def test_few_events_say_nothing():
    """Below twenty rows with the outcome a chance column may look perfect."""
    outcome = np.zeros(400, dtype=int)
    outcome[:19] = 1
    for events, leaks in ((19, False), (20, True)):
        outcome[:events] = 1
        copy = pd.DataFrame({"client.x": outcome.astype("float64")})
        design = make_design(pd.DataFrame({"client_id": np.arange(400)}), copy, outcome)
        if leaks:
            with pytest.raises(LeakageError):
                too_good(design, [Feature("client.x", "client")], 0.95)
        else:
            too_good(design, [Feature("client.x", "client")], 0.95)


@pytest.mark.parametrize("levels", [2, 7, 10_000])
def test_the_area_of_one_column_is_scikit_learns(levels):
    """With many ties, some and hardly any, the counted area is that of the drawn curve to 1e-12."""
    told = np.random.default_rng(levels).integers(0, levels, 400).astype(float)
    assert _auc(OUTCOME, told) == pytest.approx(roc_auc_score(OUTCOME, told), abs=1e-12)


# --- rows without a known outcome ----------------------------------------------------------


def with_censored(seed: int) -> tuple[Design, Design]:
    """Return a world in which a third of the rows has no known outcome, and that world without them."""
    whole = world(seed)
    weight = np.where(np.random.default_rng(seed).random(len(whole.outcome)) < 0.35, 0.0, 1.3)
    design = replace(whole, weight=weight, outcome=np.where(weight > 0, whole.outcome, 1).astype("int8"))
    return design, replace(design.take(np.flatnonzero(weight > 0)), weight=None)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["grouped_kfold", "leave_one_centre_out", "rolling_origin"])
def test_rows_without_a_known_outcome_change_no_fold_of_the_others(seed, kind):
    """Folds of known rows are those they have alone; a censored row is on the side of its client, or trains.

    Where centres are left out, a client with a censored row at one does not train for it.
    """
    design, alone = with_censored(seed)
    experiment = load_experiment("quick")
    experiment = experiment.model_copy(update={"validation": Validation(folds=4, origins=2, repeats=2)})
    place = np.flatnonzero(design.known)
    folds, plain = (make_folds(d, experiment, 365, kind) for d in (design, alone))
    assert [f.name for f in folds] == [f.name for f in plain]
    for fold, other in zip(folds, plain, strict=True):
        assert fold.test[design.known[fold.test]].tolist() == place[other.test].tolist()
        known = fold.train[design.known[fold.train]]
        if kind == "leave_one_centre_out":
            assert set(known) <= set(place[other.train])
            assert not set(design.rows["job_centre"][fold.test]) & set(design.rows["job_centre"][fold.train])
        else:
            assert known.tolist() == place[other.train].tolist()
        if fold.known_after is None:  # else time keeps them apart, and a client may stand on both sides
            assert not set(design.client[fold.train]) & set(design.client[fold.test])
    if kind == "grouped_kfold":
        assert sorted(np.concatenate([f.test for f in folds[:4]])) == list(range(len(design.outcome)))
    if kind == "rolling_origin":
        assert all(design.known[np.concatenate([f.train, f.test])].all() for f in folds)


def test_a_training_set_is_not_saved_by_an_outcome_that_is_not_known():
    """One outcome among the known training rows is refused, whatever a censored row holds."""
    clients = np.array([f"k{k}" for k in range(8)])
    design = design_of(clients, np.array([0, 0, 0, 0, 1, 0, 0, 1]), job_centre=np.repeat(["a", "b"], 4))
    design = replace(design, weight=np.array([1.0, 1, 1, 1, 1, 1, 1, 1]))
    assert len(leave_one_centre_out(replace(design, outcome=np.tile([0, 1], 4).astype("int8")))) == 2
    hidden = replace(
        design, outcome=np.array([0, 0, 0, 1, 1, 0, 0, 1], "int8"), weight=np.array([1.0, 1, 1, 0, 1, 1, 1, 1])
    )
    with pytest.raises(CohortError, match="one outcome only"):
        leave_one_centre_out(hidden)


def test_clients_without_a_known_row_are_spread_over_the_folds():
    """They are dealt out evenly, and a row of a client with a known one goes with it."""
    client = np.repeat(np.arange(60), 2)
    known = np.tile([True, False], 60) & (client < 40)
    fold = client_folds(np.tile([0, 1, 1, 0], 30), client, 4, 1, known)
    assert (fold[::2] == fold[1::2]).all()
    assert np.bincount(fold[::2][40:]).tolist() == [5, 5, 5, 5]
