"""The page on a questionnaire's own quality; tests/workflows/test_psychometrics.py looks at a whole one."""

import pandas as pd

from eriq.instrument.instrument import Instrument
from eriq.psychometrics.page import About, page_html, sentences


def test_a_page_without_any_number_says_so(small: Instrument) -> None:
    """Where nothing could be assessed every section says it, and no table is empty."""
    html = page_html({}, About("x", small, 3, 3, "", "reliable_change:\n"))
    assert html.count("Not assessable: the questionnaire or these answers") == 12
    assert "<5 questionnaires" in html.replace("&lt;", "<")
    assert "<tbody>\n\n</tbody>" not in html


def test_sentences_name_the_reason_where_there_is_no_number() -> None:
    """A scale that cannot be assessed is told with its reason; one that can with its interval."""
    row = {"measure": "alpha", "estimate": 0.8123, "low": 0.79, "high": 0.83, "why": "", "scale": "client"}
    none = {**row, "estimate": float("nan"), "why": "nobody varies on cl1", "scale": "other"}
    assert sentences({"scale_reliability": pd.DataFrame([row, none])}) == [
        "Scale client: alpha 0.81 (0.79 to 0.83).",
        "Scale other: not assessable, nobody varies on cl1.",
    ]
