"""How large a change must be to be more than noise: the reliable-change threshold of each indicator."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.instrument.instrument import Instrument
from eriq.psychometrics.reliability import FEWEST, correlation_of, not_assessable, pairwise_covariance

SURE = 1.96
RETEST, COMMON = "two questionnaires of one client", "what the other items of the half tell"
BELOW = "no change on this scale is larger than noise"


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """Places of the first and of the next questionnaire of clients who have two, rows alike."""

    first: pd.DataFrame
    second: pd.DataFrame


def repeated(answers: pd.DataFrame, places: pd.DataFrame) -> Repeated:
    """Return the first two questionnaires of every client who has them."""
    order = answers.reset_index(drop=True).sort_values(["client_id", "answered_on"], kind="stable")
    turn = order.groupby("client_id").cumcount()
    two = turn.eq(1).groupby(order["client_id"]).transform("any")
    first, second = (order.index[(turn == n) & two] for n in (0, 1))
    return Repeated(places.iloc[first].reset_index(drop=True), places.iloc[second].reset_index(drop=True))


def reliable_change(places: pd.DataFrame, twice: Repeated, instrument: Instrument) -> pd.DataFrame:
    """Return, for each item, the smallest change of one client that noise alone seldom makes: `RELIABLE_CHANGE`.

    1.96 times the standard error of a difference, sqrt(2) SD sqrt(1 - reliability) (Jacobson, Truax 1991, J Consult
    Clin Psychol 59:12). The reliability of a single item is its correlation between two questionnaires of one client
    where 100 have them; else its squared multiple correlation with the other items of its half, a lower bound (Guttman
    1945). Both err to the side of a threshold that is too large: what changed in between counts as noise.

    Parameters
    ----------
    places : DataFrame of shape (n_clients, n_items)
        One row per client.
    twice : Repeated
    instrument : Instrument

    Returns
    -------
    DataFrame
        One row per item. `threshold` in levels of the scale, `steps` rounded up to whole ones.
    """
    return pd.DataFrame([_item(places, twice, instrument, item.id) for item in instrument.items])


def _item(places: pd.DataFrame, twice: Repeated, instrument: Instrument, item: str) -> dict[str, object]:
    asked = instrument.by_id[item]
    row: dict[str, object] = {
        "indicator": asked.indicator, "half": asked.respondent, "item": item, "n": int(places[item].notna().sum()),
        "sd": np.nan, "reliability": np.nan, "from": "", "threshold": np.nan, "steps": pd.NA, "why": "",
    }  # fmt: skip
    if why := not_assessable(places[[item]], FEWEST):
        return {**row, "why": why}
    both = pd.DataFrame({"first": twice.first[item], "second": twice.second[item]}).dropna()
    half = [other.id for other in instrument.half(asked.respondent)]
    if not not_assessable(both, FEWEST):
        reliability, source = float(both["first"].corr(both["second"])), RETEST
    elif len(half) > 2 and not not_assessable(places[half], FEWEST):
        correlations = correlation_of(pairwise_covariance(places[half].to_numpy("float64")))
        reliability = float(1 - 1 / np.diag(np.linalg.pinv(correlations))[half.index(item)])
        source = COMMON
    else:
        return {**row, "why": f"fewer than {FEWEST} people with two questionnaires, or with the whole half"}
    reliability = min(1.0, max(0.0, reliability))
    sd = float(places[item].std())
    threshold = SURE * np.sqrt(2) * sd * np.sqrt(1 - reliability)
    steps = max(1, int(np.ceil(threshold - 1e-9)))
    out_of_reach = steps > len(instrument.levels(item)) - 1
    found = {**row, "sd": sd, "reliability": reliability, "from": source, "threshold": threshold}
    return {**found, "why": BELOW} if out_of_reach else {**found, "steps": steps}


def as_yaml(table: pd.DataFrame) -> str:
    """Return thresholds as lines for a questionnaire file: per indicator the larger one of its items, in levels.

    >>> table = pd.DataFrame({"indicator": ["health", "health"], "steps": pd.array([2, 3], "Int64")})
    >>> print(as_yaml(table).strip())
    reliable_change:
      health: 3
    """
    known = table.dropna(subset=["steps"])
    largest = known.groupby("indicator", sort=False)["steps"].max()
    return "\n".join(["reliable_change:", *(f"  {name}: {int(steps)}" for name, steps in largest.items()), ""])
