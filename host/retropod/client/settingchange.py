"""Change of settings on a pod: checked together, all or none, and tried out if they are of the hardware."""

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from retropod.client import settingcheck
from retropod.client.pod import Pod
from retropod.client.reconnect import ReconnectingPod
from retropod.client.refusals import LIST_HINT, NoAnswer, PodRefused
from retropod.errors import OperationFailed, RetropodError
from retropod.transport.serial import PortGone
from retrowire import settingrows

PINS = "pins"
TRIAL_S = 60.0  # after its start the pod waits so long for a host
_STARTS_S = 40.0  # limit for two starts of the pod: with the settings, and without them
_AGAIN_S = 0.05  # the pod may answer once more before it restarts
_KINDS: dict[type, str] = {bool: "flag", int: "int", str: "one"}  # of a setting that only the pod knows


def read(pod: Pod, name: str = "") -> dict[str, Any]:
    """Return all settings or the setting `name`. The error for an unknown name suggests a similar one."""
    try:
        return pod.settings(name)
    except PodRefused as refusal:
        if refusal.code != "bad_setting":
            raise
        similar = settingcheck.similar(name, [*settingrows.names(), PINS])
        hint = f"did you mean `{similar}`? {LIST_HINT}" if similar else LIST_HINT
        raise OperationFailed(f"the pod has no setting {name}", hint) from refusal


def pins(pod: Pod) -> dict[str, Any]:
    """Return the pins that follow from board and settings. Return nothing if the pod's version does not report them."""
    try:
        return pod.settings(PINS)
    except PodRefused:
        return {}


def typed(pod: Pod, name: str, text: str) -> Any:
    """Convert a text to a value of the setting. A setting that only the pod knows has the type of its present value."""
    if settingrows.kind_of(name):
        return settingcheck.typed(name, text)
    return settingcheck.typed(name, text, _KINDS.get(type(read(pod, name).get(name)), "one"))


def is_hardware(names: Mapping[str, Any]) -> bool:
    """Return whether one of the settings is of the hardware, and so needs a trial."""
    return not set(settingrows.hardware()).isdisjoint(names)


def apply(cable: ReconnectingPod, new: Mapping[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    """Change settings and return them as stored. Restart the pod if they are of the hardware, which confirms them.

    Raises UsageError for settings that do not go together, and OperationFailed if the pod is recording or has undone
    the change. `tell` receives remarks and progress.
    """
    if not is_hardware(new):
        return _change(cable.pod, new, read(cable.pod) if len(new) > 1 else {})
    _check_idle(cable.pod)
    stored = read(cable.pod)
    if not is_hardware({name: value for name, value in new.items() if stored.get(name) != value}):
        return _change(cable.pod, new, stored)  # a restart would change nothing
    for remark in settingcheck.judge(new, stored, pins(cable.pod), str(cable.pod.greeting.chip)):
        tell(remark)
    changed = _change(cable.pod, new, stored)
    _try_out(cable, changed, tell)
    return changed


def _check_idle(pod: Pod) -> None:
    run = pod.status().run
    if run:
        raise OperationFailed(
            f"the pod is recording run {run}, and a change of the hardware settings restarts it",
            "end the run: `retropod record stop`",
        )


def _change(pod: Pod, new: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Change all settings, or none if the pod refuses one. The board is first: it determines the valid pins."""
    changed: dict[str, Any] = {}
    for name in sorted(new, key=lambda name: name != "board"):
        try:
            changed |= pod.change(name, new[name])
        except RetropodError:
            with contextlib.suppress(RetropodError):
                for done in changed:
                    pod.change(done, stored[done])
            raise
    return changed


def _try_out(cable: ReconnectingPod, changed: Mapping[str, Any], tell: Callable[[str], None]) -> None:
    """Restart the pod and greet it. Raises OperationFailed if it has undone the settings."""
    tell(f"restarting the pod; it undoes the change if no host reaches it within {TRIAL_S:.0f} s")
    boots = cable.pod.greeting.boot_count
    end = time.monotonic() + TRIAL_S + _STARTS_S
    cable.pod.restart()
    while cable.pod.greeting.boot_count == boots:
        if time.monotonic() > end:
            raise OperationFailed("the pod did not restart", "unplug it, then check `retropod config get`")
        time.sleep(_AGAIN_S)
        try:
            cable.pod.await_hello(max(1.0, end - time.monotonic()))
        except PortGone:
            cable.reconnect()
        except NoAnswer as error:
            raise NoAnswer(f"{error.message} after the change of {', '.join(changed)}", error.hint) from error
    now = cable.pod.settings()
    undone = [name for name, value in changed.items() if now.get(name) != value]
    if undone:
        raise OperationFailed(
            f"the pod undid the change of {', '.join(undone)}: no host reached it with the new value",
            "check value and wiring; `retropod doctor` shows the cause",
        )
