"""What contenders are called."""

from tests.study.reporting.made_up import CHOSEN, made_up

from eriq.study.reporting.words import contender_labels


def test_labels_and_blocks_in_words() -> None:
    """Unions read as sums; estimators are named unless the block alone says it."""
    labels = contender_labels(made_up()["contenders"])
    assert labels[CHOSEN] == "Questionnaire + full register · ridge logistic"
    assert labels["belief | level_rates"] == "Caseworker's forecast"
    assert len(set(labels.values())) == len(labels)
