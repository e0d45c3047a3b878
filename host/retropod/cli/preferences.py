"""Preferences of the user of this computer, from the settings file of the host.

The file is RETROPOD_SETTINGS, or else `settings.toml` in the configuration folder of the platform. It may state
`units = "si"`, `"metric"` or `"imperial"`.
"""

import os
import tomllib
from pathlib import Path

import platformdirs

from retropod.errors import UsageError
from retropod.insight.units import UNITS, Units

_MOST_BYTES = 100_000


def path() -> Path:
    """Return the path of the settings file. It may not exist."""
    given = os.environ.get("RETROPOD_SETTINGS")
    return Path(given) if given else platformdirs.user_config_path("retropod", appauthor=False) / "settings.toml"


def units(given: str | None) -> Units:
    """Return the units that an option names, or else those of the settings file, or else SI units.

    Raises UsageError if the file is invalid.
    """
    name = given or _from_file()
    return UNITS[name]


def _from_file() -> str:
    file = path()
    try:
        with file.open("rb") as content:
            name = tomllib.loads(content.read(_MOST_BYTES).decode("utf-8")).get("units", "si")
    except FileNotFoundError:
        return "si"
    except ValueError as error:
        raise UsageError(f"{file} is not a valid settings file: {error}", f"correct or remove {file}") from error
    if name not in UNITS:
        raise UsageError(f"{file} states invalid units: {name!r}", f"use one of {', '.join(UNITS)}")
    return str(name)
