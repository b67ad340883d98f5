"""Commands that use a model."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from eriq.cli.app import Consent, Language, Overwrite, Readable, TrustedKeys, command
from eriq.cli.progress import chunks
from eriq.errors import SOME_SET_ASIDE, ConfigError

if TYPE_CHECKING:
    from eriq.config import ScoringJob
    from eriq.scoring.job import Batch

SAID = {  # of a job by its config, where there is one
    *(
        "input",
        "out",
        "language",
        "reasons",
        "audience",
        "show",
        "encoding",
        "decimal",
        "consent",
        "trusted_key",
        "access",
    ),
}


def _no_employer(audience: str) -> str:
    """Say why an audience is refused, and not only that it is not known."""
    from eriq.config.excluded import EMPLOYER, EMPLOYERS

    if audience.casefold() in EMPLOYERS:
        raise ConfigError(f"--audience {audience}: {EMPLOYER}")
    if audience not in ("caseworker", "operator"):
        raise typer.BadParameter(f"'{audience}' is not one of 'caseworker', 'operator'.")
    return audience


def _warn(log: str, text: str) -> None:
    """Print a warning on standard error."""
    typer.echo(json.dumps({"event": "warning", "text": text}) if log == "json" else text, err=True)


def _run_here(job: "ScoringJob", log: str, *, resume: bool, overwrite: bool, workers: int | None) -> "Batch":
    """Run a job on this machine, and tell of it on standard error."""
    from eriq.workflows.score import run

    warn = partial(_warn, log)
    with chunks(log) as told:
        return run(job, resume=resume, overwrite=overwrite, workers=workers, on_chunk=told, on_warning=warn)


@command()
def score(
    context: typer.Context,
    model: Annotated[
        str,
        typer.Argument(help="Model folder, its name, models:/name@alias, or a scoring config (.yaml, or 'monthly')."),
    ],
    input: Annotated[
        str | None,
        typer.Argument(help="Answers (CSV, Parquet, Excel), a folder with all four tables, or s3://bucket/key."),
    ] = None,
    out: Annotated[str | None, typer.Option(help="Score file, .csv or .parquet; also s3://bucket/key.csv.")] = None,
    language: Language = None,
    reasons: Annotated[int, typer.Option(min=0, max=50, help="Reasons per row.")] = 5,
    audience: Annotated[
        str, typer.Option(callback=_no_employer, help="caseworker, who gets reasons only, or operator.")
    ] = "operator",
    show: Annotated[
        Literal["probability", "band", "reasons"] | None,
        typer.Option(help="What an operator gets instead."),
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of a CSV, for example latin-1.")] = "utf-8",
    decimal: Annotated[Literal[".", ","], typer.Option(help="Decimal sign of a CSV.")] = ".",
    consent: Consent = "required",
    access: Readable = "owner",
    trusted_key: TrustedKeys = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")] = False,
    overwrite: Overwrite = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Chunks at a time; one per core by default.")] = None,
    log: Annotated[Literal["text", "json"], typer.Option(help="Lines per chunk, where there is no terminal.")] = "text",
    engine: Annotated[Literal["local", "spark"], typer.Option(help="Where the work is done.")] = "local",
) -> None:
    """Score new questionnaires; every row ends in OUT or in OUT.rejected.csv.

    A config says all but --resume, --overwrite, --workers, --log and --engine.

    Exit code 0: all scored; 3: some set aside; others: nothing under the final name.

    Example: eriq score models/demo-20261121-1a2b3c4d answers.csv --out scores.csv
    """
    from eriq.config import Csv, is_shipped, load_scoring_job
    from eriq.workflows import score as score_job

    if model.endswith((".yaml", ".yml")) or (input is None and out is None and is_shipped("scoring", model)):
        if given := [name for name in SAID if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"]:
            raise typer.BadParameter(f"a scoring config says this itself: {', '.join(given)}")
        job = load_scoring_job(model)
    else:
        if input is None or out is None:
            raise typer.BadParameter("give INPUT and --out, or a scoring config")
        csv = Csv(encoding=encoding, decimal=decimal)
        shown = {
            "language": language,
            "reasons": reasons,
            "audience": audience,
            "show": show,
            "consent": consent,
            "access": access,
        }
        job = score_job.job_of(model, input, out, csv=csv, trusted_keys=trusted_key or None, **shown)
    if engine == "spark":
        result = score_job.score_on_spark(job, overwrite=overwrite)
    else:
        result = _run_here(job, log, resume=resume, overwrite=overwrite, workers=workers)
    typer.echo(result.sentence)
    if result.rejected:
        raise typer.Exit(SOME_SET_ASIDE)


@command()
def features(
    model: Annotated[str, typer.Argument(help="Model folder, its name, or models:/name@alias.")],
    folder: Annotated[Path, typer.Argument(help="Folder with answers, persons, spells and events.")],
    out: Annotated[Path, typer.Option(help="Table of answers with register columns, .csv or .parquet.")],
    trusted_key: TrustedKeys = None,
    overwrite: Overwrite = False,
    access: Readable = "owner",
    engine: Annotated[Literal["local", "spark"], typer.Option(help="Where the work is done.")] = "local",
) -> None:
    """Put the register columns a model needs beside the answers, once, for scoring in bulk.

    With --engine spark the tables are Parquet, and OUT is a folder of Parquet files.

    Example: eriq features models/demo-20261121-1a2b3c4d cohort --out ready.parquet
    """
    from eriq.workflows import score as score_job

    make = score_job.make_features_on_spark if engine == "spark" else score_job.make_features
    typer.echo(make(model, folder, out, overwrite=overwrite, access=access, trusted_keys=trusted_key))
