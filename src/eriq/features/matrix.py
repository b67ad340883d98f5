"""From named columns to the numbers a model takes, and the arrays that columns are made in."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from eriq.features.feature import Feature


def to_matrix(features: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the columns a model was fitted on, in its order, as float64 with NaN.

    >>> features = pd.DataFrame({"age": [40, 51], "c01": [4, None]}, dtype="Int8")
    >>> to_matrix(features, ["c01", "age"]).to_numpy().tolist()
    [[4.0, 40.0], [nan, 51.0]]
    """
    if list(features.columns) == list(columns) and (features.dtypes == "float64").all():
        return features  # as it is: a copy of a million rows is a gigabyte
    return features.loc[:, list(columns)].astype("float64")


def blank(features: Sequence[Feature], n: int, *, narrow: bool = False) -> dict[str, np.ndarray]:
    """Return an array of `n` numbers for each feature, to be filled and then `framed`.

    Parameters
    ----------
    features : sequence of Feature
    n : int
        Number of rows.
    narrow : bool
        Columns of whole numbers as float32, which holds those below 2^24 exactly, each an array of its own; else all
        are float64 in one block.
    """
    if narrow:
        return {f.name: np.empty(n, dtype=np.float32 if f.of_whole_numbers else np.float64) for f in features}
    return dict(zip((f.name for f in features), np.empty((len(features), n)), strict=True))


def framed(columns: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return filled columns of `blank` as a table, without a copy.

    >>> columns = blank([Feature("a", "client"), Feature("b", "client", "flag")], 2, narrow=True)
    >>> for values in columns.values():
    ...     values[:] = 1
    >>> framed(columns).dtypes.astype("str").tolist()
    ['float64', 'float32']
    """
    block = next(iter(columns.values())).base
    if block is None:
        return pd.DataFrame(dict(columns), copy=False)
    return pd.DataFrame(block.T, columns=list(columns), copy=False)
