"""Which columns of an input a model reads, and under which names they stand there."""

from collections.abc import Mapping

from eriq.config import FlatColumn
from eriq.model.bundle import Bundle
from eriq.scoring.sources.base import Wanted
from eriq.tables import schema
from eriq.tables.versions import foreign_items


def wanted_columns(bundle: Bundle, mapping: Mapping[str, str] | None = None) -> Wanted:
    """Return the columns of an input that this model reads: all others stay in the file."""
    registers = frozenset(bundle.registers)
    if instrument := bundle.instrument:
        columns = schema.answers_columns(instrument)
        whole = foreign_items(instrument) | frozenset(instrument.item_ids)
        names = frozenset(c.name for c in columns) | whole
        return Wanted(names | registers, whole, registers, mapping or {}, instrument)
    numbers = frozenset(f.column for f in bundle.features if not f.levels and not (f.given and _as_text(f.given)))
    names = frozenset(f.column for f in bundle.features)
    return Wanted(names | {bundle.client, *bundle.days}, frozenset(), numbers, mapping or {})


def _as_text(declared: FlatColumn) -> bool:
    """Return whether a column holds what no number says: dates, and codes for a gap that may be words."""
    return declared.kind == "date" or bool(declared.missing)
