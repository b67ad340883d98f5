"""How far the registers see: only what can lie in the past says so, and doubt is told."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from eriq.config import OUTCOMES
from eriq.errors import CohortError
from eriq.tables.cohort import Cohort, Registers, build_cohort

JOB = OUTCOMES["job_entry_12m"]
World = tuple[pd.DataFrame, Registers]


@pytest.fixture
def agency_world(waves, registers, day) -> Callable[..., World]:
    """Make 300 clients: every third day one answers, and every tenth of them finds work 20 days later.

    Work starts up to day 897, so the window of 393 days is whole for the answers up to day 504: 169 rows, 17 entries.
    """

    def make(*spells, events=(), persons=None) -> World:
        clients = [f"c{n:03d}" for n in range(300)]
        life = [(clients[n], day(3 * n + 20), day(3 * n + 200), "work_unsubsidised") for n in range(0, 300, 10)]
        life += [(clients[n], day(3 * n - 200), day(3 * n + 10), "social_assistance") for n in range(300)]
        answers = waves([(client, day(3 * n)) for n, client in enumerate(clients)])
        return answers, registers([*life, *spells], list(events), persons=persons)

    return make


def counts(cohort: Cohort) -> tuple[int, int]:
    return len(cohort.rows), int(cohort.rows["outcome"].sum())


def test_the_latest_start_of_the_outcomes_own_spells_is_the_end(agency_world):
    """Nobody states a day: the last job starts on day 890, so answers up to day 497 count, and it is said."""
    cohort = build_cohort(*agency_world(), JOB)
    assert counts(cohort) == (166, 17)
    assert cohort.remarks[0] == (
        "Last observed day: 2017-06-09, the latest start of a spell that the outcome is read from "
        "(work_unsubsidised, work_subsidised), as no day is stated."
    )


@pytest.mark.parametrize(
    "spell",
    [
        ("c001", 700, 1300, "activation"),
        ("c001", 700, 1300, "work_subsidised"),
        ("c001", 1200, None, "activation"),
        ("c001", 1200, None, "education"),
    ],
    ids=["an activation planned", "a contract planned", "an activation from later", "education from later"],
)
def test_planned_ends_and_other_registers_extend_nothing(agency_world, day, spell):
    """One end 400 days ahead brought in rows whose outcome nobody could know: with and without it, 166 rows and 17."""
    client, start, end, status = spell
    assert counts(build_cohort(*agency_world((client, day(start), day(end), status)), JOB)) == (166, 17)


def test_a_stated_day_and_own_days_are_taken_as_they_are(agency_world, day):
    """A day for everyone, or one for each, derives nothing; where some lack one, the derived day stands for theirs."""
    stated = build_cohort(*agency_world(), JOB, followed_until=dt.date(2017, 6, 18))
    assert counts(stated) == (169, 17)
    assert stated.remarks[0] == "Last observed day: 2017-06-18, as stated."
    own = {f"c{n:03d}": {"followed_until": day(899)} for n in range(300)}
    everyone = build_cohort(*agency_world(persons=own), JOB)
    assert counts(everyone) == (169, 17)
    assert everyone.remarks[0] == "Last observed day: stated for each person, at the latest 2017-06-18."
    del own["c001"]
    some = build_cohort(*agency_world(persons=own), JOB)
    assert counts(some) == (169, 17)
    assert some.remarks[0].endswith("as no day is stated for everyone.")


# --- doubt ---------------------------------------------------------------------------------


def test_without_a_spell_of_its_kinds_nothing_can_be_derived(waves, registers, day):
    """Benefits alone do not say how far a register of work reaches."""
    register = registers([("a", day(-9), None, "social_assistance")])
    with pytest.raises(CohortError, match=r"no spell of work_unsubsidised, work_subsidised; say .*followed_until"):
        build_cohort(waves([("a", day(0)), ("b", day(0))]), register, JOB)


@pytest.mark.parametrize(("start", "doubtful"), [(890 + 290, False), (890 + 291, True)])
def test_a_start_that_stands_alone_is_doubtful(agency_world, day, start, doubtful):
    """Jobs start every 30 days; one more than ten times as long after the rest may be planned, or a slip of a year."""
    world = agency_world(("c001", day(start + 10), None, "work_unsubsidised"))
    if doubtful:
        with pytest.raises(
            CohortError, match=r"doubtful: the latest start of .* stands alone, 301 days after the rest"
        ):
            build_cohort(*world, JOB)
    else:
        build_cohort(*world, JOB)


@pytest.mark.parametrize(("answered", "doubtful"), [(890 + 180, False), (890 + 181, True)])
def test_a_register_that_ends_long_before_the_last_answer_is_doubtful(agency_world, waves, day, answered, doubtful):
    """Answers go on for more than 180 days after the last job starts: the register may have stopped."""
    answers, register = agency_world()
    answers = pd.concat([answers, waves([("late", day(answered))])], ignore_index=True)
    if doubtful:
        with pytest.raises(CohortError, match=r"doubtful: .* lies 181 days before the last answer"):
            build_cohort(answers, register, JOB)
    else:
        assert counts(build_cohort(answers, register, JOB)) == (166, 17)


# --- registers that end early --------------------------------------------------------------


def test_a_register_that_ends_before_the_others_is_noticed(agency_world, day):
    """Jobs stop on day 890 and events go on for 301 days: the line names the register and both days."""
    events = [("c001", day(n), "gp_contact") for n in range(1192)]
    cohort = build_cohort(*agency_world(events=events), JOB, followed_until=dt.date(2017, 6, 9))
    careful = [words for words in cohort.remarks if words.startswith("Careful")]
    assert careful[0] == (
        "Careful: the register that the outcome is read from (work_unsubsidised, work_subsidised) seems to end early. "
        "Its latest start is 2017-06-09, 301 days before 2018-04-06, up to where others reach or are said to."
    )
    assert "the register of benefits" in careful[1]


def test_a_stated_day_beyond_the_register_is_noticed(agency_world):
    """Whoever states a day that the work register does not reach gets a "no" for jobs nobody recorded: it is told."""
    near, far = dt.date(2018, 4, 5), dt.date(2018, 4, 6)  # 300 and 301 days after the last start
    told = [build_cohort(*agency_world(), JOB, followed_until=day).remarks for day in (near, far)]
    assert ["outcome is read from" in " ".join(words) for words in told] == [False, True]


def test_a_sparse_register_is_not_said_to_have_ended(waves, registers, day):
    """A register with a start every 100 days may well be silent for 900 days; one with a start a day may not."""
    for step, noticed in ((100, False), (1, True)):
        starts = np.arange(-2000, 0, step)
        spells = [("a", day(int(n)), day(int(n)), "education") for n in starts]
        spells += [("a", day(10), None, "work_unsubsidised"), ("b", day(800), None, "work_unsubsidised")]
        cohort = build_cohort(
            waves([("a", day(0)), ("b", day(0))]), registers(spells), JOB, followed_until=dt.date(2017, 3, 11)
        )
        assert any("register of education" in words for words in cohort.remarks) == noticed
