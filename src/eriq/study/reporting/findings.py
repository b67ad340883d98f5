"""What a report, a card and their figures are made from: tables cleared for print, facts, and who is shown."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from eriq.disclosure import WITHHELD, count_words, hide_parts, publishable_all
from eriq.study.reporting.cells import estimates
from eriq.study.reporting.facts import Facts
from eriq.study.reporting.words import KINDS, contender_labels
from eriq.tables.results import CONTRACTS, SAVED, Results, at_capacity

NEEDED = ("contenders", "measures", "differences")


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """A training as it may be printed; made by `cleared`."""

    tables: Results  # those that hold something, without numbers that rest on too few people
    facts: Facts
    labels: Mapping[str, str]  # the words of each contender

    def label(self, name: str) -> str:
        """Return the words of a contender; a name that is none stays as it is."""
        return self.labels.get(name, name)


def cleared(tables: Results, facts: Facts) -> Findings:
    """Return what may be printed of a training: columns of the contracts, and no number that rests on too few people.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As in `eriq.tables.results`. Needed: `NEEDED`; what rests on another table, or an empty one, is left out.
    facts : Facts

    Raises
    ------
    KeyError
        If a needed table is not there.
    """
    known = {}
    for name in (name for name in CONTRACTS if name in tables or name in NEEDED):
        table = tables[name].reset_index(drop=True)
        known[name] = table[[c.name for c in CONTRACTS[name] if c.name in table]]
    kept = publishable_all(known, facts.n_rows)
    if "flow" in known:
        kept["flow"] = known["flow"]  # its counts are withheld where they are written
    kept["capacity"] = at_capacity(kept["measures"]).dropna(subset="estimate")
    for name, number in (("overlap", "overlap"), ("group_capacity", "share_picked")):
        if name in kept:
            kept[name] = kept[name].dropna(subset=number).reset_index(drop=True)
    labels = contender_labels(tables["contenders"])
    return Findings({name: table for name, table in kept.items() if len(table)}, facts, labels)


# --- who is in -----------------------------------------------------------------------------


def flow(found: Findings) -> pd.DataFrame:
    """Return everyone read, each reason for leaving out, and everyone in: as words, and as numbers where they may show.

    Returns
    -------
    DataFrame
        reason, words, rows, kind ("all", "out" or "in").
    """
    out, facts = found.tables.get("flow", pd.DataFrame({"reason": [], "rows": []})), found.facts
    words, _ = hide_parts([int(rows) for rows in out["rows"]])
    frame = pd.DataFrame(
        {
            "reason": ["Questionnaires read", *(f"Left out: {why}" for why in out["reason"]), "Questionnaires in"],
            "words": [n_read_words(found), *words, count_words(facts.n_rows)],
            "rows": pd.array([facts.n_read, *out["rows"], facts.n_rows], dtype="Int64"),
            "kind": ["all", *["out"] * len(out), "in"],
        }
    )
    plain = frame["words"].str.replace(",", "").str.isdigit()
    return frame.assign(rows=frame["rows"].where(plain))


def total_may_show(table: pd.DataFrame | None) -> bool:
    """Return whether the number of questionnaires read may stand beside the counts of `flow`."""
    return table is None or hide_parts([int(rows) for rows in table["rows"]])[1]


def n_read_words(found: Findings) -> str:
    """Return how many questionnaires were read, as it may be printed."""
    n_read = found.facts.n_read
    return count_words(n_read) if n_read is not None and total_may_show(found.tables.get("flow")) else WITHHELD


# --- who is shown --------------------------------------------------------------------------


def by_auc(found: Findings) -> list[str]:
    """Return all contenders from highest to lowest AUC."""
    contenders = found.tables["contenders"]
    order = contenders.assign(auc=contenders["contender"].map(estimates(found.tables["measures"])["auc"]))
    return order.sort_values("auc", ascending=False, kind="stable")["contender"].tolist()


def leading(found: Findings) -> list[str]:
    """Return the contenders that a reader needs first, from highest to lowest AUC.

    These are the estimator with the lowest log loss of each block, human forecasts and rules, the baseline and the
    chosen one.
    """
    contenders, facts = found.tables["contenders"], found.facts
    loss = estimates(found.tables["measures"])["log_loss"]
    contenders = contenders.assign(loss=contenders["contender"].map(loss))
    plain = contenders["estimator"].isin(KINDS)
    best = contenders.loc[~plain].sort_values("loss", kind="stable").drop_duplicates("block")["contender"]
    wanted = {*best, *contenders.loc[plain, "contender"], facts.baseline, facts.chosen}
    return [name for name in by_auc(found) if name in wanted]


def in_detail(found: Findings) -> dict[str, str]:
    """Return the few contenders that are drawn in detail, with words: chosen, baseline, human forecasts, headline."""
    contenders, facts = found.tables["contenders"], found.facts
    names = [facts.chosen, facts.baseline, *contenders.loc[contenders["estimator"] == "level_rates", "contender"]]
    if "headline" in found.tables:
        line = found.tables["headline"].iloc[0]
        same = contenders["block"].isin([line["with"], line["without"]]) & (
            contenders["estimator"] == line["estimator"]
        )
        names += contenders.loc[same, "contender"].tolist()
    known = set(contenders["contender"])
    return {name: found.labels[name] for name in dict.fromkeys(names) if name in known}


def declared_names(found: Findings) -> tuple[str, str]:
    """Return the contenders of the difference declared in advance: with and without.

    Raises
    ------
    KeyError
        If none was declared.
    """
    line, contenders = found.tables["headline"].iloc[0], found.tables["contenders"]
    return (
        _named(contenders, line["with"], line["estimator"]),
        _named(contenders, line["without"], line["without_estimator"]),
    )


def _named(contenders: pd.DataFrame, block: str, estimator: str) -> str:
    """Return the contender of a block and an estimator; where nothing is learnt from (`none`), the one there is."""
    same = contenders[contenders["block"] == block]
    exact = same[same["estimator"] == estimator]
    return str((exact if len(exact) else same)["contender"].iloc[0])


def saved(found: Findings) -> str:
    """Return whose measures are those of the model that is saved: its own, else those of the chosen contender.

    A contender's forecasts are means over repeats and as they were fitted; the saved model is one fit, calibrated on
    other people fold by fold. So their AUCs may differ in the third digit, and only one of them is the model's.
    """
    own = (found.tables["measures"]["contender"] == SAVED).any()
    return SAVED if own else found.facts.chosen


def besides(found: Findings, name: str) -> dict[str, str]:
    """Return what a table judges beside the contenders, for example the saved model after calibration."""
    names = found.tables[name]["contender"].unique() if name in found.tables else ()
    return {other: other[:1].upper() + other[1:] for other in names if other not in found.labels}
