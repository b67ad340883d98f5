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

# A module without a test file of its own name, or a room of such modules, and the file that tests its subject.
TESTED_IN = {
    "__main__.py": ("e2e/test_score.py", "every end-to-end test starts it"),
    "cli/": ("e2e/test_docs.py", "commands are tested as a user runs them"),
    "errors.py": ("e2e/test_docs.py", "classes and exit codes, held against the README"),
    "pages.py": ("instrument/test_codebook.py", "numbers and tables, beside the page that needs nothing else"),
    "config/": ("config/test_config.py", "every kind of file is broken in the same ways"),
    "config/promotion.py": ("registry/test_gates.py", "gates are tested with what they let through"),
    "config/decisions.py": ("config/test_excluded.py", "a config of decisions is broken by what it must not ask for"),
    "features/": ("features/test_features.py", "all columns come from one small world"),
    "features/sensitive.py": ("study/explanation/test_explain.py", "nothing sensitive is named in an explanation"),
    "forms/": ("forms/test_answers.py", "what tools export is read as part of a round trip"),
    "instrument/texts.py": ("instrument/test_instrument.py", "texts are read as part of a questionnaire"),
    "model/calibrator.py": ("model/test_model.py", "two numbers that a model applies"),
    "model/explanation.py": ("test_face.py", "an explanation is held against the log-odds it adds up to"),
    "model/kernels.py": ("model/test_forest.py", "compiled loops are held against the library"),
    "model/leaves.py": ("model/test_pair_tables.py", "leaves are read to be collapsed into tables"),
    "model/linear.py": ("model/test_model.py", "an opened pipeline is held against the closed one"),
    "model/manifest.py": ("model/test_bundle.py", "a manifest is broken as part of a saved model"),
    "model/margin.py": ("model/test_model.py", "log-odds of every kind of estimator"),
    "model/parts.py": ("study/learning/test_estimators.py", "estimators of ours, beside the others"),
    "model/screen.py": ("test_face.py", "what a model and a run show of themselves"),
    "registry/": ("registry/test_server.py", "runs and models on a real server"),
    "registry/pyfunc.py": ("scoring/test_dropin.py", "a model called through MLflow gives the numbers of a batch"),
    "registry/same_people.py": ("registry/test_promotion.py", "two models are compared to be promoted"),
    "scoring/": ("scoring/test_batch.py", "steps of one batch"),
    "scoring/databases/": ("scoring/databases/test_sql.py", "a database is tested by what is read from it and written"),
    "scoring/frame.py": ("test_face.py", "forecasts of a frame are held against a score file"),
    "scoring/job.py": ("scoring/test_score_cli.py", "jobs are tested as a user runs them"),
    "scoring/sinks/": ("scoring/sinks/test_files.py", "what a batch leaves, whole or not at all"),
    "scoring/sources/": ("scoring/sources/test_files.py", "the same rows from every kind of source"),
    "scoring/spark/": ("scoring/test_spark.py", "a job on a local cluster"),
    "sheets/": ("sheets/test_page.py", "parts of one page"),
    "simulation/intake.py": ("study/design/test_prepare.py", "made-up people pass the checks of real ones"),
    "study/comparison/": ("study/comparison/test_compare.py", "steps of one comparison"),
    "study/design/": ("study/design/test_prepare.py", "steps from a config to the rows"),
    "study/design/leakage.py": ("statistical/test_leakage.py", "leaks are planted in whole worlds"),
    "study/evaluation/": ("study/evaluation/test_metrics.py", "what several measures share"),
    "study/explanation/": ("study/explanation/test_explain.py", "parts of one picture"),
    "study/learning/": ("study/learning/test_training.py", "steps of one fit"),
    "study/reporting/": ("study/reporting/test_report.py", "parts of one page"),
    "study/words.py": ("study/reporting/test_words.py", "words that comparison and report share"),
    "tables/workbooks.py": ("tables/test_files.py", "every kind of file gives the same table"),
    "tables/guesses.py": ("tables/test_recognise.py", "what is guessed of a table that was recognised"),
    "tables/names.py": ("tables/test_recognise.py", "names are what a table is recognised by"),
    "tables/personal.py": ("tables/test_recognise.py", "ids are looked at once a table is recognised"),
    "tables/sample.py": ("tables/test_recognise.py", "a sample is what is recognised"),
    "workflows/own_files.py": ("e2e/test_init.py", "the source of a config is read as part of it"),
    "workflows/": ("e2e/test_train.py", "commands are tested as a user runs them"),
    "model/distributions.py": ("monitoring/test_shift.py", "what is kept of training is held against a new period"),
    "workflows/forms.py": ("forms/test_commands.py", "out and back, as a user does it"),
    "workflows/score.py": ("scoring/test_score_cli.py", "jobs are tested as a user runs them"),
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
    """A fresh Python that imports `eriq score` has no module of the study, no plots, database, Spark or scipy."""
    program = (
        "import sys, eriq.scoring.batch, eriq.scoring.job, eriq.scoring.spark, eriq.workflows.score\n"
        "import eriq.scoring.sinks.openers, eriq.scoring.sources.openers\n"
        "tops = {name.split('.')[0] for name in sys.modules}\n"
        "study = sorted(name for name in sys.modules if name.startswith('eriq.study'))\n"
        "print(study, sorted(tops & {'duckdb', 'matplotlib', 'mlflow', 'pyspark', 'scipy', 'shap', 'sqlalchemy'}))"
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
        if module.parent.name == "cli":
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
    """Module X of a room is tested in tests/<room>/test_X.py, or in the file listed for it or its room; none idle."""
    missing, used = [], set()
    for module in modules():
        name = module.relative_to(PACKAGE)
        if module.name == "__init__.py" or (ROOT / "tests" / name.parent / f"test_{name.name}").is_file():
            continue
        found = next((key for key in (name.as_posix(), f"{name.parent.as_posix()}/") if key in TESTED_IN), None)
        if found is None or not (ROOT / "tests" / TESTED_IN[found][0]).is_file():
            missing.append(name.as_posix())
        else:
            used.add(found)

    assert missing == []
    assert sorted(set(TESTED_IN) - used) == []


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
