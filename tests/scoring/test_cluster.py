"""A real Spark cluster, a machine of which dies in the middle: the output is that of one machine."""

from pathlib import Path

import pandas as pd
import pytest

from eriq.errors import SOME_SET_ASIDE
from eriq.instrument.instrument import Instrument
from eriq.model.bundle import Bundle
from eriq.scoring.spark.output import rejects_folder
from eriq.workflows.score import score
from tests.scoring.loopback_cluster import cluster, until, vanish
from tests.scoring.test_spark import made_answers, write_parts


def lose_a_worker(bundle: Bundle, instrument: Instrument, folder: Path, rows: int, seconds: float) -> None:
    """Score `rows` on a cluster that loses a worker with finished work; compare with one machine, row by row."""
    given = write_parts(made_answers(instrument, rows), folder / "in", row_group=rows)
    out, local = folder / "scores", folder / "local.parquet"
    with cluster(folder / "cluster") as machines:
        words = [str(bundle.folder), str(given), "--out", str(out), "--reasons", "1", "--engine", "spark"]
        driver = machines.submit("score", *words)
        try:
            # One task is done, and what it made lies with this worker only; the next is under way.
            until(lambda: machines.keeps(1) > 1 or driver.poll() is not None, seconds, "work of the second worker")
            assert driver.poll() is None, (folder / "cluster" / "driver.log").read_text()[-3000:]
            machines.kill(1)
            one_machine = score(str(bundle.folder), given, local, reasons=1)
            code = driver.wait(seconds)
        finally:
            vanish(driver)
        log = (folder / "cluster" / "driver.log").read_text()
        assert code == SOME_SET_ASIDE, log[-3000:]
        assert "Lost executor" in log
    scores, rejected = pd.read_parquet(out), pd.read_parquet(rejects_folder(out))
    assert len(scores) + len(rejected) == rows == one_machine.read
    assert sorted([*scores["row"], *rejected["row"]]) == list(range(1, rows + 1))
    expected = pd.read_parquet(local)
    expected["answered_on"] = pd.to_datetime(expected["answered_on"])
    pd.testing.assert_frame_equal(scores, expected[list(scores)], check_dtype=False, rtol=0, atol=0)
    aside = pd.read_csv(local.with_name("local.parquet.rejected.csv"), dtype={"client_id": "str", "answered_on": "str"})
    pd.testing.assert_frame_equal(rejected, aside[list(rejected)], check_dtype=False)


def test_a_worker_that_dies_leaves_no_trace_in_the_output(
    register_bundle: Bundle, instrument: Instrument, tmp_path: Path
) -> None:
    """Of 200,000 rows, each is there once with the number, reason or cause that one machine gives."""
    lose_a_worker(register_bundle, instrument, tmp_path, 200_000, 60)


@pytest.mark.long
def test_two_million_rows_and_a_worker_that_dies(
    register_bundle: Bundle, instrument: Instrument, tmp_path: Path
) -> None:
    """The same with 2,000,000 rows; `make cluster`."""
    lose_a_worker(register_bundle, instrument, tmp_path, 2_000_000, 900)
