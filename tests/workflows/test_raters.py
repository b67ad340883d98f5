"""Pages about caseworkers as a body, and the one table that names."""

import os
import re
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eriq.config import Experiment
from eriq.errors import CohortError
from eriq.registry.tracking import connect
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study
from eriq.tables.intake import Intake
from eriq.workflows import raters as job

CHROMIUM = shutil.which("chromium")
WHY = "supervision: how each of us reads the scale"
CONFIG = """version: 1
name: raters
question: "Caseworkers as raters?"
source: {kind: simulated, clients: 400, seed: 5, preset: claim}
contenders: [{blocks: [register_full, questionnaire], estimators: [logistic]}]
headline: {with: questionnaire}
"""
Made = tuple[Path, Study]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, with_store: Callable[[Path], Path]) -> Made:
    """Write both pages once, in a folder of their own, and keep the study."""
    folder = with_store(tmp_path_factory.mktemp("raters"))
    (folder / "raters.yaml").write_text(CONFIG, encoding="utf-8")
    studies: dict[int, Study] = {}

    def kept(experiment: Experiment, intake: Intake | None = None) -> Study:
        days = experiment.outcome_definition().horizon_days
        return studies.setdefault(days, studies[days] if days in studies else prepare(experiment, intake))

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(folder)
        patch.setattr(job, "prepare", kept)
        job.raters(folder / "raters.yaml", folder / "a")
        job.belief(folder / "raters.yaml", folder / "b")
    return folder, studies[max(studies)]


def ids_in(study: Study, *folders: Path) -> set[str]:
    """Return ids of people, of clients and caseworkers, in files that can be read as text."""
    told = "".join(p.read_text("utf-8") for folder in folders for p in folder.rglob("*") if p.is_file())
    return {*study.design.rows["caseworker_id"], *study.design.rows["client_id"]} & {*re.split(r"[^\w.-]+", told)}


def test_pages_name_no_caseworker(made: Made) -> None:
    """Both pages come with their tables; none holds an id of a caseworker or client, and no file of names is there."""
    folder, study = made
    assert not ids_in(study, folder / "a", folder / "b")
    assert not list(folder.rglob(job.NAMES))
    page, other = (folder / "a" / "raters.html").read_text("utf-8"), (folder / "b" / "belief.html").read_text("utf-8")
    assert "no order of persons" in page
    assert re.search(r"entry within 9\d days, until the next questionnaire", page)
    assert re.search(r"entry within 9\d days, until the next questionnaire", other)
    assert "Verdict: cannot tell" in other
    assert pd.read_csv(folder / "a" / "rater_belief.csv")["n"].sum() > 400


def test_runs_have_what_was_cleared_and_nothing_of_a_person(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow has kind, sentence, a few numbers, page and tables; no id, and a file beside them is not taken along."""
    folder, study = made
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    mlflow = connect()
    found = mlflow.search_runs(experiment_names=["raters"], output_format="list")
    runs = {run.data.tags["kind"]: run for run in found}
    assert set(runs) == {"raters", "belief"}
    assert runs["raters"].data.tags["naming"] == "not used"
    assert "Nobody is named" in runs["raters"].data.tags["mlflow.note.content"]
    assert runs["belief"].data.tags["verdict"] == "cannot tell"
    jumps = pd.read_csv(folder / "a" / "rater_jumps.csv").set_index(["item", "measure", "caseworker"]).sort_index()
    moved = jumps.loc[("belief", "mean size", "difference"), "estimate"]
    assert runs["raters"].data.metrics["change_moves_belief"] == pytest.approx(moved)
    files = {file.path for file in mlflow.MlflowClient().list_artifacts(runs["raters"].info.run_id)}
    assert files == {path.name for path in (folder / "a").iterdir()}
    assert not ids_in(study, folder / "mlruns" / "artifacts")
    told = str([run.data.to_dictionary() for run in found])
    assert not {*study.design.rows["caseworker_id"]} & {*re.split(r"[^\w.-]+", told)}


def test_naming_writes_one_file_for_its_owner_and_says_so(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the switch: 0600, in order of ids, none below the minimum; page and run say it and why, and name nobody.

    Without it again, the file is gone.
    """
    folder, study = made
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(job, "prepare", lambda *_: study)
    rows = study.design.rows
    before, staff = rows["caseworker_id"].copy(), sorted(rows["caseworker_id"].unique())
    fewer = {name: staff[place % 25] for place, name in enumerate(staff)}  # 25 caseworkers with some 16 clients each
    rows["caseworker_id"] = before.map(fewer)
    named = folder / "named.yaml"
    named.write_text(f"{CONFIG}raters: {{naming: true, reason: '{WHY}', least: 12}}\n", encoding="utf-8")
    monkeypatch.setattr(job, "belief_share", planted)
    umask = os.umask(0)
    try:
        page = job.raters(named, folder / "c").read_text("utf-8")
    finally:
        os.umask(umask)
    file = folder / "c" / job.NAMES
    table = pd.read_csv(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert table["caseworker_id"].is_monotonic_increasing
    assert not table["estimate"].is_monotonic_increasing
    assert not table["estimate"].is_monotonic_decreasing
    assert table["n"].min() >= 12
    assert (table["case_mix"] == "case mix alike").all()
    assert f"Naming was used ({WHY})" in page
    assert "with fewer than 12 clients are left out" in page
    ids = {*staff}
    assert not ids & {*re.split(r"[^\w.-]+", page)}
    run = connect().search_runs(experiment_names=["raters"], output_format="list", max_results=1)[0]
    assert f"Naming was used ({WHY})" in run.data.tags["naming"]
    assert not ids & {*re.split(r"[^\w.-]+", str(run.data.to_dictionary()))}
    assert not list((folder / "mlruns").rglob(job.NAMES))
    job.raters(folder / "raters.yaml", folder / "c", overwrite=True)
    assert not file.exists()
    rows["caseworker_id"] = before


def planted(rated: pd.DataFrame) -> Any:
    """Return the share of belief with optimism planted for half of the caseworkers."""
    from eriq.raters.body import belief_share

    hopeful = rated["caseworker"].astype("category").cat.codes % 2
    return belief_share(rated.assign(belief=rated["belief"] + 2.0 * hopeful))


def test_without_ids_of_caseworkers_it_is_an_error(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody recorded who the caseworker was: not assessable, in words."""
    folder, study = made
    before = study.design.rows["caseworker_id"].copy()
    study.design.rows["caseworker_id"] = pd.NA
    monkeypatch.setattr(job, "prepare", lambda *_: study)
    with pytest.raises(CohortError, match="who the caseworker was"):
        job.raters(folder / "raters.yaml", folder / "d")
    study.design.rows["caseworker_id"] = before


@pytest.mark.skipif(CHROMIUM is None, reason="needs a browser")
def test_pages_have_no_barrier_and_fit_a_phone(made: Made) -> None:
    """Axe finds no violation in dark and light; at 390 pixels neither page nor table is wider than the screen."""
    api = pytest.importorskip("playwright.sync_api")
    from axe_playwright_python.sync_playwright import Axe

    with api.sync_playwright() as driver:
        browser: Any = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for scheme, file in (("dark", "a/raters.html"), ("light", "b/belief.html")):
            page = browser.new_context(color_scheme=scheme, bypass_csp=True, viewport={"width": 390, "height": 800})
            page = page.new_page()
            page.goto((made[0] / file).as_uri())
            found = Axe().run(page).response["violations"]
            assert [(one["id"], one["impact"]) for one in found] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            cut = "[...document.querySelectorAll('.table')].filter(t => t.scrollWidth > t.clientWidth).length"
            assert page.evaluate(cut) == 0
        browser.close()
