"""Descriptions of all settings of the pod. `retrowire.settingrows` has their limits."""

NEXT_START = "*"

# name: meaning with unit or choices; * after a name: takes effect at the next start of the pod
SETTINGS = {
    "name": "name of the pod, up to 16 bytes in UTF-8",
    "wearer": "person who wears the pod; stored in each run",
    "side": "foot that wears the pod: unknown, left, right",
    "length_factor": "correction of stride lengths, per mille; `mount --length` measures it",
    "length_note": "date and distance of that measurement",
    "record_raw": "store raw samples in every run; they fill the flash in minutes instead of days",
    "loss_window_s": "longest part of a run that a power cut may lose, in s",
    "auto_record*": "start a recording automatically when strides are detected and no host is connected",
    "stop_after_s*": "end a recording that strides or the button started after this time without a stride, in s",
    "sleep*": "light sleep between sessions: auto (if battery and wake wire are present), on, off",
    "sleep_after_s*": "time without stride, host or button after which the pod sleeps, in s",
    "wake_mg": "acceleration that wakes the pod, in mg (thousandths of g)",
    "low_battery_mv": "battery voltage below which a run ends and none starts, in mV",
    "cue*": "signal for a change of direction: off, led, buzzer, both",
    "board*": "type of board: auto, devkit, s3, c3-supermini, xiao-s3, xiao-c3, lolin-d32",
    "sda*": "pin of the sensor's data line; values of all pins: GPIO number, -1 default of the board, -2 no pin",
    "scl*": "pin of the sensor's clock line",
    "skip_pin*": "pin that prevents the start of the app while it is held low",
    "led_pin*": "pin of the LED",
    "led_lit*": "level that lights the LED: 0 low, 1 high, 2 addressable LED, -1 default of the board",
    "button_pin*": "pin of the button, low when pressed",
    "battery_pin*": "pin that measures the battery through a voltage divider",
    "battery_ratio*": "ratio of that divider, per mille; 2000 for two equal resistors, -1 default of the board",
    "power_pin*": "pin that is high while external power is present",
    "wake_pin*": "pin of the wire from the sensor's interrupt",
    "buzzer_pin*": "pin of a piezo buzzer",
    "i2c_hz*": "clock of the sensor's bus, in Hz; it must carry the sample rate",
    "line_rate*": "bit rate of the console, in bit/s, from 9600; 0 no limit, -1 default of the board",
    "address*": "address of the sensor on the bus; 0 searches for it",
    "chip*": "type of sensor; auto detects it",
    "rate_hz*": "sample rate, in Hz; each chip uses its nearest rate",
}


def known(name: str) -> tuple[str, bool]:
    """Return the meaning of a setting and whether it takes effect only at the next start of the pod.

    The meaning is empty for a setting of a later version.
    """
    if name in SETTINGS:
        return SETTINGS[name], False
    return SETTINGS.get(name + NEXT_START, ""), name + NEXT_START in SETTINGS
