"""Remains of a run after a power cut at its start, on the flash of a virtual pod."""

from collections.abc import Callable

from e2e import scenarios
from e2e.tool import Tool
from retropod.virtual.pod import VirtualPod

_LEAVE = """
def part(name, content):
    with open('/runs/%06d.run' % name, 'wb') as file:
        file.write(content)
whole = open('/runs/000001.run', 'rb').read()
part(2, b'')
part(3, whole[:200])
part(4, whole)
"""


def test_empty_runs_are_named_passed_and_erased(
    walking: Callable[..., VirtualPod], tool: Callable[[str], Tool]
) -> None:
    at = tool(walking(go=False).url)
    at.good("record", "start")
    at.good("record", "stop")
    scenarios.mpremote(at, "exec", _LEAVE)
    scenarios.mpremote(at, "resume", "reset")
    scenarios.await_app(at)
    rows = {line.split()[0]: line.split() for line in at.good("runs").out.splitlines()[1:]}
    assert [("empty" in rows[number]) for number in "1234"] == [False, True, True, False]
    ran = at.good("download")
    assert "not a run file" not in ran.out + ran.err and ran.out.count("verified") == 2
    assert "runs 2, 3 are empty" in ran.err
    at.good("erase", "2", "3")
    assert [one["run"] for one in at.good("runs", "--json").objects] == [1, 4]
