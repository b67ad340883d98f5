"""What each factor adds."""

import pytest

from eriq.study.comparison.compare import compare
from tests.study.comparison.conftest import some_of


def test_the_decomposition_adds_up_to_full_minus_empty(found):
    """The shares of the four factors sum to what the full block has over none, for AUC and (turned round) log loss."""
    measures = found.tables["measures"].set_index(["measure", "contender"])["estimate"]
    full = max((c for c in found.contenders if c.block.count("+") == 3), key=lambda c: len(c.columns)).name
    table = found.tables["decomposition"]
    assert (table["estimator"] == "logistic").all()
    for measure, sign in (("auc", 1), ("log_loss", -1)):
        gained = sign * (measures[measure, full] - measures[measure, "prevalence"])
        assert table.loc[table["measure"] == measure, "estimate"].sum() == pytest.approx(gained, abs=1e-12)
    assert len(table) == 8


def test_the_decomposition_needs_all_sixteen_blocks(study, experiment, held):
    """With one union missing there is no decomposition, rather than a wrong one."""
    few = [c for c in study.contenders if c.block.count("+") < 3]
    tables = compare(some_of(held, *few), experiment).tables
    assert "decomposition" not in tables
    assert "oracle" not in tables  # and no truth was given
