"""The ring of faults: kept over restarts, short, and no cause of further faults."""

from pod.storage.faults import Faults
from retrowire import codec


class Clock:
    boot = 3
    uptime_s = 10


def ignore(_kind, _a, _b):
    """Takes an event."""


def test_faults_survive_and_the_oldest_go(tmp_path):
    path, clock = str(tmp_path / "faults.log"), Clock()
    faults = Faults(path, clock, ignore)
    for code in range(20):
        faults.add(code, f"fault {code}")
    assert Faults(path, clock, ignore).rows() == []  # the file system may be in use
    faults.step()
    again = Faults(path, clock, ignore).rows()
    assert again == [(3, 10, code, f"fault {code}") for code in range(4, 20)]


def test_the_same_fault_is_stored_once_a_minute_and_counted_always(tmp_path):
    clock = Clock()
    events = []
    faults = Faults(str(tmp_path / "faults.log"), clock, lambda kind, a, b: events.append((kind, a, b)))
    for second in range(130):
        clock.uptime_s = second
        faults.add(4, "gone")
    assert len(faults.rows()) == 3
    assert events == [(codec.value("event", "fault"), 4, 0)] * 3
    assert faults.count == 130


def test_texts_are_cut_and_tamed(tmp_path):
    path = str(tmp_path / "faults.log")
    faults = Faults(path, Clock(), ignore)
    faults.add(1, "a\tb\nc" + "ü" * 200)
    faults.step()
    (row,) = Faults(path, Clock(), ignore).rows()
    assert row[3].startswith("a b cü") and len(row[3].encode()) <= 120


def test_damaged_lines_and_a_full_flash_are_survived(tmp_path, monkeypatch):
    path = tmp_path / "faults.log"
    path.write_bytes(b"1\t2\t3\tgood\n1\t2\n\xff\xfe\tx\ty\tz\n7\t8\t9\tlast")
    faults = Faults(str(path), Clock(), ignore)
    assert [row[3] for row in faults.rows()] == ["good", "last"]
    monkeypatch.setattr("pod.storage.store.write_atomic", lambda path, data: (_ for _ in ()).throw(OSError(28)))
    faults.add(5, "no room")
    faults.step()
    assert faults.rows()[-1][3] == "no room"
