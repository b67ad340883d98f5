"""The rows that contributions are measured against: invented column by column, so that they hold no person.

An interventional SHAP value says how a forecast changes when a column is known, against people drawn from a
background whose columns do not move along. Every model that can be opened is measured against the same rows, so
contributions of two models differ by what the models say and not by what each was compared with.
"""

from collections.abc import Sequence

import numpy as np

from eriq.disclosure import min_people
from eriq.features.feature import Kind
from eriq.model.pair_tables import Pair, PairTables

ROWS = 128  # most rows; a column has at most so many different values in them


def invented_rows(
    matrix: np.ndarray, kinds: Sequence[Kind], client: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return rows with the distribution of each column over people, and no column moving with another.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_columns)
        What a model was fitted on, NaN where unknown. Of each client one row, the first, is used.
    kinds : sequence of str
        Of the columns. A measured column is cut into equal parts of at least `min_people` people, and each part gives
        its mean; any other gives levels that at least `min_people` people have, as often as they do.
    client : ndarray of shape (n_rows,)
        Whose row it is.
    rng : Generator

    Returns
    -------
    ndarray of shape (rows, n_columns)
        At most `ROWS` rows, and one for every `min_people` people at most. Gaps come as often as among people, unless
        so few have one, or the value, that it would be theirs.

    Examples
    --------
    >>> ages = np.arange(20.0, 40.0)[:, None]
    >>> np.sort(invented_rows(ages, ["continuous"], np.arange(20), np.random.default_rng(1))[:, 0]).tolist()
    [22.0, 27.0, 32.0, 37.0]
    """
    people = matrix[np.unique(client, return_index=True)[1]]
    rows = max(1, min(ROWS, len(people) // min_people()))
    columns = [_column(people[:, place], kind == "continuous", rows) for place, kind in enumerate(kinds)]
    return np.column_stack([rng.permutation(column) for column in columns]) if columns else np.empty((rows, 0))


def _column(value: np.ndarray, measured: bool, rows: int) -> np.ndarray:
    """Return `rows` values of one column, the gaps behind them."""
    known = np.sort(value[~np.isnan(value)])
    if not measured and len(known):
        levels, count = np.unique(known, return_counts=True)
        common = levels[count >= min_people()]
        known = known[np.isin(known, common)]
    gaps = len(value) - int((~np.isnan(value)).sum())
    if len(known) < min_people():
        return np.full(rows, np.nan)
    filled = rows - (round(rows * gaps / len(value)) if gaps >= min_people() else 0)
    if measured:
        parts = np.array_split(known, min(max(filled, 1), len(known) // min_people()))
        drawn = np.array([part.mean() for part in parts])
    else:
        drawn = known
    place = ((np.arange(filled) + 0.5) / max(filled, 1) * len(drawn)).astype(int)
    return np.concatenate([drawn[place], np.full(rows - filled, np.nan)])


def against(tables: PairTables, background: np.ndarray) -> PairTables:
    """Return tables of the same margin whose look-ups are interventional SHAP values against `background`.

    For a pair g(a, b), let A(a) and B(b) be its means over the background's b and a, and E its mean over the
    background's rows. The game v({}) = E, v(a) = A(a), v(b) = B(b), v(ab) = g(a, b) has the Shapley values

        phi_a = A(a) - E + (g - A(a) - B(b) + E) / 2,    phi_b = B(b) - E + (g - A(a) - B(b) + E) / 2,

    again a main effect and half of an interaction: only the numbers in the tables change, so that scoring takes as
    long as before. A main effect f(a) gives f(a) less its mean.

    Parameters
    ----------
    tables : PairTables
    background : ndarray of shape (rows, n_columns)
        At least one row.

    References
    ----------
    Janzing, Minorics and Bloebaum (2020), AISTATS 108; Lundberg et al. (2020), Nature Machine Intelligence 2, 56-67.
    """
    bins = tables.bins(background)
    means = [main[place].mean() for main, place in zip(tables.mains, bins, strict=True)]
    intercept = tables.intercept + float(sum(means))
    mains = [main - mean for main, mean in zip(tables.mains, means, strict=True)]
    pairs = []
    for pair in tables.pairs:
        row = np.searchsorted(pair.first_cuts, np.append(tables.cuts[pair.first], np.nan))
        column = np.searchsorted(pair.second_cuts, np.append(tables.cuts[pair.second], np.nan))
        rows, columns = row[bins[pair.first]], column[bins[pair.second]]
        first, second = pair.table[:, columns].mean(axis=1), pair.table[rows].mean(axis=0)
        both = float(pair.table[rows, columns].mean())
        mains[pair.first] = mains[pair.first] + (first - both)[row]
        mains[pair.second] = mains[pair.second] + (second - both)[column]
        intercept += both
        table = pair.table - first[:, None] - second[None, :] + both
        pairs.append(Pair(pair.first, pair.second, pair.first_cuts, pair.second_cuts, table))
    return tables.with_numbers(intercept, tuple(mains), tuple(pairs))
