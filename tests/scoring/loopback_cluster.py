"""A standalone Spark cluster on this machine: a master and two workers, each a process of its own on 127.0.0.1."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SMALL = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xss512k"  # few cores, and each Java lives for seconds
DEFAULTS = f"""
spark.executor.memory 512m
spark.driver.memory 512m
spark.executor.cores 1
spark.executor.extraJavaOptions {SMALL}
spark.driver.extraJavaOptions {SMALL}
spark.driver.host 127.0.0.1
spark.driver.bindAddress 127.0.0.1
spark.ui.enabled false
spark.ui.showConsoleProgress false
spark.sql.session.timeZone UTC
spark.sql.caseSensitive true
spark.sql.shuffle.partitions 2
spark.shuffle.io.maxRetries 1
spark.shuffle.io.retryWait 200ms
spark.sql.codegen.wholeStage false
spark.sql.adaptive.enabled false
spark.log.level WARN
"""
DRIVER = "import sys\nfrom eriq.cli import run\nsys.argv[0] = 'eriq'\nrun()\n"  # what docs/spark.md says


@dataclass(frozen=True)
class Cluster:
    """A cluster that runs; worker `k` keeps what it holds under ``home/local-k``."""

    master: str
    home: Path
    workers: tuple[subprocess.Popen[bytes], ...]
    environment: dict[str, str]

    def submit(self, *words: str) -> subprocess.Popen[bytes]:
        """Start an eriq command the way an operator does, by spark-submit."""
        script = self.home / "driver.py"
        script.write_text(DRIVER)
        program = [f"{self.environment['SPARK_HOME']}/bin/spark-submit", "--master", self.master, str(script), *words]
        return started(program, self.home / "driver.log", self.environment)

    def keeps(self, worker: int) -> int:
        """Return of how many tasks a worker holds the result, the one that is being made included."""
        return sum(1 for _ in (self.home / f"local-{worker}").rglob("rdd_*"))

    def kill(self, worker: int) -> None:
        """Let a worker and what it started vanish, as a machine does whose power goes."""
        vanish(self.workers[worker])


def started(program: list[str], log: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that it can be ended with all it starts."""
    with log.open("wb") as file:
        return subprocess.Popen(
            program, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment, start_new_session=True
        )


def vanish(process: subprocess.Popen[bytes]) -> None:
    """Kill every process of the session that a program began; Python workers of Spark have groups of their own."""
    for _ in range(3):  # one may be starting another just now
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.getsid(int(entry.name)) == process.pid:
                    os.kill(int(entry.name), signal.SIGKILL)
            except ProcessLookupError:
                continue
    process.wait(10)


def until(true: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until something is so, but not for ever."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.02)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def cluster(home: Path) -> Iterator[Cluster]:
    """Give a master with two workers of one core each; nothing of it is left at the end."""
    import pyspark

    spark = Path(pyspark.__file__).parent
    (home / "conf").mkdir(parents=True)
    (home / "conf" / "spark-defaults.conf").write_text(DEFAULTS)
    python = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    places = {"SPARK_HOME": str(spark), "SPARK_CONF_DIR": str(home / "conf"), "SPARK_LOCAL_IP": "127.0.0.1"}
    small = {"SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": SMALL}
    environment = {**os.environ, **places, **python, **small, "SPARK_LOCAL_DIRS": str(home / "local-driver")}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program, deploy = f"{spark}/bin/spark-class", "org.apache.spark.deploy"
    master, running = f"spark://127.0.0.1:{port}", list[subprocess.Popen[bytes]]()
    try:
        where = ["--host", "127.0.0.1", "--webui-port", "0"]
        words = [program, f"{deploy}.master.Master", *where, "--port", str(port)]
        running.append(started(words, home / "master.log", environment))
        until(lambda: _listens(port), 60, "the master")
        for k in range(2):
            words = [program, f"{deploy}.worker.Worker", *where, "--cores", "1", "--memory", "1g"]
            words += ["--work-dir", str(home / f"work-{k}"), master]
            own = environment | {"SPARK_LOCAL_DIRS": str(home / f"local-{k}")}
            running.append(started(words, home / f"worker-{k}.log", own))
        yield Cluster(master, home, tuple(running[1:]), environment)
    finally:
        for process in running:
            vanish(process)
