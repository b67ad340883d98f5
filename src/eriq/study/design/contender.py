"""Who takes part: every block of columns with every estimator of a config."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from eriq.config import Cross, EstimatorName
from eriq.features import REGISTER_FEATURES, Feature, factorial, select

Setting = int | float | str  # of an estimator
TABLE_PROTECTED = tuple(f.name for f in REGISTER_FEATURES if f.protected)  # by default; a config may say otherwise


@dataclass(frozen=True, slots=True)
class Contender:
    """One block of columns with one estimator."""

    name: str
    block: str
    estimator: EstimatorName
    columns: tuple[str, ...]
    settings: tuple[tuple[str, Setting], ...] = ()  # given: nothing is searched


def contenders(
    crosses: Sequence[Cross], features: Sequence[Feature], variants: dict[str, frozenset[str]]
) -> tuple[Contender, ...]:
    """Return every block with every estimator of a config, once each, in the order given.

    Raises
    ------
    ConfigError
        For a block that does not exist or has no usable column.
    """
    made: dict[str, Contender] = {}
    for cross in crosses:
        for block in factorial() if cross.blocks == "factorial" else cross.blocks:
            for estimator in cross.estimators:
                columns = select(block, features, variants)
                kind = "prevalence" if not columns else estimator
                name = kind if not columns else f"{block} | {kind}"
                made.setdefault(name, Contender(name, block, kind, columns))
    return tuple(made.values())


def guarded(features: Sequence[Feature], protected: Sequence[str]) -> list[Feature]:
    """Return `features` with exactly the named ones protected."""
    named = {f.name for f in features if f.name in protected or f.name.split(".", 1)[1] in protected}
    return [replace(f, protected=f.name in named or (f.protected and f.name not in TABLE_PROTECTED)) for f in features]


def with_values(features: Sequence[Feature], matrix: pd.DataFrame) -> list[Feature]:
    """Return features known for at least one row: a column of gaps can teach nothing."""
    known = matrix.notna().any()
    return [f for f in features if known[f.name]]
