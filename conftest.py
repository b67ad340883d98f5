"""One tiny training, shared by the examples of the public face and by its tests."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import eriq

TINY = """
version: 1
name: tiny
question: Does everything run?
source: {kind: simulated, preset: claim, clients: 200, seed: 7}
contenders:
  - {blocks: [questionnaire, register_full], estimators: [logistic]}
headline: {with: questionnaire, without: register_full}
choose_from: [questionnaire]
validation: {folds: 2}
intervals: {replicates: 50, refit_replicates: 0}
explain: {rows: 50, refits: 0, instability_refits: 0}
"""


@pytest.fixture(scope="session")
def tiny_config() -> str:
    """Return the text of a config that trains in seconds."""
    return TINY


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, tiny_config: str) -> "eriq.Run":
    """Train the tiny config in a folder of its own, in which `mlruns`, `models` and `tiny.yaml` stand."""
    import eriq

    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.yaml").write_text(tiny_config, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        return eriq.train(folder / "tiny.yaml", models=folder / "models", workers=1)


@pytest.fixture(autouse=True)
def _examples(
    request: pytest.FixtureRequest, doctest_namespace: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Give the examples of `eriq.face` what they name: `eriq`, a `model`, and a folder to work in."""
    if isinstance(request.node, pytest.DoctestItem) and request.node.name.startswith("eriq.face"):
        import eriq

        run: eriq.Run = request.getfixturevalue("tiny")
        doctest_namespace |= {"eriq": eriq, "model": run.model}
        monkeypatch.chdir(Path(run.model.folder).parents[1])
