"""Personal numbers: whether a column of ids looks like them, so that nobody uses them unawares."""

import datetime as dt
import re

import pandas as pd

LIKE = 0.9  # share of the ids
DANISH = "Danish personal numbers (CPR)"
SWEDISH = "Swedish personal numbers (personnummer)"


def personal_numbers(ids: pd.Series) -> str:
    """Return what a column of ids looks like, or nothing.

    Parameters
    ----------
    ids : Series of text, shape (n_rows,)

    Examples
    --------
    >>> personal_numbers(pd.Series(["010190-1234", "311285-4321"])), personal_numbers(pd.Series(["C0001", "17"]))
    ('Danish personal numbers (CPR)', '')
    """
    given = pd.Series(ids.dropna().unique(), dtype="str").head(1000)
    if given.empty:
        return ""
    swedish, danish = given.map(is_swedish).mean(), given.map(is_danish).mean()
    if max(swedish, danish) < LIKE:
        return ""
    return SWEDISH if swedish >= danish else DANISH


def is_danish(number: str) -> bool:
    """Return whether a text is a day as DDMMYY and four digits.

    >>> is_danish("3112854321"), is_danish("321285-4321")
    (True, False)
    """
    found = re.fullmatch(r"(\d{2})(\d{2})(\d{2})[- ]?\d{4}", number)
    return found is not None and _is_day(int(found[3]), int(found[2]), int(found[1]))


def is_swedish(number: str) -> bool:
    """Return whether a text is a day as YYMMDD or YYYYMMDD and four digits, the last of which is the check digit.

    >>> is_swedish("811228-9874"), is_swedish("19811228-9874"), is_swedish("811228-9873")
    (True, True, False)
    """
    found = re.fullmatch(r"(?:19|20)?(\d{2})(\d{2})(\d{2})[-+ ]?(\d{4})", number)
    if not found or not _is_day(int(found[1]), int(found[2]), int(found[3]) % 60 or 60):  # days 61-91: co-ordination
        return False
    digits = [int(digit) * (2 - place % 2) for place, digit in enumerate("".join(found.groups()))]
    return sum(digit // 10 + digit % 10 for digit in digits) % 10 == 0


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        dt.date(2000 + year, month, day)
    except ValueError:
        return False
    return True
