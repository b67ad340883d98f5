"""A row is scored by the fit that its own content allows, whatever else is in the batch."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eriq.errors import SchemaError
from eriq.model.bundle import Bundle, open_bundle
from eriq.scoring.chunk import score_rows, usable_rows
from eriq.scoring.frame import score_frame
from eriq.scoring.options import Options
from eriq.tables.cohort import Registers
from tests.scoring.conftest import Backlog, read_both, run_on, without_half

SHOWN = Options(reasons=3)


def mixed(backlog: Backlog, n: int = 40) -> pd.DataFrame:
    """Return answers of which some lack a half and two lack both; every second row is whole."""
    frame = without_half(backlog(n), "client", range(1, n, 4))
    frame = without_half(frame, "caseworker", range(3, n, 4))
    return without_half(frame, "client", [3, 7])


def test_each_row_says_which_fit_it_got(parted_bundle: Bundle, backlog: Backlog) -> None:
    """Both halves, one of them, or none: the basis is in words, and what has nothing to say is set aside."""
    scored = score_rows(parted_bundle, mixed(backlog), SHOWN)
    counts = scored.scores["basis"].astype("str").value_counts().to_dict()
    assert counts == {"both halves": 20, "caseworker's answers only": 10, "client's answers only": 8}
    assert scored.rejected["row"].tolist() == [4, 8]
    assert set(scored.rejected["code"]) == {"caseworker:too_few_answers; client:too_few_answers"}
    assert scored.scores["row"].is_monotonic_increasing


def test_whole_rows_do_not_depend_on_the_others(parted_bundle: Bundle, backlog: Backlog) -> None:
    """Probabilities and reasons of rows with both halves are the same bits with and without other rows beside them."""
    frame = mixed(backlog)
    together = score_rows(parted_bundle, frame, SHOWN).scores
    whole = together["basis"] == "both halves"
    alone = score_rows(parted_bundle, frame.iloc[::2], SHOWN).scores
    for name in ("probability", "log_odds", "reason_1", "reason_1_contribution"):
        assert together.loc[whole, name].tolist() == alone[name].tolist(), name
    one_by_one = [
        score_rows(parted_bundle, frame.iloc[[k]], SHOWN).scores["probability"].iloc[0] for k in range(0, 40, 2)
    ]
    assert alone["probability"].tolist() == one_by_one


def test_a_part_is_scored_by_its_own_fit(parted_bundle: Bundle, backlog: Backlog) -> None:
    """The log-odds of a row with one half are those of the fit for that half, and so are its reasons."""
    frame = without_half(backlog(6), "caseworker", range(6))
    made = score_rows(parted_bundle, frame, Options(reasons=20)).scores
    fit = next(fit for fit in parted_bundle.bases if fit.basis == (("client",), False))
    usable = usable_rows(parted_bundle, frame, pd.Timestamp("2026-01-01").date())
    assert [part.bundle is fit for part in usable.parts] == [True]
    assert made["log_odds"].tolist() == fit.model.log_odds(usable.parts[0].matrix).tolist()
    named = {name for k in range(1, 21) for name in made[f"reason_{k}"].dropna()}
    assert named == {f.name for f in fit.features}
    total = made["base_log_odds"] + made[[f"reason_{k}_contribution" for k in range(1, 21)]].sum(axis=1)
    np.testing.assert_allclose(total, made["log_odds"], atol=1e-9)


def test_every_chunk_has_the_same_columns(parted_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """Chunks of one basis and of several join into one file, the same for any length of chunk."""
    frame = without_half(mixed(backlog), "client", range(10))
    options = {"rank": True, "reasons": 20, "interval": True}
    small, aside = read_both(run_on(frame, parted_bundle, tmp_path, "small.parquet", chunk_rows=5, **options))
    large, _ = read_both(run_on(frame, parted_bundle, tmp_path, "large.parquet", chunk_rows=100, **options))
    pd.testing.assert_frame_equal(small, large)
    assert len(small) + len(aside) == len(frame)


def test_a_client_whom_the_registers_do_not_know_is_scored_without_them(
    parted_register_bundle: Bundle, backlog: Backlog, registers: Callable[..., Registers]
) -> None:
    """The row gets the fit without registers and says so; with `refuse` it is set aside."""
    frame = without_half(backlog(4), "client", [3])
    known = registers(persons={"c1": {}, "c2": {}})
    made = score_rows(parted_register_bundle, frame, SHOWN, known).scores
    with_registers, without = "both halves and registers", "both halves"
    assert made["basis"].tolist() == [with_registers, with_registers, without, "caseworker's answers only"]
    refused = score_rows(parted_register_bundle, frame, Options(without_registers="refuse"), known)
    assert refused.rejected["code"].tolist() == ["client_id:unknown_client"] * 2
    two = score_rows(parted_register_bundle, frame.iloc[:2], SHOWN, known).scores
    assert two["probability"].tolist() == made["probability"].iloc[:2].tolist()


def test_no_registers_at_all_have_to_be_declared(parted_register_bundle: Bundle, backlog: Backlog) -> None:
    """Where no table is given the job is refused with a hint, unless it says `use`."""
    with pytest.raises(SchemaError, match="without_registers: use"):
        score_rows(parted_register_bundle, backlog(3), SHOWN)
    made = score_rows(parted_register_bundle, backlog(3), Options(without_registers="use")).scores
    assert made["basis"].tolist() == ["both halves"] * 3


def test_register_columns_in_the_input_count_row_by_row(parted_register_bundle: Bundle, backlog: Backlog) -> None:
    """A row whose register columns are all gaps is scored without registers, its neighbour with them."""
    frame = backlog(3).assign(**{"register.age": ["40", "", "30"], "register.weeks_work_1y": ["1", "", ""]})
    made = score_rows(parted_register_bundle, frame, SHOWN).scores
    assert made["basis"].tolist() == ["both halves and registers", "both halves", "both halves and registers"]


def test_a_model_that_names_no_halves_asks_for_both(small_bundle: Bundle, backlog: Backlog) -> None:
    """Models without further fits set a row aside that lacks a half, as before."""
    scored = score_rows(small_bundle, mixed(backlog), SHOWN)
    assert len(scored.scores) == 20
    assert set(scored.scores["basis"]) == {"both halves"}


# --- withheld ------------------------------------------------------------------------------


def test_a_declared_band_withholds_a_forecast(parted_bundle: Bundle, backlog: Backlog) -> None:
    """A probability within the band is not shown, nor anything it could be read from; all others are as before."""
    frame = mixed(backlog)
    plain = score_rows(parted_bundle, frame, SHOWN).scores
    low, high = plain["probability"].quantile([0.4, 0.6])
    made = score_rows(parted_bundle, frame, Options(reasons=3, no_forecast_between=(low, high))).scores
    inside = plain["probability"].between(low, high)
    assert 0 < inside.sum() < len(plain)
    assert made["row"].tolist() == plain["row"].tolist()
    told = [n for n in made if n in ("probability", "log_odds", "base_log_odds") or n.startswith("reason_")]
    assert made.loc[inside, told].isna().all(axis=None)
    assert made.loc[inside, "basis"].astype("str").str.startswith("withheld: forecast within the declared band (").all()
    assert made.loc[~inside, "probability"].tolist() == plain.loc[~inside, "probability"].tolist()
    frame_made = score_frame(parted_bundle, frame, Options(no_forecast_between=(low, high)))
    assert frame_made["basis"].str.startswith("withheld").sum() == inside.sum()


def test_a_row_out_of_range_can_be_withheld(parted_register_bundle: Bundle, backlog: Backlog) -> None:
    """Only when the job declares it, and without the value that was out of range."""
    frame = backlog(2).assign(**{"register.age": ["40", "90"], "register.weeks_work_1y": "1"})
    assert score_rows(parted_register_bundle, frame, SHOWN).scores["probability"].notna().all()
    made = score_rows(parted_register_bundle, frame, Options(reasons=2, out_of_range="withhold")).scores
    assert made["probability"].isna().tolist() == [False, True]
    words = "withheld: out of the range seen in training (both halves and registers)"
    assert made["basis"].tolist() == ["both halves and registers", words]


def test_a_withheld_forecast_has_no_rank(parted_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """The others are ranked as if it were not there, and it takes no place of a limited list."""
    frame = backlog(30)
    plain = score_rows(parted_bundle, frame, SHOWN).scores
    high = float(plain["probability"].max())
    options = {"rank": True, "rank_moves": 1.0, "capacity": 5, "chunk_rows": 7}
    made, _ = read_both(
        run_on(frame, parted_bundle, tmp_path, "out.parquet", no_forecast_between=(high - 1e-9, 1.0), **options)
    )
    held = made["probability"].isna()
    assert held.sum() == (plain["probability"] >= high - 1e-9).sum()
    assert made.loc[held, "rank"].isna().all()
    assert made.loc[held, "within_capacity"].isna().all()
    expected = plain.loc[~held.to_numpy(), "probability"].rank(method="min", ascending=False)
    assert made.loc[~held, "rank"].tolist() == expected.tolist()


def test_caseworkers_are_not_told_where_a_withheld_forecast_lies(parted_bundle: Bundle, backlog: Backlog) -> None:
    """Where no number is shown, the words do not say that the forecast was in the band."""
    made = score_rows(parted_bundle, backlog(5), Options(show="reasons", no_forecast_between=(0.0, 1.0))).scores
    assert set(made["basis"]) == {"withheld: by the rules of this job (both halves)"}
    assert made[[n for n in made if n.startswith("reason_")]].isna().all(axis=None)


def test_a_basis_is_checked_like_the_model(parted_bundle: Bundle, tmp_path: Path) -> None:
    """The folder opens again with all fits, in order, and each gives its numbers."""
    again = open_bundle(parted_bundle.folder)
    assert [fit.basis for fit in again.fits] == [fit.basis for fit in parted_bundle.fits]
    assert [len(fit.model.members) for fit in again.fits] == [2, 2, 2]
