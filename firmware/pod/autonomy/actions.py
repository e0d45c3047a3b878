"""What power.py has decided, done. Loaded when there is something to do."""

from pod.autonomy import power
from pod.ondemand import load
from pod.storage.recorder import RecorderError
from pod.storage.runs import BY_BATTERY, BY_BUTTON, BY_STILLNESS
from retrowire import codec

_STOPPED_BY = {power.STOP: BY_STILLNESS, power.STOP_BY_BUTTON: BY_BUTTON, power.STOP_LOW: BY_BATTERY}


def execute(action: int, parts) -> None:
    """`action`: what `Power.step` returned."""
    recorder = parts.recorder
    decided = parts.supervisor.power
    try:
        if action == power.START:
            recorder.start(0, 0, codec.value("started_by", "strides"), decided.strides)
        elif action == power.START_BY_BUTTON:
            recorder.start(0, 0, codec.value("started_by", "button"))
        elif action == power.LAP:
            recorder.lap()
        elif action == power.SLEEP:
            load("pod.autonomy.sleepmode").sleep(parts, decided)
        else:
            _stop(parts, action, decided.battery_mv)
    except RecorderError:
        pass  # the flash is full: the state says so


def _stop(parts, action: int, battery_mv: int) -> None:
    if action == power.STOP_LOW:
        parts.publisher.event(codec.value("event", "low_battery"), parts.sampler.index, battery_mv, 0)
    if parts.recorder.wants_raw():
        parts.sampler.flush_raw()
    parts.recorder.stop(_STOPPED_BY[action])
