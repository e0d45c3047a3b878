"""The samples of a source before, within and after it, and from round to round of a loop."""

import struct

from rig import PATH
from vpod.wave import SAMPLE_BYTES, WINDOW, Wave

COUNT = 5000  # more than a window
REST = b"\x09\x00" * 3, b"\x08\x00" * 3


def numbers(wave, index, count):
    """Return the first word of each sample: its place in the source."""
    at = wave.at(index, count)
    return [struct.unpack_from("<h", wave.window, at + SAMPLE_BYTES * i)[0] for i in range(count)]


def expect(wave, index, count, value):
    found, wanted = numbers(wave, index, count), [value(index + i) for i in range(count)]
    assert found == wanted, (index, found[:5], wanted[:5])
    assert wave.triplet(index) == struct.pack("<hhh", *[value(index)] * 3), index


def once(place):
    return 9 if place < 0 else place if place < COUNT else 8


def again(place):
    return 9 if place < 0 else place % COUNT


def check_once_it_stands_still_before_and_after():
    for index in (-9000, -20, 0, 4000, COUNT - 10, COUNT - 1, COUNT, 3 * COUNT):
        expect(Wave(PATH, COUNT, *REST), index, 50, once)


def check_a_loop_has_no_gap_between_its_rounds():
    for index in (-9000, -20, 0, 4000, COUNT - 10, COUNT - 1, COUNT, 3 * COUNT - 25, 1000 * COUNT - 1):
        expect(Wave(PATH, COUNT, *REST, True), index, 50, again)


def check_a_round_may_be_shorter_than_a_window():
    wave = Wave(PATH, 7, *REST, True)
    for index in (-10, 0, 5, 7_000_005):
        assert numbers(wave, index, WINDOW - 100) == [9 if i < 0 else i % 7 for i in range(index, index + WINDOW - 100)]


def check_a_pod_without_a_source_stands_still():
    for loop in (False, True):
        wave = Wave(None, 0, *REST, loop)
        assert numbers(wave, -1, 2) == [9, 9]
        assert numbers(wave, 5000, 2) == [8, 8]
