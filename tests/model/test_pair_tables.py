"""Models of depth 2 as tables: equal to LightGBM, to shap and to Shapley's formula, or refused."""

import warnings
from itertools import permutations
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from eriq.model.background import against
from eriq.model.leaves import ZERO, CollapseError
from eriq.model.pair_tables import CHUNK, FEW, MANY_ROWS, PairTables, collapse

with warnings.catch_warnings():  # shap 0.51 colours its maps in a way that matplotlib 3.11 will give up
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    import shap

PAIRWISE = {"objective": "binary", "num_leaves": 4, "max_depth": 2, "verbose": -1, "num_threads": 1, "seed": 1}
WIDTH = 6
NAMES = [f"x{place}" for place in range(WIDTH)]


def people(rows: int, seed: int, *, gaps: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Return answers on five levels, zero-heavy counts and continuous columns, and an outcome.

    With `gaps`, a fifth of the cells is missing.
    """
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, WIDTH))
    matrix[:, 0] = rng.integers(0, 5, rows)
    matrix[:, 1] = rng.integers(-2, 3, rows)
    matrix[:, 2] = np.where(rng.random(rows) < 0.6, 0, rng.poisson(8, rows))
    margin = matrix[:, 0] - 2 + matrix[:, 3] * (matrix[:, 1] > 0) + np.sin(3 * matrix[:, 4]) - 0.1 * matrix[:, 2]
    outcome = (margin + rng.logistic(size=rows) > 0).astype(int)
    if gaps:
        matrix[rng.random(matrix.shape) < 0.2] = np.nan
    return matrix, outcome


def fitted(trees: int = 150, **settings: Any) -> tuple[lgb.Booster, PairTables]:
    """Return a booster of depth 2 and its tables."""
    booster = lgb.train({**PAIRWISE, **settings}, lgb.Dataset(*people(4000, seed=1)), trees)
    return booster, collapse(booster.dump_model(), NAMES)


def node(feature: int, threshold: float, left: dict[str, Any], right: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a numeric split as LightGBM dumps it; its cover is that of its sides."""
    cover = sum(side.get("internal_count", side.get("leaf_count", 0)) for side in (left, right))
    common = {"decision_type": "<=", "missing_type": "None", "default_left": True, "internal_count": cover}
    return {
        "split_feature": feature,
        "threshold": threshold,
        "left_child": left,
        "right_child": right,
        **common,
        **more,
    }


def leaf(value: float, cover: int) -> dict[str, Any]:
    """Return a leaf as LightGBM dumps it."""
    return {"leaf_value": value, "leaf_count": cover}


def dumped(*trees: dict[str, Any], width: int = 2) -> dict[str, Any]:
    """Return a dump of `trees`."""
    info = [{"tree_structure": tree} for tree in trees]
    return {"max_feature_idx": width - 1, "num_tree_per_iteration": 1, "average_output": False, "tree_info": info}


def goes_left(split: dict[str, Any], value: float) -> bool:
    """Return the side LightGBM documents: NaN is 0 unless it has its own way, as 0 may have."""
    unknown = np.isnan(value)
    number = 0.0 if unknown else value
    if (split["missing_type"] == "NaN" and unknown) or (split["missing_type"] == "Zero" and abs(number) <= ZERO):
        return bool(split["default_left"])
    return bool(number <= split["threshold"])


def game(tree: dict[str, Any], row: np.ndarray, known: frozenset[int]) -> float:
    """Return the expected leaf when only the features in `known` are seen, the others weighted by cover."""
    if "leaf_value" in tree:
        return float(tree["leaf_value"])
    left, right = tree["left_child"], tree["right_child"]
    if tree["split_feature"] in known:
        return game(left if goes_left(tree, row[tree["split_feature"]]) else right, row, known)
    covers = [side.get("internal_count", side.get("leaf_count")) for side in (left, right)]
    return float(np.average([game(left, row, known), game(right, row, known)], weights=covers))


def shapley(trees: list[dict[str, Any]], row: np.ndarray) -> np.ndarray:
    """Return the mean marginal contribution over all orders of the features, then the empty game."""
    orders = list(permutations(range(len(row))))
    values = np.zeros(len(row) + 1)
    for order in orders:
        for place, feature in enumerate(order):
            before = frozenset(order[:place])
            gain = sum(game(tree, row, before | {feature}) - game(tree, row, before) for tree in trees)
            values[feature] += gain / len(orders)
    values[-1] = sum(game(tree, row, frozenset()) for tree in trees)
    return values


def random_tree(rng: np.random.Generator, width: int, depth: int = 2) -> dict[str, Any]:
    """Return a tree of depth 0 to 2 with any features, thresholds and ways of treating a missing value."""
    if depth == 0 or rng.random() < 0.15:
        return leaf(float(rng.normal()), int(rng.integers(1, 50)))
    return node(
        int(rng.integers(width)),
        float(rng.choice([-1.0, -ZERO, 0.0, ZERO, 1.0])),
        random_tree(rng, width, depth - 1),
        random_tree(rng, width, depth - 1),
        missing_type=str(rng.choice(["None", "NaN", "Zero"])),
        default_left=bool(rng.integers(2)),
    )


def test_one_corner_is_shared_as_computed_by_hand() -> None:
    """A leaf of 8 behind two even splits: 2 expected, main effects +-2 each, interaction +-2, halved."""
    corner = node(0, 0.0, node(1, 0.0, leaf(0.0, 1), leaf(8.0, 1)), leaf(0.0, 2))
    tables = collapse(dumped(corner), ["a", "b"])
    rows = np.array([[-1.0, 1.0], [-1.0, -1.0], [1.0, 1.0], [1.0, -1.0]])

    assert tables.contributions(rows).tolist() == [[3, 3, 2], [1, -3, 2], [-3, 1, 2], [-1, -1, 2]]
    assert tables.margin(rows).tolist() == [8, 0, 0, 0]
    assert tables.main_effect("a")["effect"].tolist() == [2, -2, 2]  # up to 0, above 0, missing taken for 0
    assert tables.pairs[0].table[:2, :2].tolist() == [[-2, 2], [2, -2]]


@pytest.mark.parametrize("seed", range(12))
def test_random_trees_have_the_shapley_values_of_the_definition(seed: int) -> None:
    """Averaging over all orders of features gives the same numbers, whatever the kinds of missing value."""
    rng = np.random.default_rng(seed)
    trees = [random_tree(rng, width=4) for _ in range(6)]
    rows = rng.choice([-2.0, -1.0, -ZERO / 2, 0.0, 0.5, 1.0, 3.0, np.inf, -np.inf, np.nan], size=(25, 4))

    ours = collapse(dumped(*trees, width=4), list("abcd")).contributions(rows)

    zeroed = np.where(np.abs(rows) <= ZERO, 0.0, rows)  # as LightGBM does on its way in
    np.testing.assert_allclose(ours, [shapley(trees, row) for row in zeroed], rtol=0, atol=1e-12)


def test_a_tree_may_hold_three_features() -> None:
    """Different features on the two sides of the root make two pairs, and the definition still holds."""
    tree = node(0, 0.0, node(1, 0.0, leaf(1.0, 3), leaf(5.0, 1)), node(2, 0.0, leaf(-2.0, 2), leaf(4.0, 6)))
    row = np.array([[-1.0, 1.0, 1.0]])
    tables = collapse(dumped(tree, width=3), ["a", "b", "c"])

    assert [(pair.first, pair.second) for pair in tables.pairs] == [(0, 1), (0, 2)]
    np.testing.assert_allclose(tables.contributions(row)[0], shapley([tree], row[0]), rtol=0, atol=1e-14)


SETTINGS: dict[str, dict[str, Any]] = {
    "missing goes its own way": {},
    "zero is missing": {"zero_as_missing": True},
    "missing is zero": {"use_missing": False},
    "bagging and monotone": {"bagging_fraction": 0.5, "bagging_freq": 1, "monotone_constraints": [1, 0, 0, 0, 0, 0]},
    "two leaves": {"num_leaves": 2},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=list(SETTINGS))
def test_lightgbm_agrees(settings: dict[str, Any]) -> None:
    """Contributions and margin are those of LightGBM, also on thresholds, near zero and at infinity."""
    booster, tables = fitted(**settings)
    matrix, _ = people(CHUNK + 500, seed=2)  # more than one chunk
    upper = np.concatenate([cuts[:-1] for cuts in tables.cuts])
    odd = np.concatenate([upper, np.nextafter(upper, np.inf), [0.0, -0.0, ZERO, -ZERO, 2e-35, np.inf, -np.inf, np.nan]])
    matrix = np.vstack([matrix, np.random.default_rng(3).choice(odd, size=(2000, WIDTH))])
    contributions, margin = tables.contributions(matrix), tables.margin(matrix)

    np.testing.assert_allclose(contributions, booster.predict(matrix, pred_contrib=True), rtol=0, atol=1e-10)
    np.testing.assert_allclose(margin, booster.predict(matrix, raw_score=True), rtol=0, atol=1e-10)
    np.testing.assert_allclose(contributions.sum(axis=1), margin, rtol=0, atol=1e-9)


def test_many_cuts_take_the_binary_search_and_agree() -> None:
    """A column with more cuts than are compared one by one gives LightGBM's numbers too."""
    booster, tables = fitted(trees=600, max_bin=1000, learning_rate=0.3)
    matrix, _ = people(3000, seed=2)

    assert max(len(cuts) for cuts in tables.cuts) > FEW >= min(len(cuts) for cuts in tables.cuts)
    np.testing.assert_allclose(
        tables.contributions(matrix), booster.predict(matrix, pred_contrib=True), rtol=0, atol=1e-9
    )


def test_many_rows_are_explained_as_few_are() -> None:
    """From the number of rows on at which compiled loops take over, contributions are the same to the last bit."""
    _, tables = fitted()
    matrix, _ = people(MANY_ROWS + CHUNK, seed=2)
    matrix[::7, 1] = np.nan
    parts = [tables.contributions(matrix[k : k + 1000]) for k in range(0, len(matrix), 1000)]

    assert len(tables.pairs) > 1
    assert (tables.contributions(matrix) == np.vstack(parts)).all()
    alone = PairTables.of(tables.feature_names, tables.intercept, tables.cuts, tables.mains, ())
    assert (alone.contributions(matrix)[:1000] == alone.contributions(matrix[:1000])).all()


@pytest.mark.filterwarnings("ignore:LightGBM binary classifier:UserWarning")
def test_shap_agrees() -> None:
    """shap.TreeExplainer, following the tree paths, gives the same values and the same expected value."""
    booster, tables = fitted()
    matrix, _ = people(500, seed=2)
    explainer = shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent")
    theirs = explainer.shap_values(matrix)
    theirs = theirs[-1] if isinstance(theirs, list) else theirs

    np.testing.assert_allclose(tables.contributions(matrix)[:, :-1], theirs, rtol=0, atol=1e-6)
    assert tables.intercept == pytest.approx(np.ravel(explainer.expected_value)[-1], abs=1e-6)


def test_tables_are_shap_interaction_values() -> None:
    """Without gaps, the interaction code of shap itself gives mains on the diagonal and half a pair beside it."""
    booster = lgb.train(PAIRWISE, lgb.Dataset(*people(4000, seed=1, gaps=False)), 150)
    tables = collapse(booster.dump_model(), NAMES)
    matrix, _ = people(200, seed=2, gaps=False)
    theirs = np.asarray(shap.TreeExplainer(booster).shap_interaction_values(matrix))
    expected = np.zeros_like(theirs)
    for feature, (cuts, main) in enumerate(zip(tables.cuts, tables.mains, strict=True)):
        expected[:, feature, feature] = main[np.searchsorted(cuts, matrix[:, feature])]
    for pair in tables.pairs:
        row = np.searchsorted(pair.first_cuts, matrix[:, pair.first])
        half = pair.table[row, np.searchsorted(pair.second_cuts, matrix[:, pair.second])] / 2
        expected[:, pair.first, pair.second] = expected[:, pair.second, pair.first] = half

    np.testing.assert_allclose(expected, theirs, rtol=0, atol=1e-6)
    strength = tables.interactions(matrix).set_index(["first", "second"])["strength"]
    assert strength.is_monotonic_decreasing
    assert strength["x1", "x3"] == pytest.approx(2 * np.abs(theirs[:, 1, 3]).mean(), abs=1e-6)
    assert strength.index[0] == ("x1", "x3")  # the only interaction in the made-up outcome


def test_trees_without_a_split_are_the_intercept() -> None:
    """Two constant trees of 0.25 and -1 say -0.75 of everyone, and nothing about a feature."""
    tables = collapse(dumped(leaf(0.25, 10), leaf(-1.0, 10)), ["a", "b"])

    assert tables.contributions(np.array([[1.0, np.nan]])).tolist() == [[0, 0, -0.75]]
    assert not tables.pairs


def test_a_model_without_trees_and_a_matrix_without_rows() -> None:
    """Nothing learnt is 0 for everyone, and no rows give no rows of the right width."""
    tables = collapse(dumped(), ["a", "b"])

    assert tables.margin(np.ones((3, 2))).tolist() == [0, 0, 0]
    assert tables.contributions(np.empty((0, 2))).shape == (0, 3)
    assert tables.margin(np.empty((0, 2))).shape == (0,)


def test_a_single_split_is_one_main_effect() -> None:
    """Leaves of -1 (3 of 4 rows) and 3 (1 of 4): expected 0, and each side its own leaf; missing goes right."""
    split = node(1, 0.5, leaf(-1.0, 3), leaf(3.0, 1), missing_type="NaN", default_left=False)
    tables = collapse(dumped(split), ["a", "b"])
    effect = tables.main_effect("b")

    assert tables.contributions(np.array([[9, 0.5], [9, 0.6], [9, np.nan]])).tolist() == [
        [0, -1, 0],
        [0, 3, 0],
        [0, 3, 0],
    ]
    assert effect["up_to"].tolist()[:2] == [0.5, np.inf]
    assert effect["above"].tolist()[:2] == [-np.inf, 0.5]
    assert effect["effect"].tolist() == [-1, 3, 3]
    assert effect[["above", "up_to"]].iloc[2].isna().all()


NAMED = [0, 1]  # columns that hold names


@pytest.fixture(scope="module")
def named() -> tuple[lgb.Booster, PairTables]:
    """Return a booster that splits two columns by name, one of them with many names, and its tables."""
    matrix, outcome = people(4000, seed=3)
    matrix[:, 1] = np.random.default_rng(4).integers(0, 40, 4000)
    outcome = np.where(np.isin(matrix[:, 1], [3, 7, 22, 39]), 1, outcome)
    data = lgb.Dataset(matrix, outcome, categorical_feature=NAMED)
    booster = lgb.train({**PAIRWISE, "min_data_per_group": 20}, data, 150)
    return booster, collapse(booster.dump_model(), NAMES)


def odd_names() -> np.ndarray:
    """Return rows with known and unseen names, gaps, and what no name is: negatives, decimals, infinities."""
    matrix = people(600, seed=5)[0]
    values = [*range(45), 99, 1e6, np.nan, -1, -0.5, -0.999, 0.999, 3.5, 6.9999999, -7, 2**31 - 1]
    matrix[:, 1] = np.resize(values, 600)
    matrix[:, 0] = np.resize(values[::-1], 600)
    return matrix


def test_splits_by_name_are_those_of_lightgbm(named: tuple[lgb.Booster, PairTables]) -> None:
    """Margins and SHAP values equal LightGBM's for known and unseen names, gaps, negatives and decimals."""
    booster, tables = named
    matrix = odd_names()
    assert sum(tree["num_cat"] for tree in booster.dump_model()["tree_info"]) > 20
    assert tables.margin(matrix) == pytest.approx(booster.predict(matrix, raw_score=True), abs=1e-9)
    assert tables.contributions(matrix) == pytest.approx(booster.predict(matrix, pred_contrib=True), abs=1e-9)


def test_text_keeps_splits_by_name(named: tuple[lgb.Booster, PairTables]) -> None:
    """A booster read from its text gives the same margins to the last digit, unseen names and gaps included."""
    booster, _ = named
    again = lgb.Booster(model_str=booster.model_to_string())
    assert np.array_equal(again.predict(odd_names(), raw_score=True), booster.predict(odd_names(), raw_score=True))


def test_against_a_background_names_are_explained_by_shapleys_formula(named: tuple[lgb.Booster, PairTables]) -> None:
    """With splits by name too, each value is the mean gain over all orders of getting to know the columns."""
    booster, tables = named
    background, rows = people(30, seed=8)[0], odd_names()[40:43]
    known = against(tables, background).contributions(rows)
    for row, found in zip(rows, known, strict=True):
        worth = {}
        for mask in range(2**WIDTH):
            mixed = background.copy()
            columns = [c for c in range(WIDTH) if mask >> c & 1]
            mixed[:, columns] = row[columns]
            worth[mask] = booster.predict(mixed, raw_score=True).mean()
        total = np.zeros(WIDTH)
        orders = list(permutations(range(WIDTH)))
        for order in orders:
            mask = 0
            for column in order:
                total[column] += worth[mask | 1 << column] - worth[mask]
                mask |= 1 << column
        assert found[:-1] == pytest.approx(total / len(orders), abs=1e-9)


SPLIT = node(0, 0.0, leaf(1.0, 1), leaf(2.0, 1))
REFUSED = {
    "deeper than 2": dumped(node(0, 1.0, node(1, 0.0, SPLIT, leaf(0.0, 1)), leaf(0.0, 1))),
    "linear models": dumped(leaf(1.0, 2) | {"leaf_coeff": [0.5]}),
    "several outputs": dumped(SPLIT) | {"num_tree_per_iteration": 3},
    "averaged": dumped(SPLIT) | {"average_output": True},
    "no cover": dumped(node(0, 0.0, leaf(1.0, 0), leaf(2.0, 2))),
    "2 names are given for 3": dumped(SPLIT, width=3),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_collapsed_is_refused(words: str) -> None:
    """Each kind of model that is not a sum of tables is refused with its reason."""
    with pytest.raises(CollapseError, match=words):
        collapse(REFUSED[words], ["a", "b"])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"num_leaves": 8, "max_depth": 3}, "deeper than 2"),
        ({"linear_tree": True}, "linear models"),
        ({"objective": "multiclass", "num_class": 2}, "several outputs"),
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, "averaged"),
    ],
)
def test_lightgbm_writes_what_is_refused_in_the_words_looked_for(settings: dict[str, Any], words: str) -> None:
    """Dumps that LightGBM itself makes of such models are recognised, not only those of this file."""
    matrix, outcome = people(1000, seed=1)
    booster = lgb.train({**PAIRWISE, **settings}, lgb.Dataset(matrix, outcome), 5)
    with pytest.raises(CollapseError, match=words):
        collapse(booster.dump_model(), NAMES)


def test_a_matrix_of_another_width_is_refused() -> None:
    """The error gives both widths; an unknown feature is a KeyError."""
    tables = collapse(dumped(SPLIT), ["a", "b"])
    with pytest.raises(ValueError, match=r"needs 2 columns and has shape \(4, 3\)"):
        tables.contributions(np.zeros((4, 3)))
    with pytest.raises(KeyError, match="c"):
        tables.main_effect("c")
