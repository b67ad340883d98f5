"""Who is in, with which outcome: hand-made cases, and a slow second implementation on random worlds."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from eriq.config import OUTCOMES, Outcome
from eriq.errors import CohortError
from eriq.instrument.instrument import load_instrument
from eriq.tables import schema
from eriq.tables.cohort import Registers, build_cohort, keep, require_two_classes

JOB = OUTCOMES["job_entry_12m"]
DAY0 = pd.Timestamp("2015-01-01")


def day(n: int | None) -> str | None:
    """Return the day `n` days after 1 January 2015."""
    return None if n is None else f"{DAY0 + pd.Timedelta(days=n):%Y-%m-%d}"


# Two clients who make both outcomes occur, so that the case looked at is free to be either.
ANCHORS = [("yes", day(10), day(400), "work_unsubsidised"), ("no", day(10), day(400), "social_assistance")]


@pytest.fixture
def outcome_of(waves, registers):
    """Return the outcome of a client who answers on day 0 and has the spells given, or why they are left out."""

    def look(*spells, outcome: Outcome = JOB, until: int | None = 1000, given: dt.date | None = None, **columns):
        persons = {
            "x": {"followed_until": day(until)},
            "yes": {"followed_until": day(1000)},
            "no": {"followed_until": day(1000)},
        }
        register = registers([*((("x"), day(a), day(b), status) for a, b, status in spells), *ANCHORS], persons=persons)
        answers = waves([("x", day(0)), ("yes", day(0)), ("no", day(0))], **columns)
        cohort = build_cohort(answers, register, outcome, followed_until=given)
        rows = cohort.rows.set_index("client_id")["outcome"]
        if "x" in rows:
            return int(rows["x"])
        return next(why for why, count in cohort.flow if count)

    return look


# --- hand-made cases -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spells", "outcome"),
    [
        ([], 0),
        ([(1, 28, "work_unsubsidised")], 1),
        ([(1, 27, "work_unsubsidised")], 0),
        ([(1, None, "work_subsidised")], 1),
        ([(365, 392, "work_unsubsidised")], 1),
        ([(366, None, "work_unsubsidised")], 0),
        ([(1, 27, "work_unsubsidised"), (200, 227, "work_subsidised")], 1),
        ([(1, 14, "work_unsubsidised"), (15, 28, "work_unsubsidised")], 0),
        ([(1, None, "work_sheltered")], 0),
        ([(1, None, "education")], 0),
        ([(-100, -1, "work_unsubsidised")], 0),
    ],
    ids=[
        "none",
        "four weeks from the next day",
        "a day short",
        "open",
        "starts on the last day",
        "a day late",
        "a short one, then a long one",
        "two short ones in a row",
        "another kind of work",
        "education",
        "before the answer",
    ],
)
def test_a_job_entry_is_a_spell_that_starts_in_the_window_and_lasts(outcome_of, spells, outcome):
    """Entry: starts on day 1 to 365 and lasts four weeks, both days counted (28 days)."""
    assert outcome_of(*spells) == outcome


@pytest.mark.parametrize("status", ["work_unsubsidised", "work_subsidised", "work_sheltered"])
@pytest.mark.parametrize(("start", "end", "out"), [(-9, 0, True), (0, 0, True), (0, None, True), (-9, -1, False)])
def test_who_is_in_work_on_the_answer_date_is_not_at_risk(outcome_of, status, start, end, out):
    """Any work counts, also of a kind that is not the outcome; the last day of a spell belongs to it."""
    assert outcome_of((start, end, status)) == ("already in work on the answer date" if out else 0)


def test_for_an_outcome_at_risk_for_everyone_people_in_work_stay():
    """The trial's outcome asks where somebody is, so nobody is left out for being there already."""
    assert {o.name for o in OUTCOMES.values() if o.at_risk == "everyone"} == {"trial_any_15m", "trial_work_15m"}


@pytest.mark.parametrize(
    ("spell", "any_of_four", "work"),
    [
        ((-9, None, "work_unsubsidised"), 1, 1),
        ((456, 456, "work_subsidised"), 1, 1),
        ((1, 455, "work_sheltered"), 0, 0),
        ((457, None, "work_sheltered"), 0, 0),
        ((400, 500, "education"), 1, 0),
        ((1, None, "activation"), 0, 0),
    ],
)
def test_a_state_is_looked_at_on_one_day(outcome_of, waves, registers, spell, any_of_four, work):
    """State: what goes on exactly 456 days after the answer, whatever was before or comes after."""
    for name, expected in (("trial_any_15m", any_of_four), ("trial_work_15m", work)):
        persons = {client: {"followed_until": day(456)} for client in ("x", "yes", "no")}
        start, end, status = spell
        register = registers(
            [("x", day(start), day(end), status), ("yes", day(1), None, "work_unsubsidised")], persons=persons
        )
        cohort = build_cohort(waves([("x", day(0)), ("yes", day(0)), ("no", day(0))]), register, OUTCOMES[name])
        assert cohort.rows.set_index("client_id")["outcome"].to_dict() == {"x": expected, "yes": 1, "no": 0}


@pytest.mark.parametrize("spell", [None, (1, None, "work_unsubsidised")], ids=["no entry", "early entry"])
def test_follow_up_that_ends_a_day_early_is_censored_and_never_a_no(outcome_of, spell):
    """365 days and four weeks after them must be observed: on day 393 the row is in, on day 392 it is left out."""
    spells = [spell] if spell else []
    assert outcome_of(*spells, until=393) == (1 if spell else 0)
    assert outcome_of(*spells, until=392).startswith("censored: follow-up ends before day 393")


def test_the_last_day_of_all_registers_limits_everyone(outcome_of):
    """A date for everyone stands in for a missing own one, and a later own one does not count."""
    limit = (DAY0 + pd.Timedelta(days=393)).date()
    assert outcome_of(until=None, given=limit) == 0
    assert outcome_of(until=2000, given=limit) == 0
    with pytest.raises(CohortError, match="censored"):
        outcome_of(until=2000, given=limit - dt.timedelta(days=1))
    assert outcome_of(until=392, given=limit).startswith("censored")


def test_without_any_date_the_last_one_in_spells_is_the_end(outcome_of):
    """The registers surely reach the last date they hold: here the day 400 of the other clients."""
    assert outcome_of(until=None) == 0
    assert outcome_of((1000, None, "education"), until=None) == 0


@pytest.mark.parametrize(("consent", "out"), [(1, False), (0, True), (None, True)])
def test_only_who_consented_is_in_where_consent_is_recorded(outcome_of, consent, out):
    """With a consent column a gap is no consent."""
    assert outcome_of(consent=[consent, 1, 1]) == ("no consent recorded" if out else 0)


def test_without_a_consent_column_nobody_is_left_out_for_it(outcome_of):
    """A column that is empty for everyone records nothing."""
    assert outcome_of(consent=[None, None, None]) == 0


# --- nothing to learn from -----------------------------------------------------------------


def test_when_all_outcomes_are_censored_the_counts_are_told(waves, registers, secret):
    """No usable row is a CohortError (exit code 15) with the number of rows left out, and nobody's id."""
    answers = waves([(secret, day(0)), ("b", day(0)), ("b", day(90))])
    with pytest.raises(
        CohortError, match=r"no usable row is left; left out: 0 already in work .*; 3 censored"
    ) as caught:
        build_cohort(answers, registers([(secret, day(-9), day(-1), "education")]), JOB)
    assert secret not in str(caught.value)
    assert CohortError.exit_code == 15


def test_without_spells_everyone_is_censored(waves, registers):
    """An empty spell register observes nobody, so nobody is a "no"."""
    with pytest.raises(CohortError, match="2 censored"):
        build_cohort(waves([("a", day(0)), ("b", day(0))]), registers(), JOB)


@pytest.mark.parametrize(("status", "words"), [("work_unsubsidised", "everybody has"), ("education", "nobody has")])
def test_one_class_only_is_told(waves, registers, status, words):
    """If all have the outcome or none, nothing can be learned."""
    register = registers([(client, day(10), day(400), status) for client in "ab"])
    with pytest.raises(CohortError, match=rf"{words} the outcome in 2 row\(s\)"):
        build_cohort(waves([("a", day(0)), ("b", day(0))]), register, JOB)


def test_two_classes_are_enough():
    """One row of each is no error; an empty outcome is one."""
    require_two_classes(np.array([0, 1]))
    with pytest.raises(CohortError, match="nobody has"):
        require_two_classes(np.array([], dtype="int8"))


def test_keep_drops_what_is_not_surely_met_and_leaves_its_input():
    """A rule that is unknown for a row does not hold for it, and the flow only grows."""
    rows = pd.DataFrame({"a": pd.array([1, 2, None], dtype="Int8")})
    before, flow = rows.copy(), (("earlier", 4),)
    kept, longer = keep(rows, rows["a"] > 1, "small or unknown", flow)
    assert kept["a"].tolist() == [2]
    assert kept.index.tolist() == [0]
    assert longer == (("earlier", 4), ("small or unknown", 2))
    assert flow == (("earlier", 4),)
    pd.testing.assert_frame_equal(rows, before)


# --- against a slow second implementation --------------------------------------------------

Spell = tuple[str, int, int | None, str]


def slow(
    answers: list[tuple[str, int, int | None]],
    spells: list[Spell],
    until: dict[str, int | None],
    outcome: Outcome,
    given: int | None,
) -> tuple[list[tuple[str, int, int]], list[int]]:
    """Return (client, day, outcome) of every row that is in, and how many each rule left out, row by row."""
    dates = [d for _, start, end, _ in spells for d in (start, end) if d is not None]
    ask = any(consent is not None for _, _, consent in answers)
    out = {"consent": 0, "work": 0, "censored": 0}
    rows = []
    for client, answered, consent in sorted(answers):
        mine = [(a, b, s) for c, a, b, s in spells if c == client]
        if ask and consent != 1:
            out["consent"] += 1
            continue
        work = {*outcome.kinds, "work_unsubsidised", "work_subsidised", "work_sheltered"}
        busy = any(s in work and a <= answered and (b is None or answered <= b) for a, b, s in mine)
        if outcome.at_risk == "not_in_kinds" and busy:
            out["work"] += 1
            continue
        own = until.get(client)
        end = given if own is None else own if given is None else min(own, given)
        if end is None:
            end = max(dates, default=None)
        if end is None or end < answered + outcome.observe_days:
            out["censored"] += 1
            continue
        happened = 0
        for a, b, s in mine:
            if s not in outcome.kinds:
                continue
            if outcome.measure == "state":
                target = answered + outcome.horizon_days
                happened |= a <= target and (b is None or target <= b)
            elif answered < a <= answered + outcome.horizon_days:
                seen = sum(1 for d in range(a, end + 1) if b is None or d <= b)
                happened |= seen >= 7 * outcome.minimum_weeks
        rows.append((client, answered, int(happened)))
    counts = ([out["consent"]] if ask else []) + ([out["work"]] if outcome.at_risk == "not_in_kinds" else [])
    return rows, [*counts, out["censored"]]


STATUSES = ("work_unsubsidised", "work_subsidised", "work_sheltered", "education", "sickness_benefit")
OUTCOME_KINDS = (("work_unsubsidised",), ("work_unsubsidised", "work_subsidised"), ("education",))


def world(seed: int, measure: str, at_risk: str, consents: bool) -> tuple:
    """Return a random small world in which every boundary is hit by chance: all dates lie within weeks."""
    rng = np.random.default_rng([seed, measure == "state", at_risk == "everyone", consents])
    clients = [f"k{n:02d}" for n in range(40)]
    outcome = Outcome(
        name="o",
        words="o",
        kinds=OUTCOME_KINDS[rng.integers(3)],
        horizon_days=int(rng.integers(5, 25)),
        minimum_weeks=int(rng.integers(0, 3)),  # 0 counts a spell of one day
        measure=measure,
        at_risk=at_risk,
    )
    answers = {(str(rng.choice(clients)), int(rng.integers(0, 40))) for _ in range(100)}
    told = [
        (client, n, int(rng.random() < 0.9) if consents and rng.random() < 0.9 else None)
        for client, n in sorted(answers)
    ]
    rng.shuffle(told)
    told = [(str(client), int(n), consent) for client, n, consent in told]
    spells: list[Spell] = []
    for _ in range(160):
        start = int(rng.integers(-30, 60))
        end = None if rng.random() < 0.2 else start + int(rng.integers(0, 25))
        spells.append((str(rng.choice(clients)), start, end, str(rng.choice(STATUSES))))
    until = {client: int(rng.integers(20, 100)) for client in clients if rng.random() < 0.7}
    return told, spells, until, outcome, None if rng.random() < 0.5 else int(rng.integers(50, 100))


@pytest.mark.parametrize("measure", ["entry", "state"])
@pytest.mark.parametrize("at_risk", ["not_in_kinds", "everyone"])
@pytest.mark.parametrize("consents", [False, True])
def test_the_cohort_equals_a_slow_row_by_row_one(measure, at_risk, consents):
    """On random small worlds rows, order, outcomes and counts agree with a second implementation."""
    n_rows = 0
    for seed in range(6):
        answers, spells, until, outcome, last = world(seed, measure, at_risk, consents)
        frame = pd.DataFrame([(c, day(n), k) for c, n, k in answers], columns=["client_id", "answered_on", "consent"])
        follow = [day(n) for n in until.values()]
        persons = pd.DataFrame({"client_id": list(until), "born_on": "1980-01-01", "followed_until": follow})
        life = pd.DataFrame(
            [(c, day(a), day(b), s) for c, a, b, s in spells], columns=["client_id", "started_on", "ended_on", "status"]
        )
        typed, _ = schema.check(frame, schema.answers_columns(load_instrument("eriq22")), "answers")
        register = Registers(
            schema.check(persons, schema.PERSONS, "persons")[0],
            schema.check(life, schema.SPELLS, "spells")[0],
            pd.DataFrame(),
        )
        copies = [f.copy(deep=True) for f in (typed, register.persons, register.spells)]
        limit = None if last is None else (DAY0 + pd.Timedelta(days=last)).date()
        rows, counts = slow(answers, spells, until, outcome, last)
        if len({happened for _, _, happened in rows}) < 2:
            with pytest.raises(CohortError, match="nobody has"):
                build_cohort(typed, register, outcome, followed_until=limit)
            continue
        cohort = build_cohort(typed, register, outcome, followed_until=limit)
        found = cohort.rows[["client_id", "answered_on", "outcome"]].itertuples(index=False)
        assert [(c, (d - DAY0).days, int(o)) for c, d, o in found] == rows
        assert [count for _, count in cohort.flow] == counts
        assert len(cohort.rows) + sum(counts) == cohort.n_read == len(answers)
        for after, before in zip((typed, register.persons, register.spells), copies, strict=True):
            pd.testing.assert_frame_equal(after, before)
        n_rows += len(rows)
    assert n_rows > 100
