"""The report of a training and the model card: tables and facts in, one page or one text out.

Nothing is computed here beyond choosing rows and writing numbers; every number comes from a table that is stored as
CSV beside the report, or from `facts`.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from eriq.disclosure import MIN_PEOPLE, WITHHELD, count_words, hide_parts, suppress_small
from eriq.pages import GAP, interval, number, percent, render, signed, text
from eriq.study.reporting import figures

SAVED = "saved model, calibrated"  # how the measures name the model as it is saved

if TYPE_CHECKING:
    from eriq.study.reporting.figures import Figure

Tables = Mapping[str, pd.DataFrame]
Facts = Mapping[str, Any]

BLOCK_WORDS: Mapping[str, str] = {
    "none": "Overall rate",
    "belief": "Caseworker's forecast",
    "client_belief": "Client's own forecast",
    "caseworker": "Caseworker's answers",
    "caseworker_without_belief": "Caseworker's answers without the forecast",
    "client": "Client's answers",
    "questionnaire": "Questionnaire",
    "questionnaire_without_belief": "Questionnaire without the caseworker's forecast",
    "register_basic": "Register at registration",
    "register_full": "Full register",
    "changes": "Changes since the last wave",
    "swedish": "Swedish-style variant",
}
KINDS = {"prevalence": "overall rate", "level_rates": "human forecast", "best_rule": "one-question rule"}
MEASURE_WORDS: Mapping[str, str] = {
    "auc": "AUC (discrimination)",
    "average_precision": "Average precision (PR-AUC)",
    "log_loss": "Log loss (lower is better)",
    "brier": "Brier score (lower is better)",
    "brier_skill_prevalence": "Brier skill against the overall rate",
    "brier_skill_register": "Brier skill against the register",
    "calibration_in_the_large": "Calibration in the large (ideal 0)",
    "calibration_slope": "Calibration slope (ideal 1)",
    "ici": "ICI",
    "e50": "E50",
    "e90": "E90",
    "emax": "Emax",
    "accuracy_majority": "Accuracy of saying the same for everyone",
}
OVERALL = ("auc", "average_precision", "log_loss", "brier", "brier_skill_prevalence", "brier_skill_register")
CALIBRATION = ("calibration_in_the_large", "calibration_slope", "ici", "e50", "e90", "emax")
# Tables that are printed as they come: a column beyond these is left out, whatever it holds.
PRINTED: Mapping[str, tuple[str, ...]] = {
    "sample_size": ("name", "value", "words"),
    "oracle": ("contender", "auc", "oracle_auc", "share_of_way"),
    "overlap": ("contender", "other", "k", "overlap"),
    "pairs": ("first", "second", "strength", "first_label", "second_label"),
    "agreement": ("estimator", "other", "rank_correlation"),
}
COUNTS = {"calibration_bins": "n", "dependence": "n", "designs": "clients", "missing_policies": "rows"}
TOP_ITEMS, TOP_DRAWN, TOP_PAIRS = 12, 6, 10
DEFAULTS: Facts = MappingProxyType(
    {
        "about": "",
        "simulated": False,
        "instrument": None,
        "design": "",
        "folds": None,
        "repeats": None,
        "seed": None,
        "level": 0.95,
        "chosen_words": "",
        "calibrator": None,
        "digests": {},
        "config_yaml": "",
        "started": "",
        "eriq_version": "",
        "versions": {},
        "leak_checks": (),
        "sample_size_sentences": (),
        "sample_size_enough": True,
        "not_savable_better": None,
        "features": {},
    }
)


def figures_of(tables: Tables, facts: Facts) -> "dict[str, Figure]":
    """Return every figure that these tables allow, by name.

    Parameters
    ----------
    tables, facts : mapping
        As in `report_html`.

    Returns
    -------
    dict of str to Figure
        flow, auc, decomposition, calibration, decision, importance, parts, dependence; a figure whose table is absent
        is left out.
    """
    tables, facts = _disclosed(tables, facts), {**DEFAULTS, **facts}
    labels = contender_labels(tables["contenders"])
    drawn: dict[str, Figure] = {"flow": figures.draw_flow(_flow(tables, facts)[0])}
    drawn["auc"] = _draw_auc(tables, facts, labels)
    compared = {name: labels[name] for name in _compared(tables, facts)}
    calibrated = _besides(tables, "calibration_curve", labels) | compared
    if (table := tables.get("decomposition")) is not None:
        shares = table.loc[table["measure"] == "auc"].assign(label=table["block"].map(block_words))
        if len(shares):
            title, axis = (
                "What each block adds to the AUC, whatever the order of adding",
                "Share of the AUC above 0.5 (Shapley value)",
            )
            drawn["decomposition"] = figures.draw_intervals(
                shares.sort_values("estimate", ascending=False), name="decomposition", title=title, axis=axis, bars=True
            )
    if (curve := tables.get("calibration_curve")) is not None:
        bins = tables.get("calibration_bins", pd.DataFrame(columns=["contender", "forecast", "observed", "n"]))
        there = {name: words for name, words in calibrated.items() if name in set(curve["contender"])}
        if there:
            drawn["calibration"] = figures.draw_calibration(curve, bins, dict(list(there.items())[:4]))
    if (curve := tables.get("decision_curve")) is not None:
        there = {name: words for name, words in compared.items() if name in set(curve["contender"])}
        if there:
            drawn["decision"] = figures.draw_decision(curve, dict(list(there.items())[:5]))
    if "importance" in tables:
        drawn |= _draw_importance(tables["importance"])
        if (table := tables.get("dependence")) is not None:
            ranked = _level(tables["importance"], "item")["name"]
            items = [item for item in ranked if item in set(table["item"])][:TOP_DRAWN]
            if items:
                drawn["dependence"] = figures.draw_dependence(table, items)
    return drawn


def report_html(tables: Tables, facts: Facts) -> str:
    """Return the report of a training as one page that opens offline.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        In long form. Needed: flow (reason, rows), contenders (contender, block, estimator, words, columns, savable),
        measures (contender, measure, estimate, low, high, replicates), differences (the same and baseline). Without
        headline, calibration_curve, calibration_bins, decision_curve, capacity, overlap, decomposition, oracle,
        sample_size, designs, missing_policies, delong, importance, dependence, pairs, agreement or belief, or with an
        empty one, the section about it is left out.
    facts : mapping
        name, question, outcome_words, horizon_days, baseline and chosen (names of contenders), n_read, n_rows,
        n_clients, n_events, prevalence; and what `DEFAULTS` lists.

    Returns
    -------
    str
        HTML without a script or anything to fetch.

    Raises
    ------
    KeyError
        If a needed table or fact is not there.
    """
    tables, facts = _disclosed(tables, facts), {**DEFAULTS, **facts}
    labels = contender_labels(tables["contenders"])
    drawn = {name: figures.as_svg(figure) for name, figure in figures_of(tables, facts).items()}
    flow, total_may_show = _flow(tables, facts)
    headline = tables["headline"].iloc[0] if "headline" in tables else None
    measures = _wide(tables["measures"])
    shown = {
        "flow": flow[["reason", "words"]],
        "contenders": _contender_table(tables, leading(tables, facts)),
        "contenders_all": _contender_table(tables, _by_auc(tables)),
        "chosen": _chosen_table(tables, facts),
        "calibration": _measure_table(
            tables["measures"],
            CALIBRATION,
            _besides(tables, "measures", labels) | {n: labels[n] for n in _compared(tables, facts)},
        ),
        "accuracy": _accuracy_table(tables["measures"], labels),
        **_optional_tables(tables, facts, labels),
    }
    return render(
        "report.html",
        facts=facts,
        figures=drawn,
        shown=shown,
        labels=labels,
        headline=headline,
        verdict_class=_verdict_class(headline, facts["simulated"]),
        declared=_declared(headline, tables["contenders"]),
        chosen_at=[leading(tables, facts).index(facts["chosen"])],
        chosen_at_all=[_by_auc(tables).index(facts["chosen"])],
        chosen_words=_sentence(facts["chosen_words"]),
        key=_key_numbers(measures, facts, labels),
        replicates=_replicates(tables["measures"]),
        n_read=count_words(facts["n_read"]) if total_may_show else WITHHELD,
        n_events=count_words(facts["n_events"]),
        min_people=MIN_PEOPLE,
    )


def card_markdown(tables: Tables, facts: Facts) -> str:
    """Return the model card that travels with the saved model.

    Parameters and errors as in `report_html`. The optional fact `features` maps a block's words to the labels of its
    features; without it the card lists what the importance table names.
    """
    tables, facts = _disclosed(tables, facts), {**DEFAULTS, **facts}
    labels = contender_labels(tables["contenders"])
    chosen = tables["contenders"].set_index("contender").loc[facts["chosen"]]
    # Of the model as it is saved, calibrated; older tables may lack it.
    saved = SAVED if (tables["measures"]["contender"] == SAVED).any() else facts["chosen"]
    performance = _measure_rows(tables["measures"], (*OVERALL, *CALIBRATION), saved)
    gain = tables["differences"].loc[tables["differences"]["contender"] == facts["chosen"]]
    difference = pd.DataFrame(
        {
            "Measure": gain["measure"].map(MEASURE_WORDS),
            "Difference": _joined(gain, write=signed),
        }
    ).dropna()
    features = facts["features"]
    if not features and "importance" in tables:
        items = tables["importance"].loc[tables["importance"]["level"] == "item"]
        features = {
            words: items.loc[items["malleable"].fillna(False).astype(bool) == malleable, "label"].tolist()
            for words, malleable in (("Changeable", True), ("Not changeable", False))
        }
    return render(
        "card.md",
        facts=facts,
        chosen=chosen,
        chosen_words=_sentence(facts["chosen_words"]),
        chosen_label=labels[facts["chosen"]],
        baseline_label=labels.get(facts["baseline"], facts["baseline"]),
        headline=tables["headline"].iloc[0] if "headline" in tables else None,
        performance=_markdown_table(performance),
        difference=_markdown_table(difference),
        features={block: [_line(name) for name in names] for block, names in features.items() if names},
        replicates=_replicates(tables["measures"]),
        n_events=count_words(facts["n_events"]),
        line=_line,
    )


# --- words ---------------------------------------------------------------------------------


def block_words(block: str) -> str:
    """Return a block as people call it.

    >>> block_words("questionnaire + register_full"), block_words("own_block")
    ('Questionnaire + full register', 'Own block')
    """
    parts = [BLOCK_WORDS.get(part, part.replace("_", " ")) for part in re.split(r"\s*\+\s*", block)]
    whole = " + ".join([parts[0], *(part[:1].lower() + part[1:] for part in parts[1:])])
    return whole[:1].upper() + whole[1:]


def contender_labels(contenders: pd.DataFrame) -> dict[str, str]:
    """Return the words of each contender: its block, and its estimator where it is a choice.

    >>> columns = ["contender", "block", "estimator", "words"]
    >>> rows = [["b | logistic", "belief", "logistic", "ridge"], ["p", "none", "prevalence", "rate"]]
    >>> contender_labels(pd.DataFrame(rows, columns=columns))
    {'b | logistic': "Caseworker's forecast · ridge", 'p': 'Overall rate'}
    """
    labels: dict[str, str] = {}
    columns = (contenders[name] for name in ("contender", "block", "estimator", "words"))
    for contender, block, estimator, words in zip(*columns, strict=True):
        plain = estimator in ("prevalence", "level_rates")
        labels[contender] = block_words(block) + ("" if plain else f" · {words}")
    return labels


def leading(tables: Tables, facts: Facts) -> list[str]:
    """Return the contenders that a reader needs first, from highest to lowest AUC.

    These are the estimator with the lowest log loss of each block, human forecasts and rules, the baseline and the
    chosen one.
    """
    contenders = tables["contenders"].assign(
        loss=tables["contenders"]["contender"].map(_wide(tables["measures"])["log_loss"])
    )
    plain = contenders["estimator"].isin(KINDS)
    best = contenders.loc[~plain].sort_values("loss", kind="stable").drop_duplicates("block")["contender"]
    wanted = {*best, *contenders.loc[plain, "contender"], facts["baseline"], facts["chosen"]}
    return [name for name in _by_auc(tables) if name in wanted]


def _line(words: Any) -> str:
    """Return `words` as one line of Markdown that opens neither a table cell nor a tag."""
    return re.sub(r"\s+", " ", str(words)).replace("|", "\\|").replace("<", "&lt;").strip()


def _markdown_table(frame: pd.DataFrame) -> str:
    """Return a table as Markdown; names of contenders hold the sign that parts cells."""
    rows = [list(frame.columns), ["---"] * len(frame.columns), *frame.astype("object").to_numpy().tolist()]
    return "\n".join("| " + " | ".join(_line(text(cell)) for cell in row) + " |" for row in rows)


def _with_interval(estimate: Any, low: Any, high: Any, write: Any = number, digits: int = 3) -> str:
    """Return a number and its interval in one cell."""
    ends = interval(low, high, digits)
    # The interval stays on one line; if a cell must break, it breaks before it.
    return write(estimate, digits) + (
        "" if ends == GAP else f" ({ends})".replace(" to ", "\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}")
    )


def _verdict_class(headline: pd.Series | None, simulated: bool) -> str:
    """Return how a callout is tinted: by the interval of the declared difference; made-up people are no good news."""
    if headline is None or headline["measure"] != "auc" or simulated:
        return ""
    return "good" if headline["low"] > 0 else "poor" if headline["high"] < 0 else ""


def _sentence(words: str) -> str:
    """Return `words` with a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:].rstrip('.')}." if words else ""


def _declared(headline: pd.Series | None, contenders: pd.DataFrame) -> str:
    """Return the comparison that was declared before looking."""
    if headline is None:
        return ""
    words = contenders.drop_duplicates("estimator").set_index("estimator")["words"]
    method = words.get(headline["estimator"], headline["estimator"])
    return f"{block_words(headline['with'])} against {block_words(headline['without']).lower()}, {method}".replace(
        "_", " "
    )


def _replicates(measures: pd.DataFrame) -> list[tuple[str, str]]:
    """Return (number of replicates, measures it holds for), most replicates first."""
    known = measures.loc[measures["replicates"].fillna(0) > 0]
    words = known["measure"].str.replace(r"@.*", "", regex=True)
    most = known.groupby(words.map(lambda name: MEASURE_WORDS.get(name, name.replace("_", " ")).split(" (")[0]))[
        "replicates"
    ].max()
    return [(number(n, 0), ", ".join(sorted(most.index[most == n]))) for n in sorted(most.unique(), reverse=True)]


# --- tables as they are shown --------------------------------------------------------------


def _disclosed(tables: Tables, facts: Facts) -> dict[str, pd.DataFrame]:
    """Return the tables that hold something, without numbers that rest on too few people."""
    kept = {name: table.reset_index(drop=True) for name, table in tables.items() if table is not None and len(table)}
    kept |= {
        name: kept[name][[c for c in columns if c in kept[name]]] for name, columns in PRINTED.items() if name in kept
    }
    for name, count in COUNTS.items():
        if name in kept and count in kept[name]:
            cleared = suppress_small(kept[name], count=count)
            fixed = [c for c in ("level", "rank") if c in cleared]  # the order of answers is no number about people
            kept[name] = cleared.assign(**{c: kept[name][c] for c in fixed})
    for name in ("capacity", "overlap"):
        if name in kept:
            people = kept[name]["k"].map(lambda k: _people_at(k, facts["n_rows"]))
            kept[name] = kept[name].loc[people >= MIN_PEOPLE].reset_index(drop=True)
    return {name: table for name, table in kept.items() if len(table)}


def _people_at(k: Any, rows: int) -> float:
    """Return how many rows a list of size `k` ("10%" or "200") has."""
    words = str(k)
    return float(words[:-1]) / 100 * rows if words.endswith("%") else float(words)


def _flow(tables: Tables, facts: Facts) -> tuple[pd.DataFrame, bool]:
    """Return everyone read, each reason for leaving out, and everyone in; and whether the total may stand beside."""
    out = tables.get("flow", pd.DataFrame({"reason": [], "rows": []}))
    words, total = hide_parts([int(rows) for rows in out["rows"]])
    whole = count_words(facts["n_read"]) if total else WITHHELD
    frame = pd.DataFrame(
        {
            "reason": ["Questionnaires read", *out["reason"].map(lambda why: f"Left out: {why}"), "Questionnaires in"],
            "words": [whole, *words, count_words(facts["n_rows"])],
            "rows": pd.array([facts["n_read"], *out["rows"], facts["n_rows"]], dtype="Int64"),
            "kind": ["all", *["out"] * len(out), "in"],
        }
    )
    plain = frame["words"].str.replace(",", "").str.isdigit()
    return frame.assign(rows=frame["rows"].where(plain)), total


def _wide(measures: pd.DataFrame) -> pd.DataFrame:
    """Return one row per contender and one column per measure, estimates only."""
    return measures.pivot(index="contender", columns="measure", values="estimate")  # noqa: PD010


def _cells(table: pd.DataFrame, measure: str, write: Any = number, digits: int = 3) -> dict[str, str]:
    """Return contender -> "estimate (low to high)" of one measure."""
    rows = table.loc[table["measure"] == measure]
    return dict(zip(rows["contender"], _joined(rows, write=write, digits=digits), strict=True))


def _joined(
    table: pd.DataFrame,
    names: tuple[str, str, str] = ("estimate", "low", "high"),
    *,
    write: Any = number,
    digits: int = 3,
) -> list[str]:
    """Return one cell per row: a number and its interval."""
    numbers = table[list(names)].to_numpy("float64", na_value=float("nan"))
    return [_with_interval(estimate, low, high, write, digits) for estimate, low, high in numbers]


def _by_auc(tables: Tables) -> list[str]:
    auc = _wide(tables["measures"])["auc"]
    order = tables["contenders"].assign(auc=tables["contenders"]["contender"].map(auc))
    return order.sort_values("auc", ascending=False, kind="stable")["contender"].tolist()


def _kind(estimator: str) -> str:
    return KINDS.get(estimator, "model")


def _contender_table(tables: Tables, names: Sequence[str]) -> pd.DataFrame:
    """Return what a reader compares contenders by, one row each."""
    facts = tables["contenders"].set_index("contender").loc[list(names)]
    measures, gains = tables["measures"], tables["differences"]
    wide = _wide(measures)
    columns: dict[str, Any] = {
        "contender": facts["block"].map(block_words).to_numpy(),
        "method": facts["words"]
        .where(facts["estimator"].map(_kind) == "model", facts["estimator"].map(_kind))
        .to_numpy(),
        "auc": [_cells(measures, "auc").get(name) for name in names],
        "difference": [_cells(gains, "auc", signed).get(name) for name in names],
    }
    for measure in ("log_loss", "brier_skill_prevalence", "calibration_slope"):
        if measure in wide:
            columns[measure] = wide[measure].reindex(list(names)).to_numpy()
    return pd.DataFrame(columns)


def _chosen_table(tables: Tables, facts: Facts) -> pd.DataFrame:
    """Return the chosen contender beside the baseline, measure by measure."""
    rows = []
    for measure in (*OVERALL, "calibration_slope", "ici"):
        cells, gains = _cells(tables["measures"], measure), _cells(tables["differences"], measure, signed)
        if facts["chosen"] in cells:
            rows.append(
                {
                    "measure": MEASURE_WORDS[measure],
                    "chosen": cells[facts["chosen"]],
                    "baseline": cells.get(facts["baseline"]),
                    "difference": gains.get(facts["chosen"]),
                }
            )
    return pd.DataFrame(rows)


def _measure_table(measures: pd.DataFrame, wanted: Sequence[str], labels: Mapping[str, str]) -> pd.DataFrame | None:
    """Return one row per contender and one cell with interval per measure, where there is any."""
    known = measures.loc[measures["measure"].isin(wanted) & measures["estimate"].notna()]
    there = [measure for measure in wanted if (known["measure"] == measure).any()]
    rows = {name: words for name, words in labels.items() if (known["contender"] == name).any()}
    if not rows:
        return None
    return pd.DataFrame(
        {"contender": list(rows.values()), **{m: [_cells(known, m).get(n) for n in rows] for m in there}}
    )


def _measure_rows(measures: pd.DataFrame, wanted: Sequence[str], contender: str) -> pd.DataFrame:
    """Return one row per measure of one contender."""
    cells = {measure: _cells(measures, measure).get(contender) for measure in wanted}
    there = {MEASURE_WORDS[measure]: cell for measure, cell in cells.items() if cell}
    return pd.DataFrame({"Measure": list(there), "Estimate (interval)": list(there.values())})


def _accuracy_table(measures: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame | None:
    """Return accuracies, and only where the majority rate stands beside them."""
    names = measures["measure"].astype("str")
    cuts = sorted({name for name in names if name.startswith("accuracy") and name != "accuracy_majority"})
    if not cuts or not (names == "accuracy_majority").any():
        return None
    return _measure_table(measures, [*cuts, "accuracy_majority"], labels)


def _compared(tables: Tables, facts: Facts) -> list[str]:
    """Return the few contenders that are drawn in detail: chosen, baseline, caseworker's forecast, headline."""
    contenders = tables["contenders"]
    names = [facts["chosen"], facts["baseline"], *contenders.loc[contenders["estimator"] == "level_rates", "contender"]]
    if "headline" in tables:
        line = tables["headline"].iloc[0]
        same = contenders["block"].isin([line["with"], line["without"]]) & (
            contenders["estimator"] == line["estimator"]
        )
        names += contenders.loc[same, "contender"].tolist()
    known = set(contenders["contender"])
    return [name for name in dict.fromkeys(names) if name in known]


def _besides(tables: Tables, name: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Return what a table judges beside the contenders, for example the saved model after calibration."""
    names = tables[name]["contender"].unique() if name in tables else ()
    return {other: other[:1].upper() + other[1:] for other in names if other not in labels}


def _key_numbers(measures: pd.DataFrame, facts: Facts, labels: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return (what, number, small print) of the few numbers at the top."""
    auc = measures["auc"]
    return [
        ("People", count_words(facts["n_clients"]), f"{count_words(facts['n_rows'])} questionnaires"),
        ("With the outcome", percent(facts["prevalence"]), f"{count_words(facts['n_events'])} questionnaires"),
        ("AUC, chosen model", number(auc[facts["chosen"]]), labels[facts["chosen"]]),
        ("AUC, baseline", number(auc.get(facts["baseline"])), labels.get(facts["baseline"], facts["baseline"])),
    ]


def _pairs(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the strongest pairs, by the words of their items where these are known."""
    first = pairs.sort_values("strength", ascending=False, kind="stable").head(TOP_PAIRS)
    words = {name: first.get(f"{name}_label", first[name]) for name in ("first", "second")}
    return pd.DataFrame({**words, "strength": first["strength"]})


def _level(importance: pd.DataFrame, level: str) -> pd.DataFrame:
    return importance.loc[importance["level"] == level].sort_values("value", ascending=False, kind="stable")


def _optional_tables(tables: Tables, facts: Facts, labels: Mapping[str, str]) -> dict[str, pd.DataFrame | None]:
    """Return the tables of the sections that may be absent, numbers and intervals in one cell."""

    def joined(name: str, estimate: str, *keep: str, write: Any = number) -> pd.DataFrame | None:
        if name not in tables:
            return None
        table = tables[name]
        words = _joined(table, (estimate, "low", "high"), write=write)
        shaped = table[[c for c in keep if c in table]].copy()
        for column in shaped:
            if column in ("contender", "baseline", "model", "human"):
                shaped[column] = shaped[column].map(lambda name: labels.get(name, name))
            if column == "design":
                shaped[column] = shaped[column].str.replace("_", " ")
            if column in ("rows", "clients"):
                shaped[column] = shaped[column].astype("Int64")
        return shaped.assign(**{estimate: words})

    shown: dict[str, pd.DataFrame | None] = {
        "sample_size": tables.get("sample_size"),
        "delong": joined("delong", "estimate", "contender", "baseline", "p", write=signed),
        "missing_policies": joined("missing_policies", "auc", "policy", "contender", "rows"),
        "belief": joined("belief", "value", "question", "words"),
        "rules": tables.get("rules"),
        "human": joined("human", "estimate", "model", "human", "beats", write=signed),
        "decomposition": None,
        "designs": joined("designs", "auc", "design", "contender", "rows", "clients"),
        "capacity": None,
        "capacity_all": None,
    }
    if (table := shown["designs"]) is not None:
        main = _cells(tables["measures"], "auc")
        shown["designs"] = table.assign(main=tables["designs"]["contender"].map(main))
    if "decomposition" in tables:
        table = tables["decomposition"]
        named = table.assign(contender=table["block"])
        shown["decomposition"] = _measure_table(
            named, table["measure"].unique().tolist(), {b: block_words(b) for b in table["block"].unique()}
        )
    if "capacity" in tables:
        whole = _capacity(tables["capacity"], labels, list(labels))
        first = _capacity(tables["capacity"], labels, _compared(tables, facts))
        shown |= {"capacity": first, "capacity_all": whole if len(whole) > len(first) else None}
    for name, people in (("oracle", ("contender",)), ("overlap", ("contender", "other"))):
        shown[name] = (
            tables[name].assign(**{c: tables[name][c].map(lambda n: labels.get(n, n)) for c in people})
            if name in tables
            else None
        )
    shown["agreement"] = tables.get("agreement")
    if shown["oracle"] is not None:
        known = shown["oracle"]["contender"].isin([labels[name] for name in leading(tables, facts)])
        shown["oracle"] = shown["oracle"].loc[known].sort_values("auc", ascending=False, kind="stable")
    shown["pairs"] = _pairs(tables["pairs"]) if "pairs" in tables else None
    for level in ("item", "respondent", "block"):
        shown[level] = _importance_table(_level(tables["importance"], level)) if "importance" in tables else None
    return {name: table if table is not None and len(table) else None for name, table in shown.items()}


def _capacity(table: pd.DataFrame, labels: Mapping[str, str], names: Sequence[str]) -> pd.DataFrame:
    """Return one row per capacity and contender, one cell per measure."""
    rows = []
    for k in table["k"].unique():
        at = table.loc[table["k"] == k]
        for name in names:
            cells = {measure: _cells(at, measure, digits=2).get(name) for measure in at["measure"].unique()}
            if any(cells.values()):
                rows.append({"room for": k, "contender": labels[name], **cells})
    return pd.DataFrame(rows)


def _importance_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return importance with its uncertainty, one row per item, respondent or block."""
    columns: dict[str, Any] = {"label": table["label"], "malleable": table["malleable"]}
    columns |= {"value": _joined(table, ("value", "low", "high")), "share": table["share"]}
    spans = [f" ({number(low, 0)} to {number(high, 0)})" for low, high in table[["rank_low", "rank_high"]].to_numpy()]
    ranks = [number(rank, 0) for rank in table["rank"]]
    columns["rank"] = [r + s if GAP not in s else r for r, s in zip(ranks, spans, strict=True)]
    if "permutation" in table and table["permutation"].notna().any():
        columns["permutation"] = _joined(table, ("permutation", "permutation_low", "permutation_high"))
    return pd.DataFrame(columns).dropna(axis="columns", how="all")


# --- figures that need words of the report -------------------------------------------------


def _draw_auc(tables: Tables, facts: Facts, labels: Mapping[str, str]) -> "Figure":
    auc = tables["measures"].loc[tables["measures"]["measure"] == "auc"].set_index("contender")
    names = leading(tables, facts)
    kinds = tables["contenders"].set_index("contender")["estimator"].map(_kind)
    rows = auc.loc[names, ["estimate", "low", "high"]].assign(
        label=[labels[n] for n in names], kind=[kinds[n] for n in names]
    )
    lines = {}
    if facts["baseline"] in auc.index:
        words = "register only (baseline)" if "register" in facts["baseline"] else "baseline"
        lines[words] = float(auc["estimate"][facts["baseline"]])
    if "oracle" in tables:
        lines["true probabilities of the made-up people"] = float(tables["oracle"]["oracle_auc"].iloc[0])
    title, axis = "Discrimination of the contenders", f"AUC, with {_level_words(facts)} interval"
    return figures.draw_intervals(rows, name="auc", title=title, axis=axis, lines=lines)


def _level_words(facts: Facts) -> str:
    return percent(facts["level"], 0)


def _draw_importance(importance: pd.DataFrame) -> "dict[str, Figure]":
    """Return the importance of the first items, and that of respondents and blocks."""
    drawn = {}
    axis = "Mean absolute contribution to the log-odds"
    items = _level(importance, "item").head(TOP_ITEMS).rename(columns={"value": "estimate"})
    if len(items):
        if items["malleable"].notna().any():
            group = items["malleable"].map({True: "Changeable", False: "Not changeable"}).fillna("Not stated")
            top = items["estimate"].groupby(group).transform("max")
            items = items.assign(group=group, kind=group, top=top).sort_values("top", ascending=False, kind="stable")
        drawn["importance"] = figures.draw_intervals(
            items, name="importance", title="Importance by item", axis=axis, bars=True, legend="none"
        )
    headings = {"respondent": "By respondent", "block": "By block of columns"}
    parts = [_level(importance, level).assign(group=words) for level, words in headings.items()]
    if len(both := pd.concat([part for part in parts if len(part)] or parts)):
        both = both.rename(columns={"value": "estimate"}).drop(columns="malleable")
        title = "Importance by respondent and by block"
        drawn["parts"] = figures.draw_intervals(both, name="parts", title=title, axis=axis, bars=True)
    return drawn
