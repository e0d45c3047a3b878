"""What every setting of the pod means, for the screen. What it may be, the pod says."""

NEXT_START = "*"

# name: meaning, its unit or choices; * behind a name: it counts from the pod's next start
SETTINGS = {
    "name": "what the pod is called",
    "wearer": "whose runs these are, kept in each",
    "side": "the foot that it is on: unknown, left, right",
    "length_factor": "length of strides, per mille; `mount --length` finds it",
    "length_note": "when and over what distance that was found",
    "record_raw": "samples go into every run, too: minutes of flash instead of days",
    "loss_window_s": "seconds of a run that a power cut may take",
    "auto_record*": "a recording starts by itself when strides come and no host is there",
    "stop_after_s*": "and ends after so many seconds without a stride; so does one that the button began",
    "sleep*": "light sleep between sessions: auto (battery and wake wire there), on, off",
    "sleep_after_s*": "seconds without stride, host or button before it falls asleep",
    "wake_mg": "thousandths of g that wake it",
    "low_battery_mv": "mV below which a run is ended and none begins",
    "cue*": "a change of direction is told by: off, led, buzzer, both",
    "board*": "which board it is: auto, devkit, s3, c3-supermini, xiao-s3, xiao-c3, lolin-d32",
    "sda*": "pin of the sensor's data line. All pins: GPIO, -1 the board's own, -2 none",
    "scl*": "pin of the sensor's clock line",
    "skip_pin*": "pin that keeps the app from starting while it is held low",
    "led_pin*": "pin of the light",
    "led_lit*": "level at which it shines; 2: an addressable one; -1: as the board has it",
    "button_pin*": "pin of the button, low when pressed",
    "battery_pin*": "pin that measures the battery, behind a divider",
    "battery_ratio*": "by how much that divides, per mille; 2000: two equal resistors; -1: as the board has it",
    "power_pin*": "pin that is high while power comes from outside",
    "wake_pin*": "pin that the sensor's interrupt is soldered to",
    "buzzer_pin*": "pin of a piezo buzzer",
    "i2c_hz*": "speed of the sensor's bus",
    "line_rate*": "bit/s of the console; 0: it takes what it can; -1: as the board has it",
    "address*": "the sensor's address on the bus; 0: wherever one answers",
    "chip*": "the sensor; auto: it is found out",
    "rate_hz*": "samples a second; each chip takes the nearest that it has",
}


def known(name: str) -> tuple[str, bool]:
    """(meaning, whether it counts from the next start only) of a setting; no text for one of a later version."""
    if name in SETTINGS:
        return SETTINGS[name], False
    return SETTINGS.get(name + NEXT_START, ""), name + NEXT_START in SETTINGS


def help_text() -> str:
    """All of them, for the end of a help page."""
    names = [name.ljust(16) for name in SETTINGS]
    return "\n".join(name + meaning for name, meaning in zip(names, SETTINGS.values(), strict=True))
