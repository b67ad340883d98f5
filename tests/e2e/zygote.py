"""A process that has imported everything and forks a command line for each call: imports are paid once, not 200 times.

Each call is a process of its own, with its own folder, environment, umask and exit code, ended by the interpreter as
ever. What only a fresh interpreter shows (a module that nobody imported, an environment read at import) is looked for
by the tests that start one: the wheel, the kills, the demo, the notebooks.
"""

import atexit
import gc
import importlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

PRELOADED = (
    "eriq.cli",
    "eriq.workflows.train",
    "eriq.workflows.score",
    "eriq.registry.pyfunc",
    "shap",
    "matplotlib.pyplot",
)
AT_IMPORT = ("OMP_", "OPENBLAS_", "MLFLOW_", "NUMBA_", "MPL", "PYTHON")  # read when a library is imported


class Zygote:
    """Starts command lines by forking; one for each process of tests."""

    def __init__(self) -> None:
        """Start the process that forks; it imports while the first call is being prepared."""
        self.env = {**os.environ, "PYTHONWARNINGS": "default"}
        self.env.pop("MLFLOW_TRACKING_URI", None)
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        words = [sys.executable, "-m", "tests.e2e.zygote", str(theirs.fileno())]
        root = Path(__file__).resolve().parents[2]
        self.process = subprocess.Popen(words, cwd=root, env=self.env, pass_fds=[theirs.fileno()])
        theirs.close()

    def fits(self, env: Mapping[str, str]) -> bool:
        """Return whether a call with this environment gives what a fresh interpreter gives."""
        changed = {name for name in {*env, *self.env} if env.get(name) != self.env.get(name)}
        return not any(name.startswith(AT_IMPORT) for name in changed)

    def run(self, words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run ``python -m eriq`` with `words`, as `subprocess.run` would."""
        umask = os.umask(0)
        os.umask(umask)
        asked = json.dumps({"words": list(words), "cwd": str(cwd), "env": dict(env), "umask": umask}).encode()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            socket.send_fds(self.ours, [asked], [out.fileno(), err.fileno()])
            code = int(self.ours.recv(100))
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode())
        return subprocess.CompletedProcess(["eriq", *words], code, *texts)

    def close(self) -> None:
        """End the process."""
        self.ours.close()
        self.process.wait(30)


def serve(theirs: socket.socket) -> None:
    """Fork for each request; only a child returns, as the process that was asked for."""
    while True:
        asked, files, _, _ = socket.recv_fds(theirs, 1_000_000, 2)
        if not asked:
            os._exit(0)
        child = os.fork()
        if child:
            for file in files:
                os.close(file)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            theirs.send(str(code).encode())
            continue
        theirs.close()
        wanted = json.loads(asked)
        for file, standard in zip(files, (1, 2), strict=True):
            os.dup2(file, standard)
            os.close(file)
        os.umask(wanted["umask"])
        os.chdir(wanted["cwd"])
        os.environ.clear()
        os.environ.update(wanted["env"])
        sys.argv = ["eriq", *wanted["words"]]
        sys.modules["__main__"] = importlib.import_module("eriq.__main__")  # what workers of a training import
        sys.path[0] = str(Path.cwd())  # as `python -m` has it
        return


if __name__ == "__main__":
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.set_inheritable(False)
    for module in PRELOADED:
        importlib.import_module(module)
    gc.freeze()  # a child that looks for garbage would copy all pages
    serve(channel)
    from eriq.cli import run

    try:
        run()
    except SystemExit as left:
        # As an interpreter ends, but for taking apart a thousand modules, which takes a second.
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(left.code if isinstance(left.code, int) else 0)
