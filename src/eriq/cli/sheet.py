"""The command that writes pages for talks."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from eriq.cli.app import Consent, Language, Overwrite, Readable, command
from eriq.cli.progress import pages
from eriq.errors import SOME_SET_ASIDE


@command()
def sheet(
    answers: Annotated[Path, typer.Argument(help="Answers of all waves so far, or a folder with such a table.")],
    out: Annotated[Path, typer.Option(help="Folder for the pages, one a client, and index.html.")],
    clients: Annotated[
        str | None, typer.Option(help="File with ids, one a line; - reads them from standard input.")
    ] = None,
    everybody: Annotated[bool, typer.Option("--all", help="A page for every client of the answers.")] = False,
    config: Annotated[
        Path | None, typer.Option(help="Settings: groups, objection, show, how answers are written.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Saved model, for its questionnaire and where `show` asks.")] = None,
    instrument: Annotated[str | None, typer.Option(help="Questionnaire, where there is no model.")] = None,
    language: Language = None,
    show: Annotated[
        Literal["none", "band", "probability"] | None, typer.Option(help="What is said of a forecast; none by default.")
    ] = None,
    table: Annotated[Path | None, typer.Option(help="The last answers in words as well: .csv with ; or .xlsx.")] = None,
    consent: Consent = "required",
    access: Readable = "owner",
    overwrite: Overwrite = False,
) -> None:
    """Write a page for each client: both voices side by side, what works, what can move, what studies say.

    Exit code 3: somebody asked for has no answers, or has not agreed; all others have their page.

    Ids are never given on the command line, where the shell keeps them.

    Example: eriq sheet answers.csv --clients today.txt --language sv --out pages
    """
    from eriq.config.sheets import SheetSettings, load_sheets
    from eriq.workflows import sheet as job

    if (clients is None) == (not everybody):
        raise typer.BadParameter("give either --clients FILE (or -) or --all")
    said = {"model": model, "instrument": instrument, "language": language, "show": show}
    given = {name: value for name, value in said.items() if value is not None}
    given |= {"consent": consent} if consent != "required" else {}
    given |= {"access": access} if access != "owner" else {}
    settings = load_sheets(config) if config else SheetSettings()
    settings = SheetSettings.model_validate({**settings.model_dump(), **given})
    ids = None
    if clients is not None:
        text = sys.stdin.read() if clients == "-" else job.read_list(Path(clients))
        ids = job.read_clients(text)
    with pages() as step:
        done = job.sheets(answers, out, ids, settings, table=table, overwrite=overwrite, step=step)
    typer.echo(done.sentence)
    if done.unknown or (done.without_consent and ids is not None):
        raise typer.Exit(SOME_SET_ASIDE)
