"""The tables that a look at a questionnaire ends in."""

import pandas as pd
import pytest

from eriq.tables.quality_results import QUALITY
from eriq.tables.results import CONTRACTS, as_result


@pytest.mark.parametrize("name", QUALITY)
def test_every_table_has_its_contract_where_all_are(name: str) -> None:
    """Each is a result table like any other, with typed columns when empty."""
    assert CONTRACTS[name] == QUALITY[name]
    assert as_result(name, pd.DataFrame()).dtypes.astype(str).tolist() == [c.dtype for c in QUALITY[name]]
