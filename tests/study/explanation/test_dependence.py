"""Contributions by answer."""


def test_dependence_counts_people_and_rises_with_the_answer(tables, study, experiment):
    """Per item the levels are in order with their words, n is a number of people, and oriented trees never fall."""
    table = tables["dependence"]
    assert set(table.columns) == {"item", "label", "level", "answer", "n", "contribution", "low", "high"}
    assert set(table["item"]) <= {f.name for f in study.features if f.item}
    assert table["item"].nunique() == 22
    assert table["n"].between(1, experiment.explain.rows).all()
    assert table["contribution"].between(table["low"], table["high"]).all()
    belief = table[table["item"] == "belief.cw11"]
    assert belief["level"].is_monotonic_increasing
    assert belief["contribution"].iloc[-1] > belief["contribution"].iloc[0]
