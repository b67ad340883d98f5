"""A questionnaire of one's own, to clients only, in one language: from `eriq instrument new` to a scored batch."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

from eriq.instrument.instrument import load_instrument
from eriq.simulation.cohort import simulate
from eriq.simulation.settings import load_simulation
from tests.e2e.conftest import ROOT, eriq

SMALL = """
validation: {folds: 3}
intervals: {replicates: 100, refit_replicates: 50}
explain: {rows: 100, refits: 2, instability_refits: 2}
"""


def page() -> str:
    """Return the config that docs/own-questionnaire.md shows."""
    text = (ROOT / "docs" / "own-questionnaire.md").read_text(encoding="utf-8")
    return re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[0]


def written(folder: Path, edit: Callable[[str], str], *new: str) -> None:
    """Write a questionnaire, made-up people who answered it as wide CSV, and the config of the page."""
    eriq("instrument", "new", "--items", 15, *new, "--out", "my.yaml", cwd=folder)
    form = folder / "my.yaml"
    form.write_text(edit(form.read_text(encoding="utf-8")), encoding="utf-8")
    instrument = load_instrument(form)
    made = simulate(load_simulation("claim"), instrument, clients=500, seed=3)
    columns = ["client_id", "answered_on", "consent", *instrument.item_ids]
    made.answers[columns].to_csv(folder / "answers.csv", index=False)
    made.persons.to_csv(folder / "persons.csv", index=False)
    made.spells.to_csv(folder / "spells.csv", index=False)
    (folder / "own.yaml").write_text(page() + SMALL, encoding="utf-8")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder in which 15 items to the client, in English alone, were trained as the page says."""
    folder = tmp_path_factory.mktemp("own")
    written(folder, lambda text: text.replace("id: q02,", "id: Sleep_2,"), "--respondent", "client", "--language", "en")
    eriq("train", "own.yaml", cwd=folder)
    return folder


def test_a_form_to_clients_in_one_language_trains_and_explains(own):
    """Fifteen items of one half are compared with registers and saved; the report names them and no caseworker."""
    manifest = json.loads((next((own / "models").glob("own-*")) / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["instrument"]["items"]) == 15
    tables = own / "mlruns" / "reports" / "own" / "tables"
    importance = pd.read_csv(tables / "importance.csv")
    names = set(importance.loc[importance["level"] == "item", "name"])
    assert {"client.q01", "client.Sleep_2", "client.q15", "client.unanswered"} <= names
    assert not any(name.startswith(("caseworker", "belief")) for name in names)
    assert importance["label"].str.contains(r"topic 1 \(client\)").any()
    assert "topic 1 (client)" in (tables.parent / "report.html").read_text(encoding="utf-8")


def test_it_scores_with_reasons_in_its_language(own):
    """Every row is scored or set aside; reasons are its own answers, and the other half is in no column."""
    model = next((own / "models").glob("own-*"))
    eriq("score", model, "answers.csv", "--out", "scores.csv", cwd=own, code=None)
    scores = pd.read_csv(own / "scores.csv")
    rejected = pd.read_csv(own / "scores.csv.rejected.csv")
    assert len(scores) + len(rejected) == len(pd.read_csv(own / "answers.csv"))
    assert set(rejected["code"]) == {"client:too_few_answers"}
    assert "share_answered_client" in scores
    assert "share_answered_caseworker" not in scores
    said = set(scores["reason_1_answer"].dropna())
    assert said <= {"not at all", "a little", "mostly", "wholly"}
    assert said


def test_a_language_it_lacks_is_refused_with_those_it_has(own):
    """Asking for Swedish words of an English form ends before any row is read."""
    model = next((own / "models").glob("own-*"))
    done = eriq("score", model, "answers.csv", "--out", "sv.csv", "--language", "sv", cwd=own, code=14)
    assert "my 0.1.0 has no texts in 'sv'; it has en" in done.stderr
    assert not (own / "sv.csv").exists()
    assert "has no texts in 'da'" in eriq("instrument", "show", "my.yaml", "--language", "da", cwd=own, code=14).stderr
    assert "Question 1" in eriq("instrument", "show", "my.yaml", cwd=own).stdout


def test_a_start_that_would_not_hold_is_not_written(tmp_path):
    """A respondent called like a block, or like no word, is refused by name, and no file is left."""
    for word in ("belief", "A b: c"):
        done = eriq("instrument", "new", "--respondent", word, "--out", "x.yaml", cwd=tmp_path, code=14)
        assert f"respondent '{word}' cannot be used" in done.stderr
    assert not list(tmp_path.iterdir())
    eriq("instrument", "new", "--out", "x.yaml", cwd=tmp_path)
    assert "no client item is marked" in eriq("instrument", "check", "x.yaml", cwd=tmp_path).stdout
    eriq("instrument", "new", "--out", "x.yaml", cwd=tmp_path, code=16)


def test_its_codebook_has_its_language_only(own):
    """The page and the table hold one language and one half."""
    eriq("instrument", "codebook", "my.yaml", "--out", "book", cwd=own)
    table = pd.read_csv(own / "book" / "codebook.csv")
    assert {"label_en", "text_en"} <= set(table)
    assert not {"label_sv", "text_da"} & set(table)
    html = (own / "book" / "codebook.html").read_text(encoding="utf-8")
    assert "To the client, 15 items" in html
    assert "caseworker" not in html
    assert "None" not in html
    assert 'lang="sv"' not in html


@pytest.mark.long  # `make statistical` runs it
def test_other_respondents_have_a_block_of_their_own(tmp_path):
    """A teacher's half, declared in the file, is compared with the client's, and scored from its least number."""

    def edit(text: str) -> str:
        content = yaml.safe_load(text)
        content["respondents"] = {"teacher": {"sv": "lärare"}}
        for item in content["items"][5:]:
            item["respondent"] = "teacher"
        content["minimum_answered"] = {"client": 3, "teacher": 6}
        return yaml.safe_dump(content, allow_unicode=True)

    written(tmp_path, edit, "--language", "sv")
    config = yaml.safe_load((tmp_path / "own.yaml").read_text(encoding="utf-8"))
    config["contenders"][1]["blocks"] = ["client", "teacher", "questionnaire"]
    config["headline"] = {"with": "questionnaire", "without": "client"}
    config["variants"] = {}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    eriq("train", "own.yaml", cwd=tmp_path)
    model = next((tmp_path / "models").glob("own-*"))
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    columns = {column["name"]: column for column in manifest["columns"]}
    assert {"teacher.q06", "teacher.unanswered", "client.q01"} <= set(columns)
    assert columns["teacher.q06"]["labels"]["sv"] == "topic 6 (lärare)"
    eriq("score", model, "answers.csv", "--out", "scores.csv", cwd=tmp_path, code=None)
    scores = pd.read_csv(tmp_path / "scores.csv")
    assert {"share_answered_client", "share_answered_teacher"} <= set(scores)
    codes = set(pd.read_csv(tmp_path / "scores.csv.rejected.csv")["code"].str.split("; ").explode())
    assert codes == {"client:too_few_answers", "teacher:too_few_answers"}
