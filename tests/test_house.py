"""The shape of the house: what may be loaded by whom."""

import subprocess
import sys


def test_scoring_loads_neither_the_study_nor_a_heavy_library() -> None:
    """A fresh Python that imports the scoring wing has no module of the study, no plots, no database, no Spark."""
    program = (
        "import sys, eriq.scoring.batch, eriq.scoring.job, eriq.scoring.spark\n"
        "import eriq.scoring.sinks.openers, eriq.scoring.sources.openers\n"
        "tops = {name.split('.')[0] for name in sys.modules}\n"
        "study = sorted(name for name in sys.modules if name.startswith('eriq.study'))\n"
        "print(study, sorted(tops & {'duckdb', 'matplotlib', 'mlflow', 'pyspark', 'shap', 'sqlalchemy'}))"
    )

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert told.stdout == "[] []\n"
