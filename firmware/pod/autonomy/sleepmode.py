"""Sleep between sessions: the sensor watches for motion, the processor dozes until it, a button or power comes.

Loaded when it is due. The doze is broken off twice a second, because not every chip can be woken by a pin, and a
battery or a cable may want attention. Native USB is gone meanwhile.
"""

from pod.clock.clock import CARRIED, UNSET
from pod.hal import supply
from pod.ondemand import load

_DOZE_MS = 500
_LOOK_DOZES = 20  # at battery and cable
_BUS_TRIES = 3
_SLACK = 20  # the oscillator that counts meanwhile is good to 5 %
_MOST_ERROR_MS = 2_000_000  # what an event can say; more is no knowledge


def sleep(parts, power) -> None:
    """Fall asleep; returns awake, with the sensor running again."""
    board, sampler, clock = parts.board, parts.sampler, parts.clock
    board.show(False)
    board.sound(False)
    clock.update()
    begun_s = clock.uptime_s
    try:
        sampler.sensor.wake_on_motion(parts.settings.get("wake_mg"))
    except OSError:
        pass  # it is started anew below, and if that fails the sampler looks for it
    dozes = 0
    dozer = load("pod.hal.lightsleep").LightSleep(*board.lent())
    while not dozer.step(_DOZE_MS) and not power.powered and not _moved(sampler.sensor):
        clock.update()
        dozes += 1
        if dozes % _LOOK_DOZES == 0:
            supply.look(parts, power)
    _tell_clock(clock, begun_s)
    sampler.wake()
    parts.mount.woke()
    power.woke()


def _moved(sensor) -> bool:
    for _ in range(_BUS_TRIES):
        try:
            return sensor.moved()
        except OSError:
            pass
    return True  # a sensor that does not answer wakes nobody


def _tell_clock(clock, begun_s: int) -> None:
    """The time of day goes on, less certain than before."""
    clock.take_elapsed()  # the turn that goes on here has not lasted that long
    clock.slept_s += clock.uptime_s - begun_s + 1
    if clock.state == UNSET:
        return
    slack_ms = (clock.uptime_s - begun_s + 1) * 1000 // _SLACK
    s, ms = clock.epoch()
    error_ms = clock.error_now_ms() + slack_ms
    clock.set_epoch(s, ms, min(error_ms, _MOST_ERROR_MS))
    clock.state = CARRIED if error_ms < _MOST_ERROR_MS else UNSET
