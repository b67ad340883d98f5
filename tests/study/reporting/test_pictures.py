"""Figures of lists, answers and rankings."""

import numpy as np
import pandas as pd
from tests.study.reporting.made_up import BASELINE, WITH, people_tables

from eriq.study.reporting.canvas import as_svg, data_of
from eriq.study.reporting.pictures import draw_answers, draw_dots, draw_roc


def test_dots_are_as_many_as_are_said() -> None:
    """65 filled dots and 35 empty ones stand for 65 of 100, and the figure says so to who cannot see it."""
    lists = pd.DataFrame({"label": ["with", "by lot"], "of_100": [65, 7], "words": ["65 of 100", "7 of 100"]})
    drawn = draw_dots(lists, "list-en", "On the list")
    counts = [[len(line.get_xdata()) for line in panel.lines] for panel in drawn.axes]
    assert counts == [[65, 35], [7, 93]]
    assert "with: 65 of 100; by lot: 7 of 100." in as_svg(drawn)


def test_a_figure_keeps_what_it_shows() -> None:
    """The table behind a figure can be written beside it."""
    answers = people_tables()["answers"]
    assert data_of(draw_answers(answers)).equals(answers)


def test_answers_fill_their_bar_in_order() -> None:
    """Shares of one question lie behind each other, the unanswered last; one panel per respondent."""
    answers = people_tables()["answers"]
    both = pd.concat([answers, answers.assign(item="c", label="c (caseworker)", respondent="caseworker")])
    drawn = draw_answers(both)
    assert [panel.get_title(loc="left") or panel.get_title() for panel in drawn.axes] == ["Client", "Caseworker"]
    first = [(bar.get_x(), bar.get_width()) for bar in drawn.axes[0].patches[:3]]
    assert np.allclose(first, [(0, 0.375), (0.375, 0.1), (0.475, 0.025)])


def test_a_curve_runs_from_corner_to_corner() -> None:
    """The ROC curve has its two ends, which no cut is needed for; only contenders asked for are drawn."""
    drawn = draw_roc(people_tables()["roc"], {WITH: "with"}, 0.06)
    line = drawn.axes[0].lines[1]
    assert line.get_xdata().tolist() == [0, 0.1, 1]
    assert set(data_of(drawn)["contender"]) == {WITH} != {WITH, BASELINE}
