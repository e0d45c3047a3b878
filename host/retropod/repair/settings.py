"""Settings of a pod during a repair: those of the hardware are set aside, because each can make a pod unusable."""

import json
from typing import Any, NamedTuple

# Settings that cannot prevent a pod from working. A test compares them with firmware/pod/storage/settingrows.py.
KEPT = frozenset(
    (
        "name", "wearer", "side", "record_raw", "auto_record", "stop_after_s", "sleep", "sleep_after_s", "wake_mg",
        "low_battery_mv", "cue", "loss_window_s", "length_factor", "length_note",
    )
)  # fmt: skip


class Split(NamedTuple):
    """Settings by name: those that stay on the pod, and those that are set aside."""

    kept: dict[str, Any]
    aside: dict[str, Any]

    @property
    def text(self) -> str:
        """Return the settings file for the pod, empty without settings."""
        return json.dumps(self.kept) if self.kept else ""


def listed(values: dict[str, Any]) -> str:
    """Return settings as text: `i2c_hz 10000, sda 21`."""
    return ", ".join(f"{name} {value}" for name, value in values.items())


def split(text: str | None) -> Split:
    """Split the text of a settings file. An invalid one has no settings."""
    try:
        found = json.loads(text or "")
    except ValueError:
        found = None
    settings: dict[str, Any] = found if isinstance(found, dict) else {}
    kept = {name: value for name, value in settings.items() if name in KEPT}
    return Split(kept, {name: value for name, value in settings.items() if name not in KEPT})
