"""The command line: thin, lazy and polite."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer
from typer.core import TyperCommand

from eriq import __version__
from eriq.errors import FAULT, INTERRUPTED, SOME_SET_ASIDE, EriqError, OutputError


class WholeSentence(TyperCommand):
    """A command whose first sentence stands whole in the list of commands."""

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 - wrapped there, never cut
        """Return the first sentence, whatever its length."""
        return super().get_short_help_str(limit=10_000)


if TYPE_CHECKING:
    from eriq.scoring.batch import ChunkDone, OnChunk

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # local variables are people's rows
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Employment readiness from a paired questionnaire: compared with registers, explained, scored.\n\n"
    "Example: eriq train quick",
)
instrument_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at a questionnaire file.")
app.add_typer(instrument_app, name="instrument")
command = partial(app.command, cls=WholeSentence)
instrument_command = partial(instrument_app.command, cls=WholeSentence)

Config = Annotated[str, typer.Argument(help="Experiment file, or the name of a shipped one such as 'demo'.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
Consent = Annotated[Literal["required", "not_collected"], typer.Option(help="Whether answers have a column consent.")]
Language = Annotated[Literal["en", "sv", "da"], typer.Option(help="Language of labels.")]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"eriq {__version__}")
        raise typer.Exit


@app.callback()
def eriq(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Hold what stands before a command; the help is that of the app."""


@command()
def check(config: Config) -> None:
    """Validate config, questionnaire and data in one pass; train nothing.

    Example: eriq check configs/experiments/demo.yaml
    """
    from eriq.workflows import check as check_job

    typer.echo(check_job.check(config))


@command()
def train(
    config: Config,
    models: Annotated[Path, typer.Option(help="Where the model is saved.")] = Path("models"),
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; one per core by default.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Take over contenders finished by an earlier run.")] = False,
) -> None:
    """Compare the contenders of a config, save the chosen model, track everything.

    Example: eriq train configs/experiments/quick.yaml
    """
    from eriq.workflows import train as train_job

    with _bar() as (begin, step):
        done = train_job.train(
            config, models=models, workers=workers, resume=resume, say=typer.echo, begin=begin, step=step
        )
    _places(report=done.report, model=done.bundle.folder if done.bundle else "none is saved", ui="eriq ui")


@command()
def score(
    context: typer.Context,
    model: Annotated[
        str,
        typer.Argument(help="Model folder, its name, models:/name@alias, or a scoring config (.yaml, or 'monthly')."),
    ],
    input: Annotated[
        Path | None, typer.Argument(help="Answers (CSV, Parquet, Excel), or a folder with all four tables.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Score file, .csv or .parquet.")] = None,
    language: Language = "en",
    reasons: Annotated[int, typer.Option(min=0, max=50, help="Reasons per row.")] = 5,
    audience: Annotated[
        Literal["caseworker", "operator"], typer.Option(help="A caseworker gets reasons only.")
    ] = "operator",
    show: Annotated[
        Literal["probability", "band", "reasons"] | None,
        typer.Option(help="What an operator gets instead."),
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of a CSV, for example latin-1.")] = "utf-8",
    decimal: Annotated[Literal[".", ","], typer.Option(help="Decimal sign of a CSV.")] = ".",
    consent: Consent = "required",
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
        said = ("input", "out", "language", "reasons", "audience", "show", "encoding", "decimal", "consent")
        if given := [name for name in said if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"]:
            raise typer.BadParameter(f"a scoring config says this itself: {', '.join(given)}")
        job = load_scoring_job(model)
    else:
        if input is None or out is None:
            raise typer.BadParameter("give INPUT and --out, or a scoring config")
        csv = Csv(encoding=encoding, decimal=decimal)
        shown = {"language": language, "reasons": reasons, "audience": audience, "show": show, "consent": consent}
        job = score_job.job_of(model, input, out, csv=csv, **shown)
    if engine == "spark":
        result = score_job.score_on_spark(job, overwrite=overwrite)
    else:
        with _chunks(log) as on_chunk:
            result = score_job.run(job, resume=resume, overwrite=overwrite, workers=workers, on_chunk=on_chunk)
    typer.echo(result.sentence)
    if result.rejected:
        raise typer.Exit(SOME_SET_ASIDE)


@command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the tables and the truth.")],
    clients: Annotated[int, typer.Option(min=20)] = 5512,
    seed: int = 2013,
    preset: Annotated[str, typer.Option(help="claim, literature, null, or a file.")] = "claim",
    format: Annotated[Literal["csv", "parquet"], typer.Option(help="File format.")] = "csv",
    overwrite: Overwrite = False,
) -> None:
    """Write a made-up cohort: four tables and the form of staff, and apart from them the true probabilities.

    Example: eriq simulate --out cohort --clients 500 --seed 1
    """
    from eriq.workflows import make as make_job

    typer.echo(make_job.write_cohort(out, clients, seed, preset, format, overwrite=overwrite))


@command()
def features(
    model: Annotated[str, typer.Argument(help="Model folder, its name, or models:/name@alias.")],
    folder: Annotated[Path, typer.Argument(help="Folder with answers, persons, spells and events.")],
    out: Annotated[Path, typer.Option(help="Table of answers with register columns, .csv or .parquet.")],
    overwrite: Overwrite = False,
) -> None:
    """Put the register columns a model needs beside the answers, once, for scoring in bulk.

    Example: eriq features models/demo-20261121-1a2b3c4d cohort --out ready.parquet
    """
    from eriq.workflows import score as score_job

    typer.echo(score_job.make_features(model, folder, out, overwrite=overwrite))


@command()
def ui(port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 5000) -> None:
    """Start the MLflow UI on this machine, with the store of this folder.

    Example: eriq ui --port 5001
    """
    import os
    import subprocess

    from eriq.registry.tracking import SETTINGS, compare_link, ui_command

    link = compare_link(port)
    typer.echo(f"MLflow UI: http://127.0.0.1:{port} (ready in about 10 seconds, stop with Ctrl-C)")
    if link:
        typer.echo(f"contenders of the newest training side by side: {link}")
    raise typer.Exit(subprocess.call(ui_command(port), env={**SETTINGS, **os.environ}))


@command()
def demo() -> None:
    """Run it all on made-up people: train, save, score, report.

    Example: eriq demo
    """
    from eriq.workflows import demo as demo_job

    with _bar() as (begin, step):
        done, scores, rejected = demo_job.demo(say=typer.echo, begin=begin, step=step)
    _places(
        report=done.report, scores=scores, set_aside=rejected, model=done.bundle and done.bundle.folder, ui="eriq ui"
    )


@command()
def promote(
    model: Annotated[str, typer.Argument(help="models:/name@alias, models:/name/3, or a model's folder or name.")],
    to: Annotated[str, typer.Option(help="Alias to point at the model.")] = "champion",
    gates: Annotated[Path | None, typer.Option(help="What it must show; configs/promotion.yaml if there.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder (or ready table) of other people, with outcomes.")] = None,
) -> None:
    """Give a registered model an alias, if it passes the declared gates.

    Exit code 20: some gate fails; each is listed, and the alias stays where it was.

    Example: eriq promote models:/eriq-demo@candidate --to champion
    """
    from eriq.registry import promotion as promote_job

    usual = Path("configs/promotion.yaml")
    rules = gates or (usual if usual.is_file() else None)
    typer.echo(promote_job.promote(model, to, rules, data).sentence)


@instrument_command("show")
def instrument_show(
    file: Annotated[str, typer.Argument(help="File, or a shipped name.")] = "eriq22", language: Language = "en"
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


# --- around the commands -------------------------------------------------------------------


@contextmanager
def _bar() -> Iterator[tuple[Callable[[int], None], Callable[[str, str], None]]]:
    """Give (begin, step): a bar with contender, fold and time left on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns: list[Any] = [BarColumn(30), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}")]
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading", total=None)

        def begin(total: int) -> None:
            progress.update(task, total=total)

        def step(what: str, which: str) -> None:
            known = progress.tasks[0].total
            if known is not None and progress.tasks[0].completed >= known:
                progress.update(task, total=None)
            progress.update(task, advance=1, description=f"{what}, {which}")

        yield begin, step


@contextmanager
def _chunks(log: str) -> "Iterator[OnChunk]":
    """Give what to call after each chunk: a bar with speed and time left on a terminal, else lines; counts only."""
    from dataclasses import asdict

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if log == "json" or not console.is_terminal:

        def line(done: "ChunkDone") -> None:
            if log == "json":
                import json

                typer.echo(json.dumps({"event": "chunk", **asdict(done)}), err=True)
            else:
                typer.echo(
                    f"chunk {done.chunk}: {done.rows:,} rows, {done.scored:,} scored, {done.set_aside:,} set aside, "
                    f"{done.rows_per_second:,.0f} rows/s",
                    err=True,
                )

        yield line
        return
    columns: list[Any] = [BarColumn(30), TextColumn("{task.description}"), TimeRemainingColumn()]
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("reading", total=None)

        def bar(done: "ChunkDone") -> None:
            words = f"{done.read:,} rows, {done.rows_per_second:,.0f} rows/s"
            progress.update(task, total=done.expected, completed=done.read, description=words)

        yield bar


def _places(**places: object) -> None:
    typer.echo("")
    for name, place in places.items():
        typer.echo(f"{name.replace('_', ' '):>10}  {place}")


def run() -> NoReturn:
    """Run the command line; expected errors are one paragraph and an exit code, never a traceback."""
    try:
        code = app(prog_name="eriq", standalone_mode=False) or 0  # what typer.Exit was given
    except EriqError as error:
        typer.echo(f"eriq: {error}", err=True)
        code = error.exit_code
    except typer.Exit as leave:
        code = leave.exit_code
    except KeyboardInterrupt:
        typer.echo("eriq: interrupted; nothing half-written was left under a final name", err=True)
        code = INTERRUPTED
    except Exception as error:
        code = _usage_or_fault(error)
    sys.exit(code)


def _usage_or_fault(error: Exception) -> int:
    """Show a mistake in the command itself, a full disk, or a fault of ours without people's values."""
    if hasattr(error, "show"):  # click's own errors know how to show themselves
        error.show()
        return int(getattr(error, "exit_code", 2))
    if isinstance(error, typer.Abort):
        return INTERRUPTED
    if isinstance(error, OSError):
        typer.echo(f"eriq: {error.strerror or type(error).__name__}", err=True)
        return OutputError.exit_code
    import os
    import traceback

    if os.environ.get("ERIQ_DEBUG"):  # shows everything, also values: for people who may see the data
        traceback.print_exception(error)
        return FAULT
    last = traceback.extract_tb(error.__traceback__)[-1]
    typer.echo(
        f"eriq: a fault of ours ({type(error).__name__} at {Path(last.filename).name}:{last.lineno}), version "
        f"{__version__}; please report it. The message is left out: it could hold a person's values.",
        err=True,
    )
    return FAULT
