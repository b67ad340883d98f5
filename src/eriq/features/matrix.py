"""From named columns to the numbers a model takes."""

from collections.abc import Sequence

import pandas as pd


def to_matrix(features: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the columns a model was fitted on, in its order, as float64 with NaN.

    >>> features = pd.DataFrame({"age": [40, 51], "c01": [4, None]}, dtype="Int8")
    >>> to_matrix(features, ["c01", "age"]).to_numpy().tolist()
    [[4.0, 40.0], [nan, 51.0]]
    """
    if list(features.columns) == list(columns) and (features.dtypes == "float64").all():
        return features  # as it is: a copy of a million rows is a gigabyte
    return features.loc[:, list(columns)].astype("float64")
