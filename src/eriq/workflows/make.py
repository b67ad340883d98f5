"""Write made-up cohorts and codebooks."""

from pathlib import Path

from eriq.disclosure import Access, about_people
from eriq.errors import InstrumentError, OutputError
from eriq.instrument.instrument import load_instrument
from eriq.instrument.texts import Language
from eriq.simulation.cohort import about_cohort
from eriq.simulation.pieces import cohort_blocks
from eriq.simulation.settings import load_simulation
from eriq.tables.files import finished_or_nothing, write_aggregates
from eriq.tables.pieces import write_pieces


def write_cohort(
    out: Path, clients: int, seed: int, preset: str, format: str, *, overwrite: bool = False, access: Access = "owner"
) -> str:
    """Write the tables of a made-up cohort, the form of staff among them, and the truth in a folder of its own."""
    if out.exists() and any(out.iterdir()) and not overwrite:
        raise OutputError(f"{out} is there already and not empty; give --overwrite to replace its tables")
    settings, names = load_simulation(preset), ("answers", "persons", "spells", "events", "forms")
    blocks = cohort_blocks(settings, load_instrument("eriq22"), clients=clients, seed=seed)
    paths = {name: out / f"{name}.{format}" for name in names} | {"truth": out / "truth" / f"truth.{format}"}
    pieces = ({name: getattr(made, name) for name in paths} for made in blocks)
    with about_people(access):  # made up, and kept as real ones would be
        rows = write_pieces(pieces, paths, overwrite=overwrite)
        about = about_cohort(settings)
        with finished_or_nothing(out / "ABOUT.txt", overwrite=overwrite, about_persons=True) as file:
            file.write_text(f"{about}\n{clients} clients, seed {seed}\n", encoding="utf-8")
    return f"{rows['answers']:,} answered waves of {clients:,} made-up clients in {out}\n{about}"


def write_codebook(file: str, out: Path, *, overwrite: bool = False) -> str:
    """Write the codebook of a questionnaire as CSV and as a page."""
    from eriq.instrument.codebook import codebook_html, codebook_table

    instrument = load_instrument(file)
    write_aggregates(codebook_table(instrument), out / "codebook.csv", overwrite=overwrite)
    with finished_or_nothing(out / "codebook.html", overwrite=overwrite) as page:
        page.write_text(codebook_html(instrument), encoding="utf-8")
    return f"{out / 'codebook.csv'}\n{out / 'codebook.html'}"


def write_questionnaire(
    out: Path, items: int, respondent: str, language: Language, *, levels: int = 4, overwrite: bool = False
) -> str:
    """Write a questionnaire to begin with, once it is sure that it holds together.

    Raises
    ------
    InstrumentError
        When the respondent cannot be called that; nothing is written then.
    OutputError
        When the file is there already, or cannot be written.
    """
    from eriq.instrument.start import started

    if out.exists() and not overwrite:
        raise OutputError(f"{out} is there already; give --overwrite to replace it")
    with finished_or_nothing(out, overwrite=overwrite) as file:
        file.write_text(started(out.stem, items, respondent, language, levels), encoding="utf-8")
        try:
            load_instrument(file)
        except InstrumentError:
            raise InstrumentError(
                f"respondent '{respondent}' cannot be used: small letters, digits and _, and no word that is a block"
            ) from None
    return f"{out}: {items} items to the {respondent}; write the texts, then: eriq instrument check {out}"
