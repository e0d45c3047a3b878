"""Diagnosis of a pod that answers: versions, line quality, and the pod's self-test."""

import re
import statistics
import time
from collections.abc import Iterator

from retropod import __version__
from retropod.client.pod import Pod, describe
from retropod.client.refusals import PodRefused
from retropod.doctor.items import FAIL, PASS, SKIPPED, WARN, Result, Row, fix_without_reason, result
from retropod.errors import RetropodError
from retrowire import codec, schema

_TRIPS = 3  # a median of three ignores one trip that coincided with a flash write
_SLOW_TRIP_MS = 150
_SLOW_BYTES_S = 3000  # compressed raw samples at 416 Hz need about 2400


def examine_pod(pod: Pod) -> Iterator[Result]:
    """Yield all results for a connected pod as they arrive, in up to 30 s. Raises PortGone if the port goes away."""
    uptime_s = pod.greeting.seconds("uptime")
    up = "" if uptime_s is None else f", up {uptime_s:.0f} s"
    yield result("app", [Row(PASS, 0, describe(pod.greeting) + up)])
    yield versions(pod)
    before = _counts(pod)
    yield _round_trip(pod)
    if pod.connection.core_only is None:
        yield _line(pod)
        yield from own_tests(pod)
    yield _frames(before, _counts(pod))


def versions(pod: Pod) -> Result:
    """Compare the versions of app and tool, and of their protocols."""
    hello, here = pod.greeting, tuple(int(number) for number in re.findall(r"\d+", __version__)[:3])
    there = (hello.firmware_major, hello.firmware_minor, hello.firmware_patch)
    text = (
        f"app {'.'.join(map(str, there))} uses protocol {hello.major}.{hello.minor}, schema {hello.fingerprint:08x}; "
        f"retropod {__version__} uses {schema.PROTOCOL_MAJOR}.{schema.PROTOCOL_MINOR}, {codec.fingerprint():08x}"
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
    """Yield the results of the pod's self-test. Consecutive rows of one item form one result."""
    name, rows, minor = "", list[Row](), pod.connection.minor
    try:
        for answer, reason in pod.checks():
            new, _, detail = answer.text.partition(" ")
            if rows and new != name:
                yield result(name, rows, fix_without_reason(name, minor))
                rows = []
            name = new
            rows.append(Row(str(answer.verdict), answer.value, detail, reason))
    except PodRefused as refusal:
        if refusal.code == "busy":
            yield result("heap", [Row(FAIL, 0, "too little memory for the self-test")])
        else:
            yield result("self_test", [Row(SKIPPED, 0, f"{refusal.message}; {refusal.hint}".strip("; "))])
    if rows:
        yield result(name, rows, fix_without_reason(name, minor))


class _Counts(dict[str, int]):
    """Counters of frames that were damaged or lost, by name."""


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
        unexpected=pod.connection.unexpected,
    )


def _frames(before: _Counts, after: _Counts) -> Result:
    if not before or not after:
        return result("frames", [Row(FAIL, 0, "the pod stopped answering during the tests")])
    grown = {name: after[name] - before[name] for name in after}
    bad = grown["damaged_here"] + grown["lost_here"] + grown["damaged_there"] + grown["dropped_there"]
    text = f"{grown['frames']} received, {grown['damaged_here']} damaged, {grown['lost_here']} missing"
    text += f"; the pod received {grown['damaged_there']} damaged and dropped {grown['dropped_there']}"
    text += f"; {grown['unexpected']} fit no request" if grown["unexpected"] else ""
    verdict = PASS if not bad else FAIL if bad * 20 > grown["frames"] else WARN
    return result("frames", [Row(verdict, bad, text)])
