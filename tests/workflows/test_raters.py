"""Pages about caseworkers as a body."""

import re
from pathlib import Path

import pandas as pd
import pytest

from eriq.config import Experiment
from eriq.errors import CohortError
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study
from eriq.tables.intake import Intake
from eriq.workflows import raters as job

CONFIG = """version: 1
name: raters
question: "Caseworkers as raters?"
source: {kind: simulated, clients: 400, seed: 5, preset: claim}
contenders: [{blocks: [register_full, questionnaire], estimators: [logistic]}]
headline: {with: questionnaire}
"""


def test_pages_name_no_caseworker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both pages come with their tables; neither holds an id of a caseworker or client; without ids it is an error."""
    config = tmp_path / "raters.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    studies: list[Study] = []

    def kept(experiment: Experiment, intake: Intake | None = None) -> Study:
        studies.append(prepare(experiment, intake))
        return studies[-1]

    monkeypatch.setattr(job, "prepare", kept)
    page, other = job.raters(config, tmp_path / "a"), job.belief(config, tmp_path / "b")
    told = "".join(path.read_text("utf-8") for path in (*(tmp_path / "a").iterdir(), *(tmp_path / "b").iterdir()))
    rows = studies[0].design.rows
    assert not {*rows["caseworker_id"], *rows["client_id"]} & {*re.split(r"[^\w.-]+", told)}
    assert "no order of persons" in page.read_text("utf-8")
    assert re.search(r"entry within 9\d days, until the next questionnaire", other.read_text("utf-8"))
    assert "Verdict: cannot tell" in other.read_text("utf-8")
    assert pd.read_csv(tmp_path / "a" / "rater_belief.csv")["n"].sum() > 400
    rows["caseworker_id"] = pd.NA
    monkeypatch.setattr(job, "prepare", lambda *_: studies[0])
    with pytest.raises(CohortError, match="who the caseworker was"):
        job.raters(config, tmp_path / "c")
