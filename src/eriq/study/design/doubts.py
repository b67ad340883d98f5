"""What makes one doubt the people of a study before anything is fitted: remarks on values and dates, people twice."""

from eriq.study.design.study import Study
from eriq.study.design.twins import find_twins
from eriq.tables.remarks import Remark, extreme_values, register_remarks


def remarks_on(study: Study) -> list[Remark]:
    """Return every remark on the values of a ready table, or on the registers of an agency."""
    if study.intake is not None:
        held = study.intake.registers
        tables = {"persons": held.persons, "spells": held.spells, "events": held.events, "forms": held.forms}
        return register_remarks(tables)
    measured = {f.name: f.column for f in study.features if f.kind == "continuous"}
    numbers = study.design.matrix[list(measured)].rename(columns=measured)
    return extreme_values(numbers, study.design.rows["client_id"], "table")


def doubts_of(study: Study) -> tuple[str, ...]:
    """Return what is to be said of the people of a study: a warning on people twice first, then every remark."""
    twice = find_twins(study.home.judged()).sentence
    return (*((twice,) if twice else ()), *(str(remark) for remark in remarks_on(study)))
