"""Rows of a chunk parted by the fit that each gets, and their scores in one table again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.model.bundle import Bundle
from eriq.scoring.options import Options
from eriq.scoring.scores import scores_of


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The rows of a chunk that one fit scores."""

    bundle: Bundle  # of that fit
    places: np.ndarray  # of its rows among the usable ones
    matrix: np.ndarray  # of the same rows, the fit's columns


def scores_of_parts(bundle: Bundle, kept: pd.DataFrame, parts: Sequence[Part], options: Options) -> pd.DataFrame:
    """Return what is shown of each row, in their order, with the columns of the model whatever fits were used.

    Parameters
    ----------
    bundle : Bundle
    kept : DataFrame of shape (n_rows, any)
        The usable rows, typed.
    parts : sequence of Part
        Every row is in one.
    options : Options
    """
    if len(parts) == 1 and parts[0].bundle is bundle:  # the usual case, and no work beside it
        return scores_of(bundle, kept, parts[0].matrix, options)
    made = [scores_of(p.bundle, kept.iloc[p.places].reset_index(drop=True), p.matrix, options) for p in parts]
    like = scores_of(bundle, kept.iloc[:0], np.empty((0, len(bundle.features))), options)
    order = np.argsort(np.concatenate([part.places for part in parts]), kind="stable")
    return pd.DataFrame({str(name): _joined(str(name), like[name], made, order) for name in like})


def _joined(name: str, like: pd.Series, made: Sequence[pd.DataFrame], order: np.ndarray) -> pd.Series:
    """Return one column of several tables, rows in `order`; a fit with fewer columns gives gaps where it has none."""
    columns = [frame[name] if name in frame else _gaps(like, len(frame)) for frame in made]
    if isinstance(like.dtype, pd.CategoricalDtype):
        words = pd.api.types.union_categoricals([pd.Categorical(column) for column in columns])
        return pd.Series(words[order])
    return pd.concat(columns, ignore_index=True).iloc[order].reset_index(drop=True)


def _gaps(like: pd.Series, rows: int) -> pd.Series:
    if isinstance(like.dtype, pd.CategoricalDtype):
        return pd.Series(pd.Categorical.from_codes(np.full(rows, -1), like.dtype.categories))
    return pd.Series(np.full(rows, np.nan))
