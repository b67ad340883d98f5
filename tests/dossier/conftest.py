"""A made-up run as it is kept: the folder of its report, dated, and the model beside it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from eriq.config import load_experiment
from eriq.disclosure import publishable_all
from eriq.study.reporting.facts import public_config
from eriq.tables.files import write_aggregates
from tests.study.reporting.made_up import made_up, made_up_facts

REPORT = Path("mlruns") / "reports" / "demo" / "2026-01-05T09-00"
MODEL = "demo-20260105-abcdef12"


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the run, written once."""
    home = tmp_path_factory.mktemp("kept")
    folder = home / REPORT
    facts = made_up_facts(sentence="Gain shown, large.", strongest="A third rests on one item.", model_name=MODEL)
    facts = replace(facts, also=("leave one job centre out",), population="All with a known outcome.")
    facts = replace(facts, groups=("1 gap shown.",), remarks=("Last observed day: 2018-12-31.",))
    for name, table in publishable_all(made_up(), facts.n_rows).items():
        write_aggregates(table, folder / "tables" / f"{name}.csv")
    (folder / "facts.json").write_text(facts.to_json(), encoding="utf-8")
    (folder / "config.yaml").write_text(public_config(load_experiment("demo")), encoding="utf-8")
    (folder / "report.html").write_text("<!DOCTYPE html><title>report</title>", encoding="utf-8")
    (folder / "model-card.md").write_text("# Model card\n", encoding="utf-8")
    (home / "models" / MODEL).mkdir(parents=True)
    manifest = {"name": MODEL, "period": ["2013-01", "2016-05"], "columns": [{"name": "belief.cw11", "part": "belief"}]}
    (home / "models" / MODEL / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return home


@pytest.fixture
def report(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the report; the working folder is the one above mlruns."""
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / REPORT
