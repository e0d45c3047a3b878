"""`retropod record`."""

import click

from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.cli.info import begun
from retropod.client.messages import RecordActionName
from retropod.client.pod import Pod
from retropod.client.refusals import PodRefused
from retropod.errors import OperationFailed


@command("record")
@click.argument("action", type=click.Choice(["start", "stop", "lap"]))
@click.option("--raw", is_flag=True, help="With start: raw samples too. They fill the flash within minutes.")
def record(action: RecordActionName, raw: bool) -> None:
    """Start or stop a recording on the pod, or mark a lap. Between start and stop no cable is needed.

    The pod's clock is set on the way, so that the run knows when it was: at the start, and at the stop once more for
    how far it has drifted.
    """
    from retropod.runs.clocklog import keep_time
    from retropod.runs.store import Store

    with settings().connect() as pod:
        before = pod.status() if action == "stop" else None  # who began the run, which is over afterwards
        if action != "lap":  # which is to be marked at once
            keep_time(pod, Store())
        run = _start(pod, raw) if action == "start" else pod.record(action)
        status = pod.status() if action == "start" or settings().json else None
    if settings().json and status is not None:
        output.emit({"action": action, "run": run, "minutes_left": status.minutes_left, "strides": status.strides,
                     "started_by": (before or status).values.get("started_by")})  # fmt: skip
        return
    minutes = None if status is None else status.minutes_left
    left = "" if minutes is None else f"; storage for about {minutes} minutes of running"
    said = {
        "start": f"recording run {run}{left}",
        "stop": f"run {run} is closed{begun(before) if before else ''}",
        "lap": f"lap in run {run}",
    }
    output.line(said[action])


def _start(pod: Pod, raw: bool) -> int:
    """Begin a run and return its number. Raises OperationFailed, with who began it, if a run is open."""
    try:
        return pod.record("start", "strides", *(("raw",) if raw else ()))
    except PodRefused as refusal:
        if refusal.code != "already_recording":
            raise
    status = pod.status()
    raise OperationFailed(
        f"run {status.run} is being recorded already{begun(status)}",
        "`retropod record stop` ends it, `retropod record lap` marks a lap in it",
    )
