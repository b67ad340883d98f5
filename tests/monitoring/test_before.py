"""What is looked at before a batch is scored: a warning or a refusal, and never another byte of output."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.scoring.conftest import rejects_path, save_small

from eriq.config import ScoringJob
from eriq.errors import ConfigError, ShiftError
from eriq.model.bundle import Bundle, save_bundle
from eriq.model.distributions import distributions
from eriq.monitoring.before import sample_of
from eriq.scoring.chunk import usable_rows
from eriq.workflows import score as workflow
from eriq.workflows.score import job_of, run


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, backlog) -> Bundle:
    """Save a model that keeps the distributions of 1,500 clients."""
    old = save_small(tmp_path_factory.mktemp("models"), refits=0)
    (part,) = usable_rows(old, backlog(1500, seed=8), pd.Timestamp("2026-01-01").date()).parts
    matrix = pd.DataFrame(part.matrix, columns=[f.name for f in old.features])
    kept = distributions(matrix, old.features, np.arange(len(matrix)), old.model.log_odds(part.matrix))
    told = old.manifest.model_copy(update={"distributions": kept})
    return save_bundle(old.model, old.features, told, "# card\n", part.matrix[:5], old.folder.parent, "watched")


def _moved(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(cl01=frame["cl01"].where(np.arange(len(frame)) % 3 > 0, "4"))


def _job(bundle: Bundle, folder: Path, frame: pd.DataFrame, **more: object) -> ScoringJob:
    frame.to_csv(folder / "given.csv", index=False)
    return job_of(str(bundle.folder), folder / "given.csv", folder / "out.csv", chunk_rows=400, **more)


def _digests(folder: Path) -> list[str]:
    files = (folder / "out.csv", rejects_path(folder / "out.csv"), folder / "out.csv.manifest.json")
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def test_a_question_answered_otherwise_is_named_with_its_size_and_no_byte_changes(tmp_path, watched, backlog) -> None:
    """The warning has block, question, effect with interval and n, before a chunk is stored; output as with `off`."""
    said: list[str] = []
    run(
        _job(watched, tmp_path, _moved(backlog(900))),
        on_warning=said.append,
        on_chunk=lambda done: said.append("chunk"),
    )
    with_look = _digests(tmp_path)
    run(_job(watched, tmp_path, _moved(backlog(900)), shift="off"), overwrite=True, on_warning=said.append)

    assert said.count("chunk") == 3
    assert "among 900 people" in said[0]
    assert "client: job search (client): 0." in said[0]
    assert not any(f"c{k}" in said[0].split() for k in range(900))
    assert len(said) == 4
    assert _digests(tmp_path) == with_look


def test_people_as_in_training_and_few_people_are_warned_of_by_nobody(tmp_path, watched, backlog) -> None:
    """A batch like training says nothing, nor do 30 people, of whom nothing can be told."""
    said: list[str] = []
    run(_job(watched, tmp_path, backlog(900)), on_warning=said.append)
    run(_job(watched, tmp_path, _moved(backlog(30))), overwrite=True, on_warning=said.append)

    assert said == []


def test_refuse_ends_with_its_own_code_and_leaves_nothing(tmp_path, watched, backlog) -> None:
    """Exit code 27 before a row is written, no folder left; the same job told to warn begins without `resume`."""
    with pytest.raises(ShiftError, match="not as in training") as why:
        run(_job(watched, tmp_path, _moved(backlog(900)), shift="refuse"))

    assert why.value.exit_code == 27
    assert [file.name for file in tmp_path.iterdir()] == ["given.csv"]
    assert run(_job(watched, tmp_path, _moved(backlog(900)))).scored == 900


def test_where_nothing_can_be_told_refuse_says_so_and_scores(tmp_path, watched, backlog, small_bundle) -> None:
    """30 people, or a model without distributions: one line with the reason, and scores."""
    said: list[str] = []
    run(_job(watched, tmp_path, backlog(30), shift="refuse"), on_warning=said.append)
    run(_job(small_bundle, tmp_path, backlog(30), shift="refuse"), overwrite=True, on_warning=said.append)

    assert ["too few people" in said[0], "no distributions" in said[1], len(said)] == [True, True, 2]


def test_a_continued_run_is_looked_at_again_and_gives_the_same_bytes(tmp_path, watched, backlog) -> None:
    """Killed after its first chunk and continued: the warning comes again, and the output is that of one run."""
    frame = _moved(backlog(900))
    run(_job(watched, tmp_path, frame))
    whole, said = _digests(tmp_path), list[str]()

    def stop(done: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "out.csv").unlink()
    with pytest.raises(KeyboardInterrupt):
        run(_job(watched, tmp_path, frame), overwrite=True, workers=1, on_chunk=stop)
    run(_job(watched, tmp_path, frame), resume=True, on_warning=said.append)

    assert len(said) == 1
    assert _digests(tmp_path) == whole


def test_spark_cannot_refuse(tmp_path, watched, backlog) -> None:
    """`shift: refuse` with the engine that does not look is an error, not a silence."""
    with pytest.raises(ConfigError, match="cannot refuse by shift"):
        workflow.score_on_spark(_job(watched, tmp_path, backlog(3), shift="refuse"))


def test_a_sample_is_spread_over_all_chunks_held() -> None:
    """Ten of a hundred rows in four chunks are every tenth."""
    frames = [pd.DataFrame({"a": range(k, k + 25)}) for k in (0, 25, 50, 75)]
    assert sample_of(frames, 10)["a"].tolist() == list(range(0, 100, 10))
