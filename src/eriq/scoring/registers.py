"""Registers beside the answers: found, read whole and checked, and looked up chunk by chunk."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from eriq.config import Layout, TableName, Tables
from eriq.errors import ConfigError, SourceError
from eriq.features import recorded_columns
from eriq.instrument.instrument import NO_QUESTIONS, load_instrument
from eriq.model.bundle import Bundle
from eriq.tables import schema
from eriq.tables.cohort import Registers
from eriq.tables.extract import Extract, in_our_form, read_extract, without_echo
from eriq.tables.files import Read, read_declared
from eriq.tables.folders import find_table
from eriq.tables.intake import TABLES, check_registers


def registers_of(source: Layout, bundle: Bundle) -> tuple[Registers | None, dict[str, str]]:
    """Return the registers that a job's source names, or that lie in its folder of answers, and their digests.

    None where the model needs none, or a file or database has none beside it.

    Raises
    ------
    ConfigError, SourceError, SchemaError
        When a table is missing, or breaks its contract.
    """
    if not bundle.needs_registers:
        return None, {}
    if isinstance(source, Tables):
        return _named_registers(source, bundle)
    return registers_beside(getattr(source, "folder", None), source, form=bundle.needs_form)


def registers_beside(
    folder: Path | None, layout: Layout | None = None, *, form: bool = False
) -> tuple[Registers | None, dict[str, str]]:
    """Return the registers of a folder that also holds answers, and the digests of their files.

    Raises
    ------
    SourceError, SchemaError
        When a table is missing, or breaks its contract.
    """
    if folder is None or find_table(folder, "answers") is None:
        return None, {}
    return read_registers(folder, layout, form=form)


def read_registers(
    folder: Path, layout: Layout | None = None, *, form: bool = False
) -> tuple[Registers, dict[str, str]]:
    """Return checked registers, whole, with the digests of their files.

    Here every problem is the file's, as no answer can be blamed for it.
    The forms that staff filled in have to be there where the model uses a `form`.
    """
    made: list[Extract] = []
    layout, nothing_asked = layout or Layout(), load_instrument(NO_QUESTIONS)
    for name, columns in TABLES.items():
        file = find_table(folder, name)
        if file is None and name == "forms" and not form:
            continue
        if file is None:
            need = "persons, spells, events and forms" if form else "persons, spells and events"
            raise SourceError(f"{folder} has no {name}; this model needs {need}")
        read = read_declared(file, layout.csv, layout.sheet(name))
        made.append(in_our_form(read, layout, name, columns, {}, nothing_asked))
    return _checked(made)


def checked_registers(frames: Mapping[str, pd.DataFrame]) -> Registers:
    """Return registers given as frames, as read from files of these names, checked as those are.

    Raises
    ------
    SchemaError
        When a table breaks its contract.
    """
    nothing_asked = load_instrument(NO_QUESTIONS)
    made = [
        in_our_form(Read(frames[name], ""), Layout(), name, columns, {}, nothing_asked)
        for name, columns in TABLES.items()
        if name in frames
    ]
    return _checked(made)[0]


def _named_registers(source: Tables, bundle: Bundle) -> tuple[Registers, dict[str, str]]:
    """Return the registers of an agency's own tables; persons and spells have to be there, as in a training."""
    needed = ("persons", "spells", "forms") if bundle.needs_form else ("persons", "spells")
    if lacking := [name for name in needed if getattr(source, name) is None]:
        raise ConfigError(f"{bundle.name} needs registers: source has no {' and no '.join(lacking)}")
    instrument = bundle.instrument or load_instrument(NO_QUESTIONS)
    return _checked([part for name in TABLES if (part := read_extract(source, name, instrument)) is not None])


def _checked(made: list[Extract]) -> tuple[Registers, dict[str, str]]:
    digests = {name: sha256 for part in made for name, sha256 in part.digests.items()}
    frames: dict[TableName, pd.DataFrame] = {
        name: part.frame for part in made for name in TABLES if name in part.digests
    }
    registers, problems = check_registers(frames, dt.date.today(), extra="ignore")
    schema.refuse(without_echo([*(problem for part in made for problem in part.problems), *problems]))
    return registers, digests


class Lookup:
    """Registers in order of client, so that a chunk takes only the lines of its own clients."""

    def __init__(self, registers: Registers) -> None:
        self._tables, self._periods = {}, has_periods(registers.spells["status"])
        for name in TABLES:
            table = getattr(registers, name)
            code, clients = pd.factorize(table["client_id"])
            order = np.argsort(code, kind="stable")  # lines of a client stay in their order
            counts = np.bincount(code[code >= 0], minlength=len(clients))
            starts = np.concatenate([[0], counts.cumsum()]) + (code < 0).sum()
            self._tables[name] = (table, pd.Index(clients), order, starts)

    def of(self, rows: pd.DataFrame) -> Registers:
        """Return the registers of the clients in `rows`, as read."""
        ids = schema.read_column(rows["client_id"], schema.Column("client_id", "str")).dropna().unique()
        found = {}
        for name, (table, clients, order, starts) in self._tables.items():
            place = np.sort(clients.get_indexer(pd.Index(ids)))
            place = place[place >= 0]
            size = starts[place + 1] - starts[place]
            offset = np.repeat(starts[place] - (size.cumsum() - size), size)
            lines = order[offset + np.arange(size.sum())]
            found[name] = table.iloc[np.sort(lines)].reset_index(drop=True)
        return with_periods(Registers(**found), kept=self._periods)


def has_periods(status: pd.Series) -> bool:
    """Return whether an agency keeps periods of registration at all."""
    return bool((status == "registered").any())


def with_periods(some: Registers, *, kept: bool) -> Registers:
    """Return registers of some clients that still tell "never registered before" from "not kept".

    Where periods are kept and none of these clients has one, one of nobody, at no time, is added.
    """
    if not kept or has_periods(some.spells["status"]):
        return some
    status = some.spells["status"].astype("category")
    status = status.cat.set_categories(status.cat.categories.union(["registered"]))  # which none of these clients has
    spells = some.spells.assign(status=status)
    of_nobody = spells.iloc[:0].reindex([0]).assign(status="registered").astype(spells.dtypes)
    return replace(some, spells=pd.concat([spells, of_nobody], ignore_index=True))


def with_register_columns(bundle: Bundle, answers: pd.DataFrame, registers: Registers) -> pd.DataFrame:
    """Return answers, as read, with the register columns a model needs beside them."""
    when = pd.to_datetime(answers["answered_on"], errors="coerce")
    rows = pd.DataFrame({"client_id": answers["client_id"], "answered_on": when})
    made = recorded_columns(rows.astype({"answered_on": "datetime64[us]"}), registers, bundle.manifest.lag_days)
    return pd.concat([answers, made[list(bundle.registers)]], axis="columns")
