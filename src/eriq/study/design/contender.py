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
    compared_only: bool = False  # uses what is kept for audit, such as sex or origin: never saved


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
    audit = {f.name for f in features if f.protected}
    for cross in crosses:
        for block in factorial() if cross.blocks == "factorial" else cross.blocks:
            for estimator in cross.estimators:
                columns = select(block, features, variants)
                name, (_, kind) = f"{block} | {estimator}" if columns else "prevalence", contender_key(block, estimator)
                made.setdefault(
                    name, Contender(name, block, kind, columns, compared_only=not audit.isdisjoint(columns))
                )
    return tuple(made.values())


def contender_key(block: str, estimator: EstimatorName) -> tuple[str, EstimatorName]:
    """Return block and estimator as a contender has them: without columns everyone gets the prevalence.

    >>> contender_key("none", "logistic")
    ('none', 'prevalence')
    """
    return block, "prevalence" if block == "none" else estimator


def guarded(features: Sequence[Feature], protected: Sequence[str]) -> list[Feature]:
    """Return `features` with exactly the named ones protected."""
    named = {f.name for f in features if f.name in protected or f.name.split(".", 1)[1] in protected}
    return [replace(f, protected=f.name in named or (f.protected and f.name not in TABLE_PROTECTED)) for f in features]


def with_values(features: Sequence[Feature], matrix: pd.DataFrame) -> list[Feature]:
    """Return features known for at least one row: a column of gaps can teach nothing."""
    return [f for f in features if matrix[f.name].notna().any()]
