"""`record lap` on a port that another program uses, usually `live`."""

import pytest
from click.testing import CliRunner

from retropod.cli.commands import cli
from retropod.cli.options import Options
from retropod.errors import PortBusy


@pytest.mark.parametrize("action", ["lap", "start"])
def test_the_hint_names_the_button_for_a_lap_alone(monkeypatch, action):
    def busy(options):
        raise PortBusy("/dev/pod is in use by another program", "close the other program")

    monkeypatch.setattr(Options, "connect", busy)
    error = CliRunner().invoke(cli, ["record", action]).exception
    assert isinstance(error, PortBusy)
    assert error.message == "/dev/pod is in use by another program"
    assert ("button" in error.hint and "Ctrl-C" in error.hint) == (action == "lap")
