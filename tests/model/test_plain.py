"""A saved line read without scikit-learn: the numbers of scikit-learn, and nothing that is not plain."""

import subprocess
import sys

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from eriq.features import Feature
from eriq.model.bundle import TRUSTED
from eriq.model.linear import BLOCK, LinearSteps
from eriq.model.plain import read_line
from eriq.study.learning.estimators import ESTIMATORS

FEATURES = [
    Feature("client.a", "client", indicate=True),
    Feature("b", "register_full", kind="continuous", indicate=True),
    Feature("c", "register_full", kind="category"),
    Feature("d", "register_full", kind="category"),
]


def rows(n: int = 400, seed: int = 1) -> np.ndarray:
    """Return rows with gaps in every column; the third has rare levels, the fourth has none."""
    rng = np.random.default_rng(seed)
    levels = rng.choice(6, n, p=[0.4, 0.3, 0.27, 0.01, 0.01, 0.01])
    matrix = np.column_stack([rng.integers(0, 5, n), rng.normal(size=n), levels, rng.integers(0, 2, n)]).astype(float)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    return matrix


@pytest.fixture(scope="module")
def fitted() -> Pipeline:
    """Return a pipeline of all plain steps."""
    matrix = rows()
    outcome = (np.nan_to_num(matrix[:, 0]) + np.random.default_rng(2).normal(size=len(matrix)) > 2).astype(int)
    return ESTIMATORS["logistic"].make(FEATURES, 1).fit(matrix, outcome)


def test_numbers_are_those_of_scikit_learn_to_the_last_bit(fitted: Pipeline) -> None:
    """Derived columns and owners are equal, of levels that were never seen too."""
    line, theirs = read_line(skops.io.dumps(fitted)), LinearSteps.of(fitted)
    assert line is not None
    given = np.vstack([rows(seed=3), [[-1.0, 9.0, 7.0, 7.0], [np.nan] * 4, [0.0, 0.0, 3.5, -2.0]]])
    ours = LinearSteps.of(line)
    assert (ours.scaled(given) == theirs.scaled(given)).all()
    assert (ours.owner == theirs.owner).all()
    assert (ours.weights == theirs.weights).all()
    assert ours.intercept == theirs.intercept


@pytest.mark.parametrize("n", [1, BLOCK - 1, 3 * BLOCK + 7])
def test_blocks_of_rows_change_no_bit(fitted: Pipeline, n: int) -> None:
    """Margin and effects, derived once block by block, are what whole products of scikit-learn's columns give."""
    steps, theirs, given = LinearSteps.of(read_line(skops.io.dumps(fitted))), LinearSteps.of(fitted), rows(n, seed=3)
    scaled = (fitted.named_steps["prepare"].transform(given) - theirs.mean) / theirs.scale
    margin, effects = steps.effects(given)

    assert (margin == scaled @ theirs.weights + theirs.intercept).all()
    assert (steps.margin(given) == margin).all()
    assert (effects == (scaled * theirs.weights) @ theirs.owner).all()


def test_what_is_not_plain_is_left_to_skops(fitted: Pipeline) -> None:
    """Splines, another class, a step that is missing, and what is no archive are not read."""
    outcome = np.arange(400) % 2
    splines = ESTIMATORS["spline_logistic"].make(FEATURES, 1).fit(rows(), outcome)
    bare = LogisticRegression().fit(np.nan_to_num(rows()), outcome)
    for other in (splines, bare, Pipeline(fitted.steps[:2])):
        assert read_line(skops.io.dumps(other)) is None
    content = skops.io.dumps(fitted)
    assert read_line(content[:-40]) is None
    assert read_line(b"no archive") is None
    assert skops.io.loads(content, trusted=TRUSTED)


def test_reading_needs_no_scikit_learn(fitted: Pipeline, tmp_path) -> None:
    """In a fresh process the file is read and neither scikit-learn nor skops is loaded."""
    file = tmp_path / "model.skops"
    file.write_bytes(skops.io.dumps(fitted))
    code = (
        "import sys, pathlib; from eriq.model.plain import read_line; import eriq.model.bundle;"
        "assert read_line(pathlib.Path(sys.argv[1]).read_bytes()); assert not {'sklearn', 'skops'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(file)], check=True)
