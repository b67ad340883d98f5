"""The MLflow UI as a process that ends when ours does, whatever ended ours."""

import os
import subprocess
import sys
from collections.abc import Sequence

from eriq.registry.tracking import SETTINGS

# Holds the server in a session of its own, and waits for the end of a pipe that eriq holds open: it comes when eriq
# ends, by Ctrl-C or any signal, also one that no handler sees. Then the server goes, and whatever it started.
KEEPER = """
import os, signal, subprocess, sys, threading
server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
def end():
    os.read(0, 1)
    for last in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, last)
            server.wait(5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
threading.Thread(target=end, daemon=True).start()
code = server.wait()
try:
    os.killpg(server.pid, signal.SIGKILL)
except ProcessLookupError:
    pass
sys.exit(code if code >= 0 else 128 - code)
"""


def run_ui(command: Sequence[str]) -> int:
    """Run a server until it ends, and return its exit code; it ends at the latest with this process.

    Parameters
    ----------
    command : sequence of str
        What `ui_command` gives.
    """
    keeper = subprocess.Popen(
        [sys.executable, "-P", "-c", KEEPER, *command],
        stdin=subprocess.PIPE,
        env={**SETTINGS, **os.environ},
        start_new_session=True,  # Ctrl-C in the terminal is for us; the keeper sees our end
    )
    with keeper:
        return keeper.wait()
