"""One process more beside a training: what it is given comes out the same, wherever it is done."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import eriq
from eriq.disclosure import Release, min_people
from eriq.errors import CohortError
from eriq.workflows.beside import Beside, all_of


@pytest.fixture(scope="module")
def two() -> Iterator[Beside]:
    """Give a second process, under a rule of ten people."""
    with Beside(Release(min_people=10), workers=2) as beside:
        yield beside


def refuse() -> None:
    raise CohortError("nobody is left")


def test_the_other_process_works_under_the_same_rule(two: Beside) -> None:
    """It is another one, the release rule holds there, and an error comes back as itself."""
    assert two.start(os.getpid).result() != os.getpid()
    assert two.start(min_people).result() == 10
    with pytest.raises(CohortError, match=r"^nobody is left$"):
        two.start(refuse).result()


def test_with_one_worker_all_is_done_here() -> None:
    """There is no second process, and nothing is called before it is asked for."""
    with Beside(Release(), workers=1) as beside:
        given = [beside.start(os.getpid), beside.start(refuse)]
        assert given[0].result() == os.getpid()
        beside.warm(refuse)


def test_calls_are_shared_and_keep_their_order(two: Beside) -> None:
    """Results come in the order of the calls, whoever made them; what fails while it makes ready stops nothing."""
    two.warm(refuse)
    assert all_of([two.start(abs, -k) for k in range(20)]) == list(range(20))


def test_a_training_gives_the_same_with_one_worker_and_two(
    tiny: eriq.Run, tiny_config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every table and figure is to the byte that of one process, but for the time in `facts`."""
    alone = Path(tiny.model.folder).parents[1] / "mlruns" / "reports" / "tiny"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(tiny_config, encoding="utf-8")
    eriq.train(tmp_path / "tiny.yaml", models=tmp_path / "models", workers=2)
    shared = tmp_path / "mlruns" / "reports" / "tiny"
    for kind in ("tables/*.csv", "figures/*"):
        names = sorted(file.relative_to(alone) for file in alone.glob(kind))
        assert names == sorted(file.relative_to(shared) for file in shared.glob(kind))
        assert len(names) > 10
        differ = [str(name) for name in names if (alone / name).read_bytes() != (shared / name).read_bytes()]
        assert set(differ) <= {"tables/facts.csv"}
