"""A pod with another protocol version: a clear error with a remedy, and its runs can be downloaded."""

import contextlib
import re
import shutil
import time

import pytest

from retropod.build import folded
from retropod.client.pod import Pod
from retropod.transport.serial import SerialTransport
from retropod.virtual.pod import VirtualPod


@pytest.fixture
def pod_of(micropython, tmp_path, repo_root):
    """A pod with one run, started again with a schema that is changed by `pattern` and `replacement`.

    It runs the sources, because the build takes the numbers of messages and fields from this tool's own schema. Only
    machine code is folded: it does not compile otherwise, and it does not depend on the schema.
    """
    with VirtualPod(tmp_path / "pod") as pod, Pod(SerialTransport(pod.url)) as client:
        client.record("start")
        time.sleep(0.5)
        client.record("stop")
    with contextlib.ExitStack() as running:

        def make(pattern: str, replacement: str) -> VirtualPod:
            firmware = tmp_path / "firmware"
            shutil.copytree(repo_root / "firmware", firmware)
            for path in folded.folders().firmware.rglob("*.py"):
                if "micropython.viper" in path.read_text():
                    shutil.copy(path, firmware / path.relative_to(folded.folders().firmware))
            shutil.copytree(repo_root / "protocol" / "retrowire", firmware / "retrowire")
            schema = firmware / "retrowire" / "schema.py"
            text, count = re.subn(pattern, replacement, schema.read_text())
            assert count == 1
            schema.write_text(text)
            return running.enter_context(VirtualPod(tmp_path / "pod", firmware=firmware))

        yield make


@pytest.mark.parametrize(
    ("pattern", "replacement", "fix"),
    [
        ("PROTOCOL_MAJOR = 1", "PROTOCOL_MAJOR = 2", "pip install --upgrade retropod"),
        ("PROTOCOL_MAJOR = 1", "PROTOCOL_MAJOR = 0", "retropod update"),
        (r'"request:B what:B lease_ms:I:s:-3"', '"request:B what:B lease_ms:H:s:-3"', "retropod update"),
    ],
    ids=["newer", "older", "another schema"],
)
def test_both_versions_and_the_fix_are_named(pod_of, tool, pattern, replacement, fix) -> None:
    retropod = tool(pod_of(pattern, replacement).url)
    ran = retropod("live")
    assert ran.code == 4
    both = r"app 0\.1\.0 uses protocol \d\.\d \(schema {0}\), retropod 0\.1\.0 uses 1\.\d \(schema {0}\)"
    assert re.search(both.format("[0-9a-f]{8}"), ran.err), ran.err
    assert fix in ran.err
    fetched = retropod.good("download", "--json").objects[0]
    shown = retropod.good("show", fetched["file"], "--json").objects
    assert any(one["type"] == "event" for one in shown)


def test_a_longer_schema_of_the_same_major_is_not_a_mismatch(pod_of, tool) -> None:
    retropod = tool(pod_of(r"PROTOCOL_MINOR = \d+", "PROTOCOL_MINOR = 200").url)
    assert retropod.good("live", "--seconds", "0.5", "--json").objects[-1]["type"] == "end"
    assert retropod.good("update", "--check", "--json").objects[0]["pod_protocol"] == "1.200"
