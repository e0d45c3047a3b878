"""pytest plugin of `make quick`: omit the slow tests, and list their paths."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Paths below tests/ that start many MicroPython processes, run pods in real time or compute for seconds.
LEFT_OUT = {
    "e2e": "commands on virtual pods",
    "hil": "tests on a real pod",
    "firmware/gait": "gait engine",
    "firmware/sensors": "drivers and chip models",
    "firmware/test_check_on_pod.py": "self-test on the runtime",
    "firmware/test_link.py": "link on the runtime",
    "firmware/test_on_micropython.py": "allocation and power cuts on the runtime",
    "firmware/test_oscillator.py": "sample clock",
    "firmware/test_pod_life.py": "sessions of a pod",
    "firmware/test_pod_trouble.py": "faults of a pod",
    "firmware/test_resident.py": "modules in memory",
    "firmware/test_untethered.py": "pod without a host",
    "host/gaitmodel": "gait model",
    "host/install": "install, update, repair",
    "host/test_chain.py": "truth of the gait model in every output",
    "host/test_download.py": "downloads from a virtual pod",
    "host/test_fuzz.py": "hostile files and lying pods",
    "host/test_hostile_texts.py": "hostile texts in every output",
    "host/test_lying_pod.py": "pods that lie",
    "host/test_roundtrip.py": "retries of requests",
    "host/test_samples.py": "raw samples",
    "host/test_store_killed.py": "a kill at every write of the store",
    "host/test_streams.py": "standard streams of a process",
    "host/virtual": "virtual pod",
    "protocol/test_on_micropython.py": "protocol on the runtime",
}


def _left_out(path: Path) -> bool:
    return any(path == place or place in path.parents for place in (ROOT / "tests" / name for name in LEFT_OUT))


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Omit the paths above."""
    return True if _left_out(collection_path) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the omitted paths."""
    terminalreporter.write_line("omitted, run `make test`:")
    for place, subject in LEFT_OUT.items():
        terminalreporter.write_line(f"  tests/{place}: {subject}")
