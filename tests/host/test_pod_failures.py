"""Failures of several pods: the commands of a hint name the pod."""

import pytest

from retropod.cli.pods import PodFailures
from retropod.errors import OperationFailed, RetropodError


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("run `retropod record stop` to end it", "run `retropod record stop --pods 01` to end it"),
        (
            "`retropod download`, then `retropod erase`",
            "`retropod download --pods 01`, then `retropod erase --port /dev/a`",
        ),
        ("run `retropod list`", "run `retropod list`"),
        ("close it", "close it"),
    ],
)
def test_the_commands_of_a_hint_name_the_pod(hint, shown, capsys):
    failures = PodFailures()
    failures.pods = 2
    failures.add("left", OperationFailed("it failed", hint), "01", "/dev/a")
    assert shown in capsys.readouterr().err
    with pytest.raises(RetropodError) as raised:
        failures.finish()
    assert raised.value.hint == shown
