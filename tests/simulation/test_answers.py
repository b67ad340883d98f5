"""Who answers the made-up questionnaires, when and how."""

import pandas as pd
import pytest

from eriq.instrument.instrument import Instrument, load_instrument
from eriq.simulation.cohort import SimulatedCohort, simulate
from eriq.simulation.settings import load_simulation


def test_a_shorter_questionnaire_is_answered_by_the_same_people(cohort: SimulatedCohort) -> None:
    """Asking fewer items changes neither lives nor the answers to the items that stay."""
    shorter = load_instrument("eriq-sv")
    made = simulate(load_simulation("claim"), shorter, 400, seed=5)

    pd.testing.assert_frame_equal(cohort.spells, made.spells)
    pd.testing.assert_frame_equal(cohort.truth, made.truth)
    assert cohort.answers["cw11"].equals(made.answers["cw11"])
    assert len(shorter.item_ids) == 14


def test_the_number_of_answers_is_exact(cohort: SimulatedCohort) -> None:
    """400 clients at 2.8697 responses give 1,148 answers, and everybody gives at least one."""
    assert len(cohort.answers) == 1148
    assert cohort.answers["client_id"].nunique() == 400 == len(cohort.persons)


def test_waves_are_numbered_in_order_of_date(cohort: SimulatedCohort) -> None:
    """Waves of a client count 1, 2, ... without a hole, on rising dates about 13 weeks apart."""
    by_client = cohort.answers.groupby("client_id")
    gap = by_client["answered_on"].diff().dropna() / pd.Timedelta(weeks=1)

    assert (cohort.answers["wave"] == by_client.cumcount() + 1).all()
    assert gap.between(10, 16).all()


def test_a_missing_half_is_missing_as_a_whole(cohort: SimulatedCohort, instrument: Instrument) -> None:
    """Where a client half is gone every item is blank or every item says no contact; both ways occur."""
    items = [item.id for item in instrument.half("client")]
    half = cohort.answers[items]
    no_contact = (half == -4).fillna(False)

    assert (no_contact.any(axis="columns") == no_contact.all(axis="columns")).all()
    assert no_contact.all(axis="columns").sum() > 0
    assert half.isna().all(axis="columns").sum() > 0


@pytest.mark.parametrize("name", ["eriq22", "eriq22-1"])
def test_answers_follow_the_orientation_of_their_item(name: str) -> None:
    """The belief of the caseworker rises with every oriented item of the caseworker, reversed or not."""
    instrument = load_instrument(name)
    answers = simulate(load_simulation("claim"), instrument, 400, seed=5).answers
    oriented = pd.DataFrame({i: instrument.oriented(i, answers[i]) for i in instrument.item_ids})
    rises = oriented.corr()["cw11"].drop("cw11")

    assert (rises[[i for i in rises.index if i.startswith("cw")]] > 0.05).all()
    assert any(i.orientation == -1 for i in instrument.items) == (name == "eriq22-1")
    assert set(answers["instrument"]) == {instrument.label}
