"""The tables eriq reads: every column, and one check for all of them at the border."""

import datetime as dt
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd

from eriq.config import Status
from eriq.errors import SchemaError, bullets, nearest
from eriq.instrument.instrument import Instrument
from eriq.tables.kept import EARLIEST, LATEST, are_days, gaps, taken

STATUSES: tuple[str, ...] = get_args(Status)
WORK = tuple(s for s in STATUSES if s.startswith("work_"))
BENEFITS = ("social_assistance", "unemployment_benefit", "sickness_benefit", "disability_benefit")
EVENTS = ("gp_contact", "psychiatric_contact", "musculoskeletal_contact", "conviction", "disability_code")
LEFT_WHY = ("death", "emigration", "pension", "other")
EDUCATION = ("below_upper_secondary", "upper_secondary", "higher")
FIELDS = tuple(f"{field:02d}" for field in range(11))  # broad fields of education, ISCED-F 2013
OCCUPATIONS = tuple("0123456789")  # major groups of ISCO-08
AREA = ("unemployment", "income", "higher_education", "foreign_citizens", "single_households")  # of the postcode

PLANNED_YEARS = 5  # so far ahead an end may be planned; later ones are slips
SHOWN_ROWS = 10  # row numbers printed per problem; the count is always whole


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of a table may contain."""

    name: str
    dtype: str  # str, Int8 to Int64, Float64 or datetime64[us]; of results also float64, bool or boolean
    allowed: tuple[Any, ...] = ()
    required: bool = False  # a gap is a problem
    optional: bool = False  # the whole column may be absent
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One rule that a table breaks, and where; `rows` is empty when the whole table does."""

    table: str
    column: str
    code: str
    text: str
    rows: np.ndarray  # positions, 0 is the first row of data
    hint: str = ""

    def __str__(self) -> str:
        if not len(self.rows):
            return self.text
        shown = ", ".join(str(row + 1) for row in self.rows[:SHOWN_ROWS])
        more = f" and {len(self.rows) - SHOWN_ROWS} more" if len(self.rows) > SHOWN_ROWS else ""
        return f"{self.column}: {self.text} in {len(self.rows)} row(s): {shown}{more}{self.hint}"


def answers_columns(instrument: Instrument) -> tuple[Column, ...]:
    """Return the columns of ANSWERS: one row is one wave of one client, both halves."""
    return (
        Column("client_id", "str", required=True),
        Column("answered_on", "datetime64[us]", required=True),
        Column("wave", "Int16", optional=True, low=1),
        Column("caseworker_id", "str", optional=True),
        Column("job_centre", "str", optional=True),
        Column("consent", "Int8", allowed=(0, 1), optional=True),
        Column("consent_withdrawn_on", "datetime64[us]", optional=True),
        Column("instrument", "str", optional=True),  # "id version" of what was answered; blank: the questionnaire's own
        Column("belief_recorded_on", "datetime64[us]", optional=True),  # by the caseworker; blank: with the answers
        Column("score_shown_on", "datetime64[us]", optional=True),  # of this wave, to the caseworker
        Column("caseworker_answered_on", "datetime64[us]", optional=True),  # of each half, where they stand apart:
        Column("client_answered_on", "datetime64[us]", optional=True),  # answered_on is the later one
        *(Column(f"{who}_seconds", "Float64", optional=True, low=0) for who in ("caseworker", "client")),  # it took
        *(Column(item, "Int8", allowed=instrument.allowed(item)) for item in instrument.item_ids),
    )


PERSONS = (
    Column("client_id", "str", required=True),
    Column("born_on", "datetime64[us]", required=True),
    Column("sex", "str", allowed=("female", "male", "other"), optional=True),
    Column("origin", "str", allowed=("native", "europe", "outside_europe"), optional=True),
    Column("language", "str", optional=True),  # for audit only
    Column("arm", "str", optional=True),  # of a trial: looked at in psychometrics, never a feature
    Column("family", "str", allowed=("single", "couple"), optional=True),
    Column("children", "Int8", optional=True, low=0, high=20),
    Column("education", "str", allowed=EDUCATION, optional=True),
    Column("vocational_education", "Int8", allowed=(0, 1), optional=True),
    Column("registered_on", "datetime64[us]", optional=True),
    Column("education_field", "str", allowed=FIELDS, optional=True),
    Column("sought_occupation", "str", allowed=OCCUPATIONS, optional=True),
    Column("sought_experience", "Int8", allowed=(0, 1), optional=True),  # of the occupation that is sought
    Column("fund_member", "Int8", allowed=(0, 1), optional=True),  # of an unemployment insurance fund
    Column("willing_to_move", "Int8", allowed=(0, 1), optional=True),
    *(Column(f"area_{name}", "Float64", optional=True, low=0) for name in AREA),
    Column("weak_competitiveness", "Int8", allowed=(0, 1), optional=True),  # as an agency judged it
    Column("known_on", "datetime64[us]", optional=True),
    Column("followed_until", "datetime64[us]", optional=True),
    Column("left_on", "datetime64[us]", optional=True),  # for good
    Column("left_why", "str", allowed=LEFT_WHY, optional=True),
)
SPELLS = (
    Column("client_id", "str", required=True),
    Column("started_on", "datetime64[us]", required=True),
    Column("ended_on", "datetime64[us]"),  # a gap means it still goes on; a later day than the extract is planned
    Column("status", "str", allowed=STATUSES, required=True),
    Column("hours", "Float64", optional=True, low=0, high=100),
    Column("track", "Int8", optional=True, low=1, high=9),  # of an activation, in the agency's own order
    Column("known_on", "datetime64[us]", optional=True),
)
EVENT_COLUMNS = (
    Column("client_id", "str", required=True),
    Column("occurred_on", "datetime64[us]", required=True),
    Column("kind", "str", allowed=EVENTS, required=True),
    Column("known_on", "datetime64[us]", optional=True),
)

FORMS = (  # filled in by staff, since registers do not hold it; one row per client and day
    Column("client_id", "str", required=True),
    Column("filled_on", "datetime64[us]", required=True),
    Column("activity_hours", "Float64", optional=True, low=0, high=100),  # a week, over the last year
    Column("contacts", "Int8", optional=True, low=0, high=99),  # with services and others around the client
    Column("problem_areas", "Int8", optional=True, low=0, high=99),  # contacts that a problem calls for
    Column("work_experience", "Int8", allowed=(0, 1), optional=True),
    Column("known_on", "datetime64[us]", optional=True),
)


def empty(columns: tuple[Column, ...]) -> pd.DataFrame:
    """Return a table with `columns` and no rows."""
    return pd.DataFrame({c.name: pd.Series(dtype=c.dtype) for c in columns})


def read_column(given: pd.Series, column: Column) -> pd.Series:
    """Return `given` as the type of `column`; what cannot be read exactly becomes missing.

    Parameters
    ----------
    given : Series of shape (n_rows,)
        Text, whole numbers, numbers, dates, categories or objects.
    column : Column
        Its dtype is what is returned.

    Returns
    -------
    Series of shape (n_rows,)

    Examples
    --------
    >>> read_column(pd.Series(["3", " 4 ", "3,5", None]), Column("cw01", "Int8")).tolist()
    [3, 4, <NA>, <NA>]
    """
    dtype, given = pd.api.types.pandas_dtype(column.dtype), _plain(given)
    if isinstance(given.dtype, pd.StringDtype) and 2 * len((once := pd.factorize(given))[1]) < len(given):
        texts = read_column(pd.Series(once[1], dtype=given.dtype), column).array  # each is read once
        return pd.Series(texts.take(once[0], allow_fill=True), index=given.index, name=given.name)
    if column.dtype == "str":
        if pd.api.types.is_integer_dtype(given.dtype):  # ids as a spreadsheet keeps them
            return given.astype("str").where(given.notna())
        if given.dtype == object:
            given = given.where(given.map(lambda value: isinstance(value, str) and is_text(value)).astype(bool))
        elif not pd.api.types.is_string_dtype(given.dtype):
            given = pd.Series(np.nan, index=given.index)
        text = given.astype("str")
        # A line break or control sign within a name is half of two rows, or damage.
        stripped = text.where(~text.str.contains(r"[\x00-\x1f\x7f]", regex=True, na=False)).str.strip()
        return stripped.where(stripped != "")
    if given.dtype == object:  # decimals, dates and the like: as they are written
        given = as_text(given)
    if pd.api.types.is_bool_dtype(given.dtype) and dtype.kind == "i" and column.allowed != (0, 1):
        return pd.Series(pd.NA, index=given.index, dtype=dtype)  # true is no code of a scale
    if dtype.kind == "M":
        if given.dtype.kind == "M":
            if given.dtype == dtype and are_days(given.to_numpy()):
                return given
            when = pd.DatetimeIndex(given).tz_localize(None).normalize()  # a moment counts as its local day
            when = pd.DatetimeIndex(when.where((when.to_numpy() >= EARLIEST) & (when.to_numpy() <= LATEST)))
            return pd.Series(when.as_unit("us"), index=given.index, name=given.name)
        text = given.astype("str").str.strip().str.replace(r"[ T]00:00:00$", "", regex=True)
        day = pd.to_datetime(text, errors="coerce", format="%Y-%m-%d").astype("datetime64[us]")
        return day.where(day >= EARLIEST)
    if given.dtype == dtype and dtype.kind == "i":
        return given
    if given.dtype.kind in "Mm":  # would count as nanoseconds
        return pd.Series(pd.NA, index=given.index, dtype=dtype)
    if pd.api.types.is_signed_integer_dtype(given.dtype) and pd.api.types.is_integer_dtype(dtype):
        read: pd.Series = given.astype("Int64")
    else:
        plain = given.str.strip() if pd.api.types.is_string_dtype(given.dtype) else given
        read = pd.to_numeric(plain, errors="coerce").astype("Float64")
        read = read.where(np.isfinite(read.to_numpy("float64", na_value=np.nan)))
    if dtype.kind == "i":
        span = np.iinfo(dtype.type)
        read = read.where((read % 1 == 0) & read.between(span.min, span.max))
    return read.astype(dtype)


def is_text(cell: object) -> bool:
    """Return false for text that came with half a surrogate pair: bytes that are not UTF-8."""
    if not isinstance(cell, str) or cell.isascii():
        return True
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_text(given: pd.Series) -> pd.Series:
    """Return cells as text that can be stored, whatever they are; bytes and the like as Python writes them."""
    if given.dtype == object:
        given = given.map(lambda cell: str(cell).encode("utf-8", "replace").decode(), na_action="ignore")
    return given.astype("str")


def _plain(given: pd.Series) -> pd.Series:
    """Return a column of categories as what the categories are."""
    if isinstance(given.dtype, pd.CategoricalDtype):
        kind: Any = given.cat.categories.dtype
        return given.astype({"i": "Int64", "u": "UInt64"}.get(kind.kind, kind))
    return given


def _is_given(given: pd.Series) -> pd.Series:
    """Return true where a cell holds something, blank text counting as nothing."""
    if pd.api.types.is_string_dtype(given.dtype) or given.dtype == object:
        return given.notna() & (as_text(given).str.strip() != "")
    return given.notna()


def _broken(given: pd.Series, read: pd.Series, column: Column) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield (code, words, mask that is true where the rule is broken)."""
    given = _plain(given)
    there = _is_given(given).to_numpy(bool)
    known = read.notna().to_numpy(bool)
    unread = there & ~known
    if unread.any() and column.dtype[0] in "IF" and pd.api.types.is_string_dtype(given.dtype):
        text = as_text(given)
        comma = unread & text.str.contains(r"^\s*-?\d+,\d+\s*$", regex=True, na=False).to_numpy(bool)
        yield "decimal_comma", "decimal comma where a point is expected (or set csv.decimal)", comma
        unread &= ~comma
    kind = {"s": "text", "d": "a date written YYYY-MM-DD from 1900 on", "I": "a whole number", "F": "a number"}[
        column.dtype[0]
    ]
    yield "unreadable", f"not {kind}", unread
    if column.required:
        yield "missing", "missing", ~there
    if column.allowed:
        yield "outside_scale", "not one of the allowed codes", known & ~read.isin(column.allowed).to_numpy(bool)
    if column.low is not None:
        yield "too_low", f"below {column.low:g}", (read < column.low).fillna(False).to_numpy(bool)
    if column.high is not None:
        yield "too_high", f"above {column.high:g}", (read > column.high).fillna(False).to_numpy(bool)


def folded(name: str) -> str:
    """Return a name without case, spaces, signs and accents.

    >>> folded(" Cónsent")
    'consent'
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(sign for sign in plain if sign.isalnum())


def check(
    frame: pd.DataFrame, columns: Sequence[Column], table: str, *, extra: str = "refuse", coded: bool = False
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return `frame` typed, with `columns` in their order, and every rule it breaks.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, any)
        As read; left as it is.
    columns : sequence of Column
        The contract.
    table : str
        Name used in the problems.
    extra : {"refuse", "notice", "ignore"}
        What to do about columns that the contract does not know. They are named by position,
        since without a header the column names are the first person's answers.
    coded : bool
        Text comes back as categories, a whole number a row: for tables of many rows a person.

    Returns
    -------
    typed : DataFrame of shape (n_rows, n_columns)
        Optional columns that are absent come as all-missing ones.
    problems : list of Problem
    """
    wanted, found = [c.name for c in columns], [str(name) for name in frame.columns]
    none = np.empty(0, dtype=np.int64)
    problems = []
    for column in columns:
        times = found.count(column.name)
        if times > 1:
            words = f"column {column.name} is there {times} times"
            problems.append(Problem(table, column.name, "repeated_column", words, none))
        elif not times and not column.optional:
            problems.append(Problem(table, column.name, "no_column", f"column {column.name} is not there", none))
    if extra == "refuse":
        absent = [name for name in wanted if name not in found]
        unknown = [(place, name) for place, name in enumerate(found, 1) if name not in wanted]
        for place, name in unknown[:SHOWN_ROWS]:
            hint = nearest(name, absent)
            problems.append(Problem(table, "", "unknown_column", f"column number {place} is not known.{hint}", none))
        if more := len(unknown) - SHOWN_ROWS if len(unknown) > SHOWN_ROWS else 0:
            problems.append(Problem(table, "", "unknown_column", f"{more} more columns are not known", none))
    if extra == "notice":
        lacking = {folded(name): name for name in wanted if name not in found}
        for place, name in enumerate(found, 1):
            if ours := lacking.get(folded(name)) if name not in wanted else None:
                words = (
                    f"column number {place} is written otherwise than {ours}; rename it, or map it in source.columns"
                )
                problems.append(Problem(table, ours, "unknown_column", words, none))
    typed: dict[str, pd.Series] = {}
    for column in columns:
        if found.count(column.name) == 1:
            given = frame.iloc[:, found.index(column.name)].reset_index(drop=True)
            once, code = _once(given)
            read = read_column(once, column)
            if read.notna().any():
                typed[column.name] = taken(read, code, coded=coded)
            else:
                typed[column.name] = gaps(column.dtype, len(frame), coded=coded)
            for name, words, broken in _broken(once, read, column):
                mask = broken if code is None or not broken.any() else broken[code]
                if mask.any():
                    hint = f"; allowed: {', '.join(map(str, column.allowed))}" if name == "outside_scale" else ""
                    problems.append(Problem(table, column.name, name, words, np.flatnonzero(mask), hint))
        else:
            typed[column.name] = gaps(column.dtype, len(frame), coded=coded)
    return pd.DataFrame(typed, copy=False), problems  # each column by itself: what is not copied takes no memory


def _once(given: pd.Series) -> tuple[pd.Series, np.ndarray | None]:
    """Return the values of a column of categories and a gap behind them, with each row's place; else the column."""
    if not isinstance(given.dtype, pd.CategoricalDtype):
        return given, None
    values = _plain(pd.Series(given.cat.categories.astype("category")))
    return values.reindex(range(len(values) + 1)), given.cat.codes.to_numpy()  # place -1 is the last: the gap


def check_dates(frame: pd.DataFrame, table: str, today: dt.date, extracted_on: dt.date | None = None) -> list[Problem]:
    """Return dates after `today`, or after the day the tables were drawn; only the end of a spell may be planned."""
    problems = []
    last = pd.Timestamp(min(today, extracted_on or today))
    words = "after the day the tables were drawn" if extracted_on else "in the future"
    for name in frame.columns:
        if frame[name].dtype.kind == "M":
            limit = last + pd.DateOffset(years=PLANNED_YEARS) if name == "ended_on" else last
            mask = (frame[name] > limit).to_numpy(bool)
            if mask.any():
                problems.append(Problem(table, str(name), "future", words, np.flatnonzero(mask)))
    return problems


def check_left(persons: pd.DataFrame) -> list[Problem]:
    """Return persons who left for good on a day that is not given."""
    mask = (persons["left_why"].notna() & persons["left_on"].isna()).to_numpy(bool)
    words = "a reason for leaving without left_on"
    return [Problem("persons", "left_why", "no_day", words, np.flatnonzero(mask))] if mask.any() else []


def check_repeats(frame: pd.DataFrame, keys: Sequence[str], table: str) -> list[Problem]:
    """Return rows whose `keys` were seen in an earlier row."""
    whole = frame[list(keys)].notna().all(axis="columns")
    mask = (frame.duplicated(list(keys), keep="first") & whole).to_numpy(bool)
    words = f"same {' and '.join(keys)} as an earlier row"
    return [Problem(table, keys[0], "duplicate", words, np.flatnonzero(mask))] if mask.any() else []


def refuse(problems: Sequence[Problem]) -> None:
    """Raise one SchemaError with all `problems`, if there are any."""
    if problems:
        lines = [f"{problem.table}: {problem}" for problem in problems]
        raise SchemaError(bullets(f"the input has {len(problems)} problem(s); no row was used:", lines))
