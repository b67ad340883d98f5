"""A fitted contender as a model that can be saved."""

from collections.abc import Sequence

from sklearn.pipeline import Pipeline

from eriq.model.calibrator import Calibrator
from eriq.model.manifest import Kind
from eriq.model.model import Model
from eriq.study.learning.training import Fitted


def as_model(fitted: Fitted, calibrator: Calibrator, members: Sequence[Fitted] = ()) -> Model:
    """Return a fitted contender, and refits of it, as a model that can be saved."""
    kinds: dict[str, Kind] = {"prevalence": "prevalence", "level_rates": "rates"}
    estimator = fitted.estimator
    if hasattr(estimator, "booster_"):
        kind: Kind = "booster"
    elif isinstance(estimator, Pipeline):
        kind = "linear"
    else:
        kind = kinds[fitted.contender.estimator]
    parts = [getattr(f.estimator, "booster_", f.estimator) for f in (fitted, *members)]
    return Model(kind, fitted.contender.columns, parts[0], calibrator, tuple(parts[1:]))
