"""SHAP values by the shap library: the only door to it, opened on call."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from eriq.features import Feature
from eriq.features.flat import answer_words
from eriq.features.sensitive import SENSITIVE, SENSITIVE_LABEL, units
from eriq.features.words import words
from eriq.instrument.texts import Language
from eriq.model.bundle import Bundle
from eriq.model.model import Model

if TYPE_CHECKING:
    import shap


def shap_values(model: Model, matrix: np.ndarray) -> np.ndarray:
    """Return SHAP values of the calibrated log-odds by the shap library, shape (n_rows, n_columns + 1).

    Of deep trees it makes the global picture of a training. For all else it is the independent route to what
    `Model.contributions` gives, which scoring takes; tests hold the two equal.

    References
    ----------
    Lundberg and Lee (2017), NeurIPS 30; Lundberg et al. (2020), Nature Machine Intelligence 2.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shap's import warns about other libraries' futures
        import shap

        if model.kind == "stack":
            given = np.sum([shap_values(member, matrix) for member in model.estimator], axis=0) * model.calibrator.slope
            given[:, -1] += model.calibrator.intercept
            return np.asarray(given)
        if model.kind == "booster" and model.convention == "interventional" and model.by_name:
            return model.contributions(matrix)  # shap cannot follow splits by name against a background
        if model.kind == "booster":
            rows = model.background if model.convention == "interventional" else None
            # All of it: left to itself the library takes a hundred rows.
            against = None if rows is None else shap.maskers.Independent(rows, max_samples=len(rows))
            explainer = shap.TreeExplainer(model.estimator, data=against)
            values, base = explainer.shap_values(matrix), explainer.expected_value
        elif model.kind == "linear":
            scaled = model.steps.scaled(matrix)
            mean = np.zeros((1, scaled.shape[1]))  # of the training rows, as columns are scaled
            known = mean if model.background is None else model.steps.scaled(model.background)
            explainer = shap.LinearExplainer(
                (model.steps.weights, model.steps.intercept), shap.maskers.Independent(known, max_samples=len(known))
            )
            values, base = explainer.shap_values(scaled) @ model.steps.owner, explainer.expected_value
        else:
            return model.contributions(matrix)
    given = np.column_stack([values, np.full(len(matrix), float(np.ravel(base)[-1]))]) * model.calibrator.slope
    given[:, -1] += model.calibrator.intercept
    return given


def explained(
    bundle: Bundle, parts: Sequence[tuple[Bundle, np.ndarray, np.ndarray]], language: Language | None = None
) -> "shap.Explanation":
    """Return what each answer and each register fact adds to the log-odds, for the plots of shap.

    Parameters
    ----------
    bundle : Bundle
    parts : sequence of (Bundle, places, matrix)
        Each fit that was used, the places of its rows, and its columns in its order. What a fit does not take adds 0
        and has no data.
    language : {"en", "sv", "da"}, optional
        Of labels and answers; if not given, the first that the questionnaire has.

    Returns
    -------
    shap.Explanation
        ``values`` of shape (n_rows, n_units) on the calibrated log-odds; with ``base_values`` each row adds up to
        `Model.log_odds`. ``data`` holds numbers, higher is more ready for an answer; ``display_data`` holds words.
        Health and justice registers are one unit without data, as in a score file.

    References
    ----------
    Lundberg and Lee (2017), NeurIPS 30.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as above
        import shap

    language = bundle.language(language)
    names, member = units(bundle.features)
    owners = [bundle.features[int(np.flatnonzero(column)[0])] for column in member.T]
    rows = sum(len(places) for _, places, _ in parts)
    values, base, data = np.zeros((rows, len(names))), np.zeros(rows), np.full((rows, len(names)), np.nan)
    for fit, places, matrix in parts:
        own, adds = units(fit.features)
        given = fit.model.contributions(matrix) if len(matrix) else np.empty((0, len(adds) + 1))
        unit = np.array([names.index(name) for name in own], dtype="int64")
        values[np.ix_(places, unit)], base[places] = given[:, :-1] @ adds, given[:, -1]
        first = [int(np.flatnonzero(column)[0]) for column in adds.T]
        data[np.ix_(places, unit)] = matrix[:, first]
    hidden = np.array([name == SENSITIVE for name in names])
    data = np.where(hidden, np.nan, data)
    shown = [
        np.full(rows, "", dtype=object) if hide else _in_words(bundle, owner, column, language)
        for hide, owner, column in zip(hidden, owners, data.T, strict=True)
    ]
    labels = [
        (SENSITIVE_LABEL if hide else owner.labels).in_(language) for hide, owner in zip(hidden, owners, strict=True)
    ]
    return shap.Explanation(
        values=values,
        base_values=base,
        data=data,
        display_data=np.column_stack(shown) if shown else data,
        feature_names=labels,
        output_names=bundle.manifest.outcome,
    )


def _in_words(bundle: Bundle, feature: Feature, column: np.ndarray, language: Language) -> np.ndarray:
    """Return answers and categories as printed, numbers as they are, and words for a gap."""
    gap = words()["gaps"]["answer" if feature.item else "fact"].in_(language)
    instrument = bundle.instrument
    made: list[str | float] = []
    for value in column.tolist():
        if value != value:
            made.append(gap)
        elif feature.item and instrument is not None:
            made.append(instrument.answer_label(feature.item, value, language))
        elif instrument is None and (
            feature.levels or (feature.given and (feature.kind == "flag" or feature.given.labels))
        ):
            made.append(answer_words(feature, value, language))
        elif feature.levels:
            made.append(feature.levels[int(value)])
        else:
            made.append(value)
    return np.array(made, dtype=object)
