"""From a file of a trial to a page."""

import pandas as pd

from eriq.workflows.trial import trial


def test_a_page_and_its_tables_are_written(tmp_path):
    """The main differences stand in words, the page holds no cell of fewer than five people, tables lie beside it."""
    said = trial("swedish-trial", tmp_path / "out")
    page = (tmp_path / "out" / "trial.html").read_text("utf-8")
    assert "SE - FS, work any, month 15: +" in said
    assert "SE - FS, work any, month 15: +" in page
    assert "built in" in page
    shares = pd.read_csv(tmp_path / "out" / "trial_shares.csv")
    assert not (shares["people_with"] < 5).any()
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "trial.html",
        *(f"trial_{name}.csv" for name in ("arms", "answered", "balance", "contrasts", "shares")),
    }
