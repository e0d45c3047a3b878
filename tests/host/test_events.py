"""Events with names and SI units, and the laps of a run."""

import pytest

from retropod.client import wire
from retropod.client.messages import EventMessage
from retropod.insight import events
from retrowire import codec


def event(kind, a=0, b=0, uptime_s=12):
    return wire.decode("event", wire.encode("event", kind=kind, uptime_s=uptime_s, uptime_ms=0.25, sample=99, a=a, b=b))


MEANINGS = {
    ("lap", 3, 0): {"lap": 3},
    ("clock_sync", 1_800_000_000 - 2**31, 7_250): {"epoch_s": 1_800_000_000.25, "error_s": 0.007},
    ("samples_lost", 12, 0): {"samples": 12},
    ("frames_dropped", 4, 4): {"frames": 4},
    ("fault", 4, 0): {"fault": "sensor_lost"},
    ("reset", 5, 1): {"boot_count": 5, "reset_cause": 1},
    ("mount", 3, 6): {"state": "suspect", "reason": "handled"},
    ("rate", 416_687, 0): {"rate_hz": 416.687},
    ("storage_full", 0, 0): {},
    ("low_battery", 3_350, 0): {"battery_v": 3.35},
    ("sensor", 0, 0): {"change": "stopped"},
    ("sensor", 3, 17): {"change": "transfers_failed", "transfers": 17},
    ("sensor", 4, 2): {"change": "axis_failed", "axis": 2},
    ("clock_carried", 61, 50_500): {"before_s": 61.5, "error_s": 0.05},
    ("stopped", 20, 4): {"strides": 20, "stopped_by": "button"},
    ("started", 6, 2): {"strides": 6, "started_by": "strides"},
}


@pytest.mark.parametrize(("kind", "a", "b"), MEANINGS)
def test_the_numbers_of_an_event_have_names(kind, a, b):
    expected = {"kind": kind, "uptime_s": 12.25, "sample": 99, **MEANINGS[kind, a, b]}
    assert events.as_json(event(kind, a, b)) == expected


def test_every_kind_of_event_has_a_meaning():
    assert {kind for kind, _, _ in MEANINGS} == {name for name, _ in codec.enum("event")}


def test_an_event_of_a_later_version_keeps_its_numbers():
    later = events.as_json(event(77, 1, -2))
    assert later == {"kind": "unknown", "uptime_s": 12.25, "sample": 99, "code": 77, "a": 1, "b": -2}
    assert events.in_words(event(77)) == ""


@pytest.mark.parametrize("kind", [name for name, _ in codec.enum("event")])
@pytest.mark.parametrize("number", [-(2**31), -1, 99, 2**31 - 1])
def test_no_number_of_an_event_is_an_error(kind, number):
    events.as_json(event(kind, number, number))
    events.in_words(event(kind, number, number))


def test_laps_keep_their_numbers_and_times():
    found = events.laps([event("lap", 1), event("mount"), event("lap", 2, uptime_s=None)])
    assert found == [events.Lap(1, 12.25), events.Lap(2, None)]


def test_events_of_the_wearer_have_words():
    assert events.in_words(event("lap", 3)) == "lap 3"
    assert events.in_words(event("fault", 4)) == "fault: sensor lost"
    assert events.in_words(EventMessage(kind="rate", a=1)) == ""
