"""The app as it is built for a board - shrunk, its names short - does on a cable what its sources do."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e import scenarios
from e2e.tool import Tool
from retropod import sources
from retropod.build import image
from retropod.runs import reader
from retropod.virtual.pod import VirtualPod


def build(folder: Path) -> Path:
    """The files of a board that the app lies on, without slots."""
    app = image.build("x64")
    for file in [*app.files, *app.starters]:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
    return folder


@pytest.fixture
def installed(walking: Callable[..., VirtualPod], tool: Callable[[str], Tool], tmp_path: Path) -> Tool:
    return tool(walking(firmware=build(tmp_path / "board"), installed=True).url)


def test_it_greets_records_streams_and_keeps_settings(installed: Tool) -> None:
    said = scenarios.greets(installed)
    assert said["pod"]["chip"] == "lsm6dso32" and said["status"]["mount"] == "given"
    assert said["faults"] == []
    entry = scenarios.loses_no_run(installed, 4.0)
    assert entry["strides"] >= 1
    end = scenarios.streams_without_gaps(installed, strides=4)
    assert end["link"]["raw_samples"] > 2.5 * 416 and end["summary"]["count"]["forward"] >= 2
    installed.good("config", "set", "wearer", "somebody")
    assert installed.good("config", "get", "wearer", "--json").objects == [{"wearer": "somebody"}]


def test_it_tests_itself_and_records_raw_samples(installed: Tool) -> None:
    checks = installed("doctor", "--json").objects
    assert checks and not [check for check in checks if "exception" in str(check)]
    installed.good("record", "start", "--raw")
    installed.good("live", "--json", "--strides", "2")
    installed.good("record", "stop")
    stored = reader.read(installed.store / installed.good("download", "--json").objects[0]["file"])
    assert len(stored.strides) >= 2 and stored.raw


def test_a_fault_names_the_function_of_the_sources(
    micropython: Path, tool: Callable[[str], Tool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sources.firmware_dir() / "pod" / "storage" / "recorder.py"
    text = module.read_text(encoding="utf-8")
    broken = re.sub(r'(    def lap\(.*\n(?:        """.*"""\n)?)', r'\1        raise KeyError("by a test")\n', text)
    assert broken != text
    read = Path.read_text
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", lambda path, **more: broken if path == module else read(path, **more))
        board = build(tmp_path / "board")
        with VirtualPod(tmp_path / "pod", firmware=board, installed=True) as pod:
            at = tool(pod.url)
            at.good("record", "start")
            at("record", "lap")
    with VirtualPod(tmp_path / "pod", firmware=board, installed=True) as pod:
        told = tool(pod.url).good("info").out
    assert re.search(r"KeyError: by a test < recorder.py, line \d+, in lap", told), told
