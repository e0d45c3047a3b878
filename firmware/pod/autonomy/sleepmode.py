"""Sleep between sessions: the processor sleeps until the sensor detects motion, a button is pressed or power comes.

Loaded when sleep begins. The processor wakes twice a second and polls, because some boards cannot be woken by a pin.
Battery and cable are checked too. Native USB does not work during sleep.
"""

from pod.clock.clock import CARRIED, UNSET
from pod.ondemand import load

_SLEEP_MS = 500
_SUPPLY_PERIODS = 20  # sleep periods between two checks of the supply
_BUS_TRIES = 3
_SLACK = 20  # the oscillator that counts during sleep has a tolerance of 5 %
_MOST_ERROR_MS = 2_000_000  # the largest error bound that an event can hold


def sleep(clock, sensor, wake_mg: int, power, check_supply) -> None:
    """Sleep, and return when the pod must wake. `wake_mg`: motion that wakes it; `check_supply()` updates `power`."""
    clock.update()
    begun_s = clock.uptime_s
    try:
        sensor.wake_on_motion(wake_mg)
    except OSError:
        pass  # The caller configures the sensor afterwards. If that fails, the sampler searches for it.
    periods = 0
    light_sleep = load("pod.hal.lightsleep").light_sleep
    while not light_sleep(_SLEEP_MS) and not power.powered and not _moved(sensor):
        clock.update()
        periods += 1
        if periods % _SUPPLY_PERIODS == 0:
            check_supply()
    _adjust_clock(clock, begun_s)


def _moved(sensor) -> bool:
    for _ in range(_BUS_TRIES):
        try:
            return sensor.moved()
        except OSError:
            pass
    return True  # Wake now: an unresponsive sensor cannot wake the pod later.


def _adjust_clock(clock, begun_s: int) -> None:
    """Keep the wall time with a larger error bound."""
    clock.take_elapsed()  # Sleep is not part of this iteration of the loop.
    clock.slept_s += clock.uptime_s - begun_s + 1
    if clock.state == UNSET:
        return
    slack_ms = (clock.uptime_s - begun_s + 1) * 1000 // _SLACK
    s, ms = clock.epoch()
    error_ms = clock.error_now_ms() + slack_ms
    clock.set_epoch(s, ms, min(error_ms, _MOST_ERROR_MS))
    clock.state = CARRIED if error_ms < _MOST_ERROR_MS else UNSET
