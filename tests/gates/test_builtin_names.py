"""No name of the app is shortened that MicroPython has too: it might stand behind an object of either."""

from pathlib import Path

import pytest

from builtin_names import names
from retropod.build import image
from retropod.build.shrink.builtin import NAMES

pytestmark = pytest.mark.gate


def test_no_short_name_is_for_a_name_of_micropythons(micropython: Path, tmp_path: Path) -> None:
    known = names(micropython, tmp_path)
    assert len(known) > 400
    assert not known & set(image.app_sources().short)
    missing = known - NAMES
    assert not missing, f"python tests/builtin_names.py > host/retropod/build/shrink/builtin.txt: {sorted(missing)}"
