"""The page on a questionnaire's own quality: cleared tables in, sentences and HTML out."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from eriq.disclosure import count_words, min_people
from eriq.instrument.instrument import Instrument
from eriq.pages import interval, number, percent, render, signed
from eriq.psychometrics.dif import FEWEST_GROUP, LARGE, MODERATE, MUCH, OPEN, SOME
from eriq.tables.results import Results

WORDS: Mapping[str, str] = {
    "alpha": "alpha",
    "omega_total": "omega total",
    "omega_hierarchical": "omega hierarchical",
    "kappa": "weighted kappa",
    "icc": "ICC",
    "same": "same answer",
    "straight_line": "one answer to every question",
    "long_run": "eight or more equal answers in a row",
    "repeated_vector": "the same answers as an earlier questionnaire",
    "hasty": "quicker than 2 seconds a question",
}


@dataclass(frozen=True, slots=True, eq=False)
class About:
    """What the page says besides tables."""

    name: str
    instrument: Instrument
    rows: int
    clients: int
    about: str  # of made-up people
    snippet: str  # thresholds for the questionnaire file


def sentences(tables: Results) -> list[str]:
    """Return what was found, a sentence each, in the order of the page."""
    found = []
    reliable = tables.get("scale_reliability", pd.DataFrame(columns=["measure", "estimate"]))
    for row in reliable[reliable["measure"] == "alpha"].to_dict("records"):
        if pd.notna(row["estimate"]):
            ends = interval(row["low"], row["high"], 2)
            found.append(f"Scale {row['scale']}: alpha {number(row['estimate'], 2)} ({ends}).")
        else:
            found.append(f"Scale {row['scale']}: not assessable, {row['why'] or 'too few people'}.")
    factors = tables.get("parallel_analysis", pd.DataFrame(columns=["scale", "kept", "why"]))
    for scale, rows in factors[factors["why"].fillna("") == ""].groupby("scale", sort=False):
        kept = int(rows["kept"].sum())
        found.append(f"Scale {scale}: {kept} factor{'s' * (kept != 1)} stand{'s' * (kept == 1)} out from chance.")
    if len(dif := tables.get("dif", pd.DataFrame())):
        judged, large = dif[dif["verdict"] != OPEN], int(dif["verdict"].isin([SOME, MUCH]).sum())
        found.append(
            f"Of {len(judged)} comparisons of an item between groups, {large} show{'s' * (large == 1)} a difference "
            f"that matters; {len(dif) - len(judged)} more could not be assessed."
        )
    return found


def page_html(tables: Results, about: About) -> str:
    """Return the page.

    Parameters
    ----------
    tables : Results
        Cleared; as in `QUALITY`.
    about : About
    """
    return render(
        "psychometrics.html",
        about=about,
        n_rows=count_words(about.rows),
        n_clients=count_words(about.clients),
        found=sentences(tables),
        reliability=_with_interval(tables, "scale_reliability", ("scale", "items", "n", "measure")),
        items=_plain(tables, "item_statistics"),
        use=_use(tables),
        factors=_plain(tables, "parallel_analysis"),
        loadings=_loadings(tables),
        cfa=_plain(tables, "cfa_fit"),
        agreement=_agreement(tables, about.instrument),
        dif=_dif(tables),
        dif_all=_plain(tables, "dif"),
        responses=_responses(tables),
        patterns=_plain(tables, "missing_patterns"),
        by_group=_by_group(tables),
        change=_plain(tables, "reliable_change"),
        contents=True,
        limits=(MODERATE, LARGE, FEWEST_GROUP, min_people()),
    )


def _plain(tables: Results, name: str) -> pd.DataFrame:
    """Return a table without columns that say nothing, or an empty one."""
    table = tables.get(name, pd.DataFrame())
    if "why" in table:
        table = table.rename(columns={"why": "not assessable"})
        table["not assessable"] = table["not assessable"].fillna("")
        if not (table["not assessable"] != "").any():
            table = table.drop(columns="not assessable")
    return table


def _with_interval(tables: Results, name: str, keys: tuple[str, ...]) -> pd.DataFrame:
    table = _plain(tables, name)
    if table.empty:
        return table
    ends = [interval(low, high, 2) for low, high in zip(table["low"], table["high"], strict=True)]
    shown = table[list(keys)].assign(measure=table["measure"].map(WORDS), estimate=table["estimate"])
    shown["95 % interval"] = ends
    return shown.join(table[[c for c in ("not assessable",) if c in table]])


def _use(tables: Results) -> pd.DataFrame:
    """Return shares of answers side by side: a row per item, a column per code."""
    table = tables.get("level_use", pd.DataFrame())
    if table.empty:
        return table
    wide = table.pivot_table(index="item", columns="code", values="share").reindex(table["item"].unique())
    return wide.rename(columns=lambda code: f"answer {code}").reset_index()


def _loadings(tables: Results) -> pd.DataFrame:
    table = tables.get("factor_loadings", pd.DataFrame())
    if table.empty:
        return table
    keys = ["scale", "item", "uniqueness"]
    wide = table.pivot_table(index=keys, columns="factor", values="loading").reset_index()
    wide = wide.rename(columns=lambda c: f"factor {c}" if isinstance(c, int) else c)
    moved = [c for c in wide if c != "uniqueness"]
    return wide[[*moved, "uniqueness"]].sort_values(["scale", "item"])


def _agreement(tables: Results, instrument: Instrument) -> pd.DataFrame:
    table = _with_interval(tables, "half_agreement", ("indicator", "n", "measure"))
    if table.empty:
        return table
    language = instrument.language(None)
    words = table["indicator"].map(lambda name: instrument.indicators[name].in_(language))
    return table.assign(indicator=words)


def _dif(tables: Results) -> pd.DataFrame:
    """Return per scale and group column how the items were judged, and which differ."""
    table = tables.get("dif", pd.DataFrame())
    rows = []
    for (scale, column), part in table.groupby(["scale", "column"], sort=False) if len(table) else ():
        matter = part[part["verdict"].isin([SOME, MUCH])]
        which = [f"{r['item']} ({r['verdict']}, higher in {r['easier_in']})" for r in matter.to_dict("records")]
        why = "; ".join(sorted(set(part.loc[part["verdict"] == OPEN, "why"].dropna()) - {""}))
        rows.append(
            {
                "scale": scale,
                "by": column,
                "items": len(part),
                "assessed": int((part["verdict"] != OPEN).sum()),
                "largest effect": part["effect"].max(),
                "items that differ": ", ".join(which) or ("none shown" if not why else ""),
                "not assessable": why,
            }
        )
    return pd.DataFrame(rows)


def _responses(tables: Results) -> pd.DataFrame:
    table = _plain(tables, "response_quality")
    if table.empty:
        return table
    shares = [percent(share) for share in table["share"]]
    return table.assign(measure=table["measure"].map(WORDS), share=shares).rename(columns={"people_with": "with it"})


def _by_group(tables: Results) -> pd.DataFrame:
    """Return each group with how far it is from everybody else, in per cent of the questions."""
    table = tables.get("missing_by_group", pd.DataFrame())
    if table.empty:
        return table
    told = [
        f"{signed(100 * d, 1)} ({interval(100 * low, 100 * high, 1)})" if pd.notna(d) else number(None)
        for d, low, high in zip(table["difference"], table["low"], table["high"], strict=True)
    ]
    shown = table[["column", "half", "group", "n"]].rename(columns={"column": "by"})
    shown = shown.assign(unanswered=[percent(share) for share in table["unanswered"]])
    shown["against the rest (95 %)"] = told
    return shown.assign(p=table["p"], verdict=table["verdict"])
