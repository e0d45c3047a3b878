"""`retropod record`."""

import click

from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.cli.info import begun
from retropod.errors import OperationFailed


@command("record")
@click.argument("action", type=click.Choice(["start", "stop", "lap"]))
@click.option("--raw", is_flag=True, help="With start: raw samples too. They fill the flash within minutes.")
def record(action: str, raw: bool) -> None:
    """Start or stop a recording on the pod, or mark a lap. Between start and stop no cable is needed.

    The pod's clock is set on the way, so that the run knows when it was: at the start, and at the stop once more for
    how far it has drifted.
    """
    from retropod.runs.clocklog import keep_time
    from retropod.runs.store import Store

    with settings().connect() as pod:
        before = pod.status()
        if action == "start" and before.run:
            raise OperationFailed(
                f"run {before.run} is being recorded already{begun(before)}",
                "`retropod record stop` ends it, `retropod record lap` marks a lap in it",
            )
        if action != "lap":  # which is to be marked at once
            keep_time(pod, Store())
        run = pod.record(action, *(("strides", *(("raw",) if raw else ())) if action == "start" else ()))
        status = pod.status()
    if settings().json:
        output.emit({"action": action, "run": run, "minutes_left": status.minutes_left, "strides": status.strides,
                     "started_by": (status if action == "start" else before).values.get("started_by")})  # fmt: skip
        return
    left = "" if status.minutes_left is None else f"; storage for about {status.minutes_left} minutes of running"
    said = {
        "start": f"recording run {run}{left}",
        "stop": f"run {run} is closed{begun(before)}",
        "lap": f"lap in run {run}",
    }
    output.line(said[action])
