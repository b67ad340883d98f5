"""One block of columns with one estimator."""

from dataclasses import dataclass
from typing import Any

from eriq.config import EstimatorName


@dataclass(frozen=True, slots=True)
class Contender:
    """One block of columns with one estimator."""

    name: str
    block: str
    estimator: EstimatorName
    columns: tuple[str, ...]
    settings: tuple[tuple[str, Any], ...] = ()  # given: nothing is searched
