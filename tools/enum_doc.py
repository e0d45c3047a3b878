"""Descriptions of the enumerations and sets of bits of the schema; the messages are in `schema_doc`."""

ENUMS: dict[str, tuple[str, dict[str, str]]] = {
    "chip": (
        "Motion sensors.",
        {
            "none": "no sensor was found",
            "lsm6dso32": "ST LSM6DSO32, up to 32 g",
            "lsm6dso": "ST LSM6DSO, up to 16 g",
            "lsm6dsox": "ST LSM6DSOX, up to 16 g",
            "mpu6050": "InvenSense MPU-6050, up to 16 g",
            "mpu6500": "InvenSense MPU-6500, up to 16 g",
            "mpu9250": "InvenSense MPU-9250, up to 16 g",
            "adxl345": "Analog Devices ADXL345, up to 16 g, no gyroscope",
        },
    ),
    "side": ("Feet.", {"unknown": "not set", "left": "left foot", "right": "right foot"}),
    "clock_state": (
        "Source of the pod's time of day.",
        {
            "unset": "unknown: no host has set it since the pod lost power",
            "synced": "set by a host since the pod started",
            "carried": "set by a host before the last reset, and restored after it",
        },
    ),
    "state": (
        "Activity of a pod.",
        {
            "idle": "sampling, not recording",
            "armed": "waiting for movement to start a recording",
            "recording": "a run is open",
            "full": "the flash is full; the pod does not record",
            "low_battery": "the battery is too low to record",
            "charging": "connected to a charger",
            "sensor_missing": "no motion sensor answers",
        },
    ),
    "started_by": (
        "Trigger of a run.",
        {
            "nobody": "no open run",
            "host": "a request of a host",
            "strides": "strides without a host (automatic start)",
            "button": "the button",
            "reset": "a reset during a run: this run continues it",
        },
    ),
    "mount": (
        "State of the pod's orientation on the shoe. With `none` and `suspect` the pod decides no direction.",
        {
            "none": "unknown",
            "given": "set by a user",
            "verified": "confirmed by the mount check",
            "suspect": "known before, but the pod may have moved",
        },
    ),
    "mount_phase": (
        "Phase of a mount check.",
        {
            "idle": "no check is running",
            "still": "waiting until the foot is at rest",
            "walk": "counting forward steps",
            "passed": "finished, the orientation is known",
            "failed": "finished, the orientation is unknown",
        },
    ),
    "mount_reason": (
        "Reason for a suspect mount or a failed check.",
        {
            "none": "no reason",
            "moved": "the direction of gravity in stance has changed",
            "turned": "the pod made a rotation that does not occur in gait",
            "not_forward": "the directions of the steps differ",
            "power_lost": "the pod lost power",
            "woke": "the pod woke from sleep",
            "handled": "the pod was handled",
            "timeout": "the foot was not at rest, or made too few steps",
            "no_gyroscope": "sent by firmware that needs a gyroscope for the check",
            "undecided": "without a gyroscope: the steps were too slow or soft to decide between forward and backward",
        },
    ),
    "mount_action": (
        "Action on the mount.",
        {
            "query": "read only",
            "learn": "run the mount check",
            "given": "set this matrix",
            "forget": "reset to `none`",
            "cancel": "end a running check",
        },
    ),
    "direction": (
        "Direction of motion of a foot, relative to the shoe.",
        {
            "unknown": "not decided",
            "forward": "toe first",
            "backward": "heel first",
            "lateral_left": "sideways to the left",
            "lateral_right": "sideways to the right",
        },
    ),
    "strike": (
        "Part of the foot at the initial contact.",
        {"unknown": "not decided", "heel": "heel", "not_heel": "midfoot or forefoot"},
    ),
    "record_action": ("Action on the recording.", {"start": "open a run", "stop": "close it", "lap": "mark a lap"}),
    "error": (
        "Reason for a refusal.",
        {
            "unknown_message": "the pod does not know this message; `detail`: its number",
            "malformed": "the payload is too short or invalid",
            "no_such_run": "no run has this number",
            "out_of_range": "a number is out of range",
            "busy": "the pod still answers another request; try again",
            "storage_full": "the flash is full",
            "not_recording": "no open run",
            "already_recording": "a run is open; `detail`: its number",
            "not_verified": "the SHA-256 differs from that of the pod's file",
            "bad_setting": "unknown setting or invalid value",
            "sensor_missing": "no motion sensor answers",
            "line_too_slow": "the line cannot carry this stream; `detail`: bytes per second needed",
            "failed": "the action failed; `text` has the details",
            "run_open": "the run is open",
        },
    ),
    "event": (
        "Kind of event; a, b: numbers of the event.",
        {
            "lap": "the runner marked a lap; a: its number",
            "clock_sync": (
                "the pod received the time, or restored it from the previous boot, at the uptime of this event; "
                "a: seconds since 1970 minus 2^31, b: milliseconds + 1000 x error bound in ms"
            ),
            "samples_lost": "samples before `sample` are missing; a: their number",
            "frames_dropped": "frames were dropped; a: their number",
            "fault": "a fault; a: its code",
            "reset": "the pod restarted and continues the run; a: boot count, b: reset cause of the processor",
            "mount": "the state of the mount has changed; a: state, b: reason",
            "rate": "the sample rate was measured; a: rate in mHz",
            "storage_full": "the flash is full; the run ends",
            "low_battery": "the battery is low; the run ends; a: mV",
            "sensor": (
                "the sensor stopped (a = 0), answers again (a = 1), was reconfigured (a = 2); transfers failed (a = 3, "
                "b: their total number), an axis is stuck or saturated (a = 4, b: its number) or works again (a = 5)"
            ),
            "clock_carried": (
                "the clock was restored after a reset; at uptime 0 the continued uptime of the previous boot was "
                "a: seconds, b: milliseconds + 1000 x error bound in ms"
            ),
            "stopped": (
                "the run was closed; a: strides in it, b: 0 on request, 1 the flash is full, 2 the app ended, "
                "3 the foot was at rest for a long time, 4 by the button, 5 the battery is low"
            ),
            "started": "the run started without a host; a: earlier strides in it, b: trigger, see `started_by`",
        },
    ),
    "fault": (
        "Kind of a stored fault.",
        {
            "none": "no fault",
            "exception": "an error in the program",
            "sensor_missing": "no motion sensor answers: wiring, power, pull-ups, address pin",
            "sensor_ambiguous": "several sensors answer, or gravity at rest contradicts the part",
            "sensor_lost": "the sensor stopped answering",
            "sensor_reset": "the sensor lost its configuration and was reconfigured",
            "bus_stuck": "the bus to the sensor was blocked",
            "storage": "reading or writing the flash failed",
            "settings": "the settings were damaged; defaults are in use",
            "watchdog": "the program hung and was restarted",
            "start_failed": "the app failed to start",
            "sensor_axis": "an axis of the sensor is stuck or saturated",
            "sensor_rate": "the sensor's oscillator changed its rate during operation",
            "sensor_other": "the sensor differs from the setting `chip`",
            "sensor_fifo": "the FIFO of the sensor is too short for the setting `rate_hz`",
            "settings_ignored": "two boots failed, so the hardware settings are ignored for this boot",
            "sensor_unsupported": "a chip without a driver answers; the text names it if its identity is known",
            "sensor_sibling": "a clone or sibling of a supported part answers; the text names the part to set",
        },
    ),
    "verdict": (
        "Verdict of a check.",
        {"pass": "works", "warn": "works, with a warning", "fail": "does not work", "skipped": "not tested"},
    ),
    "check_reason": (
        "Cause of a warning or failure of the self-test.",
        {
            "none": "no known cause",
            "several_sensors": "several sensors answer on the bus",
            "other_chip": "the sensor differs from the setting `chip`",
            "rate_too_high": "the FIFO of the sensor is too short for the setting `rate_hz`",
            "other_range": "gravity at rest contradicts the setting `chip`",
            "odd_gravity": "gravity at rest fits no supported part",
            "was_moving": "the pod moved at its start, so the part was guessed",
            "gravity_half": "gravity reads as half of 1 g: the range of the part is twice as large",
            "gravity_double": "gravity reads as twice 1 g: the range of the part is half as large",
            "settings_ignored": "two boots failed, so the hardware settings are ignored for this boot",
            "unsupported_chip": "a chip without a driver answers",
            "sibling_chip": "a clone or sibling of a supported part answers",
            "forced_chip": "the setting `chip` names the part of a chip with another identity",
        },
    ),
    "raw_encoding": (
        "Encoding of raw samples.",
        {
            "counts": "int16, little-endian, uncompressed",
            "rice": "predicted from the previous samples, errors as Rice codes",
        },
    ),
    "block": (
        "Kind of a block in a run file, by its payload.",
        {
            "strides": "`stride` messages, one after the other",
            "raw": "one `raw` message",
            "events": "`event` messages, one after the other",
        },
    ),
}

FLAGS: dict[str, tuple[str, dict[str, str]]] = {
    "stride": (
        "Limitations of a stride's values.",
        {
            "gap": "samples of the stride are missing",
            "clipped_acc": "the accelerometer was saturated during the stride",
            "clipped_peak": "the accelerometer was saturated at the contact: `peak` and `loading` are lower bounds",
            "clipped_gyr": "the gyroscope was saturated during the stride",
            "mount_unverified": "the mount is `none` or `suspect`, so the direction is `unknown`",
            "bias_unknown": "the gyroscope has not been at rest yet",
            "turning": "the foot turned much",
            "tilt_open": "gravity integrated over the stride differs from gravity at its end",
            "first": "no contact precedes the stride, so `contact_time` is unknown",
            "too_slow": "slower than the people recorded, so the direction is `unknown` (no gyroscope)",
            "not_gait": "pedals, a machine or a vehicle may move the foot, so the direction is `unknown`",
            "joined": "a stance of a running foot may be missing, so `length` and `period` are of two strides or more",
        },
    ),
    "capabilities": (
        "Capabilities of a pod.",
        {
            "gyroscope": "the sensor measures rotation",
            "raw": "streams raw samples",
            "recorder": "stores runs",
            "battery": "measures its battery",
            "usb": "native USB port, without a baud rate",
        },
    ),
    "run": (
        "Properties of a stored run.",
        {
            "open": "still being recorded",
            "full": "ended because the flash was full",
            "damaged": "the header cannot be read",
            "raw": "contains raw samples",
            "continues": "continues an earlier run after a reset",
        },
    ),
    "what": (
        "Contents of a stream or a run.",
        {"strides": "strides", "raw": "raw samples", "events": "events"},
    ),
    "incompatible": ("Flags of a run file: a reader refuses a file with an unknown bit.", {}),
    "compatible": ("Flags of a run file: a reader ignores an unknown bit.", {}),
}
