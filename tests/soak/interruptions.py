"""A live session with interruptions on a virtual pod in real time, without the cost model."""

from pathlib import Path

from e2e.liverun import interrupted
from retropod.client.pod import Pod
from retropod.replay.replay import Setup, prepare
from retropod.transport.serial import SerialTransport
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.pod import VirtualPod
from retropod.virtual.source import Source
from soak.verdict import Verdict

_ASLEEP_S, _PULLS = 12.0, 20
_MINUTE_S = 60.0


def interruptions(folder: Path) -> Verdict:
    """Return the verdict: every missing stride is counted, every other gap has a length, the runs are whole."""
    source = Source.from_movement(scenario("run", 208.0, 1, duration_s=_MINUTE_S))
    with VirtualPod(folder / "pod", source, hold="still", loop=True) as pod:
        with Pod(SerialTransport(pod.url)) as client:
            prepare(client, Setup(mount="given"))
        pod.go()
        found = interrupted(pod, folder, _ASLEEP_S, _PULLS)
    verdict = Verdict("live")
    verdict.note(f"{found.strides} strides, {found.missing} missing, {len(found.away_s)} disconnections")
    verdict.most("missing strides without a report", found.unexplained, 0)
    verdict.need(f"{len(found.away_s)} disconnections of {_PULLS}", len(found.away_s) == _PULLS)
    verdict.need("a disconnection without a length", min(found.away_s, default=0.0) > 0.0)
    verdict.need("a restart without a length", all(found.silent_s) and len(found.silent_s) == 1)
    verdict.faults += found.lost
    return verdict
