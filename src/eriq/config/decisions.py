"""What can be decided beside a score, by whom and for which reasons, and where that is written down."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from eriq.config.excluded import refuse_machines, refuse_sanctions
from eriq.config.experiment import Disclosure
from eriq.config.files import KeyFile, Section, load_yaml
from eriq.config.messages import checked
from eriq.config.versions import migrated

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Decisions(Section):
    """What can be decided beside a score, by whom and for which reasons, and where that is written down."""

    version: Literal[1]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    log: Path = Field(description="The log, readable by its owner alone; its signed head stands beside it.")
    scores: tuple[Path, ...] = Field(min_length=1, description="Score files that are decided beside.")
    decisions: dict[Code, str] = Field(min_length=2, description="code -> what can be decided, in words")
    roles: dict[Code, str] = Field(min_length=1, description="code -> who may decide or object: roles, never names")
    reasons: dict[Code, str] = Field(min_length=1, description="code -> why, in words: for decisions and objections")
    key_env: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="Environment variable with the path of the private key that signs the head; never a key.",
    )
    trusted_keys: tuple[KeyFile, ...] | None = Field(
        None, min_length=1, description="Public key files, one of which must have signed the head."
    )
    outcome: str = Field("the outcome", description="In words, for the report on what happened later.")
    disclosure: Disclosure = Disclosure()

    @model_validator(mode="after")
    def _by_people(self) -> Self:
        refuse_machines([*self.roles, *self.roles.values()])
        refuse_sanctions([*self.decisions, *self.decisions.values()])
        return self


def load_decisions(path: Path) -> Decisions:
    """Read and check a config of decisions; its paths are relative to it.

    Raises
    ------
    ConfigError
        With every problem at once, and the nearest known key for a misspelt one.
    """
    read = checked(Decisions, migrated(load_yaml(path))[0], f"{path.name} is not a valid config of decisions:")
    update: dict[str, Any] = {
        "log": path.parent / read.log,
        "scores": tuple(path.parent / file for file in read.scores),
        "trusted_keys": read.trusted_keys and tuple(path.parent / key for key in read.trusted_keys),
    }
    return read.model_copy(update=update)
