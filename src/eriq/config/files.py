"""YAML read strictly: frozen sections that refuse what they do not know."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from eriq.errors import ConfigError, EriqError, nearest


class Section(BaseModel, frozen=True, extra="forbid"):
    """A part of a file that a person edits."""


class _StrictLoader(yaml.SafeLoader):
    """YAML without repeated keys: the last one would win without a word."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    if any(isinstance(key, list | dict) for key in keys):
        raise yaml.YAMLError(f"line {node.start_mark.line + 1}: a key must be a name")
    if repeated := {str(key) for key in keys if keys.count(key) > 1}:
        raise yaml.YAMLError(f"line {node.start_mark.line + 1}: key given twice: {', '.join(sorted(repeated))}")
    return {key: loader.construct_object(value, deep=True) for key, (_, value) in zip(keys, node.value, strict=True)}


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def parse_yaml(text: str) -> Any:
    """Return the content of YAML text; ValueError where it is none."""
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except yaml.YAMLError as why:
        raise ValueError("not YAML") from why


def load_yaml(path: Path, error: type[EriqError] = ConfigError) -> dict[str, Any]:
    """Return the mapping in a YAML file, or raise `error` saying what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise error(f"there is no file {path}") from None
    except (OSError, ValueError) as why:
        raise error(f"{path} cannot be read: {type(why).__name__}") from None
    try:
        content = yaml.load(text, Loader=_StrictLoader)
    except yaml.YAMLError as why:
        place = getattr(why, "problem_mark", None)
        at = f" at line {place.line + 1}" if place else ""
        raise error(f"{path.name} is not valid YAML{at}: {getattr(why, 'problem', None) or why}") from None
    except (ValueError, RecursionError) as why:  # a date such as 2013-02-30, brackets without end
        raise error(f"{path.name} is not valid YAML: {why}") from None
    if not isinstance(content, dict):
        raise error(f"{path.name} must hold keys and values, and is {'empty' if content is None else 'something else'}")
    return content


def dump_yaml(content: BaseModel) -> str:
    """Return a section as YAML that can be read again, defaults filled in."""
    return yaml.safe_dump(content.model_dump(mode="json", by_alias=True), sort_keys=False, allow_unicode=True)


def shipped(kind: str, name: str | Path) -> Path:
    """Return the file `name` means: a path, or the plain name of one shipped in ``configs/<kind>``.

    >>> shipped("instruments", "eriq22").name
    'eriq22.yaml'
    """
    path = Path(name)
    if path.suffix or len(path.parts) > 1:
        return path
    here = Path(__file__).resolve()
    folders = [root / "configs" / kind for root in (here.parents[1], here.parents[3])]  # an installed wheel, a checkout
    for folder in folders:
        if (found := folder / f"{name}.yaml").is_file():
            return found
    known = [file.stem for folder in folders for file in folder.glob("*.yaml")]
    raise ConfigError(f"no '{name}' among the shipped {kind}.{nearest(str(name), known)}")


def validation_lines(error: ValidationError) -> Iterator[str]:
    """Yield one line per problem: where and what, never the value given."""
    known = {f.alias or name for section in _sections(Section) for name, f in section.model_fields.items()}
    for problem in error.errors(include_url=False, include_input=False):
        # A section that is checked as a whole stands in the place with the name of its check.
        where = ".".join(str(part) for part in problem["loc"] if not str(part).startswith("function-")) or "the file"
        if problem["type"] == "extra_forbidden":
            name = str(problem["loc"][-1])
            hint = " It belongs elsewhere, or to another kind of config." if name in known else nearest(name, known)
            yield f"{where}: not a known key.{hint}"
        else:
            yield f"{where}: {problem['msg'].removeprefix('Value error, ')}"


def _sections(base: type[Section]) -> Iterator[type[Section]]:
    for child in base.__subclasses__():
        yield child
        yield from _sections(child)
