"""The real mpremote works on the virtual pod as on a board."""

import pytest

from commands import mpremote
from host.virtual.helpers import plugged


@pytest.fixture
def pod(make_pod):
    pod = make_pod()
    with plugged(pod.url) as cable:
        cable.ask("s")
    return pod


def test_exec_with_soft_reset(pod):
    assert mpremote(pod.url, "exec", "print(6 * 7)") == "42\n"


def test_exec_without_soft_reset(pod):
    assert mpremote(pod.url, "resume", "exec", "print(6 * 7)") == "42\n"


def test_files_go_there_and_back(pod, tmp_path):
    content = bytes(range(256)) * 40
    (tmp_path / "there").write_bytes(content)
    mpremote(pod.url, "fs", "cp", str(tmp_path / "there"), ":data.bin")
    assert "10240 data.bin" in mpremote(pod.url, "resume", "fs", "ls")
    mpremote(pod.url, "resume", "fs", "cp", ":data.bin", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == content


def test_run(pod, tmp_path):
    (tmp_path / "script.py").write_text("import sys\nprint(sys.implementation[0])\n")
    assert mpremote(pod.url, "run", str(tmp_path / "script.py")) == "micropython\n"


def test_reset_starts_the_app_again(pod):
    mpremote(pod.url, "reset")
    with plugged(pod.url) as cable:
        assert cable.knock()["boots"] >= 2


def test_an_installed_app_is_what_runs(pod, tmp_path):
    (tmp_path / "main.py").write_text("print('installed')\n")
    mpremote(pod.url, "fs", "cp", str(tmp_path / "main.py"), ":main.py")
    pod.kill()
    with plugged(pod.url) as cable:
        pod.power_on()
        assert b"installed" in cable.until(b">>> ")


def test_the_hosts_files_neither_show_nor_go(pod, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("here")
    assert "host" not in mpremote(pod.url, "exec", "import os; print(os.listdir('/'), os.listdir())")
    script = f"import os\ntry:\n os.remove('/host{victim}')\nexcept OSError as e: print('errno', e.errno)"
    assert "errno 30" in mpremote(pod.url, "resume", "exec", script)
    assert victim.read_text() == "here"
