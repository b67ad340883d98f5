"""The made-up cohort has the shape of real tables, and its truth stays apart from them."""

import datetime as dt

import pandas as pd
import pytest

from eriq.instrument.instrument import Instrument
from eriq.simulation.cohort import ABOUT, SimulatedCohort, simulate
from eriq.simulation.settings import load_simulation
from eriq.tables import schema
from eriq.tables.between import check_known, check_spells
from eriq.tables.files import frame_digest

TABLES = ("answers", "persons", "spells", "events")


def columns_of(instrument: Instrument) -> dict[str, tuple[schema.Column, ...]]:
    contracts = (schema.answers_columns(instrument), schema.PERSONS, schema.SPELLS, schema.EVENT_COLUMNS)
    return dict(zip(TABLES, contracts, strict=True))


@pytest.mark.parametrize("preset", ["claim", "literature", "null"])
def test_tables_pass_the_check_at_the_border(preset: str, instrument: Instrument) -> None:
    """Every table has its columns in order and typed, and breaks no rule, also not between tables."""
    made = simulate(load_simulation(preset), instrument, 120, seed=3)
    problems = []
    for table, columns in columns_of(instrument).items():
        given = getattr(made, table)
        typed, found = schema.check(given, columns, table)
        problems += found + schema.check_dates(given, table, dt.date(2019, 1, 1))
        pd.testing.assert_frame_equal(typed, given)
    problems += check_spells(made.spells)
    for table in ("answers", "spells", "events"):
        problems += check_known(getattr(made, table), made.persons, table)
    problems += schema.check_repeats(made.answers, ["client_id", "answered_on"], "answers")
    problems += schema.check_repeats(made.persons, ["client_id"], "persons")

    assert [] == problems


def test_same_seed_same_tables(cohort: SimulatedCohort, instrument: Instrument) -> None:
    """Twice the same seed gives equal tables; another seed gives other answers."""
    again = simulate(load_simulation("claim"), instrument, 400, seed=5)
    other = simulate(load_simulation("claim"), instrument, 400, seed=6)

    for table in (*TABLES, "truth", "caseworkers"):
        pd.testing.assert_frame_equal(getattr(cohort, table), getattr(again, table))
    assert not cohort.answers["cw01"].equals(other.answers["cw01"])


def test_truth_is_a_probability_per_answer(cohort: SimulatedCohort) -> None:
    """The truth has the rows of the answers in their order, each strictly between 0 and 1."""
    keys = ["client_id", "answered_on", "wave"]

    pd.testing.assert_frame_equal(cohort.truth[keys], cohort.answers[keys])
    assert cohort.truth["probability"].between(0, 1, inclusive="neither").all()


def test_truth_stands_in_no_table(cohort: SimulatedCohort) -> None:
    """No table has a column of the truth beyond the keys, nor a number that repeats the probability."""
    latent = {"probability", "log_hazard", "belief_level", "caseworker_changed", "optimism", "effectiveness"}
    for table in TABLES:
        assert not latent & set(getattr(cohort, table).columns)


def test_the_notice_says_that_people_are_made_up(cohort: SimulatedCohort) -> None:
    """The text for reports says made up and names the preset."""
    assert cohort.about.startswith(ABOUT)
    assert "made up" in ABOUT
    assert "claim" in cohort.about


def test_no_client_is_refused(instrument: Instrument) -> None:
    """A cohort needs at least one client, and one client is enough."""
    with pytest.raises(ValueError, match="at least 1"):
        simulate(load_simulation("claim"), instrument, 0, seed=1)
    assert simulate(load_simulation("claim"), instrument, 1, seed=1).persons["client_id"].tolist() == ["c1"]


@pytest.mark.parametrize(
    ("preset", "digest"),
    [
        ("claim", "82c8b233 e8a863ec 1fb158a2 b3bf0384"),
        ("literature", "0d27135a e8a863ec e1553541 b3bf0384"),
        ("null", "c80e5d68 e8a863ec 9d746377 b3bf0384"),
    ],
)
def test_a_seed_gives_the_tables_it_always_gave(preset: str, digest: str, instrument: Instrument) -> None:
    """200 clients of seed 7 answer and live as in version 0.1; columns that hold nothing do not count."""
    made = simulate(load_simulation(preset), instrument, 200, seed=7)
    frames = [getattr(made, table).dropna(axis="columns", how="all") for table in TABLES]

    assert digest == " ".join(frame_digest(frame)[:8] for frame in frames)
