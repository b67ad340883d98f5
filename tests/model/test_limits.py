"""Saved models that are too large, or claim to be: refused before they are parsed, and nothing else happens."""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.model.test_bundle import KINDS, models, no_parser, reseal, save  # noqa: F401 - fixtures

from eriq.errors import BundleError
from eriq.model import limits
from eriq.model.bundle import SELFTEST, open_bundle
from eriq.model.manifest import MANIFEST, seal_of


def archive(**files: bytes) -> bytes:
    """Return a zip archive, packed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as into:
        for name, content in files.items():
            into.writestr(name.replace("_", "."), content)
    return made.getvalue()


def array(claimed: tuple[int, ...], held: int = 1) -> bytes:
    """Return an array that says it has another shape than it has."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": claimed})
    return file.getvalue() + bytes(8 * held)


@pytest.mark.parametrize(
    "content",
    [
        archive(schema_json=bytes(limits.UNPACKED_BYTES + 1)),
        archive(schema_json=b"{}", a_npy=array((10**12,))),
        archive(schema_json=b"{}", a_npy=array((-1,))),
        archive(schema_json=b"{}", a_npy=b"no array"),
        archive(schema_json=b"{}", a_npz=array((1,))),
        archive(**{f"a{k}_npy": array((1,)) for k in range(limits.ARCHIVED)}, schema_json=b"{}"),
        b"",
        b"PK",
    ],
    ids=["bomb", "large array", "negative array", "no array", "archive in archive", "many files", "empty", "torn"],
)
def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(save, request, content) -> None:  # noqa: F811
    """Under right digests and seal: BundleError, and the library for such archives never sees it."""
    folder = save().folder
    (folder / "model.skops").write_bytes(content)
    reseal(folder)
    request.getfixturevalue("no_parser")
    with pytest.raises(BundleError, match=r"model\.skops"):
        open_bundle(folder)


@pytest.mark.parametrize("members", [-1, limits.MEMBERS + 1, 10**12])
def test_more_refits_than_a_training_saves_are_refused(save, members) -> None:  # noqa: F811
    """A sealed number of refits is not counted up to."""
    folder = save().folder
    reseal(folder, members=members)
    with pytest.raises(BundleError, match="refits"):
        open_bundle(folder)


def test_more_parts_than_a_training_saves_are_refused(save) -> None:  # noqa: F811
    """A sealed manifest may not name a million files."""
    folder = save().folder
    reseal(folder, sha256={f"part-{k}": "0" * 64 for k in range(limits.PARTS + 1)})
    with pytest.raises(BundleError, match="parts"):
        open_bundle(folder)


@pytest.mark.parametrize("name", [MANIFEST, "model.skops", SELFTEST])
def test_a_file_larger_than_its_limit_is_refused_unread(save, name) -> None:  # noqa: F811
    """A sparse file of a terabyte takes no memory to refuse."""
    folder = save().folder
    with (folder / name).open("ab") as file:
        file.truncate(2**40)
    with pytest.raises(BundleError, match="larger than"):
        open_bundle(folder)


def test_parts_that_are_too_large_together_are_refused(save, monkeypatch) -> None:  # noqa: F811
    """Each part may be as large as the limit, all together not."""
    folder = save().folder
    monkeypatch.setattr(limits, "WHOLE_BYTES", 1000)
    with pytest.raises(BundleError, match="larger than"):
        open_bundle(folder)


@pytest.mark.parametrize("name", [MANIFEST, "model.skops", SELFTEST])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(save, name) -> None:  # noqa: F811
    """A FIFO without a writer would be read for ever."""
    folder = save().folder
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(BundleError, match="not a plain file"):
        open_bundle(folder)


@pytest.mark.parametrize("rows", [0, limits.ROWS + 1])
def test_a_self_test_of_no_row_or_of_too_many_is_none(save, rows) -> None:  # noqa: F811
    """Without a row every model would pass it."""
    folder = save().folder
    frame = pd.read_parquet(folder / SELFTEST)
    frame.iloc[np.zeros(rows, dtype=int)].to_parquet(folder / SELFTEST, index=False)
    reseal(folder)
    with pytest.raises(BundleError, match="rows"):
        open_bundle(folder)


def test_a_self_test_of_more_columns_than_the_model_gives_is_none(save) -> None:  # noqa: F811
    """One column too many, of whatever size, is not read."""
    folder = save().folder
    pd.read_parquet(folder / SELFTEST).assign(more=1.0).to_parquet(folder / SELFTEST, index=False)
    reseal(folder)
    with pytest.raises(BundleError, match="columns"):
        open_bundle(folder)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind in ("logistic", "lightgbm", "ebm", "stack")])
def test_every_part_broken_in_every_way_is_refused_by_name_of_the_cause(save, kind) -> None:  # noqa: F811
    """Truncated, empty, doubled, filled with one byte, bytes turned at random places; digests made to fit each time.

    Either the model opens and is as it was (its card says anything), or it is a BundleError.
    """
    folder = save(kind).folder
    rng = np.random.default_rng(5)
    for file in sorted(file for file in folder.iterdir() if not file.name.startswith("member")):
        whole = file.read_bytes()
        for broken in ways(whole, rng)[:: 2 if file.suffix == ".txt" else 1]:  # each takes a process of its own
            file.write_bytes(broken)
            if file.name != MANIFEST:
                reseal(folder)
            try:
                open_bundle(folder)
            except BundleError:
                continue
        file.write_bytes(whole)
    reseal(folder)
    open_bundle(folder)


def ways(whole: bytes, rng: np.random.Generator) -> list[bytes]:
    """Return a file broken in several ways."""
    made = [b"", whole[: len(whole) // 2], whole[:-1], whole + whole, b"\xff" * 100, b"[" * 5000]
    for _ in range(4):
        torn = np.frombuffer(whole, dtype="uint8").copy()
        torn[rng.integers(0, len(torn), 3)] ^= rng.integers(1, 255, 3).astype("uint8")
        made.append(torn.tobytes())
    return made


MANIFESTS: list[dict[str, Any]] = [
    {"columns": []},
    {"columns": None},
    {"sha256": {}},
    {"sha256": None},
    {"members": True},
    {"members": 1.5},
    {"kind": "pickle"},
    {"calibrator": {"intercept": "nan", "slope": 1}},
    {"format": 2.0},
    {"instrument": {"id": 1}},
    {"ranges": {"a": [1]}},
    {"pyfunc": 5},
    {"name": "../../x"},
]


@pytest.mark.parametrize("change", MANIFESTS)
def test_a_sealed_manifest_of_odd_values_is_refused_or_harmless(save, change) -> None:  # noqa: F811
    """Every value of another kind under a right seal: BundleError, and no other error ever."""
    folder: Path = save().folder
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8")) | change
    content["seal"] = seal_of(content)
    (folder / MANIFEST).write_text(json.dumps(content), encoding="utf-8")
    try:
        open_bundle(folder)
    except BundleError:
        return
    assert change in ({"name": "../../x"}, {"format": 2.0})
