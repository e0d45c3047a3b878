"""The build shortens no name that MicroPython has too, because such a name may be an attribute of either."""

from pathlib import Path

import pytest

from retropod.build import image
from retropod.build.shrink.builtin import NAMES
from tools.builtin_names import names

pytestmark = pytest.mark.gate


def test_no_short_name_is_for_a_name_of_micropythons(micropython: Path, tmp_path: Path) -> None:
    known = names(micropython, tmp_path)
    assert len(known) > 400
    assert not known & set(image.app_sources().short)
    missing = known - NAMES
    assert not missing, (
        f"run: python -m tools.builtin_names > host/retropod/build/shrink/builtin.txt: {sorted(missing)}"
    )
