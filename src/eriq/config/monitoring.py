"""What is watched of a model in use, in one file."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from eriq.config.files import KeyFile, Section, load_yaml, place_of, shipped
from eriq.config.messages import checked
from eriq.config.versions import migrated


class Monitoring(Section):
    """A model, and the people of a new period it is held against."""

    version: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    model: str = Field(description="The champion: folder, name under models/, or models:/name@alias.")
    challenger: str | None = Field(None, description="Scored in the shadow, for the same people.")
    trusted_keys: tuple[KeyFile, ...] | None = Field(None, min_length=1, description="Public key files.")
    data: Path = Field(
        description="Folder with answers, persons, spells and events of the new period; of a model of a ready table, "
        "such a table."
    )
    training_answers: Path | None = Field(
        None,
        description="Answers of training: how many caseworkers are new since then; none: not told, models keep no ids.",
    )
    out: Path = Field(Path("build/monitor"), description="Folder for page and tables.")
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Chance of a false sign of shift, over all columns together.")


def load_monitoring(name: str | Path) -> Monitoring:
    """Read and check a monitoring config; paths are relative to it.

    Raises
    ------
    ConfigError
        With every problem at once.
    """
    file = shipped("monitoring", name)
    found = checked(Monitoring, migrated(load_yaml(file))[0], f"{file.name} is not a valid monitoring config:")
    update: dict[str, object] = {
        "data": place_of(file, "monitoring", name, found.data),
        "out": place_of(file, "monitoring", name, found.out),
    }
    if found.training_answers:
        update["training_answers"] = place_of(file, "monitoring", name, found.training_answers)
    if found.trusted_keys:
        update["trusted_keys"] = tuple(place_of(file, "monitoring", name, key) for key in found.trusted_keys)
    for role in ("model", "challenger"):
        given = getattr(found, role)
        if given and not given.startswith("models:/") and (file.parent / given).is_dir():
            update[role] = str(file.parent / given)
    return found.model_copy(update=update)
