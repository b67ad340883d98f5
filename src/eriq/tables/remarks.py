"""What a table makes one doubt without breaking its contract: codes among numbers, undated facts.

A remark is a question to whoever knows the source, never a refusal: it names a column and counts people, and it shows
a value only where the value is a usual code for "missing" that several people share.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.disclosure import count_words, min_people
from eriq.tables.by_client import codes_of
from eriq.tables.schema import AREA

CODES = (*(sign * int(digit * n) for sign in (1, -1) for digit in "789" for n in range(2, 6)), -9, -8, -7, -1)
YEARS = (1900, 2100)
FAR = 10.0  # times the range of all other values: further out lies no measurement but a slip
GAP = 0.2  # of the range of all other values: a code stands apart, or is many times as common as what is near it
SPIKE_SHARE = 0.05  # of people at the largest or smallest value
SPIKE_TIMES = 10.0  # as common as the values next to it
NEAR = 5  # so many neighbouring values
ENDS = (0, 1, 100, *(n * years for n in (365, 52, 12) for years in range(1, 11)))  # of shares, and of whole years
MANY_VALUES = 20  # with fewer a column is a scale, and its ends are answers
# Facts of PERSONS that change with time.
DATED = (
    *("family", "children", "education", "vocational_education", "education_field", "sought_occupation"),
    *("sought_experience", "fund_member", "willing_to_move", *(f"area_{name}" for name in AREA)),
)


@dataclass(frozen=True, slots=True)
class Remark:
    """A column that makes one doubt, and how many people it concerns."""

    table: str
    column: str
    code: str  # missing_code, year, far_out, spike, undated
    people: int
    text: str

    def __str__(self) -> str:
        return f"{self.table}: {self.column}: {self.text}"


def extreme_values(numbers: pd.DataFrame, client: pd.Series, table: str) -> list[Remark]:
    """Return what looks like a code, a year, a slip or a cap among the numbers of each column.

    The rules are strict on purpose, as a hint that is wrong teaches people to skip hints. Each column is looked at
    by four of them, in this order, and values that one has explained are left out for the next.

    * ``missing_code``: a usual code (99, 999, -1, ...) held by at least 5 people that stands apart from all other
      values, alone is negative, or is ten times as common as the values next to it at the end of the column.
    * ``year``: whole numbers from 1900 to 2100 where every other value is less than half as large.
    * ``far_out``: values further from the others than ten times their range.
    * ``spike``: 5 % of people or more at the largest or smallest value of a column with many values, ten times as
      many as at the values next to it; none where amounts and shares end (0, 1, 100) or a window of up to ten whole
      years does (in days, weeks or months).

    Parameters
    ----------
    numbers : DataFrame of shape (n_rows, n_columns)
        Columns that were measured or counted; no flags, no codes of categories.
    client : Series of shape (n_rows,)
        Whose row it is: people are counted, not rows.
    table : str
        Name used in the remarks.

    Returns
    -------
    list of Remark

    Examples
    --------
    >>> hours = pd.DataFrame({"hours": [*range(8, 41), *[99] * 6]})
    >>> print(*extreme_values(hours, pd.Series(range(39)), "spells"))
    spells: hours: 6 people have 99, a usual code for a missing value; if it is one, leave the cell empty
    """
    remarks, code = [], codes_of(client)[0]
    for name in numbers.columns:
        value = numbers[name].to_numpy("float64", na_value=np.nan)
        known = np.isfinite(value)
        values = _people(value[known], code[known])
        remarks += [Remark(table, str(name), code, people, text) for code, people, text in _doubts(values)]
    return remarks


def undated_facts(persons: pd.DataFrame) -> list[Remark]:
    """Return how many people have facts that change with time and no day on which they were known.

    Facts without `known_on` are taken as known at every answer, which nobody has shown.

    Parameters
    ----------
    persons : DataFrame of shape (n_persons, any)
        PERSONS, checked.

    Examples
    --------
    >>> known = pd.Series(["2015-01-01", None], dtype="datetime64[us]")
    >>> persons = pd.DataFrame({"client_id": ["a", "b"], "children": [1, 2], "known_on": known})
    >>> print(*undated_facts(persons))
    persons: known_on: <5 of 2 people have facts that change with time (children) and no day on which they were known; \
they are taken as known at every answer: give the day, or the facts as they were at the first answer
    """
    given = [name for name in DATED if name in persons and persons[name].notna().any()]
    undated = persons["known_on"].isna() if "known_on" in persons else pd.Series(True, index=persons.index)
    people = int((persons[given].notna().any(axis="columns") & undated).sum())
    if not people:
        return []
    text = (
        f"{count_words(people)} of {len(persons):,} people have facts that change with time ({', '.join(given)}) and "
        "no day on which they were known; they are taken as known at every answer: give the day, or the facts as they "
        "were at the first answer"
    )
    return [Remark("persons", "known_on", "undated", people, text)]


def register_remarks(tables: Mapping[str, pd.DataFrame]) -> list[Remark]:
    """Return every remark on the checked register tables of a source, by the names of the tables."""
    remarks = undated_facts(tables["persons"]) if "persons" in tables else []
    for table, frame in tables.items():
        kinds = {str(name): frame[name].dtype.kind for name in frame.columns}
        numbers = [name for name, kind in kinds.items() if kind in "if" and frame[name].notna().any()]
        remarks += extreme_values(frame[numbers], frame["client_id"], table)
    return remarks


def _people(value: np.ndarray, client: np.ndarray) -> pd.Series:
    """Return how many people hold each value, in the order of the values."""
    pairs = pd.DataFrame({"value": value + 0.0, "client": client}).drop_duplicates()
    return pairs["value"].value_counts().sort_index()


def _doubts(people: pd.Series) -> Iterator[tuple[str, int, str]]:
    """Yield (code, people, words) for the values of one column."""
    for code in [float(code) for code in CODES if code in people.index]:
        if people[code] >= min_people() and _is_code(people, code):
            held = int(people[code])
            words = (
                f"{held:,} people have {code:g}, a usual code for a missing value; if it is one, leave the cell empty"
            )
            yield "missing_code", held, words
            people = people.drop(code)
    if held := _years(people):
        yield "year", held, f"{count_words(held)} people have what looks like a year among smaller numbers"
        people = people[people.index < YEARS[0] / 2]
    if held := _far_out(people):
        words = f"{count_words(held)} people lie more than ten times further out than all others span"
        yield "far_out", held, words
    for end in ("largest", "smallest"):
        if held := _spike(people if end == "smallest" else people.iloc[::-1]):
            share = held / people.sum()
            yield (
                "spike",
                held,
                f"{share:.0%} of people share the {end} value; is it a cap, or a code?".replace("%", " %"),
            )


def _is_code(people: pd.Series, code: float) -> bool:
    """Return whether `code` stands apart from all other values, or crowds its end of them."""
    others = people.drop(code)
    if len(others) < 2:
        return False
    low, high = others.index[0], others.index[-1]
    if code < 0 <= low:
        return True
    if not low < code < high:
        return bool(max(code - high, low - code) > GAP * (high - low))
    edge = others[others.index > code] if code > (low + high) / 2 else others[others.index < code]
    crowd = others.iloc[np.argsort(np.abs(others.index.to_numpy() - code), kind="stable")[:NEAR]]
    return bool(edge.sum() < min_people() and people[code] >= SPIKE_TIMES * crowd.mean())


def _years(people: pd.Series) -> int:
    """Return how many people have a whole number that may be a year, where nothing else comes near it."""
    values = people.index.to_numpy()
    years = (values >= YEARS[0]) & (values <= YEARS[1]) & (values % 1 == 0)
    rest = values[~years]
    return int(people[years].sum()) if len(rest) > 1 and rest.max() < YEARS[0] / 2 else 0


def _far_out(people: pd.Series) -> int:
    """Return how many people lie beyond a gap ten times as wide as all other values span, at either end."""
    values, counts = people.index.to_numpy(), people.to_numpy()
    if len(values) < 4:
        return 0
    gaps = np.diff(values)
    above, below = values[:-1] - values[0], values[-1] - values[1:]
    wide = np.flatnonzero((gaps > FAR * above) & (above > 0))
    deep = np.flatnonzero((gaps > FAR * below) & (below > 0))
    held = int(counts[wide[-1] + 1 :].sum()) if len(wide) else 0
    held += int(counts[: deep[0] + 1].sum()) if len(deep) else 0
    return held if held <= SPIKE_SHARE * counts.sum() else 0


def _spike(people: pd.Series) -> int:
    """Return how many people share the first value, if they crowd there."""
    if len(people) < MANY_VALUES or people.index[0] in ENDS:
        return 0
    held = int(people.iloc[0])
    crowd = people.iloc[1 : NEAR + 1].mean()
    return held if held >= max(min_people(), SPIKE_SHARE * people.sum(), SPIKE_TIMES * crowd) else 0
