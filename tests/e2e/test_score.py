"""What an operator finds after `eriq score`."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.e2e.conftest import eriq

BROKEN = 10  # rows per way of being broken


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Give 1,000 made-up questionnaires that can all be scored, as a file would hold them."""
    folder = tmp_path_factory.mktemp("cohort")
    eriq("simulate", "--out", folder / "new", "--clients", "900", "--seed", "5", cwd=folder)
    answers = pd.read_csv(folder / "new" / "answers.csv", dtype="str", keep_default_na=False, na_values=[""])
    items = [c for c in answers if c.startswith(("cw", "cl")) and c[2:].isdigit()]
    given = answers[items].astype("float64") > 0
    enough = (given[[c for c in items if c[:2] == "cw"]].sum(axis=1) >= 8) & (
        given[[c for c in items if c[:2] == "cl"]].sum(axis=1) >= 8
    )
    kept = answers[enough].head(1000).reset_index(drop=True)
    assert len(kept) == 1000
    return kept


def test_of_a_thousand_rows_a_hundred_broken_ones_are_set_aside_each_with_its_reason(
    whole: pd.DataFrame, model: Path, tmp_path: Path
) -> None:
    """900 scored, 100 set aside, ten ways of being broken told apart, exit code 3."""
    rows = whole.copy()
    start = 0

    def next_rows() -> list[int]:
        nonlocal start
        start += BROKEN
        return list(range(start - BROKEN, start))

    items = [c for c in rows if c[:2] in ("cw", "cl") and c[2:].isdigit()]
    expected = {}
    ways = {
        "cw01:outside_scale": lambda at: rows.__setitem__("cw01", rows["cw01"].mask(rows.index.isin(at), "9")),
        "cw02:decimal_comma": lambda at: rows.__setitem__("cw02", rows["cw02"].mask(rows.index.isin(at), "3,0")),
        "cw03:unreadable": lambda at: rows.__setitem__("cw03", rows["cw03"].mask(rows.index.isin(at), "2.5")),
        "cw04:unreadable": lambda at: rows.__setitem__("cw04", rows["cw04"].mask(rows.index.isin(at), "often")),
        "cl01:outside_scale": lambda at: rows.__setitem__("cl01", rows["cl01"].mask(rows.index.isin(at), "-9")),
        "answered_on:unreadable": lambda at: rows.__setitem__(
            "answered_on", rows["answered_on"].mask(rows.index.isin(at), "31/12/2014")
        ),
        "answered_on:future": lambda at: rows.__setitem__(
            "answered_on", rows["answered_on"].mask(rows.index.isin(at), "2999-01-01")
        ),
        "client_id:missing": lambda at: rows.__setitem__("client_id", rows["client_id"].mask(rows.index.isin(at))),
        "client:too_few_answers": lambda at: rows.__setitem__(
            items,
            rows[items].apply(lambda column: column.mask(rows.index.isin(at))),  # one half alone would be scored
        ),
    }
    for code, breaks in ways.items():
        at = next_rows()
        breaks(at)
        expected |= dict.fromkeys(at, code)
    at = next_rows()  # the same client and wave as a good row further up would be: later copies are set aside
    good = list(range(500, 500 + BROKEN))
    rows.loc[at, ["client_id", "answered_on", "wave"]] = rows.loc[good, ["client_id", "answered_on", "wave"]].to_numpy()
    expected |= dict.fromkeys(good, "client_id:duplicate")
    rows.to_csv(tmp_path / "broken.csv", index=False)

    done = eriq("score", model, tmp_path / "broken.csv", "--out", tmp_path / "scores.csv", cwd=tmp_path, code=3)

    scores = pd.read_csv(tmp_path / "scores.csv")
    rejected = pd.read_csv(tmp_path / "scores.csv.rejected.csv").set_index("row")
    assert (900, 100) == (len(scores), len(rejected))
    assert not set(scores["row"]) & set(rejected.index)
    wrong = {
        row: rejected.loc[row + 1, "code"]
        for row, code in expected.items()
        if code not in rejected.loc[row + 1, "code"]
    }
    assert not wrong
    assert "900 scored" in done.stdout


def test_a_score_does_not_depend_on_its_batch(whole: pd.DataFrame, model: Path, tmp_path: Path) -> None:
    """The same rows alone, reversed, as Parquet and beside gaps in others give the same log-odds."""
    part = whole.head(40)
    part.to_csv(tmp_path / "a.csv", index=False)
    part.iloc[::-1].to_csv(tmp_path / "b.csv", index=False)
    whole.head(300).to_parquet(tmp_path / "c.parquet", index=False)
    for name, suffix in (("a.csv", "csv"), ("b.csv", "csv"), ("c.parquet", "parquet")):
        eriq("score", model, tmp_path / name, "--out", tmp_path / f"{name}.out.{suffix}", cwd=tmp_path)
    keys = ["client_id", "answered_on"]
    first = pd.read_csv(tmp_path / "a.csv.out.csv").set_index(keys)["log_odds"]
    second = pd.read_csv(tmp_path / "b.csv.out.csv").set_index(keys)["log_odds"]
    third = pd.read_parquet(tmp_path / "c.parquet.out.parquet")
    third = third.assign(answered_on=third["answered_on"].astype("str").str[:10]).set_index(keys)["log_odds"]

    assert np.abs(first - second.loc[first.index]).max() < 1e-12
    assert np.abs(first - third.loc[first.index]).max() < 1e-12


@pytest.mark.parametrize("language", ["en", "sv", "da"])
def test_reasons_speak_the_chosen_language_and_add_up(
    whole: pd.DataFrame, model: Path, tmp_path: Path, language: str
) -> None:
    """With every column as a reason, the contributions and the base add up to the log-odds within 1e-9."""
    whole.head(30).to_csv(tmp_path / "a.csv", index=False)
    eriq(
        "score",
        model,
        tmp_path / "a.csv",
        "--out",
        tmp_path / "s.csv",
        "--reasons",
        "50",
        "--language",
        language,
        cwd=tmp_path,
    )
    scores = pd.read_csv(tmp_path / "s.csv")
    parts = scores[[c for c in scores if c.endswith("_contribution")]]

    assert np.abs(scores["base_log_odds"] + parts.sum(axis=1) - scores["log_odds"]).max() < 1e-9
    who = {"en": "caseworker", "sv": "handläggare", "da": "sagsbehandler"}[language]
    assert scores["reason_1_label"].str.contains(who).any()


def test_nothing_is_overwritten_unasked(whole: pd.DataFrame, model: Path, tmp_path: Path) -> None:
    """A score file that is there stays as it is, exit code 16; --overwrite replaces it."""
    whole.head(5).to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "s.csv").write_text("mine", encoding="utf-8")

    done = eriq("score", model, tmp_path / "a.csv", "--out", tmp_path / "s.csv", cwd=tmp_path, code=16)
    assert "--overwrite" in done.stderr
    assert "mine" == (tmp_path / "s.csv").read_text(encoding="utf-8")
    eriq("score", model, tmp_path / "a.csv", "--out", tmp_path / "s.csv", "--overwrite", cwd=tmp_path)
    assert 5 == len(pd.read_csv(tmp_path / "s.csv"))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["check", "no-such-config"], 10),
        (["train", "missing.yaml"], 10),
        (["score", "no-such-model", "a.csv", "--out", "s.csv"], 13),
        (["instrument", "check", "no-such-file.yaml"], 14),
        (["nonsense"], 2),
    ],
)
def test_each_cause_has_its_exit_code(tmp_path: Path, words: list[str], code: int) -> None:
    """A wrong name ends with the documented exit code and one paragraph."""
    done = eriq(*words, cwd=tmp_path, code=code)

    assert done.stderr.strip()


def test_registers_alone_train_and_score(tmp_path: Path) -> None:
    """Without questions, answers are dates: a model learns from registers, and scores who and when beside them."""
    eriq("simulate", "--out", "people", "--clients", "1500", "--seed", "3", cwd=tmp_path)
    answers = pd.read_csv(tmp_path / "people" / "answers.csv")[["client_id", "answered_on"]]
    answers.to_csv(tmp_path / "people" / "answers.csv", index=False)
    (tmp_path / "alone.yaml").write_text(
        """
version: 1
name: alone
question: How far do registers go?
source: {kind: tables, answers: people/answers.csv, persons: people/persons.csv, spells: people/spells.csv,
         events: people/events.csv}
instrument: null
contenders:
  - {blocks: [none], estimators: [prevalence]}
  - {blocks: [register_basic], estimators: [logistic]}
headline: {with: register_basic, without: none}
validation: {folds: 3}
intervals: {replicates: 100, refit_replicates: 0}
explain: {rows: 100, refits: 0, instability_refits: 0}
""",
        encoding="utf-8",
    )
    eriq("train", "alone.yaml", cwd=tmp_path)
    model = next((tmp_path / "models").glob("alone-*"))
    eriq("score", model, "people", "--consent", "not_collected", "--out", "scores.csv", cwd=tmp_path)

    scores = pd.read_csv(tmp_path / "scores.csv")
    assert len(scores) == len(answers)
    assert scores["probability"].between(0, 1).all()
    assert scores["probability"].nunique() > 50
