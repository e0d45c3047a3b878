"""Comparison of the demo, checked by hand, its report, and the capture for machines without a virtual pod."""

import sys
import webbrowser
from pathlib import Path

import pytest
from click.testing import CliRunner

import season
from host.strides import stride
from retropod import durable
from retropod.cli import demo as demo_command
from retropod.cli.commands import cli
from retropod.cli.options import reset
from retropod.demo import capture
from retropod.demo.truth import RealStride, compare, load, save
from retropod.errors import UsageError
from retropod.insight.stride import Stride
from retropod.live.watch import watched


def real(start, label="forward", gait="walk"):
    return RealStride(start, start + 1.0, label, gait, 1.2, 0.25)


def test_strides_are_compared_with_the_truth():
    truth = [real(0.0), real(1.0), real(2.0, "backward", "backward-run"), real(3.0, "turn", "turn"), real(4.0)]
    ways = ["forward", "backward", "backward", "unknown"]
    strides = [
        stride(number, way, sample=number * 100, toe_off_s=0.3, contact_s=0.7) for number, way in enumerate(ways)
    ]
    strides.append(stride(9, sample=900, toe_off_s=0.3, contact_s=0.7))
    found = compare(truth, strides, 100.0)
    assert [(row.kind, row.real, row.found, row.right, row.unknown, row.wrong) for row in found.rows] == [
        ("forward, walk", 3, 2, 1, 0, 1),
        ("backward, run", 1, 1, 1, 0, 0),
        ("turning", 1, 1, 0, 1, 0),
    ]
    assert found.extra == 1
    assert abs(found.contact_error_s - 0.03) < 1e-9
    assert abs(found.length_error_m - 0.2) < 1e-9


def test_the_comparison_needs_no_scipy(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    assert compare([real(0.0)], [], 208.0).rows[0].found == 0


def test_truth_survives_its_file(tmp_path):
    truth = [real(0.0), RealStride(1.0, 2.0, "backward", "backward-walk", 0.9, None)]
    save(truth, tmp_path / "truth.csv")
    assert load(tmp_path / "truth.csv") == truth


def test_the_capture_decodes_today_and_shows_what_its_truth_says():
    content = capture.FILE.read_bytes()
    player, items = capture.Player(content, None), []
    while not player.ended:
        items.append(player.next(0.0))
    watch = watched(item for item in items if item is not None)
    assert watch.gaps == 0
    truth = load(capture.TRUTH)
    found = compare(truth, watch.strides, capture.rate_hz(content))
    assert sum(row.found for row in found.rows) >= 0.9 * len(truth)
    assert sum(row.wrong for row in found.rows) <= 0.03 * len(truth)


def test_the_capture_is_played_back_at_its_pace():
    import time

    player = capture.Player(capture.FILE.read_bytes(), 20.0)
    began, ends = time.monotonic(), []
    while len(ends) < 6:
        item = player.next(0.05)
        if item is not None and getattr(item, "type", "") == "stride":
            ends.append((Stride.of(item).end_s, time.monotonic() - began))
    assert abs((ends[-1][0] - ends[0][0]) / 20.0 - (ends[-1][1] - ends[0][1])) < 0.1


@pytest.mark.parametrize("opened", [False, True])
def test_the_report_is_opened_on_request_only(opened, tmp_path, monkeypatch):
    content = season.run_file([season.Bout("backward", 20)])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("retropod.virtual.runtime.find_runtime", lambda: None)
    monkeypatch.setattr(demo_command, "_run_virtual", lambda pace, seed: durable.replace(demo_command._RUN, content))
    pages: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda page: not pages.append(page))
    reset()
    ran = CliRunner().invoke(cli, ["demo", "--open"] if opened else ["demo"])
    assert ran.exception is None, ran.stderr
    assert pages == [Path("retropod-demo/report.html").absolute().as_uri()] * opened
    assert Path("retropod-demo/run.rpr").read_bytes() == content
    words = [line.split("  ")[1].split()[1:] for line in ran.stderr.partition("next:\n")[2].splitlines()]
    assert [one[0] for one in words] == ["show", "export", "sim"]
    assert all(CliRunner().invoke(cli, one).exception is None for one in words[:2])


@pytest.mark.parametrize("name", ["run.rpr", "report.html"])
def test_the_demo_replaces_no_foreign_file(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("retropod.virtual.runtime.find_runtime", lambda: None)
    monkeypatch.setattr(demo_command, "_run_virtual", lambda pace, seed: pytest.fail("the session began"))
    foreign = Path("retropod-demo") / name
    foreign.parent.mkdir()
    foreign.write_text("my notes")
    reset()
    error = CliRunner().invoke(cli, ["demo"]).exception
    assert isinstance(error, UsageError) and str(foreign) in error.message and "away" in error.hint
    assert foreign.read_text() == "my notes"
