"""A host encodes requests in one thread while another decodes frames."""

import binascii
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from retrowire import framing

BODY = bytes(range(200))


@pytest.fixture
def switching() -> Iterator[None]:
    """Switch between threads as often as possible."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def _checksums(_: int) -> set[bytes]:
    found = set()
    for _ in range(100):
        buf = bytearray(BODY + bytes(4))
        framing.kernels.crc_into(buf, 0, len(BODY))
        found.add(bytes(buf[-4:]))
    return found


def test_threads_do_not_change_the_checksum_of_each_other(switching: None) -> None:
    with ThreadPoolExecutor(2) as threads:
        found = set().union(*threads.map(_checksums, range(4)))
    assert found == {binascii.crc32(BODY).to_bytes(4, "little")}
