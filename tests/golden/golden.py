"""What three trainings give, as JSON: measures, differences, flow, manifest, scored rows.

``make golden`` writes the files anew, on purpose; the diff is what a reviewer reads.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

HERE = Path(__file__).parent
NAMES = ("quick", "jobs2", "demo")
TOLD = ("contender", "outcome", "horizon_days", "missing_policy", "lag_days", "period", "trained_on", "bands", "ranges")
ROWS = 1000


def model_of(home: Path, name: str) -> Path:
    """Return the folder of the model that was saved last under a name."""
    return max((home / "models").glob(f"{name}-*"), key=lambda folder: folder.stat().st_mtime)


def taken(home: Path, name: str, scores: Path) -> dict[str, Any]:
    """Return what a training in `home` and a scored file hold, as plain values."""
    tables = home / "mlruns" / "reports" / name / "tables"
    manifest = json.loads((model_of(home, name) / "manifest.json").read_text(encoding="utf-8"))
    scored = pd.read_csv(scores)
    rejected = pd.read_csv(f"{scores}.rejected.csv", dtype="str")
    return {
        "measures": _numbers(pd.read_csv(tables / "measures.csv", dtype={"at": "str"}), ["contender", "measure", "at"]),
        "differences": _numbers(
            pd.read_csv(tables / "differences.csv", dtype={"at": "str"}), ["contender", "baseline", "measure", "at"]
        ),
        "flow": pd.read_csv(tables / "flow.csv", dtype="str").to_numpy().tolist(),
        "manifest": {key: manifest[key] for key in TOLD} | {"calibrator": manifest["calibrator"]},
        "scores": {
            "columns": list(scored.columns),
            "probability": [round(value, 9) for value in scored["probability"]],
            "first_reason": scored["reason_1"].value_counts().sort_index().to_dict(),
            "rejected": rejected["code"].value_counts().sort_index().to_dict(),
        },
    }


def _numbers(table: pd.DataFrame, keys: list[str]) -> dict[str, list[float | None]]:
    names = table[keys].fillna("").agg(" | ".join, axis="columns")
    numbers = table[["estimate", "low", "high"]].astype(object)
    rows = numbers.where(numbers.notna(), None).to_numpy().tolist()
    return {name: [None if v is None else round(v, 9) for v in row] for name, row in zip(names, rows, strict=True)}


def inputs(folder: Path, run: Any, shared: Path) -> dict[str, Path]:
    """Write the rows that are scored: the first thousand answers of a made-up cohort, and the ready table itself."""
    run("simulate", "--out", "cohort", "--clients", 400, "--seed", 7, cwd=folder)
    for name in ("answers", "persons", "spells", "events"):
        text = (folder / "cohort" / f"{name}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / "few").mkdir(exist_ok=True)
        (folder / "few" / f"{name}.csv").write_text(
            "".join(text[: ROWS + 1] if name == "answers" else text), encoding="utf-8"
        )
    return {"quick": folder / "few", "demo": folder / "few", "jobs2": shared / "jobs2.csv"}


def write(folder: Path, run: Any, root: Path) -> None:
    """Train, score and store all of them."""
    given = inputs(folder, run, root.parent / "shared" / "data")
    for name in NAMES:
        run("train", root / "configs" / "experiments" / f"{name}.yaml", cwd=folder)
        model = next((folder / "models").glob(f"{name}-*"))
        scores = folder / f"{name}.csv"
        run("score", model, given[name], "--out", scores, cwd=folder, code=None)
        text = json.dumps(taken(folder, name, scores), indent=0, ensure_ascii=False, sort_keys=True)
        (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    import tempfile

    root = HERE.parents[1]
    sys.path.insert(0, str(root))
    from tests.e2e.conftest import eriq

    with tempfile.TemporaryDirectory() as place:
        write(Path(place), eriq, root)
