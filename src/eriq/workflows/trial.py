"""A randomised trial read as a trial: a page, and every table beside it, with small cells left out."""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from eriq.config.trial import TrialConfig, load_trial
from eriq.disclosure.release import min_people
from eriq.disclosure.tables import publishable_all
from eriq.pages import GAP, interval, number, render, signed
from eriq.registry.other_runs import OtherRun, log_other
from eriq.tables.files import finished_or_nothing, write_aggregates
from eriq.trials.read import ALL, read_trial
from eriq.trials.trial import open_trial

LABEL = 14  # height of an arm's name in the picture
DASHES = ("", "8 4", "2 3", "10 3 2 3")
Section = tuple[pd.DataFrame, str, Mapping[str, object], Mapping[str, str], tuple[str, ...]]


def trial(config: str, out: Path, *, overwrite: bool = False) -> str:
    """Write the page of a trial and its tables into a folder, and log a run; return the main differences in words.

    Raises
    ------
    ConfigError, LeakageError, SchemaError, CohortError, SourceError
        When the file or its tables cannot be used.
    OutputError
        When `out` holds such files already and `overwrite` is false.
    """
    declared = load_trial(config)
    opened = open_trial(declared)
    tables = publishable_all(read_trial(opened), rows=len(opened.persons))
    with finished_or_nothing(out / "trial.html", overwrite=overwrite) as file:
        file.write_text(page(declared, tables), encoding="utf-8")
    for name, table in tables.items():
        write_aggregates(table, out / f"{name}.csv", overwrite=overwrite)
    found = sentences(declared, tables["trial_contrasts"])
    files = ("trial.html", *(f"{name}.csv" for name in tables))
    tags = {"people": "made up" if declared.source.kind == "simulated" else "real", "reference": declared.reference}
    log_other(OtherRun(declared.name, "trial", " ".join(found), tags, _metrics(declared, tables), out, files))
    return "\n".join([*found, f"page: {out / 'trial.html'}"])


def _metrics(declared: TrialConfig, tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Return the main differences, and the largest imbalance known before the lot."""
    of = _main(declared, tables["trial_contrasts"])
    named = zip(of["contrast"], of["estimate"], strict=True)
    made = {"difference_" + re.sub(r"\W+", "_", str(contrast)): float(estimate) for contrast, estimate in named}
    apart = tables["trial_balance"]["apart"].abs().max()
    return made | ({} if pd.isna(apart) else {"largest_imbalance": float(apart)})


def sentences(declared: TrialConfig, contrasts: pd.DataFrame) -> list[str]:
    """Return the differences from the reference in the first outcome and last month, in words."""
    first, last, of = next(iter(declared.outcomes)), max(declared.months), _main(declared, contrasts)
    named = zip(of["contrast"], _estimates(of, sign=True), strict=True)
    return [f"{contrast}, {_plain(first)}, month {last}: {points} points." for contrast, points in named]


def _main(declared: TrialConfig, contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return the differences from the reference in the first outcome and last month."""
    first, last = next(iter(declared.outcomes)), max(declared.months)
    of = contrasts[(contrasts["outcome"] == first) & (contrasts["month"] == last) & (contrasts["group"] == ALL)]
    return of[of["contrast"].str.endswith(f" - {declared.reference}") & of["estimate"].notna()]


def _plain(name: object) -> str:
    return str(name).replace("_", " ")


def page(declared: TrialConfig, tables: Mapping[str, pd.DataFrame]) -> str:
    """Return the page of a trial from tables that may be published."""
    first = next(iter(declared.outcomes))
    shares = tables["trial_shares"]
    top, lines = _lines(shares[shares["outcome"] == first])
    return render(
        "trial.html",
        heading=f"A trial read as a trial: {declared.name}",
        notice=declared.notice,
        sentences=sentences(declared, tables["trial_contrasts"]),
        level=declared.level,
        fewest=min_people(),
        lines=lines,
        top=top,
        months=(int(shares["month"].min()), int(shares["month"].max())),
        first=_plain(first),
        sections=_sections(declared, tables),
    )


def _lines(shares: pd.DataFrame) -> tuple[float, list[dict[str, Any]]]:
    """Return the height of the picture and one line per arm; months without a number are passed over."""
    shown = shares.dropna(subset="estimate")
    if shown.empty:
        return 1.0, []
    top, last = float(shown["estimate"].max()) * 1.1, int(shares["month"].max()) or 1
    lines: list[dict[str, Any]] = []
    for place, (arm, line) in enumerate(shown.groupby("arm")):
        points = [
            (40 + 520 * month / last, 260 - 240 * estimate / top)
            for month, estimate in zip(line["month"], line["estimate"], strict=True)
        ]
        written = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dash = DASHES[place % len(DASHES)]
        lines.append({"arm": arm, "points": written, "dash": dash, "end": points[-1][1] + 4})
    lowest = -math.inf
    for end in sorted(lines, key=lambda line: line["end"]):  # names stand apart where lines end together
        lowest = max(end["end"], lowest + LABEL)
        end["y"] = f"{lowest:.0f}"
    return top, lines


def _estimates(table: pd.DataFrame, sign: bool = False) -> pd.Series:
    """Return estimates with their intervals as words, in per cent or points."""
    written = [
        f"{signed(100 * e, 1) if sign else number(100 * e, 1)} ({interval(100 * low, 100 * high, 1)})"
        for e, low, high in zip(table["estimate"], table["low"], table["high"], strict=True)
    ]
    return pd.Series(written, index=table.index, dtype="str").where(table["estimate"].notna(), GAP)


def _sections(declared: TrialConfig, tables: Mapping[str, pd.DataFrame]) -> list[Section]:
    """Return the tables of the page with captions and forms."""
    shares, contrasts = tables["trial_shares"], tables["trial_contrasts"]
    arms = tuple(tables["trial_arms"]["arm"])
    told = shares[shares["month"].isin(declared.months)]
    told = told[told.groupby(["month", "outcome"])["estimate"].transform("count") > 0]  # of any arm
    wide = _by_arm(told.assign(said=_estimates(told)), arms)
    last = contrasts[(contrasts["month"] == max(declared.months)) | (contrasts["group"] == ALL)]
    said = last.assign(said=_estimates(last, sign=True), outcome=last["outcome"].map(_plain))
    balance = tables["trial_balance"]
    means = zip(balance["mean"], balance["apart"], strict=True)
    apart = balance.assign(said=[f"{number(mean, 2)} ({signed(gap, 2)})" for mean, gap in means])
    sections: list[Section] = [
        (
            wide,
            "Share in each kind of work and outcome, per cent, with intervals; no row where all arms have too few",
            {},
            {},
            arms,
        ),
        (
            said[["contrast", "month", "outcome", "group", "said"]],
            "Differences between arms, percentage points, with intervals; women and men in the last month",
            {},
            {"said": "difference"},
            ("said",),
        ),
        (
            _by_arm(apart.rename(columns={"fact": "outcome"}).assign(month=0), arms).drop(columns="month"),
            f"Known before the lot: weighted means (difference from {declared.reference} in standard deviations)",
            {},
            {"outcome": "fact"},
            arms,
        ),
        (
            tables["trial_arms"],
            "Arms: people, the chances they got the arm by, and how many people of equal weight would tell as much",
            {"lowest": ("number", 2), "highest": ("number", 2), "effective": ("number", 0)},
            {"n": "people", "lowest": "lowest chance", "highest": "highest chance"},
            (),
        ),
    ]
    if "trial_answered" in tables:
        answered = tables["trial_answered"]
        gaps = answered[["gap", "gap_low", "gap_high"]].set_axis(["estimate", "low", "high"], axis=1)
        who = answered.assign(said=_estimates(answered), apart=_estimates(gaps, sign=True))
        caption = f"Survey answered, per cent, and the difference from {declared.reference} in points"
        labels = {"n": "people", "said": "answered", "apart": "difference"}
        sections.append((who[["arm", "n", "said", "apart"]], caption, {}, labels, ("said", "apart")))
    return sections


def _by_arm(table: pd.DataFrame, arms: tuple[str, ...]) -> pd.DataFrame:
    """Return words with a column per arm, rows in the order in which they come."""
    order = table[["month", "outcome"]].drop_duplicates()
    wide = table.pivot_table(index=["month", "outcome"], columns="arm", values="said", aggfunc="first").reset_index()
    shown = order.merge(wide, on=["month", "outcome"]).sort_values("month", kind="stable")
    return shown.assign(outcome=shown["outcome"].map(_plain))[["month", "outcome", *arms]].reset_index(drop=True)
