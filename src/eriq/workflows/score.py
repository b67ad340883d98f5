"""Score a batch: a file of answers, or a folder with registers beside them."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from eriq.bundle import Bundle, open_bundle
from eriq.config import Csv, TableName
from eriq.data import schema
from eriq.data.cohort import Registers
from eriq.data.intake import TABLES, check_registers
from eriq.data.instrument import Language
from eriq.data.sources import read_table, write_table
from eriq.errors import OutputError, SourceError
from eriq.features import register_columns
from eriq.scoring import Options, needs_registers, score_rows
from eriq.tracking import model_folder

MODELS = Path("models")


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of the rows of a batch."""

    read: int
    scored: int
    rejected: int
    out: Path
    sentence: str


def load_model(reference: str) -> Bundle:
    """Open a model by folder, by name under models/, or from the registry."""
    if not reference.startswith("models:/") and not Path(reference).exists() and (MODELS / reference).is_dir():
        return open_bundle(MODELS / reference)
    return open_bundle(model_folder(reference))


def rejects_path(out: Path) -> Path:
    """Return where the rows set aside go: beside the scores.

    >>> rejects_path(Path("scores.csv")).name
    'scores.csv.rejected.csv'
    """
    return out.with_name(f"{out.name}.rejected.csv")


def score(
    model: str, given: Path, out: Path, *, language: Language = "en", reasons: int = 5, overwrite: bool = False
) -> Batch:
    """Score every row of a file or folder; what cannot be scored is set aside with its reason.

    Raises
    ------
    EriqError
        By cause; then nothing was written.
    """
    refuse_existing(out, overwrite)
    bundle = load_model(model)
    answers, registers = read_input(given, bundle)
    scored = score_rows(bundle, answers, Options(language=language, reasons=reasons), registers)
    write_table(scored.rejected, rejects_path(out), overwrite=True)
    write_table(scored.scores, out, overwrite=overwrite)
    read, good, bad = scored.n_read, len(scored.scores), len(scored.rejected)
    sentence = f"{read:,} rows read = {good:,} scored in {out} + {bad:,} set aside in {rejects_path(out).name}"
    return Batch(read, good, bad, out, sentence)


def refuse_existing(out: Path, overwrite: bool) -> None:
    """Raise OutputError before any work if the result could not be written."""
    if out.exists() and not overwrite:
        raise OutputError(f"{out} is there already; give --overwrite to replace it")
    if out.suffix.lower() not in (".csv", ".parquet"):
        raise OutputError(f"{out.name}: eriq writes .csv and .parquet")


def read_input(given: Path, bundle: Bundle) -> tuple[pd.DataFrame, Registers | None]:
    """Return the raw answers, and the registers where the input is a folder that has them."""
    if not given.is_dir() or not find_table(given, "answers"):
        return read_table(given), None
    answers = read_table(find_table(given, "answers") or given)
    return answers, read_registers(given) if needs_registers(bundle) else None


def find_table(folder: Path, name: str) -> Path | None:
    """Return the file of a table in a folder, whatever its format."""
    for suffix in (".parquet", ".csv", ".xlsx"):
        if (file := folder / f"{name}{suffix}").exists():
            return file
    return None


def read_registers(folder: Path) -> Registers:
    """Return checked registers; here every problem is the file's, as no answer can be blamed for it."""
    frames: dict[TableName, pd.DataFrame] = {}
    for name in TABLES:
        file = find_table(folder, name)
        if file is None:
            raise SourceError(f"{folder} has no {name}; this model needs persons, spells and events")
        frames[name] = read_table(file, Csv())
    registers, problems = check_registers(frames, dt.date.today(), extra="ignore")  # noqa: DTZ011
    schema.refuse(problems)
    return registers


def make_features(model: str, folder: Path, out: Path, *, overwrite: bool = False) -> str:
    """Write the answers of a folder with the register columns a model needs, made once."""
    refuse_existing(out, overwrite)
    bundle = load_model(model)
    answers = read_table(find_table(folder, "answers") or folder)
    registers = read_registers(folder)
    names = [f.name for f in bundle.features if f.respondent == "register"]
    rows = pd.DataFrame(
        {"client_id": answers["client_id"], "answered_on": pd.to_datetime(answers["answered_on"], errors="coerce")}
    )
    made = register_columns(rows.astype({"answered_on": "datetime64[us]"}), registers, int(bundle.manifest["lag_days"]))
    write_table(pd.concat([answers, made[names]], axis="columns"), out, overwrite=overwrite)
    return f"{len(answers):,} rows with {len(names)} register columns in {out}"
