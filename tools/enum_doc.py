"""What every enumeration and every set of bits of the schema means, in words; `schema_doc` has the messages."""

ENUMS: dict[str, tuple[str, dict[str, str]]] = {
    "chip": (
        "Motion sensors.",
        {
            "none": "none was found",
            "lsm6dso32": "ST LSM6DSO32, up to 32 g",
            "lsm6dso": "ST LSM6DSO, up to 16 g",
            "lsm6dsox": "ST LSM6DSOX, up to 16 g",
            "mpu6050": "InvenSense MPU-6050, up to 16 g",
            "mpu6500": "InvenSense MPU-6500, up to 16 g",
            "mpu9250": "InvenSense MPU-9250, up to 16 g",
            "adxl345": "Analog Devices ADXL345, up to 16 g, no gyroscope",
        },
    ),
    "side": ("Feet.", {"unknown": "not said", "left": "left foot", "right": "right foot"}),
    "clock_state": (
        "How the pod knows the time of day.",
        {
            "unset": "it does not: nobody has told it since it lost power",
            "synced": "a host has told it since it started",
            "carried": "a host told it before the last reset, and it was carried across",
        },
    ),
    "state": (
        "What a pod is doing.",
        {
            "idle": "sampling, not recording",
            "armed": "waiting for movement to start a recording",
            "recording": "a run is open",
            "full": "the flash is full; nothing is recorded",
            "low_battery": "the battery is too low to record",
            "charging": "connected to a charger",
            "sensor_missing": "no motion sensor answers",
        },
    ),
    "started_by": (
        "Who began a run.",
        {
            "nobody": "none is open",
            "host": "a host asked for it",
            "strides": "the pod itself, when strides came",
            "button": "a press of the button",
            "reset": "it goes on with a run that was open at a reset",
        },
    ),
    "mount": (
        "How well the pod's orientation on the shoe is known. With `none` and `suspect` no direction is decided.",
        {
            "none": "not at all",
            "given": "a person has said it",
            "verified": "the mount check has confirmed it",
            "suspect": "it was known, and something may have moved the pod",
        },
    ),
    "mount_phase": (
        "Where a mount check stands.",
        {
            "idle": "none is running",
            "still": "waiting for the foot to stand still",
            "walk": "counting steps forward",
            "passed": "done, the orientation is known",
            "failed": "done, it is not",
        },
    ),
    "mount_reason": (
        "Why a mount is suspect or a check failed.",
        {
            "none": "nothing to say",
            "moved": "gravity in stance has another direction than before",
            "turned": "the pod was rotated as no gait does",
            "not_forward": "the steps did not agree on one direction",
            "power_lost": "the pod was without power",
            "woke": "the pod woke from sleep",
            "handled": "the pod was handled",
            "timeout": "the foot did not stand still, or too few steps came",
            "no_gyroscope": "said by firmware that needs a gyroscope for the check",
            "undecided": "without a gyroscope: the steps did not tell forward from backward, too slow or too soft",
        },
    ),
    "mount_action": (
        "What to do about the mount.",
        {
            "query": "just tell",
            "learn": "run the mount check",
            "given": "take this matrix",
            "forget": "go back to `none`",
            "cancel": "end a running check",
        },
    ),
    "direction": (
        "Which way a foot went, by the shoe.",
        {
            "unknown": "not decided",
            "forward": "toe first",
            "backward": "heel first",
            "lateral_left": "sideways to the left",
            "lateral_right": "sideways to the right",
        },
    ),
    "strike": (
        "Part of the foot that lands first.",
        {"unknown": "not decided", "heel": "heel", "not_heel": "midfoot or forefoot"},
    ),
    "record_action": ("What to do about recording.", {"start": "open a run", "stop": "close it", "lap": "mark a lap"}),
    "error": (
        "Why a request was refused.",
        {
            "unknown_message": "the pod does not know this message; `detail`: its number",
            "malformed": "the payload is too short or makes no sense",
            "no_such_run": "no run has this number",
            "out_of_range": "a number beyond what is possible",
            "busy": "another request is still being answered; ask again",
            "storage_full": "no flash is left",
            "not_recording": "no run is open",
            "already_recording": "a run is open; `detail`: its number",
            "not_verified": "the SHA-256 is not that of the pod's file",
            "bad_setting": "no such setting, or not a value for it",
            "sensor_missing": "no motion sensor answers",
            "line_too_slow": "the line cannot carry this stream; `detail`: bytes per second needed",
            "failed": "the pod tried and could not; `text` says more",
            "run_open": "not while the run is open",
        },
    ),
    "event": (
        "What happened during a run; `a` and `b` of the event.",
        {
            "lap": "the runner marked a lap; a: its number",
            "clock_sync": (
                "the pod was told the time, or knew it from the boot before, at the uptime of this event; a: seconds "
                "since 1970 minus 2^31, b: milliseconds + 1000 x its error bound in ms"
            ),
            "samples_lost": "samples are missing before `sample`; a: how many",
            "frames_dropped": "frames were not sent; a: how many",
            "fault": "a fault; a: its code",
            "reset": "the pod started anew and goes on; a: boot count, b: cause of the reset as the chip gives it",
            "mount": "the state of the mount changed; a: state, b: reason",
            "rate": "the sample rate was measured; a: rate in mHz",
            "storage_full": "the flash is full and the run ends here",
            "low_battery": "the battery is low and the run ends here; a: mV",
            "sensor": (
                "the sensor stopped (a = 0), came back (a = 1) or was set up again (a = 2), transfers failed (a = 3, "
                "b: so many by now), an axis is stuck or saturated (a = 4, b: its number) or works again (a = 5)"
            ),
            "clock_carried": (
                "the clock went on over a reset: at uptime 0 the uptime of the boot before would have stood at "
                "a: seconds, b: milliseconds + 1000 x the error bound in ms"
            ),
            "stopped": (
                "the run was ended in order; a: strides in it, b: 0 on request, 1 the flash is full, 2 the app ended, "
                "3 the foot was still for long, 4 by the button, 5 the battery is low"
            ),
            "started": "no host began this run; a: strides in it that came before, b: who did, see `started_by`",
        },
    ),
    "fault": (
        "Kinds of faults that a pod keeps.",
        {
            "none": "no fault",
            "exception": "an error in the program",
            "sensor_missing": "no motion sensor answers: wiring, power, pull-ups, address pin",
            "sensor_ambiguous": (
                "several sensors answer, or another than the one that is set, 1 g reads as none should, or the rate "
                "is too fast for its FIFO"
            ),
            "sensor_lost": "the sensor stopped answering",
            "sensor_reset": "the sensor had lost its configuration and was set up again",
            "bus_stuck": "the bus to the sensor was held",
            "storage": "the flash could not be read or written",
            "settings": "the settings were damaged and defaults were taken",
            "watchdog": "the program hung and was started anew",
            "start_failed": "the app could not start",
            "sensor_axis": "an axis of the sensor stands still or hangs at full scale",
            "sensor_rate": "the sensor's oscillator has changed its rate while it ran",
        },
    ),
    "verdict": (
        "How a check went.",
        {"pass": "well", "warn": "works, but look at it", "fail": "does not work", "skipped": "could not be tried"},
    ),
    "raw_encoding": (
        "How raw samples are held.",
        {
            "counts": "int16, little-endian, uncompressed",
            "rice": "predicted from the samples before, the errors as Rice codes",
        },
    ),
    "block": (
        "Kinds of blocks in a run file, by what their payload holds.",
        {
            "strides": "`stride` messages, one after the other",
            "raw": "one `raw` message",
            "events": "`event` messages, one after the other",
        },
    ),
}

FLAGS: dict[str, tuple[str, dict[str, str]]] = {
    "stride": (
        "What limits a stride's numbers.",
        {
            "gap": "samples are missing in it",
            "clipped_acc": "the accelerometer was at its limit somewhere in it",
            "clipped_peak": "it was at its limit at the contact: `peak` and `loading` are lower bounds",
            "clipped_gyr": "the gyroscope was at its limit somewhere in it",
            "mount_unverified": "the mount is `none` or `suspect`, so no direction is decided",
            "bias_unknown": "the gyroscope has not been seen at rest yet",
            "turning": "the foot turned much",
            "tilt_open": "gravity carried through the stride missed gravity at its end",
            "first": "no contact was seen before it, so `contact_time` is not known",
        },
    ),
    "capabilities": (
        "What a pod can do.",
        {
            "gyroscope": "its sensor measures rotation",
            "raw": "it streams raw samples",
            "recorder": "it stores runs",
            "battery": "it measures its battery",
            "usb": "its port is native USB: no baud rate limits it",
        },
    ),
    "run": (
        "What is to be known about a stored run.",
        {
            "open": "still being recorded",
            "full": "ended because the flash was full",
            "damaged": "its header cannot be read",
            "raw": "holds raw samples",
            "continues": "goes on with an earlier run after a reset",
        },
    ),
    "what": (
        "What to stream or record.",
        {"strides": "strides", "raw": "raw samples", "events": "events"},
    ),
    "incompatible": ("Of a run file: a set bit that the reader does not know means refuse.", {}),
    "compatible": ("Of a run file: a set bit that the reader does not know does no harm.", {}),
}
