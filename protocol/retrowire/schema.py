"""Contract between pod and host: messages, fields, units, scales, enums and versions. Data only.

CPython and MicroPython import this module unchanged, so it imports nothing and has only constants. The descriptions are
in the host's ``schema_doc.py``, because the pod has little RAM.

A message row is ``(id, name, since, core, fields)``. Its fields are words of one text, because a tuple per field would
cost the pod 15 kB: ``name:code[:unit[:exponent]][@since]``. ``code`` is a `struct` code, always little-endian and
unpadded, or ``"*"``: the rest of the payload as bytes (last field only). A reading in ``unit`` is the raw integer times
``10 ** exponent``. Append new fields only, with the minor version that added them in ``since`` (default 0).

A measured field (one with a unit) has its code's value in ``NONE`` if it is unknown.
"""

PROTOCOL_MAJOR = 1
PROTOCOL_MINOR = 2

# Value for "unknown", which a measured quantity cannot have.
NONE = {"B": 0xFF, "H": 0xFFFF, "I": 0xFFFFFFFF, "b": -0x80, "h": -0x8000, "i": -0x80000000}

# Identifiers below 0x40: from pod to host. From 0x40: from host to pod. From 0x70: only in run files.
HELLO = 0x01
STATUS = 0x02
RUN_ENTRY = 0x03
RUN_DATA = 0x04
DIGEST = 0x05
ERROR = 0x06
DONE = 0x07
STRIDE = 0x20
RAW = 0x21
EVENT = 0x22
SETTING = 0x23
FAULT = 0x24
MOUNT = 0x25
TIME = 0x26
CHECK = 0x27
CHECK_REASON = 0x28

HELLO_GET = 0x41
STATUS_GET = 0x42
RUN_LIST = 0x43
RUN_READ = 0x44
DIGEST_GET = 0x45
STREAM = 0x50
RECORD = 0x51
TIME_SET = 0x52
RUN_ERASE = 0x53
SETTING_GET = 0x54
SETTING_SET = 0x55
MOUNT_DO = 0x56
FAULT_GET = 0x57
RESTART = 0x58
CHECK_GET = 0x59
LINE_SET = 0x5A

RUN_HEADER = 0x70

MESSAGES = (
    # The core is frozen permanently: with any version, a host can identify a pod, read its state and fetch its runs.
    (HELLO, "hello", 0, True,
        "request:B major:B minor:B fingerprint:I firmware_major:B firmware_minor:B firmware_patch:B chip:B "
        "capabilities:I device_id:8s name:16s side:B uptime_s:I:s uptime_ms:H:s:-3 boot_count:I clock_state:B"),
    (STATUS, "status", 0, True,
        "request:B state:B mount:B clock_state:B uptime_s:I:s uptime_ms:H:s:-3 epoch_s:I:s epoch_ms:H:s:-3 "
        "battery_mv:H:V:-3 battery_percent:B:% storage_free_kb:H:kB storage_total_kb:H:kB minutes_left:H:min run:I "
        "runs:H durable_sequence:I strides:I samples:I samples_lost:I fifo_overruns:H sensor_errors:H "
        "rate_mhz:I:Hz:-3 frames_dropped:H frames_damaged:H values_clamped:H faults:H heap_free_kb:H:kB "
        "temperature_cc:h:degC:-2 started_by:B@1"),
    (RUN_ENTRY, "run_entry", 0, True, "request:B run:I size:I:B start_s:I:s strides:I flags:B"),
    (RUN_DATA, "run_data", 0, True, "request:B offset:I:B data:*"),
    (DIGEST, "digest", 0, True, "request:B run:I size:I:B sha256:32s"),
    (ERROR, "error", 0, True, "request:B code:B detail:i text:*"),
    # Ends a list, or a request without another answer. value: entries sent, run number, or 0.
    (DONE, "done", 0, True, "request:B value:I"),
    (HELLO_GET, "hello_get", 0, True, "request:B major:B minor:B fingerprint:I"),
    (STATUS_GET, "status_get", 0, True, "request:B"),
    (RUN_LIST, "run_list", 0, True, "request:B"),
    (RUN_READ, "run_read", 0, True, "request:B run:I offset:I:B length:I:B"),
    (DIGEST_GET, "digest_get", 0, True, "request:B run:I"),
    # Streams.
    (STRIDE, "stride", 0, False,
        "number:I sample:I uptime_s:I:s uptime_ms:H:s:-3 period:H:s:-4 toe_off:H:s:-4 contact:H:s:-4 "
        "contact_time:H:s:-4 direction:B confidence:H:1:-3 length:h:m:-3 lateral:h:m:-3 rise:h:m:-3 yaw:h:deg:-1 "
        "pitch:h:deg:-1 peak:H:g:-2 loading:H:g/s strike:B strike_confidence:H:1:-3 flags:H"),
    (RAW, "raw", 0, False, "sample:I count:B axes:B encoding:B data:*"),
    (EVENT, "event", 0, False, "kind:B uptime_s:I:s uptime_ms:H:s:-3 sample:I a:i b:i"),
    # Answers beyond the core.
    (SETTING, "setting", 0, False, "request:B text:*"),
    (FAULT, "fault", 0, False, "request:B boot:I uptime_s:I:s code:B text:*"),
    (MOUNT, "mount", 0, False,
        "request:B state:B phase:B strides:B matrix:18s tilt:h:deg:-1 heading:h:deg:-1 reason:B"),
    (TIME, "time", 0, False,
        "request:B host_s:I:s host_ms:H:s:-3 uptime_s:I:s uptime_ms:H:s:-3 sample:I rate_mhz:I:Hz:-3 "
        "boot_count:I@1 slept_s:I:s@1 before_s:I:s@1 before_ms:H:s:-3@1 before_error_ms:I:s:-3@1"),
    (CHECK, "check", 0, False, "request:B item:B verdict:B value:i text:*"),
    # Precedes its `check`, which ends with a text and so can get no further field.
    (CHECK_REASON, "check_reason", 2, False, "request:B item:B reason:B"),
    # Requests beyond the core.
    (STREAM, "stream", 0, False, "request:B what:B lease_ms:I:s:-3"),
    (RECORD, "record", 0, False, "request:B action:B what:B"),
    (TIME_SET, "time_set", 0, False,
        "request:B epoch_s:I:s epoch_ms:H:s:-3 error_ms:H:s:-3 uptime_s:I:s@1 uptime_ms:H:s:-3@1"),
    (RUN_ERASE, "run_erase", 0, False, "request:B run:I force:B sha256:32s"),
    (SETTING_GET, "setting_get", 0, False, "request:B text:*"),
    (SETTING_SET, "setting_set", 0, False, "request:B text:*"),
    (MOUNT_DO, "mount_do", 0, False, "request:B action:B matrix:18s"),
    (FAULT_GET, "fault_get", 0, False, "request:B"),
    (RESTART, "restart", 0, False, "request:B"),
    (CHECK_GET, "check_get", 0, False, "request:B"),
    (LINE_SET, "line_set", 1, False, "request:B rate:I"),
    # Header of a run file.
    (RUN_HEADER, "run_header", 0, False,
        "run:I continues:I device_id:8s name:16s wearer:16s side:B firmware_major:B firmware_minor:B "
        "firmware_patch:B model:H chip:B rate_mhz:I:Hz:-3 acc_lsb_ug:I:g:-6 gyr_lsb_udps:I:dps:-6 mount:B "
        "matrix:18s length_factor:H:1:-3 boot_count:I uptime_s:I:s uptime_ms:H:s:-3 sample:I clock_state:B "
        "epoch_s:I:s epoch_ms:H:s:-3 slept_s:I:s@1"),
)

# Enumerations and bit sets, as words ``name=value``. A receiver keeps an unknown number.
ENUMS = {
    "chip": "none=0 lsm6dso32=1 lsm6dso=2 lsm6dsox=3 mpu6050=4 mpu6500=5 mpu9250=6 adxl345=7",
    "side": "unknown=0 left=1 right=2",
    "clock_state": "unset=0 synced=1 carried=2",
    "state": "idle=0 armed=1 recording=2 full=3 low_battery=4 charging=5 sensor_missing=6",
    "mount": "none=0 given=1 verified=2 suspect=3",
    "mount_phase": "idle=0 still=1 walk=2 passed=3 failed=4",
    "mount_reason": "none=0 moved=1 turned=2 not_forward=3 power_lost=4 woke=5 handled=6 timeout=7 no_gyroscope=8 "
        "undecided=9",
    "mount_action": "query=0 learn=1 given=2 forget=3 cancel=4",
    "direction": "unknown=0 forward=1 backward=2 lateral_left=3 lateral_right=4",
    "strike": "unknown=0 heel=1 not_heel=2",
    "started_by": "nobody=0 host=1 strides=2 button=3 reset=4",
    "record_action": "start=1 stop=2 lap=3",
    "error": (
        "unknown_message=1 malformed=2 no_such_run=3 out_of_range=4 busy=5 storage_full=6 not_recording=7 "
        "already_recording=8 not_verified=9 bad_setting=10 sensor_missing=11 line_too_slow=12 failed=13 "
        "run_open=14"
    ),
    "event": (
        "lap=1 clock_sync=2 samples_lost=3 frames_dropped=4 fault=5 reset=6 mount=7 rate=8 storage_full=9 "
        "low_battery=10 sensor=11 stopped=12 clock_carried=13 started=14"
    ),
    "fault": (
        "none=0 exception=1 sensor_missing=2 sensor_ambiguous=3 sensor_lost=4 sensor_reset=5 bus_stuck=6 storage=7 "
        "settings=8 watchdog=9 start_failed=10 sensor_axis=11 sensor_rate=12 sensor_other=13 sensor_fifo=14 "
        "settings_ignored=15 sensor_unsupported=16 sensor_sibling=17"
    ),
    "check_reason": (
        "none=0 several_sensors=1 other_chip=2 rate_too_high=3 other_range=4 odd_gravity=5 was_moving=6 gravity_half=7 "
        "gravity_double=8 settings_ignored=9 unsupported_chip=10 sibling_chip=11 forced_chip=12"
    ),
    "verdict": "pass=0 warn=1 fail=2 skipped=3",
    "raw_encoding": "counts=0 rice=1",
    "block": "strides=1 raw=2 events=3",
}

FLAGS = {
    "stride": (
        "gap=1 clipped_acc=2 clipped_peak=4 clipped_gyr=8 mount_unverified=16 bias_unknown=32 turning=64 "
        "tilt_open=128 first=256 too_slow=512 not_gait=1024 joined=2048"
    ),
    "capabilities": "gyroscope=1 raw=2 recorder=4 battery=8 usb=16",
    "run": "open=1 full=2 damaged=4 raw=8 continues=16",
    "what": "strides=1 raw=2 events=4",
    # Flags of a run file's header. Refuse a file with an unknown incompatible bit, ignore an unknown compatible bit.
    "incompatible": "",
    "compatible": "",
}
