"""One rule of consent, wherever answers of people are used."""

import pandas as pd
import pytest

from eriq.tables.consent import agreed, not_given, was_asked, withdrawn

ANSWERS = pd.DataFrame(
    {
        "client_id": pd.array(["a", "a", "b", "c", "d"], "str"),
        "consent": pd.array([1, 1, 0, None, 1], "Int8"),
        "consent_withdrawn_on": pd.to_datetime([None, "2020-01-01", None, None, None]),
    }
)


def test_only_a_yes_that_was_not_taken_back_counts() -> None:
    """Withdrawn once is withdrawn for every wave; a no and a blank are none."""
    assert agreed(ANSWERS).tolist() == [False, False, False, False, True]
    assert not_given(ANSWERS).tolist() == [False, False, True, True, False]


@pytest.mark.parametrize("asked", [None, False])
def test_where_nobody_was_asked_a_withdrawal_still_counts(asked: bool | None) -> None:
    """All blank, or declared as not collected: everyone but those who withdrew."""
    blank = ANSWERS.assign(consent=pd.array([pd.NA] * 5, "Int8"))
    assert not was_asked(blank)
    assert agreed(blank, asked=asked).tolist() == [False, False, True, True, True]


def test_asked_and_all_blank_is_nobody() -> None:
    """Where the caller says that consent was asked for, a column of blanks lets nobody through."""
    blank = ANSWERS.assign(consent=pd.array([pd.NA] * 5, "Int8"))
    assert not agreed(blank, asked=True).any()


def test_a_withdrawal_without_a_client_takes_its_own_row_only() -> None:
    """A gap in the id is no id that others share."""
    rows = pd.DataFrame({"client_id": [None, None, "a"], "consent_withdrawn_on": ["2020-01-01", None, None]})
    assert withdrawn(rows).tolist() == [True, False, False]
