"""Commands that make and judge a model."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from eriq.cli.app import Config, Overwrite, Readable, command, echo_wrapped
from eriq.cli.progress import bar, places
from eriq.errors import EriqError


@command()
def check(
    config: Config, all: Annotated[bool, typer.Option("--all", help="Show every problem, however many.")] = False
) -> None:
    """Validate config, questionnaire and data in one pass; train nothing.

    Example: eriq check configs/experiments/demo.yaml
    """
    from eriq.workflows import check as check_job

    try:
        echo_wrapped(check_job.check(config))
    except EriqError as error:
        error.whole = all
        raise


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

    with bar() as (begin, step):
        done = train_job.train(
            config, models=models, workers=workers, resume=resume, say=typer.echo, begin=begin, step=step
        )
    places(report=done.report, model=done.bundle.folder if done.bundle else "none is saved", ui="eriq ui")


@command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the tables and the truth.")],
    clients: Annotated[int, typer.Option(min=20)] = 5512,
    seed: int = 2013,
    preset: Annotated[str, typer.Option(help="claim, literature, null, or a file.")] = "claim",
    format: Annotated[Literal["csv", "parquet"], typer.Option(help="File format.")] = "csv",
    overwrite: Overwrite = False,
    access: Readable = "owner",
) -> None:
    """Write a made-up cohort: four tables and the form of staff, and apart from them the true probabilities.

    Example: eriq simulate --out cohort --clients 500 --seed 1
    """
    from eriq.workflows import make as make_job

    typer.echo(make_job.write_cohort(out, clients, seed, preset, format, overwrite=overwrite, access=access))


@command()
def demo() -> None:
    """Run it all on made-up people: train, save, score, and a page for everybody who would look.

    Example: eriq demo
    """
    from eriq.workflows import demo as demo_job

    with bar() as (begin, step):
        made = demo_job.demo(say=typer.echo, begin=begin, step=step)
    places(**made)


@command()
def ui(port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 5000) -> None:
    """Start the MLflow UI on this machine, with the store of this folder.

    Example: eriq ui --port 5001
    """
    from eriq.registry.tracking import ui_command
    from eriq.registry.ui import run_ui
    from eriq.registry.view import start_link

    server = ui_command(port)
    typer.echo(f"{start_link(port)}\n(ready in about 10 seconds, stop with Ctrl-C)")
    raise typer.Exit(run_ui(server))


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
