"""Rows that occur twice in an input, wherever its chunks end."""

import numpy as np
import pandas as pd

from eriq.model.bundle import Bundle
from eriq.tables import schema
from eriq.tables.schema import Problem


def row_keys(typed: pd.DataFrame, *, flat: bool = False) -> np.ndarray:
    """Return what may occur once in a whole input, as 64-bit hashes; 0 where a part is missing.

    Of a `flat` table columns that happen to be called as ours are no keys.

    Returns
    -------
    ndarray of shape (n_rows, n_rules)
        Client and answer date, client and wave; client alone for a ready table. Two different keys
        share a hash with odds of 3 in a million for ten million rows.
    """
    client = pd.util.hash_array(typed["client_id"].astype(object).to_numpy(), categorize=False)
    known = typed["client_id"].notna().to_numpy()
    rules = [name for name in ("answered_on", "wave") if name in typed]
    if flat or not rules:
        return np.where(known, client | np.uint64(1), np.uint64(0))[:, None]
    columns = []
    for salt, name in enumerate(rules, 1):
        there = known & typed[name].notna().to_numpy()
        number = (
            typed[name].to_numpy("datetime64[D]").astype("int64")
            if name == "answered_on"
            else typed[name].to_numpy("int64", na_value=0)
        )
        mixed = (client ^ (number.astype("uint64") * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt))) * np.uint64(
            0xBF58476D1CE4E5B9
        )
        mixed ^= mixed >> np.uint64(29)
        columns.append(np.where(there, mixed | np.uint64(1), np.uint64(0)))
    return np.column_stack(columns)


def keys_of(bundle: Bundle, raw: pd.DataFrame) -> np.ndarray:
    """Return the `row_keys` of rows as read, without scoring them."""
    raw = raw.reset_index(drop=True)
    if instrument := bundle.instrument:
        columns = [c for c in schema.answers_columns(instrument) if c.name in ("client_id", "answered_on", "wave")]
        return row_keys(schema.check(raw, columns, "answers", extra="ignore")[0])
    client = bundle.client
    typed, _ = schema.check(raw, [schema.Column(client, "str")], "table", extra="ignore")
    return row_keys(typed.rename(columns={client: "client_id"}), flat=True)


def repeated(bundle: Bundle, seen: np.ndarray) -> list[Problem]:
    """Return the problems of rows whose key, by rule, was seen in an earlier part of the input.

    Parameters
    ----------
    bundle : Bundle
    seen : ndarray of bool, shape (n_rows, n_rules)
        For the rules of `row_keys`.
    """
    flat = bundle.manifest.flat_client
    rules = (
        [("table", [flat])] if flat else [("answers", ["client_id", "wave"]), ("answers", ["client_id", "answered_on"])]
    )
    order = [0] if flat else [1, 0]
    problems = []
    for (table, keys), rule in zip(rules, order, strict=True):
        words = f"same {' and '.join(keys)} as an earlier row"
        problems.append(Problem(table, keys[0], "duplicate", words, np.flatnonzero(seen[:, rule])))
    return problems


class Seen:
    """Keys of all rows so far, 8 bytes each, in sorted runs of doubling length.

    >>> seen = Seen()
    >>> _ = seen.add(np.array([[5], [7]], dtype="uint64"))
    >>> seen.add(np.array([[7], [0], [9]], dtype="uint64")).tolist()
    [[True], [False], [False]]
    """

    def __init__(self) -> None:
        self._runs: list[list[np.ndarray]] = []

    def add(self, keys: np.ndarray) -> np.ndarray:
        """Return, per row and rule, whether the key came in an earlier call; 0 is no key."""
        self._runs += [[] for _ in range(keys.shape[1] - len(self._runs))]
        again = np.zeros(keys.shape, dtype=bool)
        for rule, runs in enumerate(self._runs):
            fresh, place = np.unique(keys[:, rule], return_inverse=True)
            old = np.zeros(len(fresh), dtype=bool)
            for run in runs:
                at = np.minimum(np.searchsorted(run, fresh), len(run) - 1)
                old |= run[at] == fresh
            old &= fresh != 0
            again[:, rule] = old[place]
            fresh = fresh[~old & (fresh != 0)]
            while runs and len(runs[-1]) <= 2 * len(fresh):
                fresh = np.concatenate([runs.pop(), fresh])
                fresh.sort(kind="stable")  # merges two sorted halves
            if len(fresh):
                runs.append(fresh)
        return again
