"""The declared pair under other ways of treating missing answers."""

from eriq.study.comparison.policies import missing_policies


def test_missing_answers_are_treated_in_three_ways(study, experiment):
    """The declared pair under every policy; the rows with a gap are left out under one of them only."""
    table = missing_policies(study, experiment)
    assert table.groupby("policy")["contender"].count().to_dict() == {"drop": 2, "indicator": 2, "worst": 2}
    rows = table.drop_duplicates("policy").set_index("policy")["rows"]
    assert rows["indicator"] == rows["worst"] == len(study.design.outcome) > rows["drop"] > 0
    assert table["auc"].between(table["low"], table["high"]).all()
