"""The two halves apart: the caseworker's and the client's answers joined by client and date."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.disclosure import hide_parts
from eriq.instrument.instrument import Instrument
from eriq.tables.cells import cell_text
from eriq.tables.schema import Column, Problem, read_column

HEAD = ("wave", "caseworker_id", "job_centre", "consent", "consent_withdrawn_on")
NO_ROWS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class HalfCounts:
    """How many questionnaires have both halves, and how many only one."""

    both: int
    caseworker: int
    client: int
    within_days: int

    def __str__(self) -> str:
        both, caseworker, client = hide_parts([self.both, self.caseworker, self.client])[0]
        return (
            f"Of the questionnaires read, {both} have two halves at most {self.within_days} days apart, {caseworker} "
            f"the caseworker's only, {client} the client's only."
        )


def join_halves(
    caseworker: pd.DataFrame, client: pd.DataFrame, within_days: int, instrument: Instrument
) -> tuple[pd.DataFrame, HalfCounts, list[Problem]]:
    """Return one row per questionnaire: halves of one client at most `within_days` apart, and halves without partner.

    Parameters
    ----------
    caseworker, client : DataFrame
        The halves under our names and in our words, each with client_id and answered_on.
    within_days : int
    instrument : Instrument
        Says which item is whose.

    Returns
    -------
    answers : DataFrame
        The caseworker's halves in their order, then the client's halves without partner. Day of each half beside
        `answered_on`, which is the later one.
    counts : HalfCounts
    problems : list of Problem
        One where the window joins a half to two.

    Examples
    --------
    >>> from eriq.instrument.instrument import load_instrument
    >>> ours = pd.DataFrame({"client_id": ["a", "a"], "answered_on": ["2014-01-01", "2014-06-01"], "cw11": ["4", "3"]})
    >>> theirs = pd.DataFrame({"client_id": ["a"], "answered_on": ["2014-01-09"], "cl11": ["1"]})
    >>> answers, counts, _ = join_halves(ours, theirs, 14, load_instrument("eriq22"))
    >>> answers[["answered_on", "cw11", "cl11"]].values.tolist()
    [['2014-01-09', '4', '1'], ['2014-06-01', '3', nan]]
    """
    left, right = _keys(caseworker), _keys(client)
    near = left.merge(right, on="client", suffixes=("_caseworker", "_client"))
    apart = (near["day_caseworker"] - near["day_client"]).abs()
    near = near[apart <= pd.Timedelta(days=within_days)]
    torn = {half: near[near[f"row_{half}"].duplicated(keep=False)] for half in ("caseworker", "client")}
    problems = _torn(torn["caseworker"], torn["client"], within_days)
    near = near.drop_duplicates("row_caseworker").drop_duplicates("row_client")
    partner = np.full(len(caseworker), -1)
    partner[near["row_caseworker"].to_numpy()] = near["row_client"].to_numpy()
    alone = np.setdiff1d(np.arange(len(client)), near["row_client"].to_numpy())
    first = np.concatenate([np.arange(len(caseworker)), np.full(len(alone), -1)])
    second = np.concatenate([partner, alone])
    mine, theirs = _taken(caseworker, first), _taken(client, second)
    counts = HalfCounts(len(near), len(caseworker) - len(near), len(alone), within_days)
    return _side_by_side(mine, theirs, instrument), counts, problems


def _keys(half: pd.DataFrame) -> pd.DataFrame:
    """Return client, day and place of each row that can be joined."""
    keys = pd.DataFrame(
        {
            "client": read_column(half["client_id"], Column("client_id", "str")).to_numpy(),
            "day": read_column(half["answered_on"], Column("answered_on", "datetime64[us]")).to_numpy(),
            "row": np.arange(len(half)),
        }
    )
    return keys.dropna()


def _torn(caseworker: pd.DataFrame, client: pd.DataFrame, within_days: int) -> list[Problem]:
    counts = [(caseworker["row_caseworker"].nunique(), "caseworker", "client")]
    counts.append((client["row_client"].nunique(), "client", "caseworker"))
    return [
        Problem(
            "answers",
            "answered_on",
            "two_partners",
            f"{count:,} half/halves of the {whose} have two or more of the {other} within {within_days} days, and "
            "nobody knows which belongs to it; make within_days smaller, or leave one",
            NO_ROWS,
        )
        for count, whose, other in counts
        if count
    ]


def _taken(half: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """Return rows of a half as text, in an order; a place below 0 is a gap."""
    taken = half.reset_index(drop=True).reindex(pd.Index(np.where(rows < 0, len(half), rows))).reset_index(drop=True)
    return pd.DataFrame({name: cell_text(taken[name]) for name in taken.columns})


def _side_by_side(mine: pd.DataFrame, theirs: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    answers = pd.DataFrame({"client_id": mine["client_id"].fillna(theirs["client_id"])})
    days = (mine["answered_on"], theirs["answered_on"])
    # The later day: a forecast made as of the earlier one would use answers that nobody had given yet. What a register
    # learned between the two is known by then as well. ISO dates are in the order of their text.
    later = days[0].where(days[1].isna() | (days[0] >= days[1]), days[1])
    answers["answered_on"] = later.fillna(days[1])
    answers["caseworker_answered_on"], answers["client_answered_on"] = days
    alone = mine["client_id"].isna() | theirs["client_id"].isna()
    for name in HEAD:
        held = [half[name] for half in (mine, theirs) if name in half]
        if len(held) == 2:
            answers[name] = _agreed(held[0], held[1], ~alone) if name == "consent" else held[0].fillna(held[1])
        elif held:
            answers[name] = held[0]
    if "wave" in answers:  # counted by each side for itself: a half without partner may repeat one
        again = answers.duplicated(["client_id", "wave"], keep=False) & alone
        answers["wave"] = answers["wave"].mask(again)
    for respondent, half in (("caseworker", mine), ("client", theirs)):
        if (seconds := f"{respondent}_seconds") in half:  # each half knows its own
            answers[seconds] = half[seconds]
        for item in (item.id for item in instrument.items if item.respondent == respondent):
            answers[item] = half.get(item, np.nan)
    return answers.astype("str")


def _agreed(mine: pd.Series, theirs: pd.Series, paired: pd.Series) -> pd.Series:
    """Return consent: of a pair only where both halves have it, a blank being none."""
    return mine.where(theirs == "1", theirs).where(paired, mine.fillna(theirs))


def check_halves(answers: pd.DataFrame) -> list[Problem]:
    """Return questionnaires with a half answered after `answered_on`: a forecast of that day would see the future."""
    problems = []
    for name in ("caseworker_answered_on", "client_answered_on"):
        late = (answers[name] > answers["answered_on"]).to_numpy(bool)
        if late.any():
            problems.append(Problem("answers", name, "half_after", "after answered_on", np.flatnonzero(late)))
    return problems
