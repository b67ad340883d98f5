"""The made-up log of the demo: whole, signed, about every client once, and closed."""

import os
from pathlib import Path

import pandas as pd
import pytest

from eriq.errors import ConfigError
from eriq.workflows.decide import Asked, add, verify
from eriq.workflows.decide_made_up import KEY_ENV, made_up_decisions


def test_a_log_is_made_that_anybody_can_verify_and_nobody_can_add_to(tmp_path: Path) -> None:
    """A decision stands beside the last score of each client; page and tables tell no client and no day; run twice."""
    days = ["2014-01-02", "2014-04-03"]
    scores = pd.DataFrame([(f"SNTNL{k}", day, "m") for k in range(90) for day in days])
    scores.columns = pd.Index(["client_id", "answered_on", "model"])
    scores.to_csv(tmp_path / "scores.csv", index=False)
    for _ in range(2):
        page = made_up_decisions(tmp_path / "scores.csv", tmp_path / "decided")
    asked = Asked(tmp_path / "decided" / "decisions.yaml")
    entries = [line for line in (tmp_path / "decided" / "log.jsonl").read_text().splitlines() if "SNTNL" in line]
    assert verify(asked).startswith(f"whole: {len(entries)} entries")
    decided = [line for line in entries if '"decision"' in line]
    assert len(decided) == 90
    assert all(days[1] in line for line in decided)
    written = page.read_text() + "".join(file.read_text() for file in (page.parent / "tables").iterdir())
    assert "departed" in written
    assert "SNTNL" not in written
    assert days[1] not in written
    assert not list(page.parent.glob("*.pem"))
    assert KEY_ENV not in os.environ
    with pytest.raises(ConfigError, match=KEY_ENV):
        add(asked, pd.DataFrame())
