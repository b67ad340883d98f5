"""What the model's forecasts are associated with: items, respondents, blocks; never why."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from eriq.config import Experiment
from eriq.features import Feature
from eriq.features.matrix import to_matrix
from eriq.features.sensitive import SENSITIVE, SENSITIVE_LABEL, units
from eriq.instrument.instrument import Instrument
from eriq.model.calibrator import Calibrator, expit
from eriq.model.explanation import shap_values
from eriq.model.model import Model
from eriq.study.comparison.compare import Tables
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold, apart
from eriq.study.evaluation.intervals import bootstrap, summarise
from eriq.study.evaluation.metrics import auc
from eriq.study.learning.final import as_model
from eriq.study.learning.training import columns_of, fit, margin, run_all

Report = Callable[[str, str], None]


def best_rules(contenders: Sequence[Contender], design: Design, features: Sequence[Feature], seed: int) -> pd.DataFrame:
    """Return the one-variable rules found on all rows, in words."""
    by_name = {f.name: f for f in features}
    rows = []
    for contender in contenders:
        if contender.estimator == "best_rule":
            rule = fit(contender, design, features, seed=seed).estimator
            feature = by_name[contender.columns[rule.column_]]
            label = SENSITIVE_LABEL.en if feature.sensitive else feature.labels.en
            low, high = rule.rates_
            rows.append(
                {
                    "contender": contender.name,
                    "rule": f"{label}: {rule.cut_:.3g} or more",
                    "rate_no": low,
                    "rate_yes": high,
                }
            )
    return pd.DataFrame(rows)


def explain(
    model: Model,
    contender: Contender,
    design: Design,
    features: Sequence[Feature],
    instrument: Instrument | None,
    experiment: Experiment,
    folds: Sequence[Fold],
    report: Report | None = None,
) -> Tables:
    """Return the global picture: importance with uncertainty, dependence, interactions, the belief.

    Parameters
    ----------
    model : Model
        Fitted on all rows, calibrated.
    contender : Contender
        What it was made from, for refits.
    design : Design
    features : sequence of Feature
        All of the study.
    instrument : Instrument, optional
    experiment : Experiment
        How many rows and refits.
    folds : sequence of Fold
        For permutation on people the model did not see.
    report : callable, optional
        Called with (what, which) as work proceeds.

    Returns
    -------
    dict of DataFrame
        importance, dependence, pairs, agreement, belief: those that apply.
    """
    used = columns_of(contender, features)
    rng = np.random.default_rng([experiment.seed, 7])
    pick = np.sort(rng.permutation(len(design.outcome))[: experiment.explain.rows])
    sample = design.take(pick)
    matrix = to_matrix(sample.matrix, contender.columns).to_numpy()
    values = shap_values(model, matrix)[:, :-1]
    say = report or (lambda what, which: None)
    refits = []
    for k in range(experiment.explain.refits):
        refits.append(_mean_abs_refit(contender, design, features, matrix, model.calibrator, experiment.seed + k))
        say("refits for intervals", str(k + 1))
    tables: Tables = {
        "importance": _importance(values, refits, used, contender, design, folds, features, experiment),
        "dependence": _dependence(values, refits, matrix, sample, used, instrument, experiment),
    }
    tables |= _other_estimators(contender, design, features, matrix, values, experiment, say)
    if instrument and instrument.belief and any(f.part == "belief" for f in used):
        say("belief", "with, without and only")
        tables["belief"] = _belief(values, used, design, features, instrument, experiment, folds)
    return {name: table for name, table in tables.items() if len(table)}


def resampled(design: Design, rng: np.random.Generator) -> Design:
    """Return rows of clients drawn with replacement, each draw a person of its own."""
    codes, row_client = np.unique(design.client, return_inverse=True)
    order = np.argsort(row_client, kind="stable")
    starts = np.concatenate([[0], np.bincount(row_client).cumsum()])
    drawn = rng.integers(len(codes), size=len(codes))
    rows = np.concatenate([order[starts[c] : starts[c + 1]] for c in drawn])
    again = design.take(rows)
    sizes = np.diff(starts)[drawn]
    return replace(again, client=np.repeat(np.arange(len(drawn)), sizes))


def _mean_abs_refit(
    contender: Contender,
    design: Design,
    features: Sequence[Feature],
    matrix: np.ndarray,
    calibrator: Calibrator,
    seed: int,
) -> np.ndarray:
    again = fit(contender, resampled(design, np.random.default_rng([seed, 11])), features, seed=seed)
    return np.asarray(as_model(again, calibrator).contributions(matrix)[:, :-1])


def _importance(
    values: np.ndarray,
    refits: Sequence[np.ndarray],
    used: Sequence[Feature],
    contender: Contender,
    design: Design,
    folds: Sequence[Fold],
    features: Sequence[Feature],
    experiment: Experiment,
) -> pd.DataFrame:
    names, member = units(used)
    dropped = _permutation(contender, design, folds, features, member, experiment.seed)
    by_name = {f.name: f for f in used}
    respondents = [by_name[n].respondent if n in by_name else "register" for n in names]
    blocks = [_block_words(by_name[n].part if n in by_name else "register_history") for n in names]
    levels: dict[str, list[str]] = {"item": names, "respondent": respondents, "block": blocks}
    tail = (1 - experiment.intervals.level) / 2
    rows = []
    for level, groups in levels.items():
        order = list(dict.fromkeys(groups))
        gather = np.array([[group == g for g in order] for group in groups], dtype=float)
        value = np.abs(values @ member @ gather).mean(axis=0)
        again = np.array([np.abs(v @ member @ gather).mean(axis=0) for v in refits]).reshape(-1, len(order))
        rank = pd.Series(-value).rank(method="first").to_numpy()
        ranks = pd.DataFrame(-again).rank(axis=1, method="first").to_numpy()
        for place, name in enumerate(order):
            feature = by_name.get(name)
            rows.append(
                {
                    "level": level,
                    "name": name,
                    "label": feature.labels.en if feature else (SENSITIVE_LABEL.en if name == SENSITIVE else name),
                    "value": value[place],
                    "share": value[place] / value.sum() if value.sum() else 0.0,
                    "low": np.quantile(again[:, place], tail) if len(again) else np.nan,
                    "high": np.quantile(again[:, place], 1 - tail) if len(again) else np.nan,
                    "rank": int(rank[place]),
                    "rank_low": np.floor(np.quantile(ranks[:, place], tail)) if len(again) else np.nan,
                    "rank_high": np.ceil(np.quantile(ranks[:, place], 1 - tail)) if len(again) else np.nan,
                    "malleable": feature.malleable if feature and feature.item else None,
                    "refits": len(again),
                    **(
                        {
                            "permutation": dropped[place][0],
                            "permutation_low": dropped[place][1],
                            "permutation_high": dropped[place][2],
                        }
                        if level == "item"
                        else {}
                    ),
                }
            )
    return pd.DataFrame(rows).sort_values(["level", "rank"], ignore_index=True)


def _block_words(part: str) -> str:
    return {
        "caseworker_rest": "caseworker, other items",
        "register_basic": "register, basic",
        "register_history": "register, history",
    }.get(part, part)


def _permutation(
    contender: Contender,
    design: Design,
    folds: Sequence[Fold],
    features: Sequence[Feature],
    member: np.ndarray,
    seed: int,
) -> list[tuple[float, float, float]]:
    """Return, per unit, how much the AUC on unseen people falls when its columns are shuffled together.

    Columns of one unit move with the same shuffle; low and high span the folds.
    """
    rng = np.random.default_rng([seed, 13])
    falls = []
    for fold in [f for f in folds if f.repeat == 0][:5]:
        apart(design.client, fold.train, fold.test, "permutation importance")
        fitted = fit(contender, design.take(fold.train), features, seed=seed)
        test = design.take(fold.test)
        if len(np.unique(test.outcome)) < 2:
            continue
        whole = auc(test.outcome, expit(margin(fitted, test)))
        matrix = to_matrix(test.matrix, contender.columns)
        fall = []
        for unit in member.T:
            columns = [c for c, inside in zip(contender.columns, unit, strict=True) if inside]
            shuffled = matrix.copy()
            shuffled[columns] = matrix[columns].to_numpy()[rng.permutation(len(matrix))]
            fall.append(whole - auc(test.outcome, expit(margin(fitted, replace(test, matrix=shuffled)))))
        falls.append(fall)
    if not falls:
        return [(np.nan, np.nan, np.nan)] * member.shape[1]
    table = np.array(falls)
    return list(zip(table.mean(axis=0), table.min(axis=0), table.max(axis=0), strict=True))


def _dependence(
    values: np.ndarray,
    refits: Sequence[np.ndarray],
    matrix: np.ndarray,
    sample: Design,
    used: Sequence[Feature],
    instrument: Instrument | None,
    experiment: Experiment,
) -> pd.DataFrame:
    """Return the mean contribution per answer level, in the order of the answers; n counts people.

    Low and high are the range over refits on resampled clients.
    """
    rows = []
    for place, feature in enumerate(used):
        if not feature.item:
            continue
        answer = matrix[:, place]
        levels = np.unique(answer[~np.isnan(answer)])
        if len(levels) > 12:
            continue
        for level in levels:
            mine = answer == level
            given = values[mine, place]
            again = [refit[mine, place].mean() for refit in refits]
            label = instrument.answer_label(feature.item, level, "en") if instrument else f"{level:g}"
            rows.append(
                {
                    "item": feature.name,
                    "label": feature.labels.en,
                    "level": level,
                    "answer": label,
                    "n": len(np.unique(sample.client[mine])),
                    "contribution": given.mean(),
                    "low": min(again, default=np.nan),
                    "high": max(again, default=np.nan),
                }
            )
    return pd.DataFrame(rows)


def _other_estimators(
    contender: Contender,
    design: Design,
    features: Sequence[Feature],
    matrix: np.ndarray,
    values: np.ndarray,
    experiment: Experiment,
    say: Report,
) -> Tables:
    """Return ranked interactions of the depth-2 model, and how far estimators agree on what matters."""
    pairs, agreement = pd.DataFrame(), []
    plain = Calibrator(0.0, 1.0)
    if len(contender.columns) < 2:
        return {}
    mine = np.abs(values).mean(axis=0)
    for estimator in ("logistic", "lightgbm_pairs"):
        other = replace(contender, estimator=estimator)
        model = as_model(fit(other, design, features, seed=experiment.seed), plain)
        say("agreement", estimator)
        if estimator == "lightgbm_pairs" and model.pairs is not None:
            pairs = _interactions(model, matrix, columns_of(contender, features))
        if estimator != contender.estimator:
            theirs = np.abs(model.contributions(matrix)[:, :-1]).mean(axis=0)
            agreement.append(
                {
                    "estimator": contender.estimator,
                    "other": estimator,
                    "rank_correlation": float(spearmanr(mine, theirs).statistic),
                }
            )
    return {"pairs": pairs, "agreement": pd.DataFrame(agreement)}


def _interactions(model: Model, matrix: np.ndarray, used: Sequence[Feature]) -> pd.DataFrame:
    """Return pairs of columns by strength; those with sensitive columns are left out."""
    assert model.pairs is not None
    found = model.pairs.interactions(matrix)
    hidden = {f.name for f in used if f.sensitive}
    shown = found[~found["first"].isin(hidden) & ~found["second"].isin(hidden)]
    if shown.empty:
        return pd.DataFrame()
    label = {f.name: f.labels.en for f in used}
    belief = shown["first"].str.startswith("belief.") | shown["second"].str.startswith("belief.")
    shown = shown.assign(
        first_label=shown["first"].map(label), second_label=shown["second"].map(label), with_belief=belief
    )
    return shown.reset_index(drop=True).head(50)


def _belief(
    values: np.ndarray,
    used: Sequence[Feature],
    design: Design,
    features: Sequence[Feature],
    instrument: Instrument,
    experiment: Experiment,
    folds: Sequence[Fold],
) -> pd.DataFrame:
    """Return the belief question answered directly, each AUC on the same folds."""
    names = tuple(f.name for f in features if f.part in ("belief", "caseworker_rest", "client"))
    belief = tuple(f.name for f in features if f.part == "belief")
    item = f"belief.{instrument.belief}"
    within = within_caseworker(design, item)
    contenders = [
        Contender("questionnaire with the belief", "questionnaire", "logistic", names),
        Contender(
            "questionnaire without the belief", "without", "logistic", tuple(n for n in names if n not in belief)
        ),
        Contender("only the belief, as rates per answer", "belief", "level_rates", belief),
        Contender("only the belief, linear", "belief", "logistic", belief),
    ]
    centred = [
        Contender("only the belief, caseworker's mean removed", "within", "logistic", belief),
        Contender("questionnaire, caseworker's mean removed from the belief", "within", "logistic", names),
    ]
    found = [
        run_all(group, rows, folds, features, seed=experiment.seed, tuning=experiment.tuning)
        for group, rows in ((contenders, design), (centred, within))
    ]
    log_odds = np.column_stack(found)
    tested = np.flatnonzero(~np.isnan(log_odds).any(axis=1))
    made = bootstrap(
        design.outcome[tested], expit(log_odds[tested]), design.client[tested],
        replicates=experiment.intervals.replicates, seed=experiment.seed, shares=(0.1,), thresholds=(0.1,),
    )  # fmt: skip
    table = summarise(made, [c.name for c in (*contenders, *centred)], experiment.intervals.level)
    table = table[table["measure"] == "auc"].rename(columns={"contender": "question", "estimate": "value"})
    share = np.abs(values[:, [f.part == "belief" for f in used]].sum(axis=1)) / np.maximum(
        np.abs(values).sum(axis=1), 1e-12
    )
    low, high = np.quantile(share, [0.1, 0.9])
    last = {"question": "share of a prediction that is belief", "value": share.mean(), "low": low, "high": high}
    words = "AUC"
    table = table[["question", "value", "low", "high"]].assign(words=words)
    extra = pd.DataFrame([last]).assign(
        words="mean over rows of |belief| / sum of |all|; low and high are the 10 % and 90 % rows"
    )
    return pd.concat([table, extra], ignore_index=True)


def within_caseworker(design: Design, column: str) -> Design:
    """Return the design with each caseworker's mean taken off `column`.

    What remains compares clients of one caseworker, so that optimism of the rater drops out. The
    mean is over answers, not outcomes; a caseworker of one client keeps no difference at all.
    """
    rater = design.rows["caseworker_id"].fillna("").reset_index(drop=True)
    value = design.matrix[column]
    centred = value - value.groupby(rater.to_numpy()).transform("mean")
    return replace(design, matrix=design.matrix.assign(**{column: centred}))
