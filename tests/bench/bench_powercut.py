"""Power cuts that a recording survived, one at every write and many at lengths drawn by chance."""

import os
import re
import subprocess
from collections.abc import Iterator

from bench.registry import ROOT, Row, figures
from retropod.build import folded
from retropod.virtual.child import ONPOD
from retropod.virtual.runtime import find_runtime

_SEEDED = 1000
_WHERE = ("tests/firmware/onpod", "tests/host/virtual/onpod")


@figures("power_cuts_survived", "power_cut_writes")
def bench_power_cuts() -> Iterator[Row]:
    script = ROOT / "tests" / "firmware" / "onpod" / "run_powercut.py"
    search = ":".join([*(str(ROOT / folder) for folder in _WHERE), str(ONPOD), folded.folders().search_path])
    done = subprocess.run(
        [str(find_runtime()), "-X", "heapsize=32m", str(script), "1", str(_SEEDED)],
        env={**os.environ, "MICROPYPATH": search},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"^cuts (\d+) writes (\d+) twice (\d+)$", done.stdout, re.MULTILINE)
    if done.returncode or not found:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-500:])
    method = (
        "record, lap, raw, reset and linked run, erase, flash full, on littlefs: every write torn at 0, 1, half, all "
        f"but one and all bytes, and {_SEEDED} at lengths drawn by chance, {found[3]} with a second cut while "
        "recovering; no acknowledged block was missing, nothing misread, recording went on"
    )
    yield "power_cuts_survived", int(found[1]), "cuts", method
    yield "power_cut_writes", int(found[2]), "writes", "of the whole session"
