"""The two halves apart."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from eriq.instrument.instrument import load_instrument
from eriq.tables.halves import join_halves

DAY0 = pd.Timestamp("2014-01-01")


def half(item, *rows, **columns) -> pd.DataFrame:
    """Return a half from (client, day) pairs, answered 3 everywhere."""
    pairs = pd.DataFrame(rows, columns=["client_id", "answered_on"], dtype="str")
    return pairs.assign(**{item: "3"}, **columns)


def joined(instrument, mine, theirs, within=14):
    """Return the joined halves as text with blanks for gaps, the counts and the problems' words."""
    answers, counts, problems = join_halves(mine, theirs, within, instrument)
    return answers.fillna(""), counts, [str(problem) for problem in problems]


def test_halves_at_most_so_many_days_apart_are_one(instrument):
    """Fourteen days are within fourteen, fifteen are not, whichever half comes first; each keeps its own day."""
    mine = half("cw01", ("a", "2014-01-15"), ("b", "2014-01-01"), ("c", "2014-01-01"))
    theirs = half("cl01", ("a", "2014-01-01"), ("b", "2014-01-15"), ("c", "2014-01-16"))
    answers, counts, problems = joined(instrument, mine, theirs)
    assert (counts.both, counts.caseworker, counts.client) == (2, 1, 1)
    assert problems == []
    named = ["client_id", "answered_on", "caseworker_answered_on", "client_answered_on", "cw01", "cl01"]
    assert answers[named].to_numpy().tolist() == [
        ["a", "2014-01-15", "2014-01-15", "2014-01-01", "3", "3"],
        ["b", "2014-01-15", "2014-01-01", "2014-01-15", "3", "3"],
        ["c", "2014-01-01", "2014-01-01", "", "3", ""],
        ["c", "2014-01-16", "", "2014-01-16", "", "3"],
    ]
    assert str(counts).endswith(
        "<5 have two halves at most 14 days apart, <5 the caseworker's only, <5 the client's only."
    )


def test_each_half_keeps_the_time_it_took(instrument):
    """Seconds of a half come from its own file, as text like all else; a half without them has a gap."""
    mine = half("cw01", ("a", "2014-01-15"), ("b", "2014-01-01"), caseworker_seconds="90", client_seconds="1")
    theirs = half("cl01", ("a", "2014-01-15"), client_seconds="40")
    answers, _, _ = joined(instrument, mine, theirs)
    assert answers["caseworker_seconds"].tolist() == ["90", "90"]
    assert answers["client_seconds"].replace("nan", "").tolist() == ["40", ""]


def test_a_half_with_two_partners_is_a_problem_with_a_count(instrument):
    """Nobody knows which of two belongs to it, so neither is taken without a word."""
    mine = half("cw01", ("a", "2014-01-08"), ("b", "2014-01-01"), ("b", "2014-01-09"))
    theirs = half("cl01", ("a", "2014-01-01"), ("a", "2014-01-15"), ("b", "2014-01-05"))
    _, _, problems = joined(instrument, mine, theirs)
    assert problems[0].startswith("1 half/halves of the caseworker have two or more of the client within 14 days")
    assert problems[1].startswith("1 half/halves of the client have two or more of the caseworker within 14 days")


def test_consent_is_what_every_half_says(instrument):
    """A no, or a blank where it is asked for, in either half is no consent of the pair; a half alone speaks."""
    days = [(who, "2014-01-01") for who in "abcd"]
    mine = half("cw01", *days, consent=["1", "1", "0", "1"])
    theirs = half("cl01", *days[:3], ("e", "2014-01-01"), consent=["1", np.nan, "1", "1"])
    answers, _, _ = joined(instrument, mine, theirs)
    assert dict(zip(answers["client_id"], answers["consent"], strict=True)) == {
        "a": "1", "b": "", "c": "0", "d": "1", "e": "1",
    }  # fmt: skip


def test_a_wave_that_halves_without_partner_repeat_is_left_out(instrument):
    """Each side counts for itself: two halves of wave 1 that are no pair are not one wave twice."""
    mine = half("cw01", ("a", "2014-01-01"), ("b", "2014-01-01"), wave=[1, 1])
    theirs = half("cl01", ("a", "2014-06-01"), ("b", "2014-01-02"), wave=[1, 1])
    answers, _, _ = joined(instrument, mine, theirs)
    assert answers["wave"].tolist() == ["", "1", ""]


def test_rows_that_cannot_be_joined_stay(instrument):
    """A half without a client or with a day that is none is there as it stands, for the contract to judge."""
    mine = half("cw01", (np.nan, "2014-01-01"), ("a", "soon"))
    answers, counts, _ = joined(instrument, mine, half("cl01", ("a", "2014-01-01")))
    assert counts.both == 0
    assert answers["answered_on"].tolist() == ["2014-01-01", "soon", "2014-01-01"]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60)), min_size=1, max_size=6, unique=True),
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60)), min_size=1, max_size=6, unique=True),
)
def test_every_half_is_there_once_and_no_row_sees_the_future(mine, theirs):
    """Whatever the days: each half ends in one row, and no row is dated before one of its halves."""

    def dated(item, rows):
        return half(item, *((who, f"{DAY0 + pd.Timedelta(days=day):%Y-%m-%d}") for who, day in rows))

    answers, counts, _ = joined(load_instrument("eriq22"), dated("cw01", mine), dated("cl01", theirs))
    assert (answers["cw01"] == "3").sum() == len(mine) == counts.both + counts.caseworker
    assert (answers["cl01"] == "3").sum() == len(theirs) == counts.both + counts.client
    for name in ("caseworker_answered_on", "client_answered_on"):
        assert (answers[name] <= answers["answered_on"]).all()
    assert len(answers) == counts.both + counts.caseworker + counts.client
