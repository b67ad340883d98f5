"""How good a questionnaire itself is, from files to page and tracked run."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from tests.psychometrics.conftest import made_answers, small_content
from typer.testing import CliRunner

from eriq.cli.app import app
from eriq.config.sheets import SheetSettings
from eriq.errors import CohortError, ConfigError
from eriq.instrument.instrument import load_instrument
from eriq.psychometrics.files import SNIPPET
from eriq.registry.tracking import connect
from eriq.sheets.client import RELIABLE
from eriq.workflows.psychometrics import FEW_EACH, Looked, psychometrics
from eriq.workflows.sheet import sheets

CHROMIUM = shutil.which("chromium")
CONFIG = """version: 1
name: small
question: Is the questionnaire good?
source: {kind: tables, answers: answers.csv, persons: persons.csv}
instrument: small.yaml
contenders: [{blocks: [questionnaire], estimators: [logistic]}]
headline: {with: questionnaire, without: client}
disclosure: {min_people: 5}
"""


def written(folder: Path, **changes: str) -> Path:
    answers, persons = made_answers(320)
    answers = answers.drop(columns=["cw3", "cw4", "cl5", "cl6"])  # fewer regressions
    answers.assign(**changes).to_csv(folder / "answers.csv", index=False)
    persons = persons.assign(arm=["early", "late"] * (len(persons) // 2))  # the early ones are the women
    persons["language"] = ["rareish", "rarer", *(["sv"] * 318)]  # each of the first two is of one person
    persons.to_csv(folder / "persons.csv", index=False)
    (folder / "small.yaml").write_text(yaml.safe_dump(small_content(2, 4)), encoding="utf-8")
    (folder / "small-config.yaml").write_text(CONFIG, encoding="utf-8")
    return folder / "small-config.yaml"


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory, with_store: Callable[[Path], Path]) -> Looked:
    """Look once at 320 made-up people with two waves, in a folder of their own."""
    folder = with_store(tmp_path_factory.mktemp("psychometrics"))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(folder)
        return psychometrics(written(folder), out=folder / "out", replicates=20)


def test_planted_faults_are_found(looked: Looked) -> None:
    """Women answer one item higher than men alike in all else, 20 of 320 were hasty, and women leave a question out."""
    tables = looked.tables
    dif = tables["dif"].set_index(["scale", "column", "item"]).sort_index()
    planted = dif.loc[("client", "sex", "cl1")]
    assert planted["verdict"] == "large"
    assert planted["easier_in"] == "female"
    assert (dif.loc[("client", "wave"), "verdict"] == "no difference shown").all()
    quality = tables["response_quality"].set_index(["half", "measure"])
    assert quality.loc[("client", "hasty"), "share"] == pytest.approx(20 / 320, abs=0.01)
    gaps = tables["missing_by_group"].set_index(["column", "half", "group"])
    assert gaps.loc[("sex", "client", "female"), "unanswered"] > 0.03
    assert gaps.loc[("sex", "client", "male"), "unanswered"] == 0
    assert gaps.loc[("arm", "client", "early"), "low"] > 0
    assert "job_centre" not in set(tables["dif"]["column"])


def test_page_tables_and_thresholds_lie_in_one_folder(looked: Looked) -> None:
    """Every number on the page is in a table beside it, and thresholds can be pasted."""
    folder = looked.page.parent
    assert {file.stem for file in (folder / "tables").iterdir()} == set(looked.tables)
    alpha = pd.read_csv(folder / "tables" / "scale_reliability.csv").set_index(["scale", "measure"])
    shown = f"{alpha.loc[('client', 'alpha'), 'estimate']:.3f}"
    html = looked.page.read_text(encoding="utf-8")
    assert f'<td class="num">{shown}</td>' in html
    assert (folder / SNIPPET).read_text().strip() in html
    assert "c17" not in html
    assert "rareish" not in html + "".join(file.read_text("utf-8") for file in (folder / "tables").iterdir())
    groups = set(looked.tables["missing_by_group"].query("column == 'language'")["group"])
    assert groups == {"sv", FEW_EACH}


def test_the_run_is_tracked_with_its_reliabilities(looked: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow has kind, digest of the questionnaire, alphas and the files; no row of a person."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(looked.page.parents[1])
    mlflow = connect()
    run = mlflow.get_run(looked.run_id)
    alpha = looked.tables["scale_reliability"].set_index(["scale", "measure"]).loc[("client", "alpha"), "estimate"]
    assert run.data.tags["kind"] == "psychometrics"
    assert run.data.metrics["alpha_client"] == pytest.approx(alpha)
    assert run.data.metrics["dif_large"] >= 1
    names = {file.path for file in mlflow.MlflowClient().list_artifacts(looked.run_id)}
    assert names == {"psychometrics.html", SNIPPET, "tables"}


def test_thresholds_go_from_the_look_to_the_sheet(looked: Looked, tmp_path: Path) -> None:
    """What was written is pasted into the questionnaire: so many steps are a change on the page, one fewer is none."""
    snippet = yaml.safe_load((looked.page.parent / SNIPPET).read_text("utf-8"))
    (tmp_path / "with.yaml").write_text(yaml.safe_dump({**small_content(2, 4), **snippet}), encoding="utf-8")
    instrument = load_instrument(tmp_path / "with.yaml")
    found = dict(instrument.reliable_change)
    steps = {int(row["steps"]) for row in looked.tables["reliable_change"].dropna(subset=["steps"]).to_dict("records")}
    name = next(name for name, least in found.items() if 1 < least != RELIABLE)  # one that the default would not give
    assert int(found[name]) in steps
    item = next(item.id for item in instrument.half("client") if item.indicator == name)

    def page_of(moved: float) -> str:
        rows = pd.DataFrame({"client_id": ["a", "a"], "answered_on": ["2015-01-01", "2015-07-01"], "wave": ["1", "2"]})
        rows = rows.assign(consent="1", **dict.fromkeys(instrument.item_ids, "1"))
        rows[item] = ["1", str(1 + int(moved))]
        rows.to_csv(tmp_path / f"{moved}.csv", index=False)
        settings = SheetSettings(instrument=str(tmp_path / "with.yaml"), language="en")
        sheets(tmp_path / f"{moved}.csv", tmp_path / str(moved), None, settings)
        return (tmp_path / str(moved) / "1.html").read_text("utf-8")

    forward = "a step forward since last time"
    assert (forward in page_of(found[name]), forward in page_of(found[name] - 1)) == (True, False)


@pytest.mark.skipif(CHROMIUM is None, reason="needs a browser")
def test_the_page_has_no_barrier_and_fits_a_phone(looked: Looked) -> None:
    """Axe finds no violation in light and dark, and at 390 pixels nothing is wider than the screen."""
    api = pytest.importorskip("playwright.sync_api")
    from axe_playwright_python.sync_playwright import Axe

    with api.sync_playwright() as driver:
        browser: Any = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = browser.new_context(color_scheme=scheme, bypass_csp=True, viewport={"width": 390, "height": 800})
            page = page.new_page()
            page.goto(looked.page.as_uri())
            found = Axe().run(page).response["violations"]
            assert [(one["id"], one["impact"]) for one in found] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
        browser.close()


def test_who_did_not_consent_is_not_looked_at(tmp_path: Path) -> None:
    """Without anybody's consent there is an error, not a number."""
    with pytest.raises(CohortError, match="anybody who consented"):
        psychometrics(written(tmp_path, consent="0"), with_cfa=False)


def test_a_ready_table_is_refused_by_name() -> None:
    """A config without a questionnaire says what is needed."""
    with pytest.raises(ConfigError, match="needs answers to a questionnaire"):
        psychometrics("jobs2")


def test_the_help_has_an_example() -> None:
    """The command tells how it is called."""
    told = CliRunner().invoke(app, ["psychometrics", "--help"])
    assert told.exit_code == 0
    assert "Example: eriq psychometrics demo" in told.output
