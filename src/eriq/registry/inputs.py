"""What a saved model takes, column by column: of which type, and whether it must be there."""

from collections.abc import Mapping

from eriq.model.bundle import Bundle
from eriq.scoring.columns import wanted_columns
from eriq.tables import schema
from eriq.tables.versions import foreign_items

TYPES = {"str": "text", "datetime64[us]": "date", "Float64": "number"}


def column_types(bundle: Bundle) -> Mapping[str, str]:
    """Return the type of every column that a model looks at, in words; the client first, others by name.

    Parameters
    ----------
    bundle : Bundle

    Returns
    -------
    mapping of str to str
        Such as ``{"client_id": "text, required", "cw01": "whole number"}``.
    """
    told = _told(bundle)
    wanted = wanted_columns(bundle)
    names = [bundle.client, *sorted(wanted.names - {bundle.client})]
    needed = needed_columns(bundle)
    found = {name: told.get(name, "number" if name in wanted.numbers else "whole number") for name in names}
    return {name: words + (", required" if name in needed else "") for name, words in found.items()}


def _told(bundle: Bundle) -> dict[str, str]:
    """Return the types that contract or features tell of."""
    if bundle.instrument:
        columns = schema.answers_columns(bundle.instrument)
        return {column.name: TYPES.get(column.dtype, "whole number") for column in columns}
    kinds = {f.column: "text" if f.levels else "number" for f in bundle.features}
    return {**kinds, **dict.fromkeys(bundle.days, "date"), bundle.client: "text"}


def needed_columns(bundle: Bundle) -> frozenset[str]:
    """Return the columns without which no row can be scored; a cell in them may be blank, except id and day.

    Items may come under the names of another questionnaire that this one accepts, so then none of them must be there;
    registers may stand in tables of their own.
    """
    instrument = bundle.instrument
    if instrument is None:
        return frozenset({bundle.client, *bundle.days, *(f.column for f in bundle.features)})
    items = () if foreign_items(instrument) else instrument.item_ids
    return frozenset({"client_id", "answered_on", *items})


def types_words(bundle: Bundle) -> str:
    """Return the columns a model takes as a few lines: a type, and all columns that have it."""
    types = column_types(bundle)
    lines = [
        f"- {words}: {', '.join(f'`{name}`' for name, own in types.items() if own == words)}"
        for words in dict.fromkeys(types.values())
    ]
    return "\n".join(lines)
