"""What measures, contenders and designs are called in a report."""

import re
from collections.abc import Mapping

import pandas as pd

from eriq.config import Validation
from eriq.study.words import block_words

KINDS: Mapping[str, str] = {
    "prevalence": "overall rate",
    "level_rates": "human forecast",
    "best_rule": "one-question rule",
}
MEASURES: Mapping[str, str] = {
    "auc": "AUC (discrimination)",
    "average_precision": "Average precision (PR-AUC)",
    "log_loss": "Log loss (lower is better)",
    "brier": "Brier score (lower is better)",
    "brier_skill_prevalence": "Brier skill against the overall rate",
    "brier_skill_register": "Brier skill against the register",
    "calibration_in_the_large": "Calibration in the large (ideal 0)",
    "calibration_slope": "Calibration slope (ideal 1)",
    "ici": "ICI",
    "e50": "E50",
    "e90": "E90",
    "emax": "Emax",
    "accuracy_majority": "Accuracy of saying the same for everyone",
}


UNWEIGHTED = ("ici", "e50", "e90", "emax")  # where rows have weights: of those followed to the end, each once


def measure_label(measure: str, *, weighted: bool) -> str:
    """Return the words of a measure, with a remark where rows have weights and the measure knows none.

    >>> measure_label("ici", weighted=True), measure_label("brier", weighted=True)
    ('ICI, unweighted', 'Brier score (lower is better)')
    """
    return f"{MEASURES[measure]}, unweighted" if weighted and measure in UNWEIGHTED else MEASURES[measure]


def kind_words(estimator: str) -> str:
    """Return what makes the forecasts: a model, a person, a rule, or the overall rate.

    >>> kind_words("level_rates"), kind_words("logistic")
    ('human forecast', 'model')
    """
    return KINDS.get(estimator, "model")


def measure_words(measure: str) -> str:
    """Return a measure in a word or two, without what is said of it in brackets.

    >>> measure_words("auc"), measure_words("net_benefit")
    ('AUC', 'net benefit')
    """
    return MEASURES.get(measure, measure.replace("_", " ")).split(" (")[0]


def contender_labels(contenders: pd.DataFrame) -> dict[str, str]:
    """Return the words of each contender: its block, and its estimator where it is a choice.

    >>> columns = ["contender", "block", "estimator", "words"]
    >>> rows = [["b | logistic", "belief", "logistic", "ridge"], ["p", "none", "prevalence", "rate"]]
    >>> contender_labels(pd.DataFrame(rows, columns=columns))
    {'b | logistic': "Caseworker's forecast · ridge", 'p': 'Overall rate'}
    """
    labels: dict[str, str] = {}
    columns = (contenders[name] for name in ("contender", "block", "estimator", "words"))
    for contender, block, estimator, words in zip(*columns, strict=True):
        plain = estimator in ("prevalence", "level_rates")
        labels[contender] = block_words(block) + ("" if plain else f" · {words}")
    return labels


def validation_words(plan: Validation, observe_days: int, design: str | None = None, unit: str = "client") -> str:
    """Return how people are kept apart: by the design of a plan, or by another one; `unit` is what folds keep whole.

    >>> validation_words(Validation(folds=5, repeats=2), 395)
    '5-fold cross-validation grouped by client, repeated 2 times'
    >>> validation_words(Validation(), 395, "rolling_origin")
    'rolling origin in calendar time, gap 395 days; earlier waves of people tested train once their outcome is known'
    """
    repeated = f", repeated {plan.repeats} times" if plan.repeats > 1 else ""
    earlier = {"keep_matured": "train once their outcome is known", "apart": "do not train"}[plan.rolling_clients]
    return {
        "grouped_kfold": f"{plan.folds}-fold cross-validation grouped by {unit}{repeated}",
        "leave_one_centre_out": "leave one job centre out",
        "rolling_origin": f"rolling origin in calendar time, gap {observe_days} days; earlier waves of people tested "
        + earlier,
        "external": f"trained on all rows but those with {plan.test_where}, which are tested"
        if plan.test_where
        else "one fixed external set",
    }[design or plan.design]


SIDES = "no person is on both sides of a split"
SHARED = "a person may be on both sides of a split, with earlier waves whose outcome was known before the test began"


def sides_words(plan: Validation) -> str:
    """Return what training and test of the main design may share.

    >>> sides_words(Validation())
    'no person is on both sides of a split'
    """
    return SHARED if plan.design == "rolling_origin" and plan.rolling_clients == "keep_matured" else SIDES


def leak_check(plan: Validation) -> str:
    """Return what is checked of every split of the main design and of further ones.

    >>> leak_check(Validation(design="rolling_origin"))
    'every training outcome was known before the first day of the test, in every fit, calibration and permutation'
    """
    time = "every training outcome was known before the first day of the test"
    steps = "of any fold, tuning, calibration or permutation (checked at every step)"
    if plan.rolling_clients == "apart" or "rolling_origin" not in (plan.design, *plan.also):
        return f"no client in training and test {steps}"
    if plan.design == "rolling_origin":
        return f"{time}, in every fit, calibration and permutation"
    return f"no client in training and test {steps}; in rolling origin, {time}"


def auc_words(design: str) -> str:
    """Return what the AUC of a design is a mean of, if it is one.

    >>> auc_words("rolling_origin"), auc_words("external")
    ('mean of AUCs within periods', '')
    """
    units = {"rolling_origin": "periods", "leave_one_centre_out": "job centres"}
    return f"mean of AUCs within {units[design]}" if design in units else ""


def named_plainly(sentence: str, labels: Mapping[str, str]) -> str:
    """Return a sentence with contenders as people call them, where it has the names of the config.

    >>> named_plainly("Enough for a | logistic.", {"a | logistic": "A · ridge logistic", "a": "A"})
    'Enough for A · ridge logistic.'
    """
    for name in sorted((name for name in labels if "|" in name), key=len, reverse=True):
        sentence = sentence.replace(name, labels[name])
    return sentence


def list_words(pick: str, outcome: str) -> str:
    """Return what a list of limited length holds, and what is counted on it.

    >>> list_words("highest", "job entry")
    'The list holds the highest forecasts; counted are those followed by job entry.'
    """
    held = {"highest": "the highest forecasts", "lowest": "the lowest forecasts", "middle": "forecasts in the middle"}
    return f"The list holds {held[pick]}; counted are those {'' if pick == 'highest' else 'not '}followed by {outcome}."


def plainly(names: pd.Series) -> pd.Series:
    """Return names of columns or groups without their underscores."""
    return names.astype("str").str.replace("_", " ")


def as_sentence(words: str) -> str:
    """Return `words` with a capital and a full stop.

    >>> as_sentence("ridge logistic on belief"), as_sentence("")
    ('Ridge logistic on belief.', '')
    """
    return f"{words[:1].upper()}{words[1:].rstrip('.')}." if words else ""


def in_markdown(words: str) -> str:
    r"""Return `words` as one line of Markdown that opens neither a table cell nor a tag.

    >>> in_markdown("a | b\n<c>")
    'a \\| b &lt;c>'
    """
    return re.sub(r"\s+", " ", words).replace("|", "\\|").replace("<", "&lt;").strip()
