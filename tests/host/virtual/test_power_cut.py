"""Power that goes in the middle of a write to flash: littlefs has the old content or the new, never half of each."""

import pytest

from commands import mpremote
from host.virtual.helpers import plugged


@pytest.mark.parametrize("torn", [True, False])
def test_power_cut_at_writes_of_a_file(make_pod, tmp_path, torn):
    (tmp_path / "two").write_text("old" * 2000)
    pod = make_pod()
    with plugged(pod.url) as cable:
        cable.knock()
    mpremote(pod.url, "fs", "cp", str(tmp_path / "two"), ":two")
    found = []
    for write in range(1, 100, 5):
        pod.kill()
        with plugged(pod.url) as cable:
            pod.power_on()
            cable.knock()
            pod.cut_power_at_write(write, torn)
            cable.port.write(b"w")
            if not pod.wait_power_cut(0.5):
                break
            pod.power_on()
            cable.knock()
            found.append(cable.ask("t")["text"])
            if found[-1] == "new":
                break
    assert found[0] == "old"
    assert set(found) <= {"old", "new"}
    assert len(found) > 2
