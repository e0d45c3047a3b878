"""What every message, field, enumeration and flag of the schema means, in words.

Kept out of `retrowire.schema`, because that lies in the pod's RAM. `tools.wire_doc` puts both together into
protocol/README.md; a test demands a meaning for everything in the schema and nothing beyond it.
"""

from tools.enum_doc import ENUMS, FLAGS

__all__ = ["ENUMS", "FLAGS", "MESSAGES"]

_REQUEST = "number the host gave its request, 1..255, repeated in every answer to it; 0: nobody asked"
_UPTIME_S = "whole seconds since the pod started"
_UPTIME_MS = "and milliseconds"
_VERSION = "version of the firmware"
_TEXT = "UTF-8, to the end of the payload"
_MATRIX = "nine int16 in Q14 (16384 = 1), row by row: shoe axes = matrix x chip axes"

MESSAGES: dict[str, tuple[str, dict[str, str]]] = {
    "hello": (
        "Who the pod is. Answer to `hello_get`, and the first thing that is asked on any connection.",
        {
            "request": _REQUEST,
            "major": "version of this protocol: another one means that only the core is understood",
            "minor": "grows when messages or fields are added; fields of a later minor are left out by an earlier one",
            "fingerprint": "CRC-32 over the rows of minor 0: differs where two schemas of one major disagree",
            "firmware_major": _VERSION,
            "firmware_minor": _VERSION,
            "firmware_patch": _VERSION,
            "chip": "motion sensor that was found",
            "capabilities": "what this pod can do",
            "device_id": "the chip's unique number, shorter ones padded with zeros",
            "name": "name given by the owner, UTF-8, padded with zeros",
            "side": "foot that wears it",
            "uptime_s": _UPTIME_S,
            "uptime_ms": _UPTIME_MS,
            "boot_count": "how often this pod has started, this time included",
            "clock_state": "whether the pod knows the time of day",
        },
    ),
    "status": (
        "How the pod is. Answer to `status_get`.",
        {
            "request": _REQUEST,
            "state": "what it is doing",
            "mount": "how well the pod's orientation on the shoe is known",
            "clock_state": "whether the pod knows the time of day",
            "uptime_s": _UPTIME_S,
            "uptime_ms": _UPTIME_MS,
            "epoch_s": "time of day as the pod has it: seconds since 1970-01-01 UTC",
            "epoch_ms": _UPTIME_MS,
            "battery_mv": "battery voltage",
            "battery_percent": "charge that is left",
            "storage_free_kb": "flash that is free, in units of 1024 bytes",
            "storage_total_kb": "flash for files altogether, in units of 1024 bytes",
            "minutes_left": "how long a recording as it is set now would still fit",
            "run": "number of the open run; 0: none is open",
            "runs": "runs stored, the open one included",
            "durable_sequence": "every block of the open run below this sequence number survives a power cut",
            "strides": "strides found since the pod started",
            "samples": "samples taken since the pod started",
            "samples_lost": "samples that the sensor took and the pod did not get, since it started",
            "fifo_overruns": "how often the sensor's own buffer ran over",
            "sensor_errors": "failed exchanges with the sensor",
            "rate_mhz": "true sample rate, measured against the pod's clock",
            "frames_dropped": "frames not sent because the queue was full",
            "frames_damaged": "frames that came damaged or too long from the host",
            "values_clamped": "numbers that did not fit their field and were stored as the nearest that does",
            "faults": "faults kept, see `fault_get`",
            "heap_free_kb": "free memory, in units of 1024 bytes",
            "temperature_cc": "temperature of the sensor",
            "started_by": "who began the open run",
        },
    ),
    "run_entry": (
        "One stored run. `run_list` is answered by one of these for each, then `done` with their number.",
        {
            "request": _REQUEST,
            "run": "number of the run, from 1; never used again",
            "size": "bytes of the file so far",
            "start_s": "start of the run, seconds since 1970-01-01 UTC",
            "strides": "strides in it",
            "flags": "what is to be known about it",
        },
    ),
    "run_data": (
        "A piece of a run file. `run_read` is answered by as many as it takes, in order, then `done`.",
        {
            "request": _REQUEST,
            "offset": "where in the file the piece begins",
            "data": "the bytes, at most 507",
        },
    ),
    "digest": (
        "What a stored run's file hashes to. Answer to `digest_get`.",
        {
            "request": _REQUEST,
            "run": "number of the run",
            "size": "bytes of the file",
            "sha256": "SHA-256 of all of them",
        },
    ),
    "error": (
        "A request refused, or an error that nobody asked for.",
        {
            "request": _REQUEST,
            "code": "what is wrong",
            "detail": "a number that goes with the code, 0 if none does",
            "text": "for a person, " + _TEXT,
        },
    ),
    "done": (
        "A request carried out: ends a list, or is the whole answer.",
        {
            "request": _REQUEST,
            "value": "entries or bytes sent, the number of the run concerned, or 0",
        },
    ),
    "hello_get": (
        "Asks for `hello`, and says which protocol the host speaks.",
        {
            "request": _REQUEST,
            "major": "the host's",
            "minor": "the host's",
            "fingerprint": "the host's",
        },
    ),
    "status_get": ("Asks for `status`.", {"request": _REQUEST}),
    "run_list": ("Asks for all stored runs.", {"request": _REQUEST}),
    "run_read": (
        "Asks for bytes of a stored run. The open run may be read as far as it is durable.",
        {
            "request": _REQUEST,
            "run": "number of the run",
            "offset": "first byte wanted",
            "length": "number of bytes wanted; the pod sends less where the file ends",
        },
    ),
    "digest_get": ("Asks for the digest of a stored run.", {"request": _REQUEST, "run": "number of the run"}),
    "stride": (
        "One stride, from mid-stance to mid-stance. Streamed when it is found, and stored in runs.",
        {
            "number": "counts strides since the pod started",
            "sample": "sample index of the opening mid-stance: samples since the pod started, lost ones included",
            "uptime_s": "pod's time of the opening mid-stance: " + _UPTIME_S,
            "uptime_ms": _UPTIME_MS,
            "period": "from the opening to the closing mid-stance",
            "toe_off": "from the opening mid-stance to the start of the swing",
            "contact": "from the opening mid-stance to the initial contact that ends the swing",
            "contact_time": "time on the ground before the swing: from the previous initial contact to this toe-off",
            "direction": "which way the foot went, by the shoe",
            "confidence": "probability of the likeliest direction, also when the answer is `unknown`",
            "length": "way along the toe axis, negative backward",
            "lateral": "way across it, positive to the left",
            "rise": "way up, negative down",
            "yaw": "turn of the foot over the stride, positive to the left",
            "pitch": "pitch of the foot at the contact that ends the swing, positive toe up",
            "peak": "highest acceleration at that contact, gravity included",
            "loading": "steepest rise of acceleration into that peak",
            "strike": "part of the foot that lands first",
            "strike_confidence": "probability of that answer",
            "flags": "what limits this stride's numbers",
        },
    ),
    "raw": (
        "Samples as the sensor gave them. Streamed on demand, and stored in runs on demand.",
        {
            "sample": "sample index of the first",
            "count": "how many",
            "axes": "6: accelerometer x y z, then gyroscope x y z; 3: accelerometer alone",
            "encoding": "how `data` holds them",
            "data": "the samples in the chip's axes; as `counts`: int16, one sample after the other",
        },
    ),
    "event": (
        "Something that happened during a run. Streamed on demand, and stored in runs.",
        {
            "kind": "what",
            "uptime_s": _UPTIME_S,
            "uptime_ms": _UPTIME_MS,
            "sample": "sample index at that time",
            "a": "first number, as the kind says",
            "b": "second number, as the kind says",
        },
    ),
    "setting": (
        "One setting. `setting_get` and `setting_set` are answered by one for each, then `done`.",
        {"request": _REQUEST, "text": "`name=value`, the value as JSON, " + _TEXT},
    ),
    "fault": (
        "One of the faults that the pod keeps. `fault_get` is answered by one for each, then `done`.",
        {
            "request": _REQUEST,
            "boot": "boot count when it happened",
            "uptime_s": _UPTIME_S,
            "code": "what kind",
            "text": "what exactly, " + _TEXT,
        },
    ),
    "mount": (
        "How the pod sits on the shoe, and how far the mount check is.",
        {
            "request": _REQUEST,
            "state": "how well the orientation is known",
            "phase": "where the mount check stands",
            "strides": "forward steps counted so far",
            "matrix": _MATRIX,
            "tilt": "angle between gravity in stance and where the matrix puts it",
            "heading": "angle between the steps of the check and the toe axis, positive to the left",
            "reason": "why the state or phase is what it is",
        },
    ),
    "time": (
        "Answer to `time_set`: one moment on three clocks.",
        {
            "request": _REQUEST,
            "host_s": "the host's time as `time_set` gave it: seconds since 1970-01-01 UTC",
            "host_ms": _UPTIME_MS,
            "uptime_s": "the pod's time when it came: " + _UPTIME_S,
            "uptime_ms": _UPTIME_MS,
            "sample": "sample index at that time",
            "rate_mhz": "true sample rate, measured against the pod's clock",
            "boot_count": "how often this pod has started, this time included",
            "slept_s": "for how much of its uptime it has slept: the clock that counts then is good to 5 % only",
            "before_s": "where the uptime of the boot before would have stood when this one began: whole seconds",
            "before_ms": _UPTIME_MS,
            "before_error_ms": "greatest error of that",
        },
    ),
    "check": (
        "One result of the pod's test of itself. `check_get` is answered by one for each, then `done`.",
        {
            "request": _REQUEST,
            "item": "counts the answers, from 1; an item may have several",
            "verdict": "how it went",
            "value": "what was measured, in the unit that its item has",
            "text": "name of the item as in docs/doctor.md, `_` for spaces; then what is to be known, " + _TEXT,
        },
    ),
    "stream": (
        "Asks for a stream, or renews it: it is a lease that runs out. Answered by `done`.",
        {
            "request": _REQUEST,
            "what": "what is wanted; nothing ends the stream",
            "lease_ms": "how long, unless renewed",
        },
    ),
    "record": (
        "Starts or stops a recording, or marks a lap. Answered by `done` with the number of the run.",
        {"request": _REQUEST, "action": "which of these", "what": "what to record besides events, at `start`"},
    ),
    "time_set": (
        "Gives the pod the time of day. Answered by `time`.",
        {
            "request": _REQUEST,
            "epoch_s": "the host's time: seconds since 1970-01-01 UTC",
            "epoch_ms": _UPTIME_MS,
            "error_ms": "how far off that may be at most; not known: the clock is left as it is, and only answers",
            "uptime_s": "pod's uptime at that time, from an earlier exchange; not known: when this comes",
            "uptime_ms": _UPTIME_MS,
        },
    ),
    "run_erase": (
        "Erases a stored run whose copy the host has verified. Answered by `done`.",
        {
            "request": _REQUEST,
            "run": "number of the run",
            "force": "1: erase it without a verified copy",
            "sha256": "SHA-256 of the host's copy; must be that of the pod's file unless `force` is 1",
        },
    ),
    "setting_get": (
        "Asks for settings.",
        {"request": _REQUEST, "text": "name of one, or nothing for all, " + _TEXT},
    ),
    "setting_set": ("Changes a setting.", {"request": _REQUEST, "text": "`name=value`, the value as JSON, " + _TEXT}),
    "mount_do": (
        "Asks about the mount, gives it, or runs the mount check. Answered by `mount`.",
        {"request": _REQUEST, "action": "which of these", "matrix": "for `given`: " + _MATRIX},
    ),
    "fault_get": ("Asks for the last faults.", {"request": _REQUEST}),
    "restart": ("Closes the open run and starts the pod anew. Answered by `done` before that.", {"request": _REQUEST}),
    "check_get": ("Asks the pod to test itself.", {"request": _REQUEST}),
    "line_set": (
        "Asks for another rate of a serial line, until it is asked back to its own, or falls back when nothing whole "
        "has come for a while. Answered by `done` at the old rate, then the line changes.",
        {"request": _REQUEST, "rate": "baud"},
    ),
    "run_header": (
        "What a run file says about itself. Never on the wire; stands in the header of every run file.",
        {
            "run": "number of the run",
            "continues": "run that this one goes on with after a reset; 0: none",
            "device_id": "the chip's unique number, shorter ones padded with zeros",
            "name": "name of the pod, UTF-8, padded with zeros",
            "wearer": "who wears it, UTF-8, padded with zeros",
            "side": "foot that wears it",
            "firmware_major": _VERSION,
            "firmware_minor": _VERSION,
            "firmware_patch": _VERSION,
            "model": "version of the gait engine that decided these strides",
            "chip": "motion sensor",
            "rate_mhz": "sample rate as known at the start; events carry what was measured later",
            "acc_lsb_ug": "accelerometer: what one count is",
            "gyr_lsb_udps": "gyroscope: what one count is; 0: there is none",
            "mount": "how well the pod's orientation on the shoe was known",
            "matrix": _MATRIX,
            "length_factor": "factor that lengths were multiplied by, as calibrated for this wearer",
            "boot_count": "boot count of the pod at the start",
            "uptime_s": "pod's time at the start: " + _UPTIME_S,
            "uptime_ms": _UPTIME_MS,
            "sample": "sample index at the start",
            "clock_state": "whether the pod knew the time of day",
            "epoch_s": "time of day at the start: seconds since 1970-01-01 UTC",
            "epoch_ms": _UPTIME_MS,
            "slept_s": "for how much of its uptime the pod had slept; it never sleeps during a run",
        },
    ),
}
