"""The job around the chunks: numbers, what is shown, and the manifest; from table to table."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from eriq.config import ScoringJob, load_scoring_job
from eriq.errors import InstrumentError, OutputError
from eriq.model.bundle import Bundle
from eriq.model.calibrator import expit
from eriq.scoring.chunk import score_rows
from eriq.scoring.options import Options
from eriq.workflows.score import job_of, run
from tests.scoring.conftest import Backlog, read_both, run_on


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


def test_a_caseworker_gets_reasons_and_no_number(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """For caseworkers: what counts and in which direction, without probability, log-odds or contribution."""
    scores, _ = read_both(run_on(backlog(5), small_bundle, tmp_path, audience="caseworker", language="da"))
    assert not [c for c in scores if "odds" in c or "probability" in c or "contribution" in c or "band" in c]
    assert set(scores["reason_1_direction"]) <= {
        "hænger sammen med højere prognose",
        "hænger sammen med lavere prognose",
    }
    assert scores["reason_1_label"].str.contains("borger|sagsbehandler").all()


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
    assert run_on(backlog(3), small_bundle, tmp_path, answers_to="eriq22 2.0.0").scored == 3


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


JOB = """
version: 1
name: monthly
model: small
source: {kind: file, path: in/answers.csv, columns: {client_id: cpr}}
sink: {kind: file, path: out/scores.csv}
"""


def test_columns_of_the_file_are_mapped(small_bundle: Bundle, backlog: Backlog, tmp_path: Path) -> None:
    """`columns: {client_id: cpr}` reads client_id from the column cpr."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    backlog(3).rename(columns={"client_id": "cpr"}).to_csv(tmp_path / "in" / "answers.csv", index=False)
    (tmp_path / "job.yaml").write_text(JOB.replace("small", str(small_bundle.folder)))
    scores, _ = read_both(run(load_scoring_job(tmp_path / "job.yaml")))
    assert scores["client_id"].tolist() == ["c1", "c2", "c3"]
