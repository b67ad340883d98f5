"""Pages for the talk: from answers to one page a client."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from eriq.config.sheets import SheetSettings
from eriq.disclosure import about_people
from eriq.errors import SHOWN, ConfigError, OutputError, SourceError, shortened
from eriq.instrument.instrument import Instrument, load_instrument
from eriq.model.bundle import Bundle
from eriq.pages import render
from eriq.registry.models import load_model
from eriq.scoring.checks import checked_answers
from eriq.scoring.frame import score_frame
from eriq.scoring.options import Options
from eriq.scoring.sinks.arrow import arrow, as_text
from eriq.sheets import Forecast, answers_table, pages_of, people
from eriq.tables import schema
from eriq.tables.consent import not_given, withdrawn
from eriq.tables.extract import answers_columns, in_our_form, without_echo
from eriq.tables.files import read_declared
from eriq.tables.folders import find_table

TABLES = (".csv", ".xlsx")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, in counts."""

    pages: int
    without_consent: int
    unknown: tuple[int, ...]  # places, from 1, in the list of clients asked for, of those without an answer
    index: Path

    @property
    def sentence(self) -> str:
        """What a person is told: counts, never an id."""
        more = [f"{self.without_consent:,} client(s) have not agreed and have no page"] if self.without_consent else []
        if self.unknown:
            first = ", ".join(map(str, self.unknown[:SHOWN]))
            more.append(f"{len(self.unknown):,} client(s) asked for have no answers (places in the list: {first})")
        return "; ".join([f"{self.pages:,} page(s) in {self.index}", *more])


def sheets(
    given: Path,
    out: Path,
    clients: Sequence[str] | None,
    settings: SheetSettings | None = None,
    *,
    table: Path | None = None,
    overwrite: bool = False,
    step: Callable[[int, int], None] = lambda done, total: None,
) -> Written:
    """Write a page for each client, numbered: ids stand in the pages and in the index, not in the names of files.

    Parameters
    ----------
    given : Path
        Answers of all waves so far: a file, or a folder with a table ``answers``.
    out : Path
        Folder for the pages and ``index.html``; the folder above it is there.
    clients : sequence of str, optional
        Ids; without them, everybody's.
    settings : SheetSettings, optional
    table : Path, optional
        The last answers in words as well, ``.csv`` (with ``;``) or ``.xlsx``.
    overwrite : bool
    step : callable
        Told how many pages are done, and of how many.

    Returns
    -------
    Written

    Raises
    ------
    ConfigError
        When a forecast is asked for without a model.
    OutputError
        When the folder is there already, or has no folder above it.
    SourceError, SchemaError
        When answers cannot be read, or break their contract.
    """
    settings = settings or SheetSettings()
    _check_places(out, table, overwrite=overwrite)
    bundle = load_model(settings.model) if settings.model else None
    if settings.show != "none" and bundle is None:
        raise ConfigError(f"show: {settings.show} needs a model; without one a page says nothing of a forecast")
    instrument = bundle.instrument if bundle else load_instrument(settings.instrument)
    if instrument is None:
        raise ConfigError("a model on a table of one's own has no questionnaire to make pages of")
    language = instrument.language(settings.language)
    answers = read_answers(given, instrument, settings)
    asked = set(answers["client_id"]) if clients is None else set(clients)
    known = answers[answers["client_id"].isin(asked)]
    agreed = _agreed(known, asked=settings.consent == "required")
    persons = list(people(agreed, instrument, language, easy=settings.easy_read))
    forecasts = _forecasts(bundle, agreed, settings) if bundle and settings.show != "none" else None
    with about_people(settings.access):
        out.mkdir(exist_ok=True)
        for page in _pages_of_ours(out):  # an earlier month's must not stay beside these; gone only once all is read
            page.unlink()
        listed = []
        for number, made in enumerate(pages_of(persons, instrument, settings, forecasts), 1):
            name = f"{number:0{len(str(len(persons)))}d}.html"
            (out / name).write_text(made.html, encoding="utf-8")
            listed.append((name, made.client_id))
            step(number, len(persons))
        index = out / "index.html"
        index.write_text(render("sheet_index.html", in_language=language, listed=listed), encoding="utf-8")
        if table is not None:
            _write_table(answers_table(persons, language), table)
    there = set(answers["client_id"])
    unknown = tuple(place for place, client in enumerate(clients or (), 1) if client not in there)
    return Written(len(persons), known["client_id"].nunique() - len(persons), unknown, index)


def _pages_of_ours(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if re.fullmatch(r"\d+\.html|index\.html", file.name)]


def read_answers(given: Path, instrument: Instrument, settings: SheetSettings) -> pd.DataFrame:
    """Return the answers, checked; a row that breaks a rule refuses the file, with the number of such rows."""
    layout = settings.answers
    path = (find_table(given, "answers") or given) if given.is_dir() else given
    sheet = layout.sheet("answers") if path.suffix.lower() == ".xlsx" else None
    columns = answers_columns(instrument)
    made = in_our_form(read_declared(path, layout.csv, sheet), layout, "answers", columns, layout.columns, instrument)
    if settings.consent == "required" and "consent" not in made.frame.columns:
        raise SourceError("the answers have no column consent; add it, or declare consent: not_collected")
    answers, problems = checked_answers(made.frame, instrument, dt.date.today())
    schema.refuse(without_echo([*made.problems, *problems]))
    return answers


def read_clients(text: str) -> list[str]:
    r"""Return the ids of a list, one a line; blank lines count for nothing.

    >>> read_clients("a1\n\n b2 \n")
    ['a1', 'b2']
    """
    return [line.strip() for line in text.splitlines() if line.strip()]


def read_list(path: Path) -> str:
    """Return the text of a file of ids."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as why:
        raise SourceError(f"{path.name} with ids could not be read: {type(why).__name__}") from None


def _agreed(answers: pd.DataFrame, *, asked: bool) -> pd.DataFrame:
    """Return the waves that clients agreed to, of those who agree still: blank is no consent, a withdrawal ends it."""
    kept = answers[~withdrawn(answers)]
    if not asked:
        return kept
    yes = ~not_given(kept)
    last = kept.sort_values("answered_on", kind="stable").drop_duplicates("client_id", keep="last").index
    still = kept.loc[last.intersection(kept.index[yes]), "client_id"]
    return kept[yes & kept["client_id"].isin(still)]


def _forecasts(bundle: Bundle, answers: pd.DataFrame, settings: SheetSettings) -> dict[str, Forecast]:
    """Return what may be said of a forecast of each client's last wave."""
    last = answers.sort_values("answered_on", kind="stable").drop_duplicates("client_id", keep="last")
    scored = score_frame(bundle, last, Options(language=settings.language, consent_required=False))
    found = {}
    for client, probability in zip(last["client_id"], scored["probability"], strict=True):
        if probability != probability:
            continue
        if settings.show == "probability":
            found[client] = Forecast(of_hundred=round(100 * probability))
        elif edges := bundle.manifest.bands:
            found[client] = Forecast(band=f"{sum(probability >= edge for edge in edges) + 1}/{len(edges) + 1}")
    return found


def _check_places(out: Path, table: Path | None, *, overwrite: bool) -> None:
    if not out.parent.is_dir():
        raise OutputError(f"there is no folder {out.parent} to make the pages in")
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OutputError(f"{out} is no folder of ours")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise OutputError(f"{out} is there already; give --overwrite to replace its pages")
    if out.is_dir() and (others := set(out.iterdir()) - set(_pages_of_ours(out))):
        raise OutputError(f"{out} holds {len(others)} file(s) that are no pages; give a folder of its own")
    if table is not None and table.suffix.lower() not in TABLES:
        raise OutputError(
            f"--table writes {' or '.join(TABLES)}, not {shortened(table.suffix) or 'a file without suffix'}"
        )
    if table is not None and table.exists() and not overwrite:
        raise OutputError(f"{table} is there already; give --overwrite to replace it")


def _write_table(frame: pd.DataFrame, place: Path) -> None:
    """Write a table that a spreadsheet opens with accents and without running a cell."""
    safe = as_text(arrow(frame)).to_pandas()
    if place.suffix.lower() == ".csv":
        safe.to_csv(place, sep=";", index=False, encoding="utf-8-sig")
    else:
        safe.to_excel(place, index=False, engine="openpyxl")
