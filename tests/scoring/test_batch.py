"""The job around the chunks: numbers, repeats, ranks, what is shown, and the manifest."""

import datetime as dt
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import rankdata

from eriq.config import ScoringJob, load_scoring_job
from eriq.errors import ConfigError, InstrumentError, OutputError
from eriq.model.bundle import Bundle
from eriq.model.calibrator import expit
from eriq.scoring.checks import checked_answers
from eriq.scoring.chunk import score_rows
from eriq.scoring.job import Batch
from eriq.scoring.options import Options
from eriq.scoring.ranks import ranks
from eriq.scoring.registers import Lookup
from eriq.scoring.repeats import Seen
from eriq.scoring.sinks.files import rejects_path
from eriq.tables.cohort import Registers
from eriq.tables.intake import check_answers
from eriq.workflows.score import job_of, run

Backlog = Callable[..., pd.DataFrame]


def run_on(frame: pd.DataFrame, bundle: Bundle, folder: Path, out: str = "out.csv", **more: Any) -> Batch:
    """Score a table through a CSV."""
    given = folder / "given.csv"
    frame.to_csv(given, index=False)
    return run(job_of(str(bundle.folder), given, folder / out, **more), overwrite=True, workers=2)


def read_both(batch: Batch) -> tuple[pd.DataFrame, pd.DataFrame]:
    scores = pd.read_csv(batch.out) if batch.out.suffix == ".csv" else pd.read_parquet(batch.out)
    return scores, pd.read_csv(rejects_path(batch.out))


@pytest.mark.parametrize("chunk_rows", [1, 7, 1000])
def test_chunks_change_no_number(small_bundle: Bundle, backlog: Backlog, tmp_path: Path, chunk_rows: int) -> None:
    """Scored in chunks of 1, 7 or all at once: the same probabilities, reasons and row numbers."""
    frame = backlog(40)
    whole = score_rows(small_bundle, frame, Options()).scores
    scores, rejected = read_both(run_on(frame, small_bundle, tmp_path, chunk_rows=chunk_rows))
    assert len(rejected) == 0
    assert scores["row"].tolist() == list(range(1, 41))
    np.testing.assert_allclose(scores["probability"], whole["probability"], rtol=0, atol=1e-15)
    assert scores["reason_1_label"].tolist() == whole["reason_1_label"].astype(str).tolist()


@pytest.mark.parametrize("chunk_rows", [1, 2, 5, 100])
def test_repeats_are_found_across_chunks(
    small_bundle: Bundle, backlog: Backlog, tmp_path: Path, chunk_rows: int
) -> None:
    """The later of two rows of one client and day is set aside, wherever the chunks end; so is a wave twice."""
    frame = pd.concat([backlog(6), backlog(3)], ignore_index=True)  # rows 7 to 9 repeat 1 to 3
    frame.loc[8, "answered_on"] = "2015-06-01"  # row 9: another day of c3, and the same wave
    frame.loc[1, "cw01"] = "9"  # row 2 is set aside itself; row 8 still repeats it
    scores, rejected = read_both(run_on(frame, small_bundle, tmp_path, chunk_rows=chunk_rows))
    assert scores["row"].tolist() == [1, 3, 4, 5, 6]
    assert rejected["row"].tolist() == [2, 7, 8, 9]
    assert rejected["code"].tolist() == [
        "cw01:outside_scale",
        *["client_id:duplicate; client_id:duplicate"] * 2,
        "client_id:duplicate",
    ]
    assert rejected["client_id"].tolist() == ["c2", "c1", "c2", "c3"]


@pytest.mark.parametrize("seed", range(5))
def test_the_quick_check_finds_what_the_full_check_finds(small_bundle: Bundle, backlog: Backlog, seed: int) -> None:
    """Items as small whole numbers, some with codes off the scale or gaps: same table and same problems."""
    instrument = small_bundle.instrument
    assert instrument is not None
    rng = np.random.default_rng(seed)
    frame = backlog(30).astype(dict.fromkeys(instrument.item_ids, "Int8"))
    for item in rng.choice(instrument.item_ids, 6):
        frame.loc[rng.integers(30), item] = rng.choice([9, -128, 127, 0])
        frame.loc[rng.integers(30), item] = pd.NA
    frame.loc[5, "client_id"] = "c1"
    day = dt.date(2026, 1, 1)
    quick, full = checked_answers(frame, instrument, day), check_answers(frame, instrument, day, extra="ignore")
    pd.testing.assert_frame_equal(quick[0], full[0])
    assert sorted(map(str, quick[1])) == sorted(map(str, full[1]))


def test_keys_seen_are_remembered_over_many_additions() -> None:
    """10,000 keys in 100 additions: each is found again, none is found before it came."""
    rng = np.random.default_rng(1)
    keys = rng.integers(1, 2**63, 10_000).astype("uint64")[:, None]
    seen = Seen()
    assert not any(seen.add(part).any() for part in np.split(keys, 100))
    assert all(seen.add(part).all() for part in np.split(keys[rng.permutation(10_000)], 10))


@pytest.mark.parametrize("ties", ["min", "max", "dense", "average"])
def test_ranks_agree_with_scipy(ties: str) -> None:
    """Ranks from the highest value are scipy's of the negative values, ties included."""
    values = np.random.default_rng(2).integers(0, 20, 200) / 20
    np.testing.assert_array_equal(ranks(values, ties), rankdata(-values, method=ties))


def test_rank_covers_the_whole_run_and_leaves_unstable_rows_out(
    small_bundle: Bundle, backlog: Backlog, tmp_path: Path
) -> None:
    """Ranks over three chunks are those of all probabilities; a row that moves too far over the refits has none."""
    frame = backlog(60)
    options = {"rank": True, "ties": "min", "rank_moves": 0.3, "capacity": 10, "chunk_rows": 20}
    scores, _ = read_both(run_on(frame, small_bundle, tmp_path, out="out.parquet", **options))
    matrix = score_rows(small_bundle, frame, Options(ranked=True)).scores
    all_ranks = [rankdata(-matrix[c], method="min") for c in ("_log_odds", "_refit_1", "_refit_2")]
    moved = (np.max(all_ranks, axis=0) - np.min(all_ranks, axis=0)) > 0.3 * 60
    assert 0 < moved.sum() < 60
    assert scores["do_not_rank"].tolist() == moved.tolist()
    assert scores["rank"].isna().tolist() == moved.tolist()
    np.testing.assert_array_equal(scores["rank"].dropna(), all_ranks[0][~moved])
    assert scores.loc[~moved, "within_capacity"].dropna().sum() <= 10
    assert not [c for c in scores if c.startswith("_")]
    rules = json.loads((tmp_path / "out.parquet.manifest.json").read_text())["rank"]
    assert rules["not_ranked"] == moved.sum()
    assert rules["ties"].startswith("min: ")


def test_a_tie_across_the_capacity_is_left_open(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """Three equal rows and room for two: none is in, none is out, and the manifest counts them."""
    frame = pd.concat([backlog(1)] * 3, ignore_index=True).assign(client_id=["a", "b", "c"])
    scores, _ = read_both(run_on(frame, small_bundle, tmp_path, rank=True, capacity=2, rank_moves=1.0))
    assert scores["rank"].tolist() == [1, 1, 1]
    assert scores["within_capacity"].isna().all()
    assert json.loads((tmp_path / "out.csv.manifest.json").read_text())["rank"]["open"] == 3


def test_there_is_no_rank_unless_asked(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """A rank invites a verdict; a file without the wish for one has none."""
    scores, _ = read_both(run_on(backlog(5), small_bundle, tmp_path))
    assert not {"rank", "do_not_rank", "within_capacity"} & set(scores)


def test_a_caseworker_gets_reasons_and_no_number(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """For caseworkers: what counts and in which direction, without probability, log-odds or contribution."""
    scores, _ = read_both(run_on(backlog(5), small_bundle, tmp_path, audience="caseworker", language="da"))
    assert not [c for c in scores if "odds" in c or "probability" in c or "contribution" in c or "band" in c]
    assert set(scores["reason_1_direction"]) <= {"højere", "lavere"}
    assert scores["reason_1_label"].str.contains("borger|sagsbehandler").all()


@pytest.mark.parametrize("show", ["probability", "band"])
def test_a_caseworker_cannot_be_given_a_number(show: str) -> None:
    """A job for caseworkers that asks for a probability or a band is refused."""
    job = {
        "version": 1,
        "name": "x",
        "model": "m",
        "source": {"kind": "file", "path": "a.csv"},
        "sink": {"kind": "file", "path": "s.csv"},
        "audience": "caseworker",
        "show": show,
    }
    with pytest.raises(ValueError, match="reasons only"):
        ScoringJob.model_validate(job)


def test_a_band_instead_of_a_probability(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """Bands 1 to 3 are cut at the model's own edges."""
    frame = backlog(30)
    scores, _ = read_both(run_on(frame, small_bundle, tmp_path, show="band", reasons=0))
    whole = score_rows(small_bundle, frame, Options(reasons=0)).scores["probability"]
    assert scores["band"].tolist() == [1 + (p >= 0.1) + (p >= 0.3) for p in whole]
    assert "probability" not in scores


def test_the_interval_spans_the_refits(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """Low and high are the least and largest probability over the two refits."""
    frame = backlog(10)
    scores, _ = read_both(run_on(frame, small_bundle, tmp_path, interval=True))
    hidden = score_rows(small_bundle, frame, Options(ranked=True)).scores
    both = expit(hidden[["_refit_1", "_refit_2"]].to_numpy())
    np.testing.assert_allclose(scores["refit_low"], both.min(axis=1))
    np.testing.assert_allclose(scores["refit_high"], both.max(axis=1))


def test_numbers_beyond_those_of_training_are_named(register_bundle: Bundle, backlog: Backlog) -> None:
    """Age outside 20 to 60 and weeks outside 1 to 50 are named, ends and gaps are not, a sensitive column never."""
    age, weeks = "register.age", "register.weeks_work_1y"
    manifest = register_bundle.manifest.model_copy(update={"ranges": {age: (20.0, 60.0), weeks: (1.0, 50.0)}})
    bundle = replace(register_bundle, manifest=manifest)
    frame = backlog(6).assign(**{age: [19.9, 60.1, 20, 60, np.nan, 61], weeks: [25, np.nan, 1, 50, 50.1, 0.9]})
    named = score_rows(bundle, frame, Options(reasons=0)).scores["out_of_range"]
    assert named.tolist() == [age, age, "", "", weeks, f"{age}; {weeks}"]
    secret = replace(bundle, features=tuple(replace(f, sensitive=f.name == weeks) for f in bundle.features))
    named = score_rows(secret, frame, Options(reasons=0)).scores["out_of_range"]
    assert named.tolist() == [age, age, "", "", "register.sensitive", f"{age}; register.sensitive"]


def test_a_formula_in_an_id_is_made_safe_in_text_and_kept_in_parquet(
    small_bundle: Bundle, backlog: Backlog, tmp_path: Path
) -> None:
    """A CSV is opened by spreadsheets, which run such cells, also those of rows set aside; Parquet is not."""
    frame = backlog(4).assign(client_id=["=1+1", "@x", "-2", "+c|d"])
    frame.loc[3, "cw01"] = "77"
    text, aside = read_both(run_on(frame, small_bundle, tmp_path))
    assert text["client_id"].tolist() == ["'=1+1", "'@x", "'-2"]
    assert aside["client_id"].tolist() == ["'+c|d"]
    assert (text["log_odds"] < 0).any()
    table, _ = read_both(run_on(frame, small_bundle, tmp_path, out="out.parquet"))
    assert table["client_id"].tolist() == ["=1+1", "@x", "-2"]


def test_parquet_and_csv_hold_the_same(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """Same rows, same numbers, same words; plain strings in Parquet whatever is used inside."""
    frame = backlog(25)
    text, _ = read_both(run_on(frame, small_bundle, tmp_path, chunk_rows=10))
    table, _ = read_both(run_on(frame, small_bundle, tmp_path, out="out.parquet", chunk_rows=10))
    assert text["probability"].tolist() == table["probability"].tolist()
    assert text["reason_2_answer"].tolist() == table["reason_2_answer"].tolist()
    assert {str(f.type) for f in pq.read_schema(tmp_path / "out.parquet") if f.name.endswith("label")} == {"string"}


def test_the_manifest_counts_and_seals_the_output(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """Counts add up, digests are those of the files, and there is no clock and no path in it."""
    import hashlib

    frame = backlog(8)
    frame.loc[2, "cl01"] = "x"
    batch = run_on(frame, small_bundle, tmp_path, today="2026-01-01")
    manifest = json.loads((tmp_path / "out.csv.manifest.json").read_text())
    assert manifest["counts"] == {"read": 8, "scored": 7, "set_aside": 1}
    assert (batch.read, batch.scored, batch.rejected) == (8, 7, 1)
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    assert manifest["model"]["name"] == small_bundle.name
    assert str(tmp_path) not in json.dumps(manifest)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "given.csv",
        "out.csv",
        "out.csv.manifest.json",
        "out.csv.rejected.csv",
    ]


def test_the_same_job_gives_the_same_bytes(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """Twice, with one worker and with three: no byte differs."""
    frame = backlog(50)
    made = []
    for workers in (1, 3):
        frame.to_csv(tmp_path / "given.csv", index=False)
        job = job_of(str(small_bundle.folder), tmp_path / "given.csv", tmp_path / "out.parquet", chunk_rows=7)
        run(job, overwrite=True, workers=workers)
        made.append([(tmp_path / name).read_bytes() for name in ("out.parquet", "out.parquet.manifest.json")])
    assert made[0] == made[1]


def test_a_chunk_looks_up_its_own_clients_only(registers: Callable[..., Registers]) -> None:
    """Of three clients' registers, a chunk of one takes that one's lines in their order."""
    spells = [
        ("c1", "2014-01-01", None, "activation"),
        ("c2", "2013-01-01", None, "activation"),
        ("c1", "2012-01-01", None, "education"),
    ]
    whole = registers(spells, [("c3", "2014-01-01", "gp_contact")], {"c1": {}, "c2": {}, "c3": {}})
    mine = Lookup(whole).of(pd.DataFrame({"client_id": ["c1", " c1 ", "c9", None]}, dtype="str"))
    assert mine.persons["client_id"].tolist() == ["c1"]
    assert mine.spells["status"].tolist() == ["activation", "education"]
    assert len(mine.events) == 0
    assert len(Lookup(whole).of(pd.DataFrame({"client_id": pd.Series([], dtype="str")})).persons) == 0


def test_registers_beside_the_answers(register_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """A folder with registers scores as whole and in chunks; a client nobody knows is set aside."""
    folder = tmp_path / "in"
    folder.mkdir()
    frame = backlog(9)
    frame.to_csv(folder / "answers.csv", index=False)
    people = [f"c{k}" for k in range(1, 9)]
    pd.DataFrame({"client_id": people, "born_on": "1980-01-01"}).to_csv(folder / "persons.csv", index=False)
    spells = {"client_id": people, "started_on": "2014-06-01", "ended_on": "2014-12-01", "status": "work_unsubsidised"}
    pd.DataFrame(spells).to_csv(folder / "spells.csv", index=False)
    pd.DataFrame({"client_id": ["c1"], "occurred_on": ["2014-05-05"], "kind": ["gp_contact"]}).to_csv(
        folder / "events.csv", index=False
    )
    made = []
    for chunk_rows in (2, 100):
        out = tmp_path / f"out{chunk_rows}.csv"
        made.append(read_both(run(job_of(str(register_bundle.folder), folder, out, chunk_rows=chunk_rows))))
    pd.testing.assert_frame_equal(made[0][0], made[1][0])
    assert made[0][0]["row"].tolist() == list(range(1, 9))
    assert made[0][1]["code"].tolist() == ["client_id:unknown_client"]


def test_an_output_is_not_replaced_unasked(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """What is there stays, also beside a resume of nothing."""
    run_on(backlog(3), small_bundle, tmp_path)
    before = (tmp_path / "out.csv").read_bytes()
    job = job_of(str(small_bundle.folder), tmp_path / "given.csv", tmp_path / "out.csv", reasons=1)
    for resume in (False, True):
        with pytest.raises(OutputError, match="there already"):
            run(job, resume=resume)
    assert (tmp_path / "out.csv").read_bytes() == before


def test_answers_to_another_questionnaire_are_refused(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """Another version is not guessed to mean the same; the model's own is accepted by name."""
    with pytest.raises(InstrumentError, match="declares no mapping"):
        run_on(backlog(3), small_bundle, tmp_path, answers_to="other 2.0")
    assert run_on(backlog(3), small_bundle, tmp_path, answers_to="eriq22 1.0.0").scored == 3


# --- databases -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sql", "duckdb"])
def test_from_table_to_table(
    small_bundle: Bundle, backlog: Backlog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """A job between tables is interrupted, continued and run again: each row once, numbers as from a file."""
    frame = backlog(25).rename(columns={"client_id": "cpr"})
    frame.loc[3, "cw01"] = "x"
    place: dict[str, Any] = {"kind": kind, "url_env": "ERIQ_TEST_JOB"}
    if kind == "sql":
        monkeypatch.setenv("ERIQ_TEST_JOB", f"sqlite:///{tmp_path}/agency.db")
        with closing(sqlite3.connect(tmp_path / "agency.db")) as made:
            frame.to_sql("answers", made, index=False)
    else:
        duckdb = pytest.importorskip("duckdb")
        place = {"kind": kind, "file": tmp_path / "agency.duckdb"}
        with duckdb.connect(str(place["file"])) as made:
            made.register("frame", pa.Table.from_pandas(frame))
            made.execute("CREATE TABLE answers AS SELECT * FROM frame")
    source = {**place, "table": "answers", "order_by": ["cpr", "answered_on"], "columns": {"client_id": "cpr"}}
    job = ScoringJob.model_validate(
        {
            "version": 1,
            "name": "tables",
            "model": str(small_bundle.folder),
            "source": source,
            "sink": {**place, "table": "scores"},
            "chunk_rows": 10,
        }
    )

    def stop(step: Any) -> None:
        if step.chunk == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(job, workers=1, on_chunk=stop)
    with pytest.raises(OutputError, match="--resume"):
        run(job)
    done = run(job, resume=True, workers=1)
    assert (done.read, done.scored, done.rejected) == (25, 24, 1)
    assert "continued after chunk 2" in done.sentence
    assert "24 of them were there already" in run(job).sentence
    if kind == "sql":
        with closing(sqlite3.connect(tmp_path / "agency.db")) as made:
            found = made.execute("SELECT client_id, probability, reason_1_label FROM scores").fetchall()
    else:
        with duckdb.connect(str(place["file"])) as made:
            found = made.execute("SELECT client_id, probability, reason_1_label FROM scores").fetchall()
    whole = score_rows(small_bundle, frame.rename(columns={"cpr": "client_id"}), Options()).scores
    expected = zip(whole["client_id"], whole["probability"], whole["reason_1_label"].astype(str), strict=True)
    assert sorted(found) == sorted(expected)


# --- the config ----------------------------------------------------------------------------

JOB = """
version: 1
name: monthly
model: small
source: {kind: file, path: in/answers.csv, columns: {client_id: cpr}}
sink: {kind: file, path: out/scores.csv}
"""


def test_a_config_is_a_job_with_paths_from_its_own_folder(tmp_path: Path) -> None:
    """Paths are relative to the config, whoever starts it from where."""
    (tmp_path / "job.yaml").write_text(JOB)
    job = load_scoring_job(tmp_path / "job.yaml")
    assert job.source.path == tmp_path / "in" / "answers.csv"
    assert job.sink.path == tmp_path / "out" / "scores.csv"
    assert (job.shown, job.rank, job.ties) == ("probability", False, "min")


def test_columns_of_the_file_are_mapped(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """`columns: {client_id: cpr}` reads client_id from the column cpr."""
    (tmp_path / "in").mkdir()
    backlog(3).rename(columns={"client_id": "cpr"}).to_csv(tmp_path / "in" / "answers.csv", index=False)
    (tmp_path / "job.yaml").write_text(JOB.replace("small", str(small_bundle.folder)))
    scores, _ = read_both(run(load_scoring_job(tmp_path / "job.yaml")))
    assert scores["client_id"].tolist() == ["c1", "c2", "c3"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("ranks: true", "Did you mean 'rank'"),
        ("rank_moves: 2", "less than or equal to 1"),
        ("capacity: 5", "capacity needs rank"),
        ("audience: caseworker\nreasons: 0", "nothing would be shown"),
        ("chunk_rows: 0", "greater than or equal to 1"),
    ],
)
def test_a_wrong_config_says_what_is_wrong(tmp_path: Path, change: str, words: str) -> None:
    """Misspelt keys and impossible wishes are refused before anything is read."""
    (tmp_path / "job.yaml").write_text(JOB + change + "\n")
    with pytest.raises(ConfigError, match=words):
        load_scoring_job(tmp_path / "job.yaml")


def test_a_database_address_cannot_stand_in_a_config(tmp_path: Path) -> None:
    """Only the name of an environment variable fits; the refused value is not repeated."""
    source = "source: {kind: sql, url_env: 'postgresql://u:hunter2@h/d', table: t}"
    (tmp_path / "job.yaml").write_text(JOB.replace(JOB.splitlines()[4], source))
    with pytest.raises(ConfigError) as error:
        load_scoring_job(tmp_path / "job.yaml")
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("name", ["monthly", "caseworkers"])
def test_shipped_configs_are_valid(name: str) -> None:
    """The examples can be read, and the one for caseworkers shows reasons only."""
    job = load_scoring_job(Path(__file__).parents[2] / "configs" / "scoring" / f"{name}.yaml")
    assert isinstance(job, ScoringJob)
    assert job.shown == ("reasons" if name == "caseworkers" else "probability")
