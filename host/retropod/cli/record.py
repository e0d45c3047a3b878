"""`retropod record`."""

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.info import cause_of_run
from retropod.cli.opened import open_store
from retropod.cli.options import options
from retropod.cli.pods import identity, on_each
from retropod.client.messages import RecordActionName
from retropod.client.pod import Pod
from retropod.client.refusals import PodRefused
from retropod.errors import OperationFailed, PortBusy, UsageError
from retropod.wording import count


@command("record")
@click.argument("action", type=click.Choice(["start", "stop", "lap"]))
@click.option("--raw", is_flag=True, help="Store raw samples too (with `start`). They fill the flash in minutes.")
def record(action: RecordActionName, raw: bool) -> None:
    """Start or stop a recording on the pod, or mark a lap in it.

    No cable is needed between start and stop. Start and stop also set the clock of the pod: the first sync dates the
    run, and the second one measures the drift of the clock. With --pods, each pod that fails is named, and the others
    execute the action.
    """
    if raw and action != "start":
        raise UsageError(f"--raw has no effect on `retropod record {action}`", "give it with `retropod record start`")
    if options().pods:
        on_each(lambda one: _record(one.connected, action, raw, f"{one.label}: "))
        return
    with _connect(action) as pod:
        _record(pod, action, raw)


def _record(pod: Pod, action: RecordActionName, raw: bool, label: str = "") -> None:
    """Execute the action and print its result after `label`."""
    from retropod.runs.clocklog import keep_time

    before = pod.status() if action == "stop" else None  # the cause of the run is not known after the stop
    if action != "lap":  # a lap is marked without delay
        keep_time(pod, open_store(), warn=output.print_note)
    run = _start(pod, raw) if action == "start" else pod.record(action)
    status = pod.status() if action == "start" or options().json else None
    if options().json and status is not None:
        output.print_json(
            {
                "action": action,
                "run": run,
                "storage_left_s": None if status.minutes_left is None else status.minutes_left * 60,
                "strides": status.strides,
                "started_by": (before or status).values.get("started_by"),
                **identity(pod),
            }
        )
        return
    minutes = None if status is None else status.minutes_left
    left = "" if minutes is None else f"; storage for about {count(minutes, 'minute')} of running"
    results = {
        "start": f"recording run {run}{left}",
        "stop": f"run {run} is closed{cause_of_run(before) if before else ''}",
        "lap": f"lap in run {run}",
    }
    output.print_line(label + results[action])


def _connect(action: RecordActionName) -> Pod:
    """Connect to the pod. Raises PortBusy, with the other way to mark a lap: `live` has the port during a session."""
    try:
        return options().connect()
    except PortBusy as error:
        if action != "lap":
            raise
        raise PortBusy(
            error.message,
            "press the button of the pod for less than 1.5 s: it marks a lap, also during `retropod live`; "
            "without a button, end `retropod live` (Ctrl-C) first",
        ) from error


def _start(pod: Pod, raw: bool) -> int:
    """Start a run and return its number. Raises OperationFailed, with the cause of the open run, if a run is open."""
    try:
        return pod.record("start", "strides", *(("raw",) if raw else ()))
    except PodRefused as refusal:
        if refusal.code != "already_recording":
            raise
    status = pod.status()
    raise OperationFailed(
        f"the pod is already recording run {status.run}{cause_of_run(status)}",
        "run `retropod record stop` to end it, or `retropod record lap` to mark a lap in it",
    )
