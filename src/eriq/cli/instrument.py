"""Commands on a questionnaire."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from eriq.cli.app import Language, Overwrite, instrument_command


@instrument_command("show")
def instrument_show(
    file: Annotated[str, typer.Argument(help="File, or a shipped name.")] = "eriq22", language: Language = None
) -> None:
    """Print a questionnaire.

    Example: eriq instrument show eriq22 --language sv
    """
    from eriq.instrument.codebook import describe
    from eriq.instrument.instrument import load_instrument

    typer.echo(describe(load_instrument(file), language))


@instrument_command("check")
def instrument_check(file: Annotated[str, typer.Argument(help="File, or a shipped name.")]) -> None:
    """Check a questionnaire file and print its digest.

    Example: eriq instrument check configs/instruments/eriq22.yaml
    """
    from eriq.instrument.instrument import load_instrument

    found = load_instrument(file)
    typer.echo(f"{found.id} {found.version}: {len(found.items)} items, digest {found.digest}")
    for remark in found.remarks():
        typer.echo(f"  - {remark}")


@instrument_command("codebook")
def instrument_codebook(
    out: Annotated[Path, typer.Option(help="Folder for codebook.csv and codebook.html.")],
    file: Annotated[str, typer.Argument(help="File, or a shipped name.")] = "eriq22",
    overwrite: Overwrite = False,
) -> None:
    """Write the codebook of a questionnaire as CSV and HTML.

    Example: eriq instrument codebook eriq22 --out build
    """
    from eriq.workflows import make as make_job

    typer.echo(make_job.write_codebook(file, out, overwrite=overwrite))


@instrument_command("export")
def instrument_export(
    to: Annotated[
        Literal["xlsform", "limesurvey", "redcap", "fhir", "html", "pdf"],
        typer.Option(help="The tool; xlsform is ODK and KoBo."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the forms.")],
    file: Annotated[str, typer.Argument(help="File, or a shipped name.")] = "eriq22",
    language: Annotated[Literal["en", "sv", "da", "all"], typer.Option(help="Language of the form.")] = "all",
    consent: Annotated[bool, typer.Option("--consent", help="Ask for consent in each form.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """Write a questionnaire as forms of a tool that agencies have, a form for each respondent.

    Example: eriq instrument export eriq22 --to html --language sv --out forms
    """
    from eriq.workflows import forms as job

    options = job.Options(() if language == "all" else (language,), consent, overwrite)
    typer.echo(job.export(file, to, out, options))


@instrument_command("new")
def instrument_new(
    out: Annotated[Path, typer.Option(help="File to write.")],
    items: Annotated[int, typer.Option(min=1, max=500, help="How many questions.")] = 15,
    levels: Annotated[int, typer.Option(min=2, max=11, help="How many answers a question has, coded from 1.")] = 4,
    respondent: Annotated[str, typer.Option(help="Who answers: client, caseworker, or a word of your own.")] = "client",
    language: Language = None,
    overwrite: Overwrite = False,
) -> None:
    """Write a commented start of a questionnaire of one's own, which passes the check.

    Example: eriq instrument new --items 15 --out my.yaml
    """
    from eriq.workflows import make as make_job

    typer.echo(
        make_job.write_questionnaire(out, items, respondent, language or "en", levels=levels, overwrite=overwrite)
    )
