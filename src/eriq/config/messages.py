"""What is wrong with a config, in our words: one mistake, one line, never the value given."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from eriq.config.files import Section
from eriq.config.versions import current
from eriq.errors import ConfigError, EriqError, bullets, nearest

M = TypeVar("M", bound=BaseModel)
_WHOLE, _NUMBER, _SWITCH = "a whole number", "a number", "true or false"
_LIST, _SECTION, _DAY = "a list, as in [a, b]", "a section of keys and values", "a day written YYYY-MM-DD"
# What a value should have been, by the beginning of the name of the error; the longest that fits counts.
FORMS: Mapping[str, str] = {
    "int_": _WHOLE,
    "float_": _NUMBER,
    "finite_number": _NUMBER,
    "bool_": _SWITCH,
    "string_": "text; put it in quotes",
    "tuple_": _LIST,
    "list_": _LIST,
    "dict_": _SECTION,
    "mapping_": _SECTION,
    "model_": _SECTION,
    "date_": _DAY,
    "datetime_": _DAY,
    "path_": "the path of a file",
    "none_required": "null",
}
LIMITS: Mapping[str, str] = {
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "too_short": "needs at least {min_length}, and {actual_length} are given",
    "too_long": "takes at most {max_length}, and {actual_length} are given",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "missing": "is missing",
}
PATTERNS: Mapping[str, str] = {
    r"^[a-z0-9][a-z0-9-]*$": "small letters, digits and hyphens, as in my-run-2",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "the name of an environment variable, as in ERIQ_DATABASE, never an address",
    r"^[a-z][a-z0-9_]*$": "small letters, digits and underscores, as in new_information",
    r"^\d+\.\d+\.\d+$": "three numbers, as in 1.0.0",
    r"^[a-z]{2}[0-9]{2}$": "two small letters and two digits, as in cw01",
}


@dataclass(frozen=True, slots=True)
class _Branch:
    """One of several forms a value may take, in the place of an error."""

    label: str


@dataclass(frozen=True, slots=True)
class _Fault:
    """One error and the way to it: keys and positions as written, and the forms that were tried."""

    way: tuple[int | str | _Branch, ...]
    problem: ErrorDetails

    @property
    def where(self) -> str:
        """The place as a person finds it."""
        return ".".join(str(part) for part in self.way if not isinstance(part, _Branch))

    @property
    def depth(self) -> float:
        """How far this form was right: steps within it, and half of one where only its meaning was wrong."""
        return sum(not isinstance(part, _Branch) for part in self.way) + 0.5 * (not _is_form(self.problem["type"]))


def checked(model: type[M], content: Any, head: str, error: type[EriqError] = ConfigError) -> M:
    """Return `content` as a section, or raise `error` with `head` and every problem at once.

    Examples
    --------
    >>> from eriq.config.censoring import Ipcw
    >>> checked(Ipcw, {"bye": ["year"], "quantile": 2}, "x.yaml is not valid:")
    Traceback (most recent call last):
    ...
    eriq.errors.ConfigError: x.yaml is not valid:
      - quantile: must be at most 1
      - bye: not a known key. Did you mean 'by'?
    """
    try:
        return model.model_validate(content)
    except ValidationError as why:
        raise error(bullets(head, validation_lines(why, model, content))) from None


def validation_lines(error: ValidationError, model: type[BaseModel], content: Any) -> Iterator[str]:
    """Yield one line per mistake: where and what, never the value given."""
    faults = _causes([_Fault(_way(problem, content), problem) for problem in error.errors(include_url=False)])
    said = list(_settled(faults))
    absent = [fault.where for fault, _ in said if fault.problem["type"] == "missing"]
    lines: list[str] = []
    unknown: list[str] = []
    for fault, words in said:
        if fault.problem["type"] in ("extra_forbidden", "invalid_key"):
            section, _, name = fault.where.rpartition(".")
            near = {where.rpartition(".")[2]: where for where in absent if where.rpartition(".")[0] == section}
            hint = _key_hint(name, near, _keys_at(model, fault.problem["loc"][:-1]))
            absent = [where for where in absent if where not in {near[key] for key in near if f"'{key}'" in hint}]
            unknown.append(f"{fault.where}: not a known key.{hint}")
        elif fault.problem["type"] != "missing":
            lines.append(f"{fault.where}: {words}" if fault.where else words)
    yield from dict.fromkeys([*(f"{where}: {LIMITS['missing']}" for where in absent), *lines, *unknown])


def _causes(faults: Sequence[_Fault]) -> list[_Fault]:
    """Return the faults without lists that are only too short because of what is wrong in them."""
    return [
        fault
        for fault in faults
        if fault.problem["type"] != "too_short"
        or not any(len(other.way) > len(fault.way) == _shared(fault.way, other.way) for other in faults)
    ]


def _shared(first: Sequence[object], second: Sequence[object]) -> int:
    pairs = enumerate(zip(first, second, strict=False))
    return next((k for k, (a, b) in pairs if a != b), min(len(first), len(second)))


# --- where ---------------------------------------------------------------------------------


def _way(problem: ErrorDetails, content: Any) -> tuple[int | str | _Branch, ...]:
    """Return the place of an error by walking the content; what is no key there is a form that was tried."""
    way: list[int | str | _Branch] = []
    node, loc = content, [part for part in problem["loc"] if part != "[key]"]
    for place, part in enumerate(loc):
        listed = isinstance(node, Sequence) and not isinstance(node, str) and isinstance(part, int)
        if (isinstance(node, Mapping) and part in node) or (listed and int(part) < len(node)):
            node = node[part]
        elif not (place == len(loc) - 1 and problem["type"] == "missing") and not isinstance(part, int):
            if not (isinstance(node, Mapping) and node.get("kind") == part):  # the kind of a section is no place
                way.append(_Branch(part))
            continue
        way.append(part)
    return tuple(way)


def _settled(faults: Sequence[_Fault]) -> Iterator[tuple[_Fault, str]]:
    """Yield what to say of each mistake: of several forms a value may take, the one that was nearly right counts."""
    forks: dict[tuple[int | str | _Branch, ...], list[_Fault]] = {}
    for fault in faults:
        cut = next((place for place, part in enumerate(fault.way) if isinstance(part, _Branch)), None)
        if cut is None:
            yield fault, _words(fault.problem)
        else:
            forks.setdefault(fault.way[:cut], []).append(fault)
    for start, tried in forks.items():
        best = max(fault.depth for fault in tried)
        if best > len(start):
            labels = {fault.way[len(start)] for fault in tried if fault.depth == best}
            within = [fault for fault in tried if fault.way[len(start)] in labels]
            yield from _settled([replace(fault, way=start + fault.way[len(start) + 1 :]) for fault in within])
        else:
            wanted = dict.fromkeys(_wanted(fault.problem) for fault in tried)
            hints = [_name_hint(fault.problem) for fault in tried]
            yield replace(tried[0], way=start), f"must be {', or '.join(wanted)}.{''.join(hints)}".rstrip(".")


def _keys_at(model: type[BaseModel], loc: Iterable[int | str]) -> set[str]:
    """Return the keys of the section at a place, of all it may be."""
    found = {model}
    for part in loc:
        fields = [f for m in found for name, f in m.model_fields.items() if part in (name, f.alias)]
        of_kind = {m for m in found if "kind" in m.model_fields and part in get_args(m.model_fields["kind"].annotation)}
        if fields:
            found = {section for f in fields for section in _models_in(f.annotation)}
        elif of_kind:
            found = of_kind
    return {f.alias or name for m in found for name, f in m.model_fields.items()}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _key_hint(name: str, absent: Iterable[str], here: set[str]) -> str:
    """Return the nearest key: of those that are missing, of this section, or the word that it belongs elsewhere."""
    everywhere = {f.alias or key for section in _sections(Section) for key, f in section.model_fields.items()}
    if hint := nearest(name, absent):
        return hint
    if name in everywhere:
        return " It belongs elsewhere, or to another kind of config."
    return nearest(name, here) or nearest(name, everywhere)


def _sections(base: type[Section]) -> Iterator[type[Section]]:
    for child in base.__subclasses__():
        yield child
        yield from _sections(child)


# --- what ----------------------------------------------------------------------------------


def _is_form(kind: str) -> bool:
    """Return whether an error says that a value is of another form altogether."""
    return kind == "literal_error" or (kind not in LIMITS and any(kind.startswith(begin) for begin in FORMS))


def _wanted(problem: ErrorDetails) -> str:
    """Return what a value should have been."""
    if problem["type"] == "literal_error":
        expected = str(problem["ctx"]["expected"])
        names = re.findall(r"'([^']*)'", expected) or [expected]
        if not all(re.fullmatch(r"[\w-]+", name) for name in names):
            names = [f"'{name}'" for name in names]
        return names[0] if len(names) == 1 else f"one of {', '.join(names)}"
    begin = max((b for b in FORMS if problem["type"].startswith(b)), key=len, default="")
    return FORMS.get(begin, "something else")


def _name_hint(problem: ErrorDetails) -> str:
    """Return the nearest of the names that are known where a name was asked for."""
    if problem["type"] != "literal_error" or not isinstance(problem["input"], str):
        return ""
    return nearest(problem["input"], re.findall(r"'([^']*)'", str(problem["ctx"]["expected"])))


def _words(problem: ErrorDetails) -> str:
    """Return what is wrong in our words."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        return f"must be {PATTERNS.get(context['pattern'], 'written as ' + context['pattern'])}"
    if kind == "union_tag_invalid":
        kinds = re.findall(r"'([^']*)'", context["expected_tags"])
        return f"kind must be one of {', '.join(kinds)}.{nearest(str(context['tag']), kinds)}".rstrip(".")
    if kind == "union_tag_not_found":
        return "kind is missing: it says which keys belong here"
    if problem["loc"] == ("version",):
        return f"must be {current()}: {_newer(problem['input'])}"
    if kind in LIMITS:
        return LIMITS[kind].format(**context)
    where = "the file " if not problem["loc"] else ""
    return f"{where}must be {_wanted(problem)}.{_name_hint(problem)}".rstrip(".")


def _newer(version: object) -> str:
    """Return what to do about a version."""
    if isinstance(version, int) and version > current():
        return "the file is of a later version of eriq; install that one"
    return "the version of the form of this file"
