"""The caseworkers as a body."""

import numpy as np
import pandas as pd
import pytest

from eriq.raters.body import (
    ALIKE,
    CLIENT_HALF,
    LEAST_FOR_A_DISTRIBUTION,
    SIDES,
    body_tables,
    changed_since,
    ratio_table,
)


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
    jumps = tables["rater_jumps"].set_index(["item", "measure", "caseworker"]).sort_index()
    same, other, apart = (jumps.loc[("belief", "mean size", side), "estimate"] for side in SIDES)
    assert other > same + 0.2
    assert apart == pytest.approx(other - same)
    assert jumps.loc[("cw01", "mean change", "difference"), "estimate"] == 0
    assert not any(item == CLIENT_HALF for item, *_ in jumps.index)
    assert tables["rater_belief"]["estimate"].is_monotonic_increasing
    assert tables["rater_belief"]["expected"].round(6).eq(0.12).all()
    ready, belief = tables["rater_shares"].iloc[0], tables["rater_shares"].iloc[1]
    assert float(belief["low"]) > 0.1 > float(ready["estimate"])
    assert tables["rater_belief"]["beyond"].to_numpy() == pytest.approx(tables["rater_belief"]["estimate"] - 0.12)
    assert tables["rater_optimism"]["at"].tolist() == ["10%", "25%", "50%", "75%", "90%"] * 2
    assert not any("caseworker_id" in table for table in tables.values())


def test_few_caseworkers_have_no_distribution() -> None:
    """With fewer caseworkers than the minimum, shares may stand but the distribution of optimism does not."""
    tables = body_tables(drawn(staff=LEAST_FOR_A_DISTRIBUTION - 1), ("cw01",))
    assert tables["rater_optimism"].empty
    assert tables["rater_shares"]["estimate"].notna().all()


def test_a_contrast_knows_that_steps_of_one_client_hang_together() -> None:
    """The difference and its interval are those of a regression on the change with errors clustered by client."""
    rng = np.random.default_rng(5)
    client, staff = np.repeat(np.arange(400), 4), rng.integers(0, 3, 1600)
    belief = np.round(rng.normal(size=400)[client] * np.tile(np.arange(4), 400) + 0.5 * staff + rng.normal(size=1600))
    names = {"client": client.astype(str), "caseworker": staff.astype(str)}
    days = pd.to_datetime(np.tile(["2014-01-01", "2014-04-01", "2014-07-01", "2014-10-01"], 400))
    rows = pd.DataFrame({**names, "answered_on": days, "outcome": 0.0, "belief": belief})
    table = body_tables(rows, ())["rater_jumps"].set_index(["measure", "caseworker"]).sort_index()
    step, changed = rows.groupby("client")["belief"].diff(), changed_since(rows)
    kept = step.notna()
    columns = np.column_stack([np.ones(kept.sum()), changed[kept].to_numpy("float64")])
    bread = np.linalg.inv(columns.T @ columns)
    values = bread @ columns.T @ step[kept].to_numpy()
    score = pd.DataFrame(columns * (step[kept].to_numpy() - columns @ values)[:, None]).groupby(client[kept]).sum()
    half = 1.959964 * np.sqrt(np.diag(bread @ (score.T @ score).to_numpy() @ bread))
    for side, place in (("the same", 0), ("difference", 1)):
        found = table.loc[("mean change", side), ["estimate", "low", "high"]].to_numpy("float64")
        np.testing.assert_allclose(found, values[place] + half[place] * np.array([0, -1, 1]), rtol=1e-6)


def test_without_a_change_there_is_no_contrast() -> None:
    """Clients who kept their caseworker: no number, nobody on the other side."""
    rows = drawn(clients=600)
    stayed = rows.groupby("client")["caseworker"].transform("first")
    none = body_tables(rows.assign(caseworker=stayed), ("cw01",))["rater_jumps"]
    assert none["estimate"].isna().all()
    assert none.loc[none["caseworker"] == "another", "n"].eq(0).all()


def test_registers_that_tell_all_leave_no_optimism() -> None:
    """Where clients are dealt by what registers know, a share of belief is the case mix and goes with it."""
    rng = np.random.default_rng(3)
    staff = rng.integers(0, 80, 2400)
    odds = rng.normal(size=80)[staff] - 2 + 0.3 * rng.normal(size=2400)
    who = {"client": np.arange(2400).astype(str), "caseworker": staff.astype(str)}
    rows = pd.DataFrame({**who, "answered_on": pd.Timestamp("2014-01-01"), "outcome": 0.0, "belief": odds})
    rows["belief"] = np.round(rows["belief"] + rng.normal(size=2400))
    shares = body_tables(rows, (), 1 / (1 + np.exp(-odds)))["rater_shares"].set_index("item")
    assert shares.loc["belief", "low"] > 0.3
    assert shares.loc[f"belief, {ALIKE}", "high"] < 0.05


def test_a_ratio_knows_the_case_mix_and_gaps_break_a_series() -> None:
    """Clients with half the chances who all change are no finding once that is expected of them."""
    rng = np.random.default_rng(6)
    client, changes = np.repeat(np.arange(6000), 2), np.repeat(rng.random(6000) < 0.5, 2)
    expected = np.where(changes, 0.1, 0.2)
    worker = np.where(changes & (np.tile([0, 1], 6000) == 1), "other", "one")
    days = pd.to_datetime(np.tile(["2014-01-01", "2014-04-01"], 6000))
    facts = {"client": client.astype(str), "caseworker": worker, "answered_on": days}
    rows = pd.DataFrame({**facts, "outcome": (rng.random(12000) < expected) * 1.0})
    table = ratio_table(rows, expected)["rater_ratios"].set_index(["of", "case_mix"])
    plain, alike = table.loc["a change of caseworker since the first questionnaire"].to_dict("records")
    assert plain["high"] < 0.7
    assert alike["low"] < 1 < alike["high"]
    gone = rows.assign(caseworker=rows["caseworker"].where(rows.index % 2 == 0))
    assert ratio_table(gone)["rater_ratios"]["n"].iloc[0] == 0


def test_the_first_wave_has_no_change() -> None:
    """Whether the caseworker changed is not known at a client's first wave."""
    rows = pd.DataFrame({"client": ["a", "a", "a", "b"], "caseworker": ["x", "x", "y", "y"]})
    assert changed_since(rows).tolist() == [pd.NA, False, True, pd.NA]
    unknown = pd.DataFrame({"client": ["a", "a", "a"], "caseworker": ["x", None, "y"]})
    assert changed_since(unknown).isna().all()
