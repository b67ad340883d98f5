"""The caseworkers as a body."""

import numpy as np
import pandas as pd

from eriq.raters.body import LEAST_FOR_A_DISTRIBUTION, body_tables, changed_since


def drawn(staff: int = 80, clients: int = 2400) -> pd.DataFrame:
    """Return two waves of clients whose caseworkers differ in optimism; half get another one."""
    rng = np.random.default_rng(8)
    client, caseworker = np.repeat(np.arange(clients), 2), rng.integers(0, staff, 2 * clients)
    stays = np.repeat(rng.random(clients) < 0.5, 2)
    caseworker = np.where(stays, np.repeat(caseworker[::2], 2), caseworker)
    ready = rng.normal(size=clients)[client]
    belief = np.clip(np.round(1.5 + ready + 0.7 * rng.normal(size=staff)[caseworker]), 0, 3)
    names = {"client": client.astype(str), "caseworker": caseworker.astype(str)}
    days = pd.to_datetime(np.where(np.arange(2 * clients) % 2, "2014-05-01", "2014-02-01"))
    outcome = (rng.random(2 * clients) < 0.05 + 0.05 * belief) * 1.0
    return pd.DataFrame({**names, "answered_on": days, "outcome": outcome, "cw01": ready, "belief": belief})


def test_a_change_of_rater_moves_a_series_and_belief_goes_with_what_happened() -> None:
    """Steps are larger under another caseworker; the rate rises with belief; the body is described, nobody is named."""
    rows = drawn()
    tables = body_tables(rows, ("cw01",), np.full(len(rows), 0.12))
    same, other = tables["rater_jumps"]["estimate"]
    assert other > same + 0.2
    assert tables["rater_belief"]["estimate"].is_monotonic_increasing
    assert tables["rater_belief"]["expected"].round(6).eq(0.12).all()
    ready, belief = tables["rater_shares"].iloc[0], tables["rater_shares"].iloc[1]
    assert float(belief["low"]) > 0.1 > float(ready["estimate"])
    assert tables["rater_optimism"]["at"].tolist() == ["10%", "25%", "50%", "75%", "90%"]
    assert not any("caseworker_id" in table for table in tables.values())


def test_few_caseworkers_have_no_distribution() -> None:
    """With fewer caseworkers than the minimum, shares may stand but the distribution of optimism does not."""
    tables = body_tables(drawn(staff=LEAST_FOR_A_DISTRIBUTION - 1), ("cw01",))
    assert tables["rater_optimism"].empty
    assert tables["rater_shares"]["estimate"].notna().all()


def test_the_first_wave_has_no_change() -> None:
    """Whether the caseworker changed is not known at a client's first wave."""
    rows = pd.DataFrame({"client": ["a", "a", "a", "b"], "caseworker": ["x", "x", "y", "y"]})
    assert changed_since(rows).tolist() == [pd.NA, False, True, pd.NA]
