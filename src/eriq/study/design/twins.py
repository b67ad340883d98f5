"""People who may be in the data twice: same answers and facts, and the same outcome, under two ids."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.disclosure import count_words
from eriq.study.design.design import Design

# What others with the same known values are expected at most, if columns were independent of each other.
BY_CHANCE = 0.01
MATERIAL = (
    0.01  # share of clients from which it is a warning; with fewer, the AUC of boosted trees moved by less than 0.01
)


@dataclass(frozen=True, slots=True)
class Twins:
    """How many clients equal another in every row; never which."""

    clients: int  # that are counted
    groups: int  # of equal ones among them
    persons: int
    left_out: int  # equal to another client, where that may be chance

    @property
    def material(self) -> bool:
        """Whether so many are counted that figures are too good because of them."""
        return self.clients >= MATERIAL * self.persons

    @property
    def sentence(self) -> str:
        """What to say of them, as a warning where they are many; nothing where nobody is counted."""
        if not self.clients:
            return ""
        found = (
            f"{count_words(self.clients)} of {self.persons:,} clients have the same answers and facts in every row, "
            "and the same outcome, as another client."
        )
        if not self.material:
            return f"{found} So few hardly move a figure, and some may be chance; see whether ids were changed."
        return (
            f"WARNING: {found} One person under two ids is trained on and tested on, and every figure is then too "
            "good. Find out whether ids were changed, or a table was put together from parts that overlap; give each "
            "person one id and run again."
        )


def find_twins(design: Design) -> Twins:
    """Return how many clients are equal to another one in every row, where chance does not explain it.

    A client is counted when

    1. another client has the same set of rows: all columns, gaps included, and the outcome;
    2. its known values are rare: if columns were independent, at most `BY_CHANCE` others would share those of its
       rarest row, so that a few flags, coarse columns or a form left empty make no twins;
    3. nobody differs from it in one column only: where many answer alike, as those who tick the middle throughout
       do, there are people one answer away as well as people who are equal.

    Parameters
    ----------
    design : Design

    Returns
    -------
    Twins

    Examples
    --------
    >>> rows = np.random.default_rng(1).normal(size=(50, 3))
    >>> twice = pd.DataFrame(np.concatenate([rows, rows[:6]]), columns=["a", "b", "c"])
    >>> found = find_twins(Design(pd.DataFrame(index=range(56)), twice, np.zeros(56), np.arange(56)))
    >>> found.clients, found.groups
    (12, 6)
    """
    codes, client = np.unique(design.client, return_inverse=True)
    persons = len(codes)
    matrix, n = design.matrix, design.matrix.shape[1]

    def hashes() -> Iterator[np.ndarray]:
        """Yield the hashed columns, the outcome last: made again where they are needed again, not kept."""
        for place in range(n):
            yield _hashed(matrix.iloc[:, place].to_numpy("float64"), place)
        yield _hashed(np.asarray(design.outcome, dtype="float64"), n)

    order = np.argsort(client, kind="stable")
    starts = np.flatnonzero(np.diff(client[order], prepend=-1))

    def by_client(rows: np.ndarray) -> np.ndarray:
        """Return one number per client for its set of rows, whatever their order."""
        return np.add.reduceat(_mixed(rows)[order], starts)

    whole = np.zeros(len(client), dtype="uint64")
    for column in hashes():
        whole += column
    signature = by_client(whole)
    group, size = _groups(signature)
    equal = size[group] > 1
    if not equal.any():
        return Twins(0, 0, persons, 0)
    columns = [matrix.iloc[:, place].to_numpy("float64") for place in range(n)]
    rare = np.minimum.reduceat(_log_shared(columns, persons)[order], starts) <= np.log(BY_CHANCE)
    counted = equal & rare
    for column in hashes():
        near, near_size = _groups(by_client(whole - column))
        counted &= near_size[near] == size[group]
    return Twins(int(counted.sum()), len(np.unique(group[counted])), persons, int((equal & ~counted).sum()))


def _hashed(column: np.ndarray, salt: int) -> np.ndarray:
    """Return a 64-bit number per value; all gaps are equal, and the same value differs from column to column."""
    plain = np.where(np.isnan(column), np.nan, column + 0.0)  # one NaN, and no negative zero
    return _mixed(plain.view("uint64") + np.uint64((salt + 1) * 0x9E3779B97F4A7C15 % 2**64))


def _mixed(number: np.ndarray) -> np.ndarray:
    """Return numbers scrambled one to one (the finaliser of splitmix64), so that sums of them seldom agree."""
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(number ^ (number >> np.uint64(31)))


def _groups(signature: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which group of equal signatures each client is in, and the size of each group."""
    _, group, size = np.unique(signature, return_inverse=True, return_counts=True)
    return group, size


def _log_shared(columns: list[np.ndarray], persons: int) -> np.ndarray:
    """Return, per row, the log of how many clients would share its known values if columns were independent."""
    log_share = np.full(len(columns[0]) if columns else 0, np.log(persons))
    for column in columns:
        codes, levels = pd.factorize(column)  # a gap is -1
        known = codes >= 0
        if len(levels):
            share = np.bincount(codes[known], minlength=len(levels)) / known.sum()
            log_share[known] += np.log(share[codes[known]])
    return log_share
