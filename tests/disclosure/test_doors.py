"""Every place that writes is a door, and every door has a reason."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "eriq"
WRITERS = {
    *("to_csv", "to_parquet", "to_excel", "to_html", "to_json", "to_feather", "to_pickle", "to_sql"),
    *(
        "write_text",
        "write_bytes",
        "write_table",
        "write_aggregates",
        "savefig",
        "print_svg",
        "print_png",
        "dump",
        "save",
        "tofile",
        "savez",
    ),
    *("log_metric", "log_metrics", "log_param", "log_params", "log_artifact", "log_artifacts", "log_table"),
    *("log_batch", "log_inputs", "set_experiment_tag", "update_model_version", "update_registered_model"),
    *("log_dict", "log_text", "log_figure", "log_image", "log_model", "log_input", "set_tag", "set_tags"),
    *("ParquetWriter", "CSVWriter", "new_file", "open_output_stream", "copyfile", "copy2", "copytree"),
}
PEOPLE, TOLD, NOBODY = "about persons: 0600", "aggregates, cleared by publishable_all", "holds no people"
DOORS = {
    ("evidence/listing.py", "to_csv"): f"{NOBODY}: findings of studies, as text",
    ("decisions/chain.py", "write_bytes"): f"{PEOPLE}: the first line of a log of decisions",
    ("decisions/chain.py", "write_text"): f"{PEOPLE}: what is about to be added to it, and its signed head",
    ("dossier/folder.py", "write_text"): "what a report told already, and what people said of a model",
    ("dossier/run.py", "copyfile"): "files of a report, which were cleared when it was written",
    ("forms/limesurvey.py", "to_csv"): f"{NOBODY}: an empty form",
    ("forms/redcap.py", "to_csv"): f"{NOBODY}: an empty form",
    ("forms/xlsform.py", "to_excel"): f"{NOBODY}: an empty form",
    ("model/bundle.py", "to_json"): f"{NOBODY}: the manifest as text",
    ("model/bundle.py", "to_parquet"): f"{NOBODY}: the rows of a self-test are invented",
    ("model/bundle.py", "write_bytes"): f"{NOBODY}: parts of a model; its measures were cleared in study/saving.py",
    ("psychometrics/files.py", "write_aggregates"): TOLD,
    ("psychometrics/files.py", "write_text"): f"{TOLD}: page, and thresholds of 100 people at least",
    ("registry/other_runs.py", "log_artifact"): "aggregates, cleared where they were written",
    ("registry/other_runs.py", "log_artifacts"): "aggregates, cleared where the folder was written",
    ("registry/other_runs.py", "log_metrics"): "aggregates, cleared where they were written",
    ("registry/models.py", "log_model"): f"{NOBODY}: the bundle",
    ("registry/training_run.py", "log_artifacts"): f"{TOLD}: the folder of study/reporting/files.py",
    ("registry/models.py", "update_model_version"): f"{TOLD}: the card",
    ("registry/models.py", "update_registered_model"): f"{NOBODY}: what it is for",
    ("registry/training_run.py", "log_batch"): f"{TOLD}; settings, totals, words",
    ("registry/training_run.py", "log_inputs"): "digests and totals",
    ("registry/training_run.py", "set_experiment_tag"): f"{TOLD}: totals, words, columns of a view",
    ("registry/training_run.py", "write_text"): f"{TOLD}: figures of measures",
    ("registry/training_run.py", "to_parquet"): f"{PEOPLE}: held-out forecasts, which stay on this machine",
    ("scoring/sinks/files.py", "CSVWriter"): PEOPLE,
    ("scoring/sinks/files.py", "ParquetWriter"): PEOPLE,
    ("scoring/sinks/files.py", "new_file"): PEOPLE,
    ("scoring/sinks/files.py", "open"): PEOPLE,
    ("scoring/sinks/files.py", "to_json"): "counts and digests of a run, as text",
    ("scoring/sinks/files.py", "write_table"): f"{PEOPLE}: of pyarrow's writers",
    ("scoring/sinks/folder.py", "open"): f"{PEOPLE}: lock and journal",
    ("scoring/spark/output.py", "write_text"): PEOPLE,
    ("study/learning/resume.py", "save"): f"{PEOPLE}: finished contenders, which stay on this machine",
    ("study/reporting/canvas.py", "print_png"): f"{TOLD}: into memory, of tables in Findings",
    ("study/reporting/canvas.py", "print_svg"): f"{TOLD}: into memory, of tables in Findings",
    ("study/reporting/files.py", "to_json"): "facts, as text",
    ("study/reporting/files.py", "write_aggregates"): TOLD,
    ("study/reporting/files.py", "write_bytes"): f"{TOLD}: figures of Findings",
    ("study/reporting/files.py", "write_text"): f"{TOLD}: report, figures, facts, config, card",
    ("study/reporting/folders.py", "copyfile"): "what study/reporting/files.py wrote",
    ("study/reporting/folders.py", "copytree"): "what study/reporting/files.py wrote",
    ("study/reporting/folders.py", "write_text"): f"{NOBODY}: the name of a folder",
    ("tables/files.py", "open"): "a finished draft, to make it durable",
    ("study/learning/queue.py", "dump"): f"{PEOPLE}: rows of a training for its processes, gone when it ends",
    ("tables/files.py", "to_csv"): "the two doors for tables",
    ("tables/files.py", "to_parquet"): "the two doors for tables",
    ("tables/objects.py", "open_output_stream"): f"{PEOPLE}: what was written here, into the bucket of an agency",
    ("tables/pieces.py", "ParquetWriter"): f"{PEOPLE}: made up, and kept as real ones would be",
    ("tables/pieces.py", "open"): PEOPLE,
    ("tables/pieces.py", "to_csv"): PEOPLE,
    ("tables/pieces.py", "write_table"): f"{PEOPLE}: of pyarrow's writer",
    ("tables/pseudonyms.py", "ParquetWriter"): PEOPLE,
    ("tables/pseudonyms.py", "open"): PEOPLE,
    ("tables/pseudonyms.py", "write_table"): f"{PEOPLE}: of pyarrow's writer",
    ("workflows/costs.py", "write_aggregates"): f"{NOBODY}: money",
    ("workflows/costs.py", "write_text"): f"{NOBODY}: money",
    ("workflows/decide.py", "write_aggregates"): TOLD,
    ("workflows/decide.py", "write_table"): f"{PEOPLE}: when beliefs were recorded and scores shown",
    ("workflows/decide.py", "write_text"): f"{TOLD}: the page on decisions",
    ("workflows/decide_made_up.py", "copyfile"): f"{NOBODY}: a public key",
    ("workflows/decide_made_up.py", "write_text"): f"{NOBODY}: a config",
    ("workflows/dossier.py", "write_text"): f"{NOBODY}: questions to people",
    ("workflows/demo.py", "copyfile"): f"{TOLD}: the report, for the documentation",
    ("workflows/demo.py", "write_text"): f"{NOBODY}: links",
    ("workflows/demo.py", "copytree"): f"{PEOPLE}: pages of made-up people, for the documentation",
    ("workflows/forms.py", "write_bytes"): f"{NOBODY}: empty forms",
    ("workflows/forms.py", "write_table"): f"{PEOPLE}: answers that came back",
    ("workflows/init.py", "write_text"): f"{NOBODY}: a config; its codes are those of five people at least",
    ("workflows/make.py", "write_aggregates"): f"{NOBODY}: the codebook",
    ("workflows/make.py", "write_text"): f"{NOBODY}: about a made-up cohort, and the codebook",
    ("workflows/sheet.py", "to_csv"): f"{PEOPLE}: the last answers in words",
    ("workflows/sheet.py", "to_excel"): f"{PEOPLE}: the last answers in words",
    ("workflows/sheet.py", "write_text"): f"{PEOPLE}: pages for the talk, and their index",
    ("workflows/report.py", "write_text"): "what two reports told, side by side",
    ("workflows/raters.py", "write_aggregates"): TOLD,
    ("workflows/raters.py", "write_table"): f"{PEOPLE}: optimism by caseworker, where a config says so and why",
    ("workflows/raters.py", "write_text"): f"{TOLD}: the page",
    ("workflows/schema.py", "write_text"): f"{NOBODY}: schemas of configs",
    ("workflows/trial.py", "write_aggregates"): TOLD,
    ("workflows/trial.py", "write_text"): f"{TOLD}: the page of a trial",
    ("workflows/monitor.py", "write_aggregates"): TOLD,
    ("workflows/monitor.py", "write_text"): f"{TOLD}: the page",
    ("registry/monitoring_run.py", "log_artifacts"): f"{TOLD}: the folder of workflows/monitor.py",
    ("registry/monitoring_run.py", "log_metrics"): f"{TOLD}: counts of verdicts",
    ("workflows/score.py", "write_table"): f"{PEOPLE}: features",
    ("workflows/sign.py", "to_json"): f"{NOBODY}: the bytes of a manifest that are signed",
}


def writes(source: str) -> set[str]:
    """Return by what names a module writes: a writer called or handed on, and files opened for writing."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name in WRITERS and not (name in ("dump", "save") and isinstance(node, ast.Name)):
            found.add(name)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "open":
            modes = [a.value for a in (*node.args, *(k.value for k in node.keywords)) if isinstance(a, ast.Constant)]
            if any(isinstance(mode, str) and set(mode) & set("wax+") and len(mode) < 4 for mode in modes):
                found.add("open")
    return found


def test_every_writer_is_a_door_with_a_reason() -> None:
    """A new place that writes is added here with its reason, or goes through a door that is here; none is idle."""
    found = {
        (module.relative_to(PACKAGE).as_posix(), name)
        for module in PACKAGE.rglob("*.py")
        for name in writes(module.read_text(encoding="utf-8"))
    }
    assert found - DOORS.keys() == set()
    assert DOORS.keys() - found == set()


@pytest.mark.parametrize(
    "line",
    [
        "frame.to_csv('people.csv')",
        "mlflow.log_metric('n', 3)",
        "open('people.txt', 'w')",
        "Path('people').open(mode='ab')",
        "mlflow.log_table(frame, 'people.json')",
        "map(frame.to_parquet, places)",
    ],
)
def test_a_new_writer_is_seen(line: str) -> None:
    """A writer in any of these forms is found, also where it is only handed on."""
    assert writes(line)


def test_aggregates_are_cleared_where_they_are_written() -> None:
    """Each module that writes aggregates calls publishable_all, or takes what was made of Findings."""
    for module, _ in {door for door, why in DOORS.items() if why == TOLD}:
        assert "publishable_all(" in (PACKAGE / module).read_text(encoding="utf-8"), module
    assert "publishable_all(" in (PACKAGE / "study/saving.py").read_text(encoding="utf-8")
