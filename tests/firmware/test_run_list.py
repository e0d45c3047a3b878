"""The run list reads no more of a run than it needs: with many runs, or with a long one, each access counts."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from host import runfiles
from pod.link.requests_runs import RunList
from retrowire import headbytes, schema

LONG = 300  # blocks
ENDED, UNFINISHED, OPEN = 1, 2, 3


class Runs:
    """Stored runs in a folder."""

    def __init__(self, folder: Path) -> None:
        self.counted: dict[int, tuple[int, int]] = {}
        self._folder = folder
        for run, content in (
            (ENDED, runfiles.run_file(ENDED, 3)),
            (UNFINISHED, runfiles.run_file(UNFINISHED, LONG)[:-20]),
            (OPEN, runfiles.run_file(OPEN, LONG)[:-20]),
        ):
            (folder / str(run)).write_bytes(content)

    def numbers(self) -> list[int]:
        return [ENDED, UNFINISHED, OPEN]

    def open(self, run: int) -> Any:
        return (self._folder / str(run)).open("rb")


class Texts:
    """Reads headers as the pod does."""

    def read(self, head: bytes) -> tuple[int, int, bool, bool]:
        return headbytes.split(head)[1], 0, False, True


def test_only_an_unfinished_run_is_counted(tmp_path: Path) -> None:
    sent: list[tuple[int, int]] = []
    session = SimpleNamespace(
        link=SimpleNamespace(free=lambda: 6),
        reply=lambda message, values: sent.append((values[1], values[4])) if message == schema.RUN_ENTRY else None,
        done=lambda request, count: sent.append((0, count)),
    )
    runs = Runs(tmp_path)
    job = RunList(session, 9, runs, SimpleNamespace(run=OPEN, strides=77, texts=Texts()))
    steps: dict[int, int] = {}
    for _ in range(LONG):
        at = len(sent)
        ended = job.step()
        steps[at] = steps.get(at, 0) + 1
        if ended:
            break
    assert [run for run, _ in sent] == [ENDED, UNFINISHED, OPEN, 0]
    assert sent[2] == (OPEN, 77), "strides of the recorder"
    assert sent[3] == (0, 3)
    assert (steps[0], steps[2]) == (1, 1), "one step each"
    assert steps[1] > 10, "counted in many steps"
    assert UNFINISHED in runs.counted
    assert OPEN not in runs.counted
