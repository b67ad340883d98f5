"""Which columns of an input a model reads, and under which names they stand there."""

from collections.abc import Mapping

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
        return Wanted(names | registers, whole, registers, mapping or {})
    numbers = frozenset(f.column for f in bundle.features if not f.levels)
    texts = frozenset(f.column for f in bundle.features if f.levels)
    return Wanted(numbers | texts | {bundle.client}, frozenset(), numbers, mapping or {})
