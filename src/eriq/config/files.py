"""YAML read strictly: frozen sections that refuse what they do not know."""

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel

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
    if not is_plain(name):
        return Path(name)
    known = all_shipped(kind)
    if str(name) in known:
        return known[str(name)]
    raise ConfigError(f"no '{name}' among the shipped {kind}.{nearest(str(name), known)}")


def all_shipped(kind: str) -> dict[str, Path]:
    """Return every file shipped in ``configs/<kind>``, by its plain name.

    >>> "groups" in all_shipped("evidence")
    True
    """
    return {file.stem: file for folder in _shipped_folders(kind) for file in sorted(folder.glob("*.yaml"))}


def is_plain(name: str | Path) -> bool:
    """Return whether `name` is a name without folder and suffix, as shipped files are called."""
    return not Path(name).suffix and len(Path(name).parts) == 1


def is_shipped(kind: str, name: str) -> bool:
    """Return whether `name` is the plain name of a shipped file.

    >>> is_shipped("scoring", "monthly"), is_shipped("scoring", "models")
    (True, False)
    """
    return is_plain(name) and any((folder / f"{name}.yaml").is_file() for folder in _shipped_folders(kind))


def _shipped_folders(kind: str) -> list[Path]:
    """Return where shipped files lie: in a checkout, then in an installed wheel, which counts first."""
    here = Path(__file__).resolve()
    return [root / "configs" / kind for root in (here.parents[3], here.parents[1])]


def place_of(file: Path, kind: str, name: str | Path, given: Path) -> Path:
    """Return where the path `given` in the config `file` points, without ``..`` in it.

    Paths are relative to the config. A shipped config that was asked for by its plain `name` counts as if it
    lay in ``configs/<kind>`` of the current folder, unless what it names stands beside it.

    >>> place_of(Path("/a/configs/scoring/x.yaml"), "scoring", "/a/configs/scoring/x.yaml", Path("../../in.csv"))
    PosixPath('/a/in.csv')
    """
    beside = file.parent / given
    if is_plain(name) and not beside.exists():
        beside = Path("configs") / kind / given
    return beside.parent.resolve() / beside.name if ".." in given.parts else beside


def key_path(given: Path) -> Path:
    """Return the path of a key file; ValueError where the text of a key stands instead, which no config may hold."""
    if "-----" in str(given) or "\n" in str(given):
        raise ValueError("give the path of a key file, never a key")
    return given


KeyFile = Annotated[Path, AfterValidator(key_path)]
