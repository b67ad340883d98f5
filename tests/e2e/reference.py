"""Reference pages of configs, data, commands and names; `make reference` writes them, a test compares them."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

import eriq
from eriq.cli import app
from eriq.instrument.instrument import load_instrument
from eriq.tables.intake import TABLES
from eriq.tables.schema import Column, answers_columns
from eriq.workflows.schema import KINDS

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"
WORDS = {"s": "text", "d": "day", "I": "whole number", "F": "number"}


def form(part: dict[str, Any]) -> str:
    """Return what a value may be."""
    if "$ref" in part:
        return f"[{part['$ref'].rsplit('/')[-1]}]"
    if "enum" in part or "const" in part:
        return ", ".join(f"`{name}`" for name in part.get("enum", [part.get("const")]))
    if inner := part.get("anyOf") or part.get("oneOf"):
        return " or ".join(dict.fromkeys(form(one) for one in inner))
    if part.get("type") == "array":
        return f"list of {form(part['items'])}" if part.get("items") else "list"
    if part.get("type") == "object":
        more = part.get("additionalProperties")
        return f"name: {form(more)}" if isinstance(more, dict) else "section"
    return {"integer": "whole number", "string": "text", "boolean": "true or false"}.get(
        str(part.get("type")), str(part.get("type", "anything"))
    )


def keys(name: str, part: dict[str, Any]) -> Iterator[str]:
    """Yield the table of the keys of one section."""
    yield from ("", f"**{name}.** {part.get('description', '')}".rstrip(), "", "| key | value | unless given | |")
    yield "|---|---|---|---|"
    needed = part.get("required", [])
    for key, known in part.get("properties", {}).items():
        usual = "required" if key in needed else f"`{json.dumps(known.get('default'), ensure_ascii=False)}`"
        cells = (f"`{key}`", form(known), usual, known.get("description", ""))
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def config_page() -> str:
    """Return the page of every kind of config."""
    lines = ["# Keys of configs", "", "Written by `make reference` from the models that check configs."]
    for kind, model in KINDS.items():
        made = model.model_json_schema(by_alias=True)
        lines += ["", f"## {kind}", *keys(model.__name__, made)]
        for name, part in made.get("$defs", {}).items():
            lines += keys(name, part) if "properties" in part else []
    return "\n".join(lines) + "\n"


def column_line(column: Column) -> str:
    """Return one column as a row."""
    low, high = column.low, column.high
    limits = ("" if low is None else f"from {low:g}") + ("" if high is None else f" to {high:g}")
    codes = ", ".join(f"`{code}`" for code in column.allowed) or limits
    need = "may be absent" if column.optional else "no gaps" if column.required else "gaps allowed"
    return f"| `{column.name}` | {WORDS[column.dtype[0]]} | {codes} | {need} |"


def data_page() -> str:
    """Return the page of every table with all codes."""
    tables = {"answers": answers_columns(load_instrument("no-questions")), **TABLES}
    lines = [
        "# Columns of tables",
        "",
        "Written by `make reference` from the contracts that check tables. Answers hold a",
    ]
    lines += ["column per item besides; its codes are in the codebook (`eriq instrument codebook`)."]
    for name, columns in tables.items():
        lines += ["", f"## {name}", "", "| column | holds | codes or limits | |", "|---|---|---|---|"]
        lines += [column_line(column) for column in columns]
    return "\n".join(lines) + "\n"


def commands(group: Any, before: str) -> Iterator[tuple[str, Any]]:
    """Yield the commands of a group and of the groups in it, each by the words one types."""
    for name, command in sorted(group.commands.items()):
        whole = f"{before} {name}"
        if hasattr(command, "commands"):
            yield from commands(command, whole)
        else:
            yield whole, command


def command_lines(whole: str, command: Any) -> Iterator[str]:
    """Yield the section of a command: its help, its example, its options."""
    text, _, example = inspect.cleandoc(command.help or "").partition("Example: ")
    yield from ("", f"## {whole}", "", text.strip())
    if example:
        yield from ("", "```sh", example.strip(), "```")
    yield from ("", "| | what it says | unless given |", "|---|---|---|")
    for given in command.params:
        if given.name == "help":
            continue
        option = given.param_type_name == "option"
        names = ", ".join(f"`{name}`" for name in given.opts) if option else f"`{given.name.upper()}`"
        usual = "required" if given.required else "" if given.default in (None, False) else f"`{given.default}`"
        words = (getattr(given, "help", None) or "").replace("|", "\\|")
        yield f"| {names} | {words} | {usual} |"


def commands_page() -> str:
    """Return the page of every command."""
    lines = [
        "# Commands",
        "",
        "Written by `make reference` from the commands themselves; `eriq COMMAND --help` says the same.",
    ]
    for whole, command in commands(get_command(app), "eriq"):
        lines += command_lines(whole, command)
    return "\n".join(lines) + "\n"


def python_page() -> str:
    """Return the page of what `import eriq` gives; the site fills it from the docstrings."""
    lines = [
        "# From Python",
        "",
        "Written by `make reference`. `import eriq` gives these names; the site shows what each takes and gives.",
    ]
    for name in sorted(eriq.__all__):
        if name != "__version__":
            lines += ["", f"::: {getattr(eriq, name).__module__}.{name}"]
    return "\n".join(lines) + "\n"


PAGES = {"config.md": config_page, "data.md": data_page, "commands.md": commands_page, "python.md": python_page}


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, made in PAGES.items():
        (FOLDER / name).write_text(made(), encoding="utf-8")


if __name__ == "__main__":
    main()
