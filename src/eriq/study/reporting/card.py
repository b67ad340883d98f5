"""The model card that travels with a saved model."""

from collections.abc import Sequence

import pandas as pd

from eriq.disclosure import count_words
from eriq.pages import render, signed, text
from eriq.study.reporting.cells import by_contender, joined
from eriq.study.reporting.findings import Findings, saved
from eriq.study.reporting.report import away_sentences, centre_sentences, headline_of, replicates
from eriq.study.reporting.shapes import CALIBRATION, OVERALL, by_basis
from eriq.study.reporting.words import MEASURES, as_sentence, in_markdown, measure_label


def card_markdown(found: Findings) -> str:
    """Return the model card, as Markdown."""
    facts = found.facts
    return render(
        "card.md",
        facts=facts,
        chosen=found.tables["contenders"].set_index("contender").loc[facts.chosen],
        chosen_words=as_sentence(facts.chosen_words),
        chosen_label=found.labels[facts.chosen],
        baseline_label=found.label(facts.baseline),
        headline=headline_of(found),
        performance=_markdown_table(_performance(found)),
        difference=_markdown_table(_difference(found)),
        features=_features(found),
        by_basis=_markdown_table(_by_basis(found)) if "by_basis" in found.tables else "",
        replicates=replicates(found),
        n_events=count_words(facts.n_events),
        away=away_sentences(found),
        centres=centre_sentences(found),
        line=in_markdown,
    )


def _performance(found: Findings) -> pd.DataFrame:
    """Return one row per measure of the saved model; of the chosen contender where there is none of that."""
    table, whose = found.tables["measures"], saved(found)
    cells = {measure: by_contender(table, measure).get(whose) for measure in (*OVERALL, *CALIBRATION)}
    weighted = found.facts.weighted
    there = {measure_label(measure, weighted=weighted): cell for measure, cell in cells.items() if cell}
    return pd.DataFrame({"Measure": list(there), "Estimate (interval)": list(there.values())})


def _difference(found: Findings) -> pd.DataFrame:
    """Return what the chosen contender is ahead of the baseline, by measure."""
    gain = found.tables["differences"]
    gain = gain.loc[gain["contender"] == found.facts.chosen]
    return pd.DataFrame({"Measure": gain["measure"].map(MEASURES), "Difference": joined(gain, write=signed)}).dropna()


def _by_basis(found: Findings) -> pd.DataFrame:
    """Return AUC and calibration by what was answered."""
    shown = by_basis(found)
    names = {"basis": "Scored on", "rows": "Rows", "n": "Questionnaires", "auc": "AUC", "slope": "Calibration slope"}
    return shown[list(names)].rename(columns=names)


def _features(found: Findings) -> dict[str, Sequence[str]]:
    """Return the items of the model, those that can change apart from those that cannot."""
    if "importance" not in found.tables:
        return {}
    items = found.tables["importance"].loc[found.tables["importance"]["level"] == "item"]
    changeable = items["malleable"].fillna(False).astype(bool)
    named = {"Changeable": items.loc[changeable, "label"], "Not changeable": items.loc[~changeable, "label"]}
    return {words: [in_markdown(label) for label in labels] for words, labels in named.items() if len(labels)}


def _markdown_table(frame: pd.DataFrame) -> str:
    """Return a table as Markdown; names of contenders hold the sign that parts cells."""
    rows = [list(frame.columns), ["---"] * len(frame.columns), *frame.astype("object").to_numpy().tolist()]
    return "\n".join("| " + " | ".join(in_markdown(text(cell)) for cell in row) + " |" for row in rows)
