"""The shape of the house: what may be loaded by whom, how large a module may grow, and where its test stands."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.e2e import tree

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "eriq"
MOST_LINES, MOST_LINES_OF_A_FUNCTION, MOST_PARAMETERS = 400, 60, 7

# A module without a test file of its own name, the file that tests its subject, and why it stands there.
TESTED_IN = {
    "__main__.py": ("e2e/test_score.py", "every end-to-end test starts it"),
    "cli.py": ("e2e/test_docs.py", "commands are tested as a user runs them"),
    "disclosure.py": ("study/reporting/test_report.py", "small cells are hidden in what a report writes"),
    "errors.py": ("e2e/test_docs.py", "classes and exit codes, held against the README"),
    "pages.py": (
        "instrument/test_codebook.py",
        "numbers and tables of a page, beside the page that needs nothing else",
    ),
    "config/experiment.py": ("config/test_config.py", "one file breaks every kind of config the same way"),
    "config/files.py": ("config/test_config.py", "the same"),
    "config/outcome.py": ("config/test_config.py", "the same"),
    "config/promotion.py": ("registry/test_promotion.py", "gates are tested with what they let through"),
    "config/scoring.py": ("config/test_config.py", "one file breaks every kind of config the same way"),
    "config/sources.py": ("config/test_config.py", "the same"),
    "features/blocks.py": ("features/test_features.py", "columns of every block, made from one small world"),
    "features/feature.py": ("features/test_features.py", "the same"),
    "features/flat.py": ("features/test_features.py", "the same"),
    "features/matrix.py": ("features/test_features.py", "the same"),
    "features/questionnaire.py": ("features/test_features.py", "the same"),
    "features/register.py": ("features/test_features.py", "the same"),
    "features/sensitive.py": ("study/explanation/test_explain.py", "nothing sensitive is named in an explanation"),
    "features/words.py": ("features/test_features.py", "every column has a label in every language"),
    "instrument/texts.py": ("instrument/test_instrument.py", "texts are read as part of a questionnaire"),
    "model/calibrator.py": ("model/test_model.py", "two numbers that a model applies"),
    "model/explanation.py": ("test_face.py", "an explanation is held against the log-odds it adds up to"),
    "model/linear.py": ("model/test_model.py", "an opened pipeline is held against the closed one"),
    "model/manifest.py": ("model/test_bundle.py", "a manifest is broken as part of a saved model"),
    "model/margin.py": ("model/test_model.py", "log-odds of every kind of estimator"),
    "model/parts.py": ("study/learning/test_estimators.py", "estimators of ours, tested beside the others"),
    "registry/pyfunc.py": ("scoring/test_dropin.py", "a model called through MLflow gives the numbers of a batch"),
    "registry/tracking.py": ("registry/test_server.py", "tested against a real server"),
    "scoring/frame.py": ("test_face.py", "forecasts of a frame are held against a score file"),
    "scoring/rows.py": ("scoring/test_chunks.py", "rows are tested as parts of an input"),
    "scoring/sinks/files.py": ("scoring/test_batch.py", "files that a batch leaves, whole or not at all"),
    "scoring/sources/files.py": ("scoring/test_chunks.py", "chunks of every kind of file"),
    "simulation/intake.py": ("study/design/test_prepare.py", "made-up people pass the checks of real ones"),
    "simulation/settings.py": ("simulation/test_cohort.py", "settings are tested by the people they make"),
    "study/design/contender.py": ("study/design/test_prepare.py", "contenders are named by prepare"),
    "study/design/design.py": ("study/design/test_prepare.py", "rows every contender sees"),
    "study/design/leakage.py": ("statistical/test_leakage.py", "leaks are planted in whole worlds"),
    "study/learning/final.py": ("model/test_bundle.py", "final models are saved and reopened there"),
    "study/learning/resume.py": ("e2e/test_train.py", "a run takes over what an earlier one finished"),
    "workflows/demo.py": ("e2e/test_wheel.py", "train and score in an empty folder; CI runs the demo itself last"),
    "workflows/make.py": ("e2e/test_score.py", "made-up cohorts are written by the command"),
    "workflows/score.py": ("scoring/test_score_cli.py", "jobs are tested as a user runs them"),
    "workflows/train.py": ("e2e/test_train.py", "the same"),
}


def modules() -> Iterator[Path]:
    """Yield every module of the package."""
    yield from sorted(PACKAGE.rglob("*.py"))


def functions(module: Path) -> Iterator[ast.FunctionDef]:
    """Yield every function and method of a module."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


def named(module: Path, function: ast.FunctionDef) -> str:
    """Return where a function stands."""
    return f"{module.relative_to(PACKAGE)}:{function.name}"


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


def test_no_module_is_long() -> None:
    """No module has more than 400 lines."""
    long = [str(m.relative_to(PACKAGE)) for m in modules() if len(m.read_text("utf-8").splitlines()) > MOST_LINES]

    assert long == []


def test_no_function_is_long() -> None:
    """No function has more than 60 lines, its docstring not counted."""
    long = []
    for module in modules():
        for function in functions(module):
            first = function.body[1] if ast.get_docstring(function) and len(function.body) > 1 else function.body[0]
            head = function.body[0].lineno - function.lineno
            if head + (function.end_lineno or 0) - first.lineno + 1 > MOST_LINES_OF_A_FUNCTION:
                long.append(named(module, function))

    assert long == []


def test_no_list_of_parameters_is_long() -> None:
    """No function takes more than seven parameters, self and cls not counted, the command line aside."""
    long = []
    for module in modules():
        if module.name == "cli.py":
            continue
        for function in functions(module):
            given = function.args
            names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
            if len([name for name in names if name not in ("self", "cls")]) > MOST_PARAMETERS:
                long.append(named(module, function))

    assert long == []


def test_every_module_says_its_subject() -> None:
    """Every module begins with a line on its subject, and so does every room."""
    assert [str(m.relative_to(PACKAGE)) for m in modules() if not tree.subject(m).endswith(".")] == []


def test_every_module_has_its_test_where_one_looks_for_it() -> None:
    """Module X of a room is tested in tests/<room>/test_X.py, or in the file listed for it; the list is not longer."""
    own, missing, stale = set(), [], []
    for module in modules():
        name = module.relative_to(PACKAGE)
        if module.name == "__init__.py":
            continue
        if (ROOT / "tests" / name.parent / f"test_{name.name}").is_file():
            own.add(str(name))
        elif str(name) not in TESTED_IN:
            missing.append(str(name))
    for listed, (file, _) in TESTED_IN.items():
        if listed in own or not (PACKAGE / listed).is_file() or not (ROOT / "tests" / file).is_file():
            stale.append(listed)

    assert missing == []
    assert stale == []


def test_the_page_on_the_house_shows_its_folders() -> None:
    """The tree in docs/architecture.md is that of src/eriq; `make tree` writes it anew."""
    assert tree.stored() == tree.tree()


def test_the_rule_on_the_page_is_the_contract() -> None:
    """The order of the rooms in docs/architecture.md is the order of the layers in pyproject.toml."""
    import re
    import tomllib

    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]
    layers = [re.findall(r"eriq\.(\w+)", layer) for layer in contract["layers"]]
    rule = tree.PAGE.read_text("utf-8").split("## The rule")[1].split(":")[0]
    told = [re.findall(r"\w+", part) for part in rule.replace("`", "").split("<")]

    assert told == [layer for layer in reversed(layers) if layer != ["__main__"]]
