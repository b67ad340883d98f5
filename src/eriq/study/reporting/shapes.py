"""Result tables shaped for print: rows are chosen, numbers and intervals put in one cell; nothing is computed."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from eriq.features.slices import SLICES
from eriq.pages import GAP, interval, number, signed
from eriq.study.reporting import groups
from eriq.study.reporting.cells import ENDS, Write, by_contender, estimates, joined
from eriq.study.reporting.findings import Findings, besides, by_auc, flow, in_detail, leading
from eriq.study.reporting.people import PEOPLE as ABOUT_PEOPLE
from eriq.study.reporting.people import in_words
from eriq.study.reporting.words import MEASURES, kind_words, measure_label
from eriq.study.words import block_words
from eriq.tables.results import SAVED

OVERALL = ("auc", "average_precision", "log_loss", "brier", "brier_skill_prevalence", "brier_skill_register")
CALIBRATION = ("calibration_in_the_large", "calibration_slope", "ici", "e50", "e90", "emax")
TOP_PAIRS = 10
PLAIN = (
    "sample_size",
    "scored_on",
    "handover",
    "rules",
    "agreement",
    "left_rules",
    "scorecard",
    "scorecard_sums",
)  # printed as they are


def shaped(found: Findings) -> dict[str, pd.DataFrame | None]:
    """Return every table of the page by its place; None where there is nothing to print."""
    tables = found.tables
    shown = {name: make(found) for name, make in ALWAYS.items()}
    sections = {**SECTIONS, **ABOUT_PEOPLE}
    shown |= {name: make(found) for name, (table, make) in sections.items() if table in tables}
    shown |= {name: in_words(tables[name], found) for name in PLAIN if name in tables}
    places = (*ALWAYS, *sections, *PLAIN)
    return {name: table if (table := shown.get(name)) is not None and len(table) else None for name in places}


# --- what was answered ---------------------------------------------------------------------


def by_basis(found: Findings) -> pd.DataFrame:
    """Return how good forecasts are by what was answered, one row per fit and kind of rows."""
    table = found.tables["by_basis"]
    cells = {name: joined(table, (name, f"{name}_low", f"{name}_high")) for name in ("auc", "slope", "intercept")}
    rows = table["rows"].where(table["saved"], table["rows"] + ": not saved, as " + table["words"].fillna(""))
    return pd.DataFrame(
        {
            "basis": table["basis"],
            "rows": rows,
            **{name: table[name] for name in ("n", "clients", "events")},
            "auc": cells["auc"],
            "log_loss": table["log_loss"],
            "slope": cells["slope"],
            "intercept": cells["intercept"],
        }
    )


# --- contenders ----------------------------------------------------------------------------


def contender_table(found: Findings, names: Sequence[str]) -> pd.DataFrame:
    """Return what a reader compares contenders by, one row each."""
    rows = found.tables["contenders"].set_index("contender").loc[list(names)]
    measures, gains = found.tables["measures"], found.tables["differences"]
    wide, kinds = estimates(measures), rows["estimator"].map(kind_words)
    columns: dict[str, object] = {
        "contender": rows["block"].map(block_words).to_numpy(),
        "method": rows["words"].where(kinds == "model", kinds).to_numpy(),
        "auc": [by_contender(measures, "auc").get(name) for name in names],
        "difference": [by_contender(gains, "auc", signed).get(name) for name in names],
    }
    for measure in ("log_loss", "brier_skill_prevalence", "calibration_slope"):
        if measure in wide:
            columns[measure] = wide[measure].reindex(list(names)).to_numpy()
    table = pd.DataFrame(columns)
    if (auc := by_contender(measures, "auc").get(SAVED)) is None:
        return table
    own = {
        name: wide[name].get(SAVED) for name in table if name in wide
    }  # as it would be used, beside as it was fitted
    return pd.concat([table, pd.DataFrame([own | {"contender": "Saved model", "method": "as calibrated", "auc": auc}])])


def _chosen(found: Findings) -> pd.DataFrame:
    """Return the chosen contender beside the baseline, measure by measure."""
    rows = []
    for measure in (*OVERALL, "calibration_slope", "ici"):
        cells = by_contender(found.tables["measures"], measure)
        gains = by_contender(found.tables["differences"], measure, signed)
        if found.facts.chosen in cells:
            rows.append(
                {
                    "measure": measure_label(measure, weighted=found.facts.weighted),
                    "chosen": cells[found.facts.chosen],
                    "baseline": cells.get(found.facts.baseline),
                    "difference": gains.get(found.facts.chosen),
                }
            )
    return pd.DataFrame(rows)


def _measures(table: pd.DataFrame, wanted: Sequence[str], labels: Mapping[str, str]) -> pd.DataFrame:
    """Return one row per contender and one cell with interval per measure, where there is any."""
    known = table.loc[table["measure"].isin(wanted) & table["estimate"].notna()]
    there = [measure for measure in wanted if (known["measure"] == measure).any()]
    rows = {name: words for name, words in labels.items() if (known["contender"] == name).any()}
    cells = {m: by_contender(known, m) for m in there}
    return pd.DataFrame({"contender": list(rows.values()), **{m: [cells[m].get(n) for n in rows] for m in there}})


def _calibration(found: Findings) -> pd.DataFrame:
    return _measures(found.tables["measures"], CALIBRATION, besides(found, "measures") | in_detail(found))


def _accuracy(found: Findings) -> pd.DataFrame | None:
    """Return accuracies by the cut above which one says yes, and only where the majority rate stands beside them."""
    table = found.tables["measures"]
    cuts = table.loc[table["measure"] == "accuracy"]
    if cuts.empty or not (table["measure"] == "accuracy_majority").any():
        return None
    named = cuts.assign(measure="accuracy at " + cuts["at"])
    rest = table.loc[table["measure"] == "accuracy_majority"]
    wanted = [*sorted(named["measure"].unique()), "accuracy_majority"]
    return _measures(pd.concat([named, rest]), wanted, found.labels)


# --- sections that may be absent -----------------------------------------------------------


def _cells(
    found: Findings, name: str, *keep: str, names: tuple[str, str, str] = ENDS, write: Write = number
) -> pd.DataFrame:
    """Return the columns to keep of a table, contenders in words, and one column of numbers with their intervals."""
    table = found.tables[name]
    columns = {c: table[c].map(found.label) if c in PEOPLE else table[c] for c in keep}
    return pd.DataFrame({**columns, names[0]: joined(table, names, write=write)})


PEOPLE = ("contender", "other", "baseline", "model", "human")  # columns that name contenders


def _designs(found: Findings) -> pd.DataFrame:
    """Return the AUC by design, and last that of the main one."""
    table = _cells(found, "designs", "design", "contender", "rows", "clients", names=("auc", "low", "high"))
    main = found.tables["designs"]["contender"].map(by_contender(found.tables["measures"], "auc"))
    words = found.tables["designs"]["words"]
    return table.assign(design=table["design"].str.replace("_", " "), main=main, words=words)


def _by_fold(found: Findings) -> pd.DataFrame:
    """Return one row per period or centre: who was tested, and one cell per measure of the declared pair."""
    table = found.tables["by_fold"]
    paired, of_with = table["baseline"].notna(), table["contender"] == table["contender"].iloc[0]
    kind = np.select([paired, table["measure"] != "auc", of_with], ["difference", table["measure"], "with"], "without")
    cells = table.assign(kind=kind, cell=np.where(paired, joined(table, write=signed), joined(table)))
    wide = cells.pivot(index=["design", "fold"], columns="kind", values="cell").fillna(GAP)  # noqa: PD010
    order = ["with", "without", "difference", "calibration_in_the_large", "calibration_slope"]
    who = table.groupby(["design", "fold"], sort=False)[["rows", "clients", "events", "rate"]].first()
    whole = who.join(wide[[name for name in order if name in wide]]).reset_index()
    return whole.assign(fold=whole["design"].str.replace("_", " ") + ": " + whole["fold"]).drop(columns="design")


def _heterogeneity(found: Findings) -> pd.DataFrame:
    """Return mean, tau and prediction interval over centres."""
    table = found.tables["heterogeneity"]
    paired = table["baseline"].notna()
    ends = table[["prediction_low", "prediction_high"]].to_numpy("float64")
    return pd.DataFrame(
        {
            "contender": table["contender"].map(found.label).where(~paired, "difference in AUC"),
            "centres": table["folds"],
            "mean": np.where(paired, joined(table, write=signed), joined(table)),
            "prediction": [interval(low, high) for low, high in ends],
            "tau": table["tau"],
            "scale": table["scale"],
        }
    )


def _home_and_away(found: Findings) -> pd.DataFrame:
    """Return AUC, calibration and base rate at home and away, side by side."""
    table = found.tables["home_and_away"]
    return pd.DataFrame(
        {
            "contender": ["everyone" if pd.isna(name) else found.label(name) for name in table["contender"]],
            "measure": [MEASURES.get(name, "Base rate") for name in table["measure"]],
            "home": joined(table, ("home", "home_low", "home_high")),
            "away": joined(table, ("away", "away_low", "away_high")),
        }
    )


def _entry_curve(found: Findings) -> pd.DataFrame:
    table = _cells(found, "entry_curve", "month", "day", "n", names=("observed", "low", "high"))
    return table.assign(forecast=found.tables["entry_curve"]["forecast"])


def _missing_policies(found: Findings) -> pd.DataFrame:
    return _cells(found, "missing_policies", "policy", "contender", "rows", names=("auc", "low", "high"))


def _slices(found: Findings) -> pd.DataFrame:
    """Return the groups of each slice, the slice in words."""
    table = found.tables["slices"]
    return table.assign(slice=table["slice"].map(lambda name: SLICES.get(name, name)))


def _decomposition(found: Findings) -> pd.DataFrame:
    table = found.tables["decomposition"]
    labels = {block: block_words(block) for block in table["block"].unique()}
    return _measures(table.assign(contender=table["block"]), table["measure"].unique().tolist(), labels)


def _capacity(found: Findings, names: Sequence[str]) -> pd.DataFrame:
    """Return one row per length of a list and contender, one cell per measure."""
    table, rows = found.tables["capacity"], []
    for at in table["at"].unique():
        here = table.loc[table["at"] == at]
        cells = {measure: by_contender(here, measure, digits=2) for measure in here["measure"].unique()}
        for name in names:
            mine = {measure: known.get(name) for measure, known in cells.items()}
            if any(mine.values()):
                rows.append({"room for": at, "contender": found.labels[name], **mine})
    return pd.DataFrame(rows)


def _capacity_all(found: Findings) -> pd.DataFrame | None:
    """Return the same for all contenders, if that is more."""
    whole, first = _capacity(found, list(found.labels)), _capacity(found, list(in_detail(found)))
    return whole if len(whole) > len(first) else None


def _oracle(found: Findings) -> pd.DataFrame:
    table = found.tables["oracle"]
    known = table.loc[table["contender"].isin(leading(found))]
    return known.assign(contender=known["contender"].map(found.label)).sort_values(
        "auc", ascending=False, kind="stable"
    )


def _overlap(found: Findings) -> pd.DataFrame:
    table = found.tables["overlap"]
    return table.assign(contender=table["contender"].map(found.label), other=table["other"].map(found.label))


def _pairs(found: Findings) -> pd.DataFrame:
    """Return the strongest pairs, by the words of their items."""
    first = found.tables["pairs"].sort_values("strength", ascending=False, kind="stable").head(TOP_PAIRS)
    return pd.DataFrame({"first": first["first_label"], "second": first["second_label"], "strength": first["strength"]})


# --- importance ----------------------------------------------------------------------------


def ranked(importance: pd.DataFrame, level: str) -> pd.DataFrame:
    """Return the importance of items, respondents or blocks, the largest first."""
    return importance.loc[importance["level"] == level].sort_values("value", ascending=False, kind="stable")


def _items(found: Findings) -> pd.DataFrame:
    """Return the importance of items with its uncertainty."""
    table = ranked(found.tables["importance"], "item")
    columns: dict[str, object] = {"label": table["label"], "malleable": table["malleable"]}
    columns |= {"value": joined(table, ("value", "low", "high")), "share": table["share"]}
    spans = [f" ({number(low, 0)} to {number(high, 0)})" for low, high in table[["rank_low", "rank_high"]].to_numpy()]
    ranks = [number(rank, 0) for rank in table["rank"]]
    columns["rank"] = [r + s if GAP not in s else r for r, s in zip(ranks, spans, strict=True)]
    if table["permutation"].notna().any():
        columns["permutation"] = joined(table, ("permutation", "permutation_low", "permutation_high"))
    return pd.DataFrame(columns).dropna(axis="columns", how="all")


Make = Callable[[Findings], pd.DataFrame | None]
ALWAYS: Mapping[str, Make] = {
    "flow": lambda found: flow(found)[["reason", "words"]],
    "contenders": lambda found: contender_table(found, leading(found)),
    "contenders_all": lambda found: contender_table(found, by_auc(found)),
    "chosen": _chosen,
    "calibration": _calibration,
    "accuracy": _accuracy,
}
SECTIONS: Mapping[str, tuple[str, Make]] = {  # place on the page -> the table it needs, and how it is shaped
    "delong": ("delong", lambda found: _cells(found, "delong", "contender", "baseline", "p", write=signed)),
    "missing_policies": ("missing_policies", _missing_policies),
    "belief": ("belief", lambda found: _cells(found, "belief", "question", "words", names=("value", "low", "high"))),
    "human": ("human", lambda found: _cells(found, "human", "model", "human", "beats", write=signed)),
    "by_basis": ("by_basis", by_basis),
    "decomposition": ("decomposition", _decomposition),
    "designs": ("designs", _designs),
    "by_fold": ("by_fold", _by_fold),
    "heterogeneity": ("heterogeneity", _heterogeneity),
    "home_and_away": ("home_and_away", _home_and_away),
    "censoring": ("censoring", lambda found: found.tables["censoring"].drop(columns="supported")),
    "entry_curve": ("entry_curve", _entry_curve),
    "capacity": ("capacity", lambda found: _capacity(found, list(in_detail(found)))),
    "capacity_all": ("capacity", _capacity_all),
    "oracle": ("oracle", _oracle),
    "overlap": ("overlap", _overlap),
    "pairs": ("pairs", _pairs),
    "item": ("importance", _items),
    "slices": ("slices", _slices),
    "groups": ("groups", lambda found: groups.by_group(found.tables)),
    "groups_further": ("group_gaps", lambda found: groups.further_by_group(found.tables)),
    "group_gaps": ("group_gaps", lambda found: groups.every_gap(found.tables)),
    "group_gaps_shown": ("group_gaps", lambda found: groups.shown_gaps(found.tables)),
}
