"""What the MLflow UI opens with: the table of the newest training's contenders, with the columns that matter."""

import json
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from eriq.registry.tracking import connect

KEY = "newest"  # in the link, so it is short
MODEL_TRAINING = "workflowType=machine_learning"  # a fresh browser would open the view of chat traces
# Their keys stand as headings above the columns; letters, spaces and dots are all that MLflow takes.
CONTENDER, AUC, VERDICT, TRAINING = "contender in words", "AUC with interval", "verdict", "training"
COLUMNS: Mapping[str, int] = {  # column of the table, and its width in pixels: all of them fit on 1,440
    f"tags.`{CONTENDER}`": 290,
    f"tags.`{AUC}`": 165,
    "metrics.`log_loss`": 80,
    "metrics.`calibration_slope`": 85,
    f"tags.`{VERDICT}`": 275,
}
FIXED: Mapping[str, int] = {"attributes.`Run Name`": 120, "runDateAndNestInfo": 110}  # name and age are always there


def shared_view(training: str) -> tuple[str, str]:
    """Return the tag of an experiment from which the UI takes columns, order and rows of a link with our key.

    Parameters
    ----------
    training : str
        Value of the tag `TRAINING` on the runs to show.

    Returns
    -------
    key, value : str

    Examples
    --------
    >>> shared_view("1a2b")[0]
    'mlflow.sharedViewState.newest'
    """
    state = {
        "searchFilter": f"tags.{TRAINING} = '{training}'",
        "orderByKey": "metrics.`auc`",
        "orderByAsc": False,
        "selectedColumns": list(COLUMNS),
        "columnOrder": [*FIXED, *COLUMNS],
        "columnWidths": {**FIXED, **COLUMNS},
    }
    return f"mlflow.sharedViewState.{KEY}", json.dumps(state)


def run_link(experiment: str, run: str, file: str = "") -> str:
    """Return the page of a run, or of one of its files, as a link within the UI.

    >>> run_link("1", "ab", "report.html")
    '#/experiments/1/runs/ab/artifacts/report.html?workflowType=machine_learning'
    """
    return (
        f"#/experiments/{experiment}/runs/{run}" + (f"/artifacts/{quote(file)}" if file else "") + f"?{MODEL_TRAINING}"
    )


def compare_link(experiment: str, runs: Sequence[str]) -> str:
    """Return the page that shows runs side by side, as a link within the UI."""
    asked = quote(json.dumps(list(runs))), quote(json.dumps([experiment]))
    return "#/compare-runs?runs={}&experiments={}&{}".format(*asked, MODEL_TRAINING)


def start_link(port: int) -> str:
    """Return the address of the newest training's contenders in a UI on this machine, or of all trainings before any.

    Raises
    ------
    TrackingError
        When the store cannot be opened.
    """
    mlflow = connect()
    newest = mlflow.search_runs(
        search_all_experiments=True,
        filter_string="tags.kind = 'training'",
        order_by=["start_time DESC"],
        max_results=1,
        output_format="list",
    )
    home = f"http://127.0.0.1:{port}/#/experiments"
    if not newest:
        return f"{home}?{MODEL_TRAINING}"
    return f"{home}/{newest[0].info.experiment_id}/runs?{MODEL_TRAINING}&viewStateShareKey={KEY}"
