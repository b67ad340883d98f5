"""A ready table of one's own, by the shipped template `own-flat`: trained, explained and scored in its own words."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from eriq.features.sensitive import SENSITIVE_LABEL
from eriq.model.bundle import open_bundle
from eriq.registry.same_people import outside
from tests.e2e.conftest import ROOT, eriq

SMALL = {
    "intervals": {"replicates": 60, "refit_replicates": 0},
    "explain": {"rows": 60, "refits": 0, "instability_refits": 0},
}


def people(n: int, seed: int) -> pd.DataFrame:
    """Return made-up people as the template expects them, in thirty villages, codes for gaps included."""
    rng = np.random.default_rng(seed)
    hope, education = rng.integers(1, 4, n), rng.integers(0, 3, n)
    weeks = np.clip(rng.normal(75 - 14 * hope - 6 * education, 15, n), 0, 150).round().astype(int)
    table = pd.DataFrame(
        {
            "id": [f"p{seed}-{k}" for k in range(n)],
            "weeks_without_work": np.where(rng.random(n) < 0.03, 999, weeks),
            "answered_on": "2021-03-01",
            "job_centre": rng.choice(["north", "south"], n),
            "village": rng.integers(0, 30, n),
            "sampling_weight": rng.choice([0.5, 1.0, 2.0], n),
            "age": rng.integers(16, 68, n),
            "education": np.array(["low", "middle", "high"])[education],
            "benefit": rng.choice(["a", "b", "c"], n),
            "registered_on": rng.choice(["2020-12-01", "2021-02-01", "2021-04-01"], n),
            "hope": np.where(rng.random(n) < 0.05, 9, hope),
            "car": rng.integers(0, 2, n),
            "diagnosis": rng.integers(0, 2, n),
            "sex": rng.choice(["f", "m"], n),
            "note": "not read",
        }
    )
    return table.astype({"village": "str"})


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder in which the template, with fewer draws and one estimator, was trained on a made-up table."""
    folder = tmp_path_factory.mktemp("flat")
    people(700, 1).to_csv(folder / "own.csv", index=False)
    config = yaml.safe_load((ROOT / "configs" / "experiments" / "own-flat.yaml").read_text(encoding="utf-8"))
    config["contenders"][1]["estimators"] = ["logistic"]
    config["contenders"][1]["blocks"] = ["register_full", "questionnaire + register_full"]
    (folder / "own.yaml").write_text(yaml.safe_dump(config | SMALL, allow_unicode=True), encoding="utf-8")
    eriq("train", "own.yaml", cwd=folder)
    return folder


def test_the_template_trains_as_it_stands(own):
    """The flow counts the filter and the gaps, groups and weights are told, and the report knows the horizon."""
    folder = own / "mlruns" / "reports" / "own-flat"
    flow = pd.read_csv(folder / "tables" / "flow.csv")["reason"].tolist()
    assert "not among the rows that count (age >= 18 and age < 65)" in flow
    assert "no outcome recorded" in flow
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "horizon 365 days" in page
    assert "Rows of one village stay on one side of every split" in page
    assert "Rows count by sampling_weight" in page
    assert "by weight" in page
    assert "grouped by village" in page
    manifest = json.loads((next((own / "models").glob("own-flat-*")) / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["horizon_days"] == 365
    assert manifest["trained_on"]["n_clients"] > 400


def test_reasons_are_in_the_words_of_the_table(own):
    """Answers come as their labels in the language asked for; what is sensitive is never said."""
    new = people(60, 2)
    new.to_csv(own / "new.csv", index=False)
    model = next((own / "models").glob("own-flat-*"))
    eriq("score", model, "new.csv", "--out", "sv.csv", "--language", "sv", "--reasons", 9, cwd=own)
    scores = pd.read_csv(own / "sv.csv", dtype="str").fillna("")
    told: dict[str, set[str]] = {}
    for k in range(1, 8):
        for label, answer in zip(scores[f"reason_{k}_label"], scores[f"reason_{k}_answer"], strict=True):
            told.setdefault(label, set()).add(answer)
    assert told["Hopp om arbete"] == {"inget", "lite", "mycket", ""}
    assert told["Has a car"] == {"no", "yes"}
    assert told["Education"] == {"low", "middle", "high"}
    assert told["Time since registration"] == {"90 dagar", "28 dagar", ""}
    assert told[SENSITIVE_LABEL.in_("sv")] == {""}
    assert "answered_on" not in scores
    assert told["Ålder"] <= {*map(str, new["age"])}


def test_scoring_reads_cells_as_training_did(own):
    """Missing codes are gaps; a number out of range, a level nobody declared and no date are set aside by name."""
    new = people(6, 3).astype(object)
    new["hope"] = [9, "9", 1, 1, 1, 1]
    new.loc[2, "age"] = 120
    new.loc[3, "education"] = "somewhat"
    new.loc[4, "registered_on"] = "01-02-2021"
    new.drop(columns=["weeks_without_work", "village", "sampling_weight"]).to_csv(own / "odd.csv", index=False)
    model = next((own / "models").glob("own-flat-*"))
    eriq("score", model, "odd.csv", "--out", "odd_scores.csv", cwd=own, code=3)
    rejected = pd.read_csv(own / "odd_scores.csv.rejected.csv")
    assert rejected["row"].tolist() == [3, 4, 5]
    assert rejected["code"].tolist() == ["age:too_high", "education:outside_scale", "registered_on:unreadable"]
    assert not rejected["reason"].str.contains("somewhat").any()
    assert pd.read_csv(own / "odd_scores.csv")["row"].tolist() == [1, 2, 6]


def test_mistakes_in_a_config_get_the_nearest_name(own):
    """A rule, a column and a level that are misspelt are told with what was meant, before anything is fitted."""
    text = (own / "own.yaml").read_text(encoding="utf-8")
    edits = {
        ("age >= 18 and", "agee >= 18 and"): (11, "Did you mean 'age'"),
        ("client: id", "client: idd"): (11, "Did you mean 'id'"),
        ("weeks_without_work <= 52", "weeks_without_wok <= 52"): (11, "Did you mean 'weeks_without_work'"),
        ("age >= 18 and", "age.real >= 18 and"): (10, "a dot is no part of a rule"),
        ("kind: ordinal", "kind: ordinl"): (10, ""),
    }
    for place, ((old, new), (code, words)) in enumerate(edits.items()):
        assert old in text
        (own / f"wrong{place}.yaml").write_text(text.replace(old, new), encoding="utf-8")
        assert words in eriq("check", f"wrong{place}.yaml", cwd=own, code=code).stderr


def test_a_person_twice_is_found_wherever_a_chunk_ends(own):
    """The second row of a person is set aside, also on another day and in another chunk."""
    new = people(5, 4)
    later = new.assign(answered_on="2021-04-02")
    pd.concat([new, later.iloc[[0]]]).to_csv(own / "twice.csv", index=False)
    job = {
        "version": 1,
        "name": "twice",
        "model": str(next((own / "models").glob("own-flat-*"))),
        "source": {"kind": "file", "path": "twice.csv"},
        "sink": {"kind": "file", "path": "twice_scores.csv"},
        "chunk_rows": 2,
    }
    (own / "twice.yaml").write_text(yaml.safe_dump(job), encoding="utf-8")
    eriq("score", "twice.yaml", cwd=own, code=3)
    rejected = pd.read_csv(own / "twice_scores.csv.rejected.csv")
    assert rejected[["row", "code"]].to_numpy().tolist() == [[6, "id:duplicate"]]


def test_a_promotion_compares_on_the_rows_that_count(own):
    """Other people's table is judged by the rule that makes the outcome, on the rows the filter keeps."""
    new = people(80, 5)
    new.to_csv(own / "other.csv", index=False)
    bundle = open_bundle(next((own / "models").glob("own-flat-*")))
    pair = outside(bundle, bundle, own / "other.csv")
    counted = new[(new["age"] >= 18) & (new["age"] < 65) & (new["weeks_without_work"] != 999)]
    assert pair.outcome.tolist() == (counted["weeks_without_work"] <= 52).astype(int).tolist()
