"""A fault of the pod with short names is shown with the names of the sources."""

import re

import pytest

from retropod import sources
from retropod.build import image, unminify_fault

VERSION = ".".join(map(str, image.version()))


def line_of(module: str, pattern: str) -> int:
    text = (sources.firmware_dir() / "pod" / module).read_text()
    return text[: re.search(pattern, text).start()].count("\n") + 2


def test_functions_are_found_by_their_lines() -> None:
    first, second = line_of("storage/faults.py", r"    def rows\("), line_of("clock/clock.py", r"    def update\(")
    fault = f'OSError: 5 < File "faults", line {first}, in q < File "clock", line {second}, in ab'
    shown = unminify_fault.unminify(fault, VERSION)
    assert shown == f"OSError: 5 < faults.py, line {first}, in rows < clock.py, line {second}, in update"


@pytest.mark.parametrize("text", ['ValueError: x < File "nowhere", line 3, in q', "no answer: [Errno 19] ENODEV"])
def test_an_unknown_place_stays_unchanged(text: str) -> None:
    assert unminify_fault.unminify(text, VERSION) == text


def test_an_app_of_another_version_has_other_lines() -> None:
    text = 'OSError: 5 < File "faults", line 30, in q'
    assert unminify_fault.unminify(text, "0.0.1") == text
