"""Whether the people of a batch are as those of training, looked at on a sample before any of them is scored."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eriq.errors import bullets
from eriq.features import Feature
from eriq.instrument.texts import Language
from eriq.model.bundle import Bundle
from eriq.model.distributions import FORECAST, counted
from eriq.monitoring.shift import MOVED, UNKNOWN, WORTH, compare, shift
from eriq.scoring.chunk import usable_rows
from eriq.scoring.options import Options
from eriq.scoring.registers import Lookup
from eriq.tables.versions import declared

ROWS = 1_000  # questionnaires looked at; 1.6 % of the time of a batch of 200,000 rows
NAMED = 5  # columns named in a warning, those that moved most first


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What a sample says: words where it moved, a reason where it cannot be told, neither where no drift is shown."""

    drift: str = ""
    unknown: str = ""


def first_look(bundle: Bundle, raw: pd.DataFrame, options: Options, lookup: Lookup | None = None) -> FirstLook:
    """Return whether the rows of a sample differ from training by as much as matters.

    A column has moved when Holm's p over all columns is below 0.05 and its population stability index, less what
    chance gives it, is 0.1 or more: with many people a difference of no weight is found too, and a batch that
    is warned of every month is soon not looked at.

    Parameters
    ----------
    bundle : Bundle
    raw : DataFrame of shape (n_rows, any)
        As read from a file.
    options : Options
        Of the job: the rows that it would set aside do not count.
    lookup : Lookup, optional
        Where register columns are to be made from.
    """
    kept = bundle.manifest.distributions
    if not kept:
        return FirstLook(unknown="the model keeps no distributions of training")
    raw = declared(raw, options.answers_to) if bundle.instrument else raw
    registers = None if lookup is None else lookup.of(raw)
    today = options.today or dt.date.today()
    usable = usable_rows(bundle, raw, today, registers, 1, options.without_registers, options.previous)
    part = next((p for p in usable.parts if p.bundle is bundle), None)
    if part is None or not len(part.places):
        return FirstLook(unknown="no questionnaire of the sample is whole enough for the model")
    people = pd.DataFrame(part.matrix, columns=[f.name for f in bundle.features])
    people[FORECAST] = bundle.model.log_odds(part.matrix)
    once = ~usable.kept["client_id"].iloc[part.places].duplicated().to_numpy()
    people = people.loc[once, [name for name in kept if name in people]]
    blocks = {f.name: f.part for f in bundle.features} | {FORECAST: FORECAST}
    found = shift(kept, blocks, {"sample": people}, intervals=False)
    moved = found[(found["verdict"] == MOVED) & (found["estimate"] >= WORTH)]
    if len(moved):
        return FirstLook(drift=_told(bundle, moved, people, len(found), options.language))
    if (found["verdict"] == UNKNOWN).all():
        return FirstLook(unknown=f"too few people ({len(people):,} in the sample)")
    return FirstLook()


def sample_of(frames: list[pd.DataFrame], most: int = ROWS) -> pd.DataFrame:
    """Return at most `most` rows, spread evenly over some chunks of the input.

    >>> sample_of([pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [3, 4]})], 2)["a"].tolist()
    [1, 3]
    """
    total, begun, parts = sum(map(len, frames)), 0, []
    wanted = np.arange(total) if total <= most else np.arange(most) * total // most
    for frame in frames:
        here = wanted[(wanted >= begun) & (wanted < begun + len(frame))] - begun
        parts.append(frame.iloc[here])
        begun += len(frame)
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0].reset_index(drop=True)


def _told(bundle: Bundle, moved: pd.DataFrame, people: pd.DataFrame, total: int, language: Language | None) -> str:
    """Return in words which columns moved, how far with 95 % intervals, and among how many."""
    kept, lines = bundle.manifest.distributions, []
    largest = moved.sort_values("estimate", ascending=False, kind="stable").head(NAMED)
    for row in largest.to_dict("records"):
        name = str(row["column"])
        binned = kept[name]
        found = compare(binned.counts, counted(people[name].to_numpy("float64"), binned.edges))
        words = column_words(bundle, name, language)
        lines.append(f"{words}: {found['estimate']:.2f} ({found['low']:.2f} to {found['high']:.2f})")
    if len(moved) > NAMED:
        lines.append(f"and {len(moved) - NAMED} more")
    head = (
        f"shift: {len(moved)} of {total} columns of {bundle.name} are not as in training, among {len(people):,} people "
        "at the beginning of the input (population stability index above chance, 95 % interval; 0.1 matters). "
        "Forecasts may not hold for them; 'eriq monitor' looks at the whole period:"
    )
    return bullets(head, lines)


def column_words(bundle: Bundle, name: str, language: Language | None = None) -> str:
    """Return what a column is called on pages: its block, and its question or label."""
    if name == FORECAST:
        return "the forecast itself"
    feature: Feature = next(f for f in bundle.features if f.name == name)
    return f"{feature.part.replace('_', ' ')}: {feature.labels.in_(bundle.language(language))}"
