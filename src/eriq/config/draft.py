"""A config written for a person to finish: every key with its words, what is not sure marked."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

GUESS, WRITE = "# guess: check this", "# write here"
_PLAIN = re.compile(r"[A-Za-zÀ-ž][\wÀ-ž./-]*")
# What YAML reads as something else than text.
_SPECIAL = {"yes", "no", "on", "off", "true", "false", "null", "y", "n", "nan"}


@dataclass(slots=True)
class Draft:
    """Lines of a config, in their order."""

    lines: list[str] = field(default_factory=list)

    def say(self, *words: str) -> None:
        """Add remarks, and a blank line for an empty one."""
        self.lines += [f"# {line}" if line else "" for line in words]

    def put(self, key: str, value: Any, mark: str = "", *, depth: int = 0) -> None:
        """Add a key with its value on one line."""
        self.lines.append(f"{'  ' * depth}{flow(key)}: {flow(value)}" + (f"  {mark}" if mark else ""))

    def section(self, key: str, *, depth: int = 0) -> None:
        """Begin a section."""
        self.lines.append(f"{'  ' * depth}{flow(key)}:")

    def unused(self, key: str, value: str, words: str, *, depth: int = 0) -> None:
        """Add a key as a remark: its default or an example, and what it is for."""
        self.lines.append(f"{'  ' * depth}# {key}: {value}" + (f"  # {words}" if words else ""))

    def text(self) -> str:
        """Return the file."""
        return "\n".join(self.lines) + "\n"

    def marked(self, mark: str) -> list[int]:
        """Return the numbers of the lines with a mark, from 1."""
        return [number for number, line in enumerate(self.lines, 1) if mark in line.partition(": ")[2]]


def flow(value: Any) -> str:
    """Return a value as YAML on one line.

    >>> flow({"sex": {"Kvinde": "female", "1": None}, "days": "%d-%m-%Y", "no": [1, "a b", "Ja"]})
    '{sex: {Kvinde: female, "1": null}, days: "%d-%m-%Y", "no": [1, "a b", Ja]}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    if isinstance(value, str):
        bare = _PLAIN.fullmatch(value) and value.lower() not in _SPECIAL
        return value if bare else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def unused_keys(model: type[BaseModel], used: set[str]) -> Iterator[tuple[str, str, str]]:
    """Yield (key, default on one line, words) of the keys that a draft leaves as they are."""
    for name, known in model.model_fields.items():
        key = known.alias or name
        if key not in used and known.default is not PydanticUndefined:
            default = known.default
            if isinstance(default, BaseModel):
                default = default.model_dump(mode="json", by_alias=True)
            yield key, flow(default), known.description or ""
