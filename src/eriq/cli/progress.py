"""What a person sees while work takes long, and where its results are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from eriq.scoring.batch import ChunkDone, OnChunk


@contextmanager
def bar() -> Iterator[tuple[Callable[[int], None], Callable[[str, str], None]]]:
    """Give (begin, step): a bar per part of the work, with contender, fold and time left; only on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns: list[Any] = [BarColumn(30), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}")]
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading", total=None)

        def begin(total: int) -> None:
            if total:
                progress.reset(task, total=total)

        def step(what: str, which: str) -> None:
            progress.update(task, advance=1, description=f"{what}, {which}")

        yield begin, step


@contextmanager
def chunks(log: str) -> "Iterator[OnChunk]":
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

        def draw(done: "ChunkDone") -> None:
            words = f"{done.read:,} rows, {done.rows_per_second:,.0f} rows/s"
            progress.update(task, total=done.expected, completed=done.read, description=words)

        yield draw


@contextmanager
def pages() -> Iterator[Callable[[int, int], None]]:
    """Give what to call after each page with how many are done, and of how many: a bar on a terminal, else nothing."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    columns: list[Any] = [BarColumn(30), MofNCompleteColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("pages", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def places(**where: object) -> None:
    """Print where results are, one line each."""
    typer.echo("")
    for name, place in where.items():
        typer.echo(f"{name.replace('_', ' '):>13}  {place}")
