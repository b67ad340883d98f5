"""A saved line of plain steps, read as arrays: no scikit-learn and no skops is imported to score with it.

Read is only what the pipelines of `logistic` hold: medians for gaps, gaps as columns, one column per level, one scale,
one line. A file with any other class or shape is left to skops, which refuses what must not be opened.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

Node = Mapping[str, Any]
LOADERS = {
    "ObjectNode",
    "DictNode",
    "ListNode",
    "TupleNode",
    "JsonNode",
    "NdArrayNode",
    "TypeNode",
    "FunctionNode",
    "SliceNode",
    "DTypeNode",
}
CLASSES = {
    *(f"builtins.{name}" for name in ("dict", "list", "tuple", "str", "int", "float", "bool", "slice")),
    *(f"numpy.{name}" for name in ("ndarray", "int64", "float64", "int32", "bool", "dtype")),
    "sklearn.pipeline.Pipeline",
    "sklearn.compose._column_transformer.ColumnTransformer",
    "sklearn.impute._base.SimpleImputer",
    "sklearn.impute._base.MissingIndicator",
    "sklearn.preprocessing._encoders.OneHotEncoder",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.linear_model._logistic.LogisticRegression",
    "eriq.model.parts.middle",
}


class UnlikeError(Exception):
    """The file holds something else."""


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """Gaps of some columns at their medians."""

    places: np.ndarray
    medians: np.ndarray

    def derived(self, matrix: np.ndarray) -> np.ndarray:
        """Return one column per place."""
        values = matrix[:, self.places]
        return np.asarray(np.where(np.isnan(values), self.medians, values))

    @property
    def owners(self) -> np.ndarray:
        """Which column each derived one comes from."""
        return self.places


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """Whether some columns have no value."""

    places: np.ndarray

    def derived(self, matrix: np.ndarray) -> np.ndarray:
        """Return 0 or 1, one column per place."""
        return np.asarray(np.isnan(matrix[:, self.places]), dtype="float64")

    @property
    def owners(self) -> np.ndarray:
        """Which column each derived one comes from."""
        return self.places


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """One column per level of some columns; rare ones share a column, which those never seen have too."""

    places: Sequence[int]
    levels: Sequence[np.ndarray]  # sorted, a gap last
    target: Sequence[np.ndarray]  # which derived column each level has
    unseen: Sequence[int]  # which one all other levels have; -1: none

    def derived(self, matrix: np.ndarray) -> np.ndarray:
        """Return 0 or 1, the columns of each place beside each other."""
        parts = []
        for place, levels, target, unseen in zip(self.places, self.levels, self.target, self.unseen, strict=True):
            value = matrix[:, place]
            at = np.minimum(np.searchsorted(levels, value), len(levels) - 1)
            known = (levels[at] == value) | (np.isnan(levels[at]) & np.isnan(value))
            column = np.where(known, target[at], unseen)
            parts.append((column[:, None] == np.arange(target.max() + 1)).astype("float64"))
        return np.hstack(parts)

    @property
    def owners(self) -> np.ndarray:
        """Which column each derived one comes from."""
        return np.repeat(self.places, [target.max() + 1 for target in self.target])


Step = Filled | Gaps | Levels


@dataclass(frozen=True, eq=False)
class PlainLine:
    """A pipeline of plain steps as arrays, and the file it was read from."""

    steps: Sequence[Step]
    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    intercept: float
    columns: int
    content: bytes

    def transform(self, matrix: np.ndarray) -> np.ndarray:
        """Return the derived columns before they are scaled."""
        return np.hstack([step.derived(matrix) for step in self.steps])

    @cached_property
    def owner(self) -> np.ndarray:
        """Which column each derived one comes from, of shape (n_derived, n_columns)."""
        owners = np.concatenate([step.owners for step in self.steps])
        found = np.zeros((len(owners), self.columns))
        found[np.arange(len(owners)), owners] = 1.0
        return found


def read_line(content: bytes) -> PlainLine | None:
    """Return a line from the bytes of its file, whose size is checked; none where it is not of plain steps only."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            schema = json.loads(archive.read("schema.json"))
            if not all(_known(node) for node in _nodes(schema)):
                return None
            return _line(_Reader(archive), schema, content)
    except (
        UnlikeError,
        KeyError,
        ValueError,
        TypeError,
        IndexError,
        AttributeError,
        RecursionError,
        zipfile.BadZipFile,
    ):
        return None


def _nodes(node: Any) -> Iterator[Node]:
    if isinstance(node, dict):
        if "__loader__" in node:
            yield node
        for value in node.values():
            yield from _nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _nodes(value)


def _known(node: Node) -> bool:
    return node["__loader__"] in LOADERS and f"{node['__module__']}.{node['__class__']}" in CLASSES


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    archive: zipfile.ZipFile

    def of(self, node: Node, kind: str, name: str) -> Any:
        """Return an attribute of an object of a class."""
        if node["__class__"] != kind:
            raise UnlikeError
        return self.value(node["content"]["content"][name])

    def value(self, node: Node) -> Any:
        """Return lists, arrays and numbers as they are, and of an object its node."""
        loader = node["__loader__"]
        if loader == "JsonNode":
            return json.loads(node["content"])
        if loader in ("ListNode", "TupleNode"):
            return [self.value(part) for part in node["content"]]
        if loader == "NdArrayNode":
            if node["type"] == "json":
                return np.array([self.value(part) for part in node["content"]["content"]], dtype=object)
            return np.load(io.BytesIO(self.archive.read(node["file"])), allow_pickle=False)
        return node


def _line(read: _Reader, schema: Node, content: bytes) -> PlainLine:
    (_, prepare), (_, scaler), (_, model) = read.of(schema, "Pipeline", "steps")
    steps = [
        _step(read, step, np.array(places, dtype=np.int64))
        for name, step, places in read.of(prepare, "ColumnTransformer", "transformers_")
        if name != "remainder"
    ]
    line = PlainLine(
        steps,
        read.of(scaler, "StandardScaler", "mean_"),
        read.of(scaler, "StandardScaler", "scale_"),
        read.of(model, "LogisticRegression", "coef_")[0],
        float(read.of(model, "LogisticRegression", "intercept_")[0]),
        int(read.of(prepare, "ColumnTransformer", "n_features_in_")),
        content,
    )
    if not len(line.owner) == len(line.mean) == len(line.scale) == len(line.weights):
        raise UnlikeError
    return line


def _step(read: _Reader, step: Node, places: np.ndarray) -> Step:
    if step["__class__"] == "SimpleImputer":
        return Filled(places, read.of(step, "SimpleImputer", "statistics_").astype("float64"))
    if step["__class__"] == "MissingIndicator":
        return Gaps(places[read.of(step, "MissingIndicator", "features_")])
    if read.of(step, "OneHotEncoder", "handle_unknown") != "infrequent_if_exist":
        raise UnlikeError
    levels = [np.asarray(found, dtype="float64") for found in read.of(step, "OneHotEncoder", "categories_")]
    rare = read.of(step, "OneHotEncoder", "_infrequent_indices")
    shared = read.of(step, "OneHotEncoder", "_default_to_infrequent_mappings")
    target = [np.arange(len(own)) if one is None else one for own, one in zip(levels, shared, strict=True)]
    unseen = [-1 if few is None else int(to[few[0]]) for few, to in zip(rare, target, strict=True)]
    return Levels(places.tolist(), levels, target, unseen)
