"""Models that are tables to begin with: read from an explainable boosting machine, written as JSON and back.

An explainable boosting machine is a sum of steps of one column and of grids of two, so it needs its library for
fitting only: the same look-ups that serve boosted trees of depth 2 score and explain it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eriq.model.leaves import CollapseError, below
from eriq.model.pair_tables import Pair, PairTables

Bins = np.ndarray | Mapping[str, int]  # cuts of a measured column, or the bin of each name


def from_ebm(machine: Any, feature_names: Sequence[str]) -> PairTables:
    """Return a fitted explainable boosting machine as tables of the same log-odds.

    Parameters
    ----------
    machine : ExplainableBoostingClassifier
        Of two classes, with terms of one or two columns, each "continuous" or "nominal" with whole numbers for names.
    feature_names : sequence of str

    Raises
    ------
    CollapseError
        When a term has more than two columns.

    References
    ----------
    Lou, Caruana, Gehrke and Hooker (2013), KDD, 623-631; Nori, Jenkins, Koch and Caruana (2019), arXiv:1909.09223.
    """
    fine = [bins[0] for bins in machine.bins_]
    coarse = [bins[min(1, len(bins) - 1)] for bins in machine.bins_]
    cuts = tuple(_ends(a, b) for a, b in zip(fine, coarse, strict=True))
    mains, pairs = [np.zeros(len(upper) + 1) for upper in cuts], []
    for columns, scores in zip(machine.term_features_, machine.term_scores_, strict=True):
        if len(columns) == 1:
            (column,) = columns
            mains[column] = scores[_bin(fine[column], cuts[column])]
        elif len(columns) == 2:
            table = scores if columns[0] < columns[1] else scores.T
            first, second = sorted(columns)
            ends = _ends(coarse[first]), _ends(coarse[second])
            places = np.ix_(_bin(coarse[first], ends[0]), _bin(coarse[second], ends[1]))
            pairs.append(Pair(first, second, *ends, np.asarray(table, dtype="float64")[places]))
        else:
            raise CollapseError(f"a term has {len(columns)} columns; only one or two can be tables")
    return PairTables.of(tuple(feature_names), float(machine.intercept_[0]), cuts, tuple(mains), tuple(pairs))


def _ends(*several: Bins) -> np.ndarray:
    """Return the upper ends, included, of intervals on which every one of the bins is constant; the last is infinity.

    The machine's own cuts belong to the bin above them; a name is one number, and what lies between names is unknown.
    """
    ends = [np.inf]
    for bins in several:
        if isinstance(bins, Mapping):
            ends += [end for name in map(float, bins) for end in (below(name), name)]
        else:
            ends += [below(cut) for cut in bins]
    return np.unique(ends)


def _bin(bins: Bins, upper: np.ndarray) -> np.ndarray:
    """Return the bin of each interval, named by its upper end, and last the bin of a gap."""
    if isinstance(bins, Mapping):
        known = {float(name): place for name, place in bins.items()}
        unknown = max(bins.values(), default=0) + 1
        places = [known.get(end, unknown) for end in upper.tolist()]
    else:
        places = (np.searchsorted(bins, upper, side="right") + 1).tolist()
    return np.array([*places, 0], dtype=np.intp)


def to_json(tables: PairTables) -> str:
    """Return tables as text that gives the same numbers when read; the last end, infinity, is left out."""
    content = {
        "intercept": tables.intercept,
        "cuts": [upper[:-1].tolist() for upper in tables.cuts],
        "mains": [main.tolist() for main in tables.mains],
        "pairs": [
            {
                "columns": [pair.first, pair.second],
                "cuts": [pair.first_cuts[:-1].tolist(), pair.second_cuts[:-1].tolist()],
                "table": pair.table.tolist(),
            }
            for pair in tables.pairs
        ],
    }
    return json.dumps(content, allow_nan=False)


def from_json(text: str, feature_names: Sequence[str]) -> PairTables:
    """Return tables from their text.

    Raises
    ------
    ValueError
        When it holds something else, or tables of other columns or sizes.

    Examples
    --------
    >>> text = '{"intercept": 0.5, "cuts": [[1.0]], "mains": [[-1.0, 1.0, 0.0]], "pairs": []}'
    >>> from_json(text, ["age"]).margin(np.array([[1.0], [1.1], [np.nan]])).tolist()
    [-0.5, 1.5, 0.5]
    """
    try:
        content = json.loads(text)
        cuts = tuple(_upper(ends) for ends in content["cuts"])
        mains = tuple(np.array(main, dtype="float64") for main in content["mains"])
        pairs = tuple(_pair(pair) for pair in content["pairs"])
        whole = [len(main) for main in mains] == [len(upper) + 1 for upper in cuts] and len(cuts) == len(feature_names)
        grids = all(
            0 <= pair.first < pair.second < len(cuts)
            and pair.table.shape == (len(pair.first_cuts) + 1, len(pair.second_cuts) + 1)
            and set(pair.first_cuts) <= set(cuts[pair.first])
            and set(pair.second_cuts) <= set(cuts[pair.second])
            for pair in pairs
        )
        if not (whole and grids):
            raise ValueError("tables of other sizes")
        return PairTables.of(tuple(feature_names), float(content["intercept"]), cuts, mains, pairs)
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("not tables of a model") from None


def _pair(content: Mapping[str, Any]) -> Pair:
    (first, second), (rows, columns) = content["columns"], map(_upper, content["cuts"])
    return Pair(first, second, rows, columns, np.array(content["table"], dtype="float64"))


def _upper(ends: Sequence[float]) -> np.ndarray:
    upper = np.array([*ends, np.inf], dtype="float64")
    if not (np.diff(upper) > 0).all():
        raise ValueError("ends of intervals do not rise")
    return upper
