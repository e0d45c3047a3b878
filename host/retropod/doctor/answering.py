"""What a pod that answers says of itself, and what the line to it is worth."""

import re
import statistics
import time
from collections.abc import Iterator

from retropod import __version__
from retropod.client.messages import CheckMessage
from retropod.client.pod import Pod, describe
from retropod.client.refusals import PodRefused
from retropod.doctor.items import FAIL, PASS, SKIPPED, WARN, Result, Row, result
from retropod.errors import RetropodError
from retrowire import codec, schema

_TRIPS = 3  # a median of three ignores the one that met a flash write
_SLOW_TRIP_MS = 150
_SLOW_BYTES_S = 3000  # compressed raw samples at 416 Hz take some 2400


def examine_pod(pod: Pod) -> Iterator[Result]:
    """Everything about a pod that has greeted, as it comes; takes up to half a minute. Raises when the port goes."""
    yield result("app", [Row(PASS, 0, f"{describe(pod.greeting)}, up {pod.greeting.seconds('uptime'):.0f} s")])
    yield versions(pod)
    before = _counts(pod)
    yield _round_trip(pod)
    if pod.connection.core_only is None:
        yield _line(pod)
        yield from own_tests(pod)
    yield _frames(before, _counts(pod))


def versions(pod: Pod) -> Result:
    """App and tool, protocol and schema."""
    hello, here = pod.greeting, tuple(int(number) for number in re.findall(r"\d+", __version__)[:3])
    there = (hello.firmware_major, hello.firmware_minor, hello.firmware_patch)
    text = (
        f"app {'.'.join(map(str, there))} speaks {hello.major}.{hello.minor}, schema {hello.fingerprint:08x}; "
        f"retropod {__version__} speaks {schema.PROTOCOL_MAJOR}.{schema.PROTOCOL_MINOR}, {codec.fingerprint():08x}"
    )
    if pod.connection.core_only is not None:
        return result("versions", [Row(FAIL, hello.major, text)], pod.connection.core_only.hint)
    if (hello.minor, there) == (schema.PROTOCOL_MINOR, here):
        return result("versions", [Row(PASS, hello.major, text)])
    newer = hello.minor > schema.PROTOCOL_MINOR or (hello.minor == schema.PROTOCOL_MINOR and there > here)
    fix = "pip install --upgrade retropod" if newer else "retropod update"
    return result("versions", [Row(WARN, hello.major, text)], fix)


def _round_trip(pod: Pod) -> Result:
    trips: list[float] = []
    for _ in range(_TRIPS):
        began = time.monotonic()
        pod.hello()
        trips.append((time.monotonic() - began) * 1000)
    median = statistics.median(trips)
    verdict = WARN if median > _SLOW_TRIP_MS else PASS
    return result("round_trip", [Row(verdict, round(median), f"{median:.0f} ms, at most {max(trips):.0f} ms")])


def _line(pod: Pod) -> Result:
    before, began = pod.connection.splitter.bytes, time.monotonic()
    pod.settings()
    rate = (pod.connection.splitter.bytes - before) / (time.monotonic() - began)
    verdict = WARN if rate < _SLOW_BYTES_S else PASS
    return result("line", [Row(verdict, round(rate), f"{rate / 1000:.1f} kB/s or more")])


def own_tests(pod: Pod) -> Iterator[Result]:
    """The pod's tests of itself: answers of one item in a row become one result."""
    name, rows = "", list[Row]()
    try:
        for answer in pod.checks():
            new, row = _row(answer)
            if rows and new != name:
                yield result(name, rows)
                rows = []
            name = new
            rows.append(row)
    except PodRefused as refusal:
        if refusal.code == "busy":
            yield result("heap", [Row(FAIL, 0, "too little memory even for the pod's tests")])
        else:
            yield result("self_test", [Row(SKIPPED, 0, f"{refusal.message}; {refusal.hint}".strip("; "))])
    if rows:
        yield result(name, rows)


def _row(answer: CheckMessage) -> tuple[str, Row]:
    name, _, detail = answer.text.partition(" ")
    return name, Row(str(answer.verdict), answer.value, detail)


class _Counts(dict[str, int]):
    """What was damaged or lost so far, by name."""


def _counts(pod: Pod) -> _Counts:
    try:
        status = pod.status()
    except RetropodError:
        return _Counts()
    splitter = pod.connection.splitter
    return _Counts(
        damaged_here=splitter.damaged,
        lost_here=splitter.lost,
        damaged_there=status.frames_damaged,
        dropped_there=status.frames_dropped,
        frames=splitter.frames,
    )


def _frames(before: _Counts, after: _Counts) -> Result:
    if not before or not after:
        return result("frames", [Row(FAIL, 0, "the pod stopped answering meanwhile")])
    grown = {name: after[name] - before[name] for name in after}
    bad = grown["damaged_here"] + grown["lost_here"] + grown["damaged_there"] + grown["dropped_there"]
    text = f"{grown['frames']} came, {grown['damaged_here']} damaged, {grown['lost_here']} missing"
    text += f"; the pod got {grown['damaged_there']} damaged and dropped {grown['dropped_there']}"
    verdict = PASS if not bad else FAIL if bad * 20 > grown["frames"] else WARN
    return result("frames", [Row(verdict, bad, text)])
