"""What contenders are called."""

from tests.study.reporting.made_up import CHOSEN, made_up

from eriq.config import Validation
from eriq.study.reporting.words import (
    SHARED,
    SIDES,
    auc_words,
    contender_labels,
    leak_check,
    sides_words,
    validation_words,
)


def test_labels_and_blocks_in_words() -> None:
    """Unions read as sums; estimators are named unless the block alone says it."""
    labels = contender_labels(made_up()["contenders"])
    assert labels[CHOSEN] == "Questionnaire + full register · ridge logistic"
    assert labels["belief | level_rates"] == "Caseworker's forecast"
    assert len(set(labels.values())) == len(labels)


def test_what_is_said_of_a_design_is_what_it_does() -> None:
    """Only rolling origin lets a person be on both sides, unless the config keeps clients apart there too."""
    rolling, old = (
        Validation(design="rolling_origin", rolling_clients=clients) for clients in ("keep_matured", "apart")
    )
    assert validation_words(rolling, 395).endswith("earlier waves of people tested train once their outcome is known")
    assert validation_words(old, 395).endswith("earlier waves of people tested do not train")
    assert [sides_words(plan) for plan in (rolling, old, Validation(also=("rolling_origin",)))] == [
        SHARED,
        SIDES,
        SIDES,
    ]
    assert leak_check(old).startswith("no client in training and test")
    assert "no client" not in leak_check(rolling)
    both = leak_check(Validation(also=("rolling_origin",)))
    assert both.startswith("no client in training and test")
    assert both.endswith("in rolling origin, every training outcome was known before the first day of the test")
    assert auc_words("leave_one_centre_out") == "mean of AUCs within job centres"
    assert auc_words("grouped_kfold") == ""
