"""Which columns of an input a model reads, and under which names they stand there."""

from collections.abc import Mapping

from eriq.errors import InstrumentError
from eriq.model.bundle import Bundle
from eriq.scoring.sources.base import Wanted
from eriq.tables import schema


def wanted_columns(bundle: Bundle, mapping: Mapping[str, str] | None = None) -> Wanted:
    """Return the columns of an input that this model reads: all others stay in the file."""
    registers = frozenset(bundle.registers)
    if instrument := bundle.instrument:
        columns = schema.answers_columns(instrument)
        names, whole = frozenset(c.name for c in columns), frozenset(instrument.item_ids)
        return Wanted(names | registers, whole, registers, mapping or {}, instrument)
    numbers = frozenset(f.column for f in bundle.features if not f.levels)
    texts = frozenset(f.column for f in bundle.features if f.levels)
    return Wanted(numbers | texts | {bundle.client}, frozenset(), numbers, mapping or {})


def accepted(bundle: Bundle, answers_to: str | None) -> dict[str, str]:
    """Return our item -> their item for answers to another questionnaire that the model's own accepts.

    Raises
    ------
    InstrumentError
        When the model's questionnaire does not name `answers_to` among those it accepts.
    """
    instrument = bundle.instrument
    if answers_to is None or (instrument and answers_to == f"{instrument.id} {instrument.version}"):
        return {}
    if instrument is None:
        raise InstrumentError(f"{bundle.name} was trained on a ready table, not on a questionnaire")
    if answers_to not in instrument.accepts:
        raise InstrumentError(
            f"{bundle.name} was trained on {instrument.id} {instrument.version}; these answers are to {answers_to}, "
            "for which it declares no mapping"
        )
    return {ours: theirs for theirs, ours in instrument.accepts[answers_to].items()}
