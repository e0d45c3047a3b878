"""Start of the board, called by main.py before it imports the app.

main.py can be of another version than the app. So this module and the names `skip_held` and `bite_after` must not
change.
"""

from pod.hal import hardware
from pod.ondemand import load
from pod.storage import bootguard
from pod.storage.settings import Settings

_SETTINGS = "/settings.json"
_STARTS = "/starts"
_TRIAL_MS = 60_000  # limit for the greeting of a host in a boot with hardware settings on trial
_settings = []  # the settings as read at this boot

bite_after = hardware.start_watchdog


def skip_held() -> bool:
    """Count this boot, assign the pins and return whether a user holds the skip pin low, so that the app must not run.

    Call this once, before any pin is used. If hardware settings are on trial, the watchdog runs from here on: a pin
    can hang the processor.
    """
    bootguard.begin(_STARTS)
    if read_settings().on_trial:
        hardware.start_watchdog(_TRIAL_MS)
    held = hardware.skip_pin_held()
    if held:
        settle()  # A trial goes on: the pin on trial may read low by itself, and then only the watchdog undoes it.
    return held


def read_settings():
    """Return the settings. The first call reads them and assigns the pins."""
    if not _settings:
        _settings.append(Settings(_SETTINGS, bootguard.settings_ignored))
        wrong = load("pod.hal.startup").assign_pins(_settings[0])
        _settings[0].fault = _settings[0].fault or wrong
    return _settings[0]


def settle() -> None:
    """Record that this boot has not failed."""
    bootguard.settle(_STARTS)
