"""Descriptions of the messages and fields of the schema; enumerations and flags are in `enum_doc`.

They are not in `retrowire.schema`, because the pod loads that into RAM. `tools.wire_doc` combines both into
protocol/README.md, `tools.wire_types` into the message classes. A test requires one description per field.
"""

from tools.enum_doc import ENUMS, FLAGS

__all__ = ["ENUMS", "FLAGS", "MESSAGES"]

_REQUEST = "number of the request, 1..255, chosen by the host and repeated in each answer; 0: not an answer"
_UPTIME_S = "seconds since the pod started, integer part"
_UPTIME_MS = "milliseconds of the preceding field"
_VERSION = "version of the firmware"
_TEXT = "UTF-8, to the end of the payload"
_MATRIX = "nine int16 in Q14 (16384 = 1), row by row: shoe axes = matrix x chip axes"

MESSAGES: dict[str, tuple[str, dict[str, str]]] = {
    "hello": (
        "Identity of the pod. Answer to `hello_get`, the first request on any connection.",
        {
            "request": _REQUEST,
            "major": "major version of the protocol: with another one only the core works",
            "minor": "minor version of the protocol: it increases when messages or fields are added",
            "fingerprint": "CRC-32 over the schema rows of minor 0; it differs if two schemas of one major differ",
            "firmware_major": _VERSION,
            "firmware_minor": _VERSION,
            "firmware_patch": _VERSION,
            "chip": "detected motion sensor",
            "capabilities": "capabilities of this pod",
            "device_id": "unique number of the processor, padded with zeros",
            "name": "name given by the owner, UTF-8, padded with zeros",
            "side": "foot that wears the pod",
            "uptime_s": _UPTIME_S,
            "uptime_ms": _UPTIME_MS,
            "boot_count": "number of boots of this pod, including the current one",
            "clock_state": "source of the pod's time of day",
        },
    ),
    "status": (
        "State of the pod. Answer to `status_get`.",
        {
            "request": _REQUEST,
            "state": "current activity",
            "mount": "state of the pod's orientation on the shoe",
            "clock_state": "source of the pod's time of day",
            "uptime_s": _UPTIME_S,
            "uptime_ms": _UPTIME_MS,
            "epoch_s": "time of day of the pod: seconds since 1970-01-01 UTC",
            "epoch_ms": _UPTIME_MS,
            "battery_mv": "battery voltage",
            "battery_percent": "remaining charge",
            "storage_free_kb": "free flash, in units of 1024 bytes",
            "storage_total_kb": "total flash for files, in units of 1024 bytes",
            "minutes_left": "recording time that fits into the free flash with the current settings",
            "run": "number of the open run; 0: no run is open",
            "runs": "number of stored runs, including the open one",
            "durable_sequence": "every block of the open run below this sequence number survives a power cut",
            "strides": "strides detected since the pod started",
            "samples": "samples taken since the pod started",
            "samples_lost": "samples lost between sensor and pod since the pod started",
            "fifo_overruns": "overflows of the sensor's FIFO",
            "sensor_errors": "failed transfers between processor and sensor",
            "rate_mhz": "actual sample rate, measured against the pod's clock",
            "frames_dropped": "frames dropped because the queue was full",
            "frames_damaged": "frames from the host that were damaged or too long",
            "values_clamped": "numbers that did not fit their field and were replaced by the nearest value that fits",
            "faults": "number of stored faults, see `fault_get`",
            "heap_free_kb": "free memory, in units of 1024 bytes",
            "temperature_cc": "temperature of the sensor",
            "started_by": "trigger of the open run",
        },
    ),
    "run_entry": (
        "One stored run. The answer to `run_list` is one of these per run, then `done` with their number.",
        {
            "request": _REQUEST,
            "run": "number of the run, from 1; never reused",
            "size": "current size of the file",
            "start_s": "start of the run, seconds since 1970-01-01 UTC",
            "strides": "strides in it",
            "flags": "properties of the run",
        },
    ),
    "run_data": (
        "A piece of a run file. The answer to `run_read` is a sequence of these in file order, then `done`.",
        {
            "request": _REQUEST,
            "offset": "position of the piece in the file",
            "data": "the bytes, at most 507",
        },
    ),
    "digest": (
        "Hash of a stored run's file. Answer to `digest_get`.",
        {
            "request": _REQUEST,
            "run": "number of the run",
            "size": "size of the file",
            "sha256": "SHA-256 of the file",
        },
    ),
    "error": (
        "Refusal of a request, or an error without a request.",
        {
            "request": _REQUEST,
            "code": "cause",
            "detail": "additional number, see the code; otherwise 0",
            "text": "details, " + _TEXT,
        },
    ),
    "done": (
        "End of a list, or the only answer to a request.",
        {
            "request": _REQUEST,
            "value": "number of entries or bytes sent, number of the run, or 0",
        },
    ),
    "hello_get": (
        "Request for `hello`. It states the protocol version of the host.",
        {
            "request": _REQUEST,
            "major": "major version of the host",
            "minor": "minor version of the host",
            "fingerprint": "schema fingerprint of the host",
        },
    ),
    "status_get": ("Request for `status`.", {"request": _REQUEST}),
    "run_list": ("Request for the list of stored runs.", {"request": _REQUEST}),
    "run_read": (
        "Request for bytes of a stored run. The open run can be read up to its durable part.",
        {
            "request": _REQUEST,
            "run": "number of the run",
            "offset": "position of the first byte",
            "length": "number of bytes; the pod sends fewer at the end of the file",
        },
    ),
    "digest_get": ("Request for the digest of a stored run.", {"request": _REQUEST, "run": "number of the run"}),
    "stride": (
        "One stride, from mid-stance to mid-stance. Streamed when it is detected, and stored in runs.",
        {
            "number": "number of the stride since the pod started",
            "sample": "sample index of the opening mid-stance: samples since the pod started, including lost ones",
            "uptime_s": "uptime of the opening mid-stance: " + _UPTIME_S,
            "uptime_ms": _UPTIME_MS,
            "period": "time from the opening to the closing mid-stance",
            "toe_off": "time from the opening mid-stance to the start of the swing",
            "contact": "time from the opening mid-stance to the initial contact that ends the swing",
            "contact_time": "time on the ground before the swing: from the previous initial contact to this toe-off",
            "direction": "direction of motion relative to the shoe",
            "confidence": "probability of the most likely direction, also if `direction` is `unknown`",
            "length": "displacement along the toe axis, negative backward",
            "lateral": "displacement across the toe axis, positive to the left",
            "rise": "displacement upwards, negative down",
            "yaw": "change of the foot's heading over the stride, positive to the left",
            "pitch": "pitch of the foot at the contact that ends the swing, positive toe up",
            "peak": "highest acceleration at that contact, including gravity",
            "loading": "steepest rise of acceleration into that peak",
            "strike": "part of the foot at the initial contact",
            "strike_confidence": "probability of `strike`",
            "flags": "limitations of this stride's values",
        },
    ),
    "raw": (
        "Raw samples of the sensor. Streamed on demand, and stored in runs on demand.",
        {
            "sample": "sample index of the first sample",
            "count": "number of samples",
            "axes": "6: accelerometer x y z, then gyroscope x y z; 3: accelerometer alone",
            "encoding": "encoding of `data`",
            "data": "samples in the axes of the chip; with `counts`: int16, one sample after the other",
        },
    ),
    "event": (
        "Event during a run. Streamed on demand, and stored in runs.",
        {
            "kind": "kind of event",
            "uptime_s": _UPTIME_S,
            "uptime_ms": _UPTIME_MS,
            "sample": "sample index at that time",
            "a": "first number, see the kind",
            "b": "second number, see the kind",
        },
    ),
    "setting": (
        "One setting. The answer to `setting_get` and `setting_set` is one of these per setting, then `done`.",
        {"request": _REQUEST, "text": "`name=value`, the value as JSON, " + _TEXT},
    ),
    "fault": (
        "One stored fault. The answer to `fault_get` is one of these per fault, then `done`.",
        {
            "request": _REQUEST,
            "boot": "boot count at the time of the fault",
            "uptime_s": _UPTIME_S,
            "code": "kind of fault",
            "text": "details, " + _TEXT,
        },
    ),
    "mount": (
        "Orientation of the pod on the shoe, and progress of the mount check.",
        {
            "request": _REQUEST,
            "state": "state of the orientation",
            "phase": "phase of the mount check",
            "strides": "forward steps counted so far",
            "matrix": _MATRIX,
            "tilt": "angle between measured gravity in stance and gravity by the matrix",
            "heading": "angle between the steps of the check and the toe axis, positive to the left",
            "reason": "reason for state or phase",
        },
    ),
    "time": (
        "One moment on three clocks. Answer to `time_set`.",
        {
            "request": _REQUEST,
            "host_s": "time of the host, from `time_set`: seconds since 1970-01-01 UTC",
            "host_ms": _UPTIME_MS,
            "uptime_s": "uptime of the pod at receipt: " + _UPTIME_S,
            "uptime_ms": _UPTIME_MS,
            "sample": "sample index at that time",
            "rate_mhz": "actual sample rate, measured against the pod's clock",
            "boot_count": "number of boots of this pod, including the current one",
            "slept_s": "part of the uptime that the pod slept; the clock during sleep has an error of up to 5 %",
            "before_s": "uptime of the previous boot, continued to the start of this one: seconds, integer part",
            "before_ms": _UPTIME_MS,
            "before_error_ms": "error bound of that uptime",
        },
    ),
    "check": (
        "One result of the self-test. The answer to `check_get` is one of these per result, then `done`.",
        {
            "request": _REQUEST,
            "item": "number of the result, from 1; an item may have several results",
            "verdict": "verdict",
            "value": "measured value, in the unit of the item",
            "text": "name of the item as in docs/doctor.md, with `_` for spaces; then details, " + _TEXT,
        },
    ),
    "check_reason": (
        "Cause of a warning or failure, sent before its `check` if the cause is known. `done` does not count it.",
        {
            "request": _REQUEST,
            "item": "number of the result that it belongs to, as in `check`",
            "reason": "cause",
        },
    ),
    "stream": (
        "Request for a stream, or its renewal: a stream is a lease that expires. Answered by `done`.",
        {
            "request": _REQUEST,
            "what": "contents of the stream; no bit ends the stream",
            "lease_ms": "duration of the lease unless it is renewed",
        },
    ),
    "record": (
        "Request to start or stop a recording, or to mark a lap. Answered by `done` with the number of the run.",
        {"request": _REQUEST, "action": "action", "what": "contents of the run in addition to events, at `start`"},
    ),
    "time_set": (
        "Time of day for the pod. Answered by `time`.",
        {
            "request": _REQUEST,
            "epoch_s": "time of the host: seconds since 1970-01-01 UTC",
            "epoch_ms": _UPTIME_MS,
            "error_ms": "error bound of that time; unknown: the pod only answers and does not set its clock",
            "uptime_s": "uptime of the pod at that time, from an earlier exchange; unknown: the moment of receipt",
            "uptime_ms": _UPTIME_MS,
        },
    ),
    "run_erase": (
        "Request to erase a stored run whose copy the host has verified. Answered by `done`.",
        {
            "request": _REQUEST,
            "run": "number of the run",
            "force": "1: erase the run without a verified copy",
            "sha256": "SHA-256 of the host's copy; it must equal that of the pod's file unless `force` is 1",
        },
    ),
    "setting_get": (
        "Request for settings.",
        {"request": _REQUEST, "text": "name of one setting, or empty for all, " + _TEXT},
    ),
    "setting_set": (
        "Request to change a setting.",
        {"request": _REQUEST, "text": "`name=value`, the value as JSON, " + _TEXT},
    ),
    "mount_do": (
        "Request to read or set the mount, or to run the mount check. Answered by `mount`.",
        {"request": _REQUEST, "action": "action", "matrix": "for `given`: " + _MATRIX},
    ),
    "fault_get": ("Request for the last faults.", {"request": _REQUEST}),
    "restart": (
        "Request to close the open run and restart the pod. Answered by `done` before the restart.",
        {"request": _REQUEST},
    ),
    "check_get": ("Request for the self-test.", {"request": _REQUEST}),
    "line_set": (
        "Request for another rate of a serial line. The pod returns to the original rate on request, or after a time "
        "without a whole frame. Answered by `done` at the old rate, then the rate changes.",
        {"request": _REQUEST, "rate": "baud"},
    ),
    "run_header": (
        "Properties of a run. Stored in the header of every run file, never sent.",
        {
            "run": "number of the run",
            "continues": "number of the run that this one continues after a reset; 0: no run",
            "device_id": "unique number of the processor, padded with zeros",
            "name": "name of the pod, UTF-8, padded with zeros",
            "wearer": "wearer, UTF-8, padded with zeros",
            "side": "foot that wears the pod",
            "firmware_major": _VERSION,
            "firmware_minor": _VERSION,
            "firmware_patch": _VERSION,
            "model": "version of the gait engine",
            "chip": "motion sensor",
            "rate_mhz": "sample rate as known at the start; `rate` events hold later measurements",
            "acc_lsb_ug": "accelerometer: value of one count",
            "gyr_lsb_udps": "gyroscope: value of one count; 0: no gyroscope",
            "mount": "state of the pod's orientation on the shoe",
            "matrix": _MATRIX,
            "length_factor": "factor applied to lengths, calibrated for this wearer",
            "boot_count": "boot count of the pod at the start",
            "uptime_s": "uptime of the pod at the start: " + _UPTIME_S,
            "uptime_ms": _UPTIME_MS,
            "sample": "sample index at the start",
            "clock_state": "source of the pod's time of day",
            "epoch_s": "time of day at the start: seconds since 1970-01-01 UTC",
            "epoch_ms": _UPTIME_MS,
            "slept_s": "part of the uptime that the pod slept; it never sleeps during a run",
        },
    ),
}
