"""What the host tool costs."""

import statistics
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

from bench.registry import NotMeasured, Row, figures


def _seconds(command: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


@figures("cli_help_s")
def bench_cli_help() -> Iterator[Row]:
    retropod = Path(sysconfig.get_path("scripts")) / "retropod"
    if not retropod.is_file():
        raise NotMeasured("retropod is not installed")
    if subprocess.run([str(retropod), "--help"], capture_output=True, check=False).returncode:
        raise NotMeasured("retropod --help fails")
    taken = [_seconds([str(retropod), "--help"]) for _ in range(10)]
    yield "cli_help_s", statistics.median(taken), "s", "retropod --help, median of 10 after one warm start"
