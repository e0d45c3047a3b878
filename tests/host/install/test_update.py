"""Verdict about the version of a pod."""

import pytest

from retropod.install.update import Versions


@pytest.mark.parametrize(
    ("pod", "protocol", "same_schema", "verdict"),
    [
        ("0.1.0", "1.2", True, "same"),
        ("0.1.0", "1.1", True, "older"),
        ("0.1.0", "1.10", True, "newer"),
        ("0.0.9", "1.2", True, "older"),
        ("0.2.0", "1.1", True, "newer"),
        ("0.1.0", "1.2", False, "older"),
    ],
)
def test_version_and_protocol_decide(pod: str, protocol: str, same_schema: bool, verdict: str) -> None:
    assert Versions(pod, "0.1.0", protocol, "1.2", same_schema).verdict == verdict
