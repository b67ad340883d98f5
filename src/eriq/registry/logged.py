"""What MLflow keeps beside a saved model and runs at an endpoint: the very code it was logged with, and no other."""

import hashlib
from pathlib import Path

from eriq.config.files import parse_yaml
from eriq.errors import BundleError
from eriq.model.limits import bounded
from eriq.model.manifest import Manifest

CODE, NOTE = "pyfunc.py", "MLmodel"
LOADER = "mlflow.pyfunc.loaders.code_model"
BESIDE = {
    *(CODE, NOTE, "artifacts", "conda.yaml", "python_env.yaml", "requirements.txt"),
    *("input_example.json", "serving_input_example.json", "registered_model_meta"),
}
MOST = 1_000_000  # bytes of code, or of MLflow's note


def check_logged(folder: Path, manifest: Manifest) -> None:
    """Raise BundleError unless the code beside a bundle in the registry is what its manifest says.

    Parameters
    ----------
    folder : Path
        Of the bundle; in the registry it lies under ``artifacts`` of the logged model. Elsewhere there is no code.
    manifest : Manifest
        Which was read from there, and checked.
    """
    logged = folder.resolve().parent.parent
    if not (logged / NOTE).is_file():
        return
    where = f"the model logged for {folder.name}"
    if others := {entry.name for entry in logged.iterdir()} - BESIDE:
        raise BundleError(f"{where} holds {len(others)} file(s) that eriq did not log")
    if hashlib.sha256(bounded(logged / CODE, MOST)).hexdigest() != manifest.pyfunc:
        raise BundleError(f"{CODE} of {where} is not the code it was logged with; an endpoint would run it")
    try:
        runs = parse_yaml(bounded(logged / NOTE, MOST).decode())["flavors"]["python_function"]
        ours = runs["loader_module"] == LOADER and Path(runs["model_code_path"]).name == CODE and not runs.get("code")
        ours = ours and (logged / runs["artifacts"]["bundle"]["path"]).resolve() == folder.resolve()
    except (ValueError, KeyError, TypeError):
        ours = False
    if not ours:
        raise BundleError(f"{NOTE} of {where} would have an endpoint run something else than eriq logged")
