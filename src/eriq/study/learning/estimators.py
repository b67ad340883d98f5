"""Name -> unfitted scikit-learn estimator, its small search space, and how simple it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from scipy.stats import loguniform, randint
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from eriq.config import EstimatorName
from eriq.errors import DependencyError
from eriq.features import Feature
from eriq.model.manifest import Kind
from eriq.model.margin import raw_margin
from eriq.model.parts import LevelRates, Splines, middle
from eriq.study.design.contender import Setting
from eriq.study.learning.boosted import BoostedTrees
from eriq.study.learning.hazard import HazardLogistic
from eriq.study.learning.scorecard import lasso_strength, scorecard
from eriq.study.learning.settling import Factory, Rows, Settle, inner_folds, ridge_strength, tree_count
from eriq.study.learning.stack import MEMBERS, Stack, stack_weights

RARE = 10  # levels seen less often share one column


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way of learning, and what a comparison needs to know about it."""

    make: Factory  # (features, seed, **settings) -> estimator
    words: str
    simplicity: int  # of two equally good contenders the lower one is taken
    space: Mapping[str, Any] = field(default_factory=dict)  # lists, or distributions to draw from
    kind: Kind | None = None  # as it is saved; None: cannot be stored without pickle or explained exactly
    settles: tuple[str, ...] = ()  # settings it finds for itself inside its training rows, whatever `tuning` says
    settle: Settle | None = None
    timed: bool = False  # learns from days, event and followed_days of all rows, and not from the outcome

    @property
    def savable(self) -> bool:
        """Whether a model can be saved, and not only compared."""
        return self.kind is not None


class BestRule(ClassifierMixin, BaseEstimator):
    """The one yes/no question on one column that tells most, for example "age under 40"."""

    def __init__(self, names: tuple[str, ...] = (), cuts: int = 15) -> None:
        self.names = names
        self.cuts = cuts

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> Self:
        """Search every column and cut for the largest gain in log-likelihood."""
        y = np.asarray(y, dtype=float)
        w = np.ones(len(y)) if sample_weight is None else sample_weight
        self.classes_ = np.array([0, 1])
        matrix = np.asarray(X, dtype="float64")
        best = (-np.inf, 0, 0.0)
        for column in range(matrix.shape[1]):
            value = matrix[:, column]
            for cut in np.unique(np.nanquantile(value, np.linspace(0, 1, self.cuts + 2)[1:-1])):
                yes = value >= cut  # no answer counts as no
                if 0 < yes.sum() < len(y):
                    gain = _likelihood(y[yes], w[yes]) + _likelihood(y[~yes], w[~yes])
                    best = max(best, (gain, column, float(cut)))
        _, self.column_, self.cut_ = best
        yes = matrix[:, self.column_] >= self.cut_
        overall = w @ y / w.sum()
        self.rates_ = np.array([(w[s] @ y[s] + 2 * overall) / (w[s].sum() + 2) for s in (~yes, yes)])
        return self

    @property
    def rule(self) -> str:
        """The question in words."""
        name = self.names[self.column_] if self.names else f"column {self.column_}"
        return f"{name} >= {self.cut_:.3g}"

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the rate on the row's side of the cut, as two columns."""
        yes = np.asarray(X, dtype="float64")[:, self.column_] >= self.cut_
        rate = self.rates_[yes.astype(int)]
        return np.column_stack([1 - rate, rate])


def _likelihood(y: np.ndarray, w: np.ndarray) -> float:
    """Return the log-likelihood of `y` under its own rate."""
    n, hits = w.sum(), w @ y
    return float(sum(k * np.log(k / n) for k in (hits, n - hits) if k > 0))


def _linear(features: Sequence[Feature], model: LogisticRegression, *, splines: int = 0) -> Pipeline:
    """Return impute -> widen -> scale -> logistic, on arrays with one column per feature.

    Scaling comes last, so that contributions have mean 0 over the training rows.
    """
    places = {
        kind: [place for place, f in enumerate(features) if _group(f) == kind]
        for kind in ("scored", "measured", "category")
    }
    gaps = [place for place, f in enumerate(features) if f.indicate and f.kind != "category"]
    median = SimpleImputer(strategy=middle, keep_empty_features=True)
    widen = (
        Splines(n_knots=splines, knots="quantile", extrapolation="constant", include_bias=False) if splines else None
    )
    one_hot = OneHotEncoder(min_frequency=RARE, handle_unknown="infrequent_if_exist", sparse_output=False)
    steps = [
        ("scored", median, places["scored"]),
        ("measured", make_pipeline(clone(median), widen) if widen else clone(median), places["measured"]),
        ("gaps", MissingIndicator(features="missing-only", error_on_new=False), gaps),
        ("category", one_hot, places["category"]),
    ]
    prepare = ColumnTransformer([step for step in steps if step[2]])
    return Pipeline([("prepare", prepare), ("scale", StandardScaler()), ("model", model)])


def _group(feature: Feature) -> str:
    if feature.kind == "category":
        return "category"
    return "measured" if feature.kind == "continuous" else "scored"


def _logistic(features: Sequence[Feature], seed: int, C: float = 0.01) -> BaseEstimator:
    return _linear(features, LogisticRegression(C=C, solver="newton-cholesky", max_iter=200))


def _hazard(features: Sequence[Feature], seed: int, C: float = 0.01) -> BaseEstimator:
    return _linear(features, HazardLogistic(C=C))


def _elastic_net(features: Sequence[Feature], seed: int, C: float = 0.05, l1_ratio: float = 0.5) -> BaseEstimator:
    model = LogisticRegression(C=C, l1_ratio=l1_ratio, solver="saga", max_iter=1000, tol=1e-3, random_state=seed)
    return _linear(features, model)


def _spline_logistic(features: Sequence[Feature], seed: int, C: float = 0.1, knots: int = 5) -> BaseEstimator:
    return _linear(features, LogisticRegression(C=C, solver="newton-cholesky", max_iter=200), splines=knots)


def _lightgbm(features: Sequence[Feature], seed: int, **settings: Any) -> BaseEstimator:
    chosen = {"n_estimators": 150, "learning_rate": 0.03, "num_leaves": 7, "min_child_samples": 30, "reg_lambda": 5.0}
    chosen |= {"subsample": 0.8, "subsample_freq": 1, "colsample_bytree": 0.7} | settings
    fixed: dict[str, Any] = {
        "monotone_constraints": [f.monotone for f in features] or None,
        "random_state": seed,
        "n_jobs": 1,  # one level of parallelism: folds run side by side, boosting does not
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
        # Levels are ordered by their rates before they are split: those of rare ones are drawn to the overall rate.
        "cat_smooth": 20.0,
        "cat_l2": 20.0,
        "min_data_per_group": 30,
        "max_cat_threshold": 16,
    }
    return BoostedTrees({**chosen, **fixed}, [place for place, f in enumerate(features) if f.kind == "category"])


def _lightgbm_pairs(features: Sequence[Feature], seed: int, **settings: Any) -> BaseEstimator:
    chosen = {"max_depth": 2, "num_leaves": 4, "n_estimators": 250, "learning_rate": 0.05} | settings
    return _lightgbm(features, seed, **chosen)


def _random_forest(features: Sequence[Feature], seed: int, **settings: Any) -> BaseEstimator:
    chosen = {"n_estimators": 200, "min_samples_leaf": 20, "max_features": "sqrt"} | settings
    return RandomForestClassifier(**chosen, random_state=seed, n_jobs=1)


def _ebm(features: Sequence[Feature], seed: int, **settings: Any) -> BaseEstimator:
    try:
        from interpret.glassbox import ExplainableBoostingClassifier
    except ImportError:
        raise DependencyError("estimator 'ebm' needs the extra: pip install 'eriq[ebm]'") from None
    # Few bins: their ends are saved, and lie between values that several people have.
    chosen = {"outer_bags": 4, "interactions": 5, "max_rounds": 2000, "max_bins": 64} | settings
    chosen["feature_types"] = ["nominal" if f.kind == "category" else "continuous" for f in features]
    return ExplainableBoostingClassifier(**chosen, random_state=seed, n_jobs=1)


def _stack(features: Sequence[Feature], seed: int, **settings: Any) -> BaseEstimator:
    """Return the members with their own settings, "logistic.C" and so on, and the weights found for them."""
    members: dict[str, BaseEstimator] = {}
    for name in MEMBERS:
        own = {key.removeprefix(f"{name}."): value for key, value in settings.items() if key.startswith(f"{name}.")}
        own.pop("weight", None)
        members[name] = ESTIMATORS[name].make(features, seed, **own)
    weights: dict[str, float] = {name: float(settings.get(f"{name}.weight", 1 / len(MEMBERS))) for name in MEMBERS}
    return Stack(members, weights, float(settings.get("intercept", 0.0)))


def _settle_stack(
    make: Factory, features: Sequence[Feature], seed: int, rows: Rows, given: Mapping[str, Setting]
) -> dict[str, Setting]:
    """Return what each member settles, and the weights with the lowest loss on inner folds of whole clients."""
    found: dict[str, Setting] = dict(given)
    for name in MEMBERS:
        recipe = ESTIMATORS[name]
        own = recipe.settle(recipe.make, features, seed, rows, {}) if recipe.settle else {}
        found |= {f"{name}.{key}": value for key, value in own.items()}
    margins, tested = [], []
    for train, test in inner_folds(rows, seed):
        weight = None if rows.weight is None else rows.weight[train]
        stack = make(features, seed, **found).fit(rows.matrix[train], rows.outcome[train], weight)
        margins.append(np.column_stack([raw_margin(member, rows.matrix[test]) for member in stack.members.values()]))
        tested.append(test)
    if not tested:
        return {**found, "intercept": 0.0}
    place = np.concatenate(tested)
    weight = None if rows.weight is None else rows.weight[place]
    intercept, weights = stack_weights(np.vstack(margins), rows.outcome[place], weight)
    found |= {f"{name}.weight": float(w) for name, w in zip(MEMBERS, weights, strict=True)}
    return {**found, "intercept": intercept}


# Each space has a distribution in it: a grid of a few points would run out, and with it the equal budget.
_TREES = {
    "learning_rate": (0.02, 0.03, 0.05),
    "min_child_samples": randint(15, 61),
    "reg_lambda": loguniform(1.0, 20.0),
}

ESTIMATORS: Mapping[EstimatorName, Recipe] = {
    "prevalence": Recipe(
        lambda features, seed: DummyClassifier(strategy="prior"), "everyone gets the overall rate", 0, kind="prevalence"
    ),
    "level_rates": Recipe(lambda features, seed: LevelRates(), "rate per answer level", 1, kind="rates"),
    "best_rule": Recipe(lambda features, seed: BestRule(tuple(f.name for f in features)), "best one-variable rule", 2),
    "logistic": Recipe(_logistic, "ridge logistic", 4, {}, "linear", ("C",), ridge_strength),
    "elastic_net": Recipe(
        _elastic_net, "elastic net logistic", 5, {"C": loguniform(0.003, 1.0), "l1_ratio": (0.1, 0.5, 0.9)}, "linear"
    ),
    "spline_logistic": Recipe(
        _spline_logistic, "ridge logistic with splines", 6, {"knots": randint(3, 8)}, "linear", ("C",), ridge_strength
    ),
    "lightgbm_pairs": Recipe(
        _lightgbm_pairs, "boosted trees of depth 2", 7, _TREES, "booster", ("n_estimators",), tree_count
    ),
    "ebm": Recipe(_ebm, "explainable boosting machine", 8, {"interactions": randint(0, 11)}, "tables"),
    "lightgbm": Recipe(
        _lightgbm, "boosted trees", 9, _TREES | {"num_leaves": (5, 7, 15)}, "booster", ("n_estimators",), tree_count
    ),
    "random_forest": Recipe(_random_forest, "random forest", 10, {"min_samples_leaf": randint(8, 61)}),
    "stack": Recipe(
        _stack,
        "stack of ridge logistic and boosted trees of depth 2",
        11,
        {},
        "stack",
        ("intercept",),
        _settle_stack,
    ),
    "scorecard": Recipe(scorecard, "score of whole points", 3, {}, "stack", ("C",), lasso_strength),
    "hazard": Recipe(
        _hazard, "discrete-time hazard, ridge logistic on person-months", 13, {"C": loguniform(0.003, 1.0)}, timed=True
    ),
}
