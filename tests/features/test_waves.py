"""Earlier questionnaires: hand-computed changes, handover and caseload; nothing of the same day or later."""

import numpy as np
import pandas as pd
import pytest

from eriq.features import wave_columns
from eriq.features.questionnaire import answer_places
from eriq.features.waves import caseload
from eriq.instrument.instrument import load_instrument
from eriq.simulation.cohort import simulate
from eriq.simulation.settings import load_simulation


@pytest.fixture(scope="module")
def made(instrument):
    """Return a hundred made-up people."""
    return simulate(load_simulation("claim"), instrument, clients=100, seed=1)


@pytest.fixture
def three_waves(waves):
    """One client with three waves in no order, and another with one."""
    return waves(
        [("a", "2015-07-01"), ("a", "2015-01-01"), ("b", "2015-04-01"), ("a", "2015-04-01")],
        caseworker_id=["w2", "w1", "w1", None],
        cw11=[4, 1, 2, None],
        cw01=[5, 1, 3, 3],
        cw05=[5, 1, 3, 1],
        cl01=[-1, 1, 3, 2],
    )


def test_changes_since_the_wave_before_by_hand(three_waves):
    """Differences to the client's previous wave, means over items answered both times, NaN for a first wave."""
    columns = wave_columns(three_waves, three_waves, load_instrument("eriq22-1"))
    third, first, other, second = (columns.iloc[k] for k in range(4))
    assert first.drop("setting.caseload").isna().all()
    assert other.drop("setting.caseload").isna().all()
    # Second wave: cw01 rose by two, the other nine of the ten did not move; the forecast was not given.
    assert second["changes.caseworker"] == pytest.approx(0.2)
    assert second["changes.client"] == pytest.approx(1 / 11)
    assert np.isnan(second["changes.belief"])
    assert np.isnan(second["setting.handover"])
    # Third wave: cw01 rose by two, cw05 (turned round) fell by four; cl01 was not answered.
    assert third["changes.caseworker"] == pytest.approx(-0.2)
    assert third["changes.client"] == 0.0
    assert np.isnan(third["changes.belief"])
    assert np.isnan(third["setting.handover"])


def test_a_new_caseworker_is_told_from_the_same_one(waves, instrument):
    """The flag is 1 for another caseworker than at the wave before, 0 for the same."""
    answers = waves([("a", f"2015-0{k}-01") for k in (1, 2, 3)], caseworker_id=["w1", "w1", "w2"])
    assert wave_columns(answers, answers, instrument)["setting.handover"].tolist()[1:] == [0.0, 1.0]


def test_a_wave_outside_the_cohort_is_still_the_wave_before(three_waves, instrument):
    """Changes refer to the past as it was, whichever rows are used."""
    whole = wave_columns(three_waves, three_waves, instrument)
    pd.testing.assert_frame_equal(
        wave_columns(three_waves.iloc[[0]], three_waves, instrument), whole.iloc[[0]].reset_index(drop=True)
    )


def test_later_waves_change_no_earlier_row(made, instrument):
    """Each row's changes are the same when everything the client answered later is taken away."""
    whole = wave_columns(made.answers, made.answers, instrument)
    assert whole.notna().any().all()
    limit = made.answers["answered_on"].quantile(0.5)
    early = (made.answers["answered_on"] <= limit).to_numpy(bool)
    past = made.answers[early].reset_index(drop=True)
    pd.testing.assert_frame_equal(wave_columns(past, past, instrument), whole[early].reset_index(drop=True))


def test_the_same_columns_come_from_previous_alone(made, instrument):
    """What scoring makes of each row, alone, with the table as earlier answers is what training makes of all."""
    whole = wave_columns(made.answers, made.answers, instrument)
    for place in range(0, len(made.answers), 17):
        row = made.answers.iloc[[place]].reset_index(drop=True)
        before = made.answers[made.answers["answered_on"] < row["answered_on"].iloc[0]]
        expected = whole.iloc[[place]].reset_index(drop=True)
        pd.testing.assert_frame_equal(wave_columns(row, before, instrument), expected)
        pd.testing.assert_frame_equal(wave_columns(row, made.answers, instrument), expected)


def test_caseload_is_a_plain_count(made):
    """It is what a loop over rows counts: other days' clients of the same caseworker in the window before."""
    table = made.answers
    expected = []
    for row in table.itertuples():
        ago = (row.answered_on - table["answered_on"]).dt.days
        mine = table["caseworker_id"].eq(row.caseworker_id) & (ago > 0) & (ago <= 60)
        expected.append(table.loc[mine.to_numpy(bool), "client_id"].nunique())
    assert np.array_equal(caseload(table, table, 60), expected)
    assert max(expected) > 1


def test_without_earlier_answers_there_are_gaps(waves, instrument):
    """An empty table of earlier answers gives no change and no handover, and nobody in the caseload."""
    rows = waves([("a", "2015-01-01")], caseworker_id=["w1"])
    made = wave_columns(rows, rows.iloc[:0], instrument).iloc[0]
    assert made.drop("setting.caseload").isna().all()
    assert made["setting.caseload"] == 0


def test_changes_are_those_of_a_loop_over_earlier_answers(waves, instrument):
    """The last answer of an earlier day counts, of several that day the last row; ids and caseworkers may be unknown.

    Dates before 1970 and clients in any order are no other case.
    """
    rng = np.random.default_rng(5)
    n, items = 120, ["cw01", "cw05", "cl01", "cl02", instrument.belief]
    days = np.datetime64("1969-12-20") + rng.integers(0, 25, n)
    asked = {item: rng.choice([1, 2, 3, 4, None], n) for item in items}
    answers = waves([("x", str(day)) for day in days], **asked)
    answers["client_id"] = pd.Series(rng.choice([*"cab", None], n), dtype="str")
    answers["caseworker_id"] = pd.Series(rng.choice(["w2", "w1", None], n), dtype="str")
    rows = answers.iloc[rng.permutation(n)[:70]].reset_index(drop=True)
    rows.loc[0, ["client_id", "caseworker_id"]] = ["only here", "only here"]
    made = wave_columns(rows, answers, instrument)
    halves = [[i.id for i in instrument.half(who) if i.id != instrument.belief] for who in ("caseworker", "client")]
    place, mine = ({i: answer_places(some[i], instrument, i) for i in instrument.item_ids} for some in (answers, rows))
    known = 0
    for k, row in rows.iterrows():
        past = answers[(answers["client_id"] == row["client_id"]) & (answers["answered_on"] < row["answered_on"])]
        if past.empty:
            assert made.drop(columns="setting.caseload").iloc[k].isna().all()
            continue
        last = past.index[past["answered_on"] == past["answered_on"].max()][-1]
        change = {item: mine[item][k] - place[item][last] for item in instrument.item_ids}
        for name, of in (("belief", items[4:]), ("caseworker", halves[0]), ("client", halves[1])):
            there = [change[item] for item in of if not np.isnan(change[item])]
            np.testing.assert_equal(made.loc[k, f"changes.{name}"], np.mean(there) if there else np.nan)
        then, now = answers["caseworker_id"][last], row["caseworker_id"]
        moved = float(then != now) if pd.notna(then) and pd.notna(now) else np.nan
        np.testing.assert_equal(made.loc[k, "setting.handover"], moved)
        known += 1
    assert known > 40


def test_caseload_counts_a_client_who_answers_every_day_once():
    """A loop over clients of two caseworkers on a few days finds the same people, day after day."""
    rng = np.random.default_rng(7)
    table = pd.DataFrame({"client_id": rng.choice([*"abcd"], 90), "caseworker_id": rng.choice(["x", "y", None], 90)})
    table["answered_on"] = np.datetime64("2020-01-01", "us") + rng.integers(0, 12, 90) * np.timedelta64(1, "D")
    found = caseload(table.iloc[::2], table, 3)
    for count, (_, row) in zip(found, table.iloc[::2].iterrows(), strict=True):
        ago = (row["answered_on"] - table["answered_on"]).dt.days
        mine = table["caseworker_id"].eq(row["caseworker_id"]) & ago.between(1, 3)
        people = table.loc[mine, "client_id"].nunique() if pd.notna(row["caseworker_id"]) else np.nan
        np.testing.assert_equal(count, people)
