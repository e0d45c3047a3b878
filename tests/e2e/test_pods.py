"""Several pods at once: `live`, `record`, `download` and `mount` with --pods, on two virtual pods that walk in step."""

import contextlib
from itertools import pairwise

import pytest

from e2e.tool import is_stride
from retropod.client.pod import Pod
from retropod.replay.replay import Setup, prepare
from retropod.transport.serial import SerialTransport
from retropod.virtual.pod import VirtualPod
from retropod.virtual.source import Source
from shared import scenario

OFFSET_S = 0.02


@pytest.fixture
def at(tool, tmp_path):
    """The command line without a port, which finds only the virtual pods of this test."""
    alone = tool()
    (tmp_path / "runtime").mkdir(mode=0o700)
    alone.environment["XDG_RUNTIME_DIR"] = str(tmp_path / "runtime")
    return alone


@pytest.fixture
def pair(at, micropython):
    """A pair of sims, by side."""
    with at.start("sim", "--json", "--pair", "--contact-offset", "20", "--from", "walk") as sim:
        found = sim.until(lambda one: one["pod"]["side"] == "right", 60.0)
        yield {one["pod"]["side"]: one for one in found}


@pytest.fixture
def shoes(micropython, tmp_path):
    """Two pods whose clocks differ by 200 ppm, by side. `go` starts them."""
    with contextlib.ExitStack() as running:
        pods = {}
        for side, second_s, ppm in (("left", None, 100), ("right", OFFSET_S, -100)):
            source = Source.from_movement(scenario("walk", 416.0, 1, duration_s=90.0, second_offset_s=second_s))
            pod = running.enter_context(VirtualPod(tmp_path / side, source, hold="still", clock_ppm=ppm))
            with Pod(SerialTransport(pod.url)) as client:
                prepare(client, Setup())
                for name, value in (("side", side), ("name", side.upper())):
                    client.change(name, value)
            pods[side] = pod
        yield pods


def feet(lines):
    return [one["foot"] for one in lines if is_stride(one)]


def alternating(lines):
    """Share of the steps that are followed by one of the other foot."""
    pairs = list(pairwise(feet(lines)))
    return sum(one != other for one, other in pairs) / len(pairs)


def test_each_command_works_on_both_pods(at, pair):
    ids = {side: one["pod"]["device_id"] for side, one in pair.items()}
    started = at.good("record", "start", "--pods", "all", "--json").objects
    assert [(one["action"], one["pod"], one["foot"]) for one in started] == [
        ("start", ids[side], side) for side in ("left", "right")
    ]
    assert at("record", "start", "--pods", "all").code == 1
    lap = at.good("record", "lap", "--pods", f"{ids['left']},virtual right").out.splitlines()
    assert [line.partition(":")[2] for line in lap] == [" lap in run 1"] * 2
    assert [one["state"] for one in at.good("mount", "--pods", "left,right", "--query", "--json").objects] == [
        "given", "given"
    ]  # fmt: skip
    # One of the pods has no run to close: the other one closes its run.
    at.good("record", "stop", "--pods", "left")
    stopped = at("record", "stop", "--pods", "all", "--json")
    assert stopped.code == 1
    assert [("error" in one, one["pod"]) for one in stopped.objects] == [(True, ids["left"]), (False, ids["right"])]
    files = [one["file"] for one in at.good("download", "--pods", "all", "--json").objects]
    assert [ids[side] in file for side, file in zip(ids, files, strict=True)] == [True, True]


def test_live_interleaves_compares_and_guides_the_feet(at, pair):
    with at.start(
        "live", "--pods", "all", "--json", "--keep", "--strides", "44", "--plan", "1s rest, 10min forward", "--target",
        "cadence 10..",
    ) as live:  # fmt: skip
        code, err = live.end(200.0)
    assert code == 0, err
    assert len([one for one in live.rest if one["type"] == "cue" and one["kind"] == "step"]) == 2
    assert [one for one in live.rest if one["type"] == "cue" and one["kind"] == "target"]
    rest, forward = live.rest[-1]["plan"]
    assert (rest["followed_share"], forward["strides_in_way"] > 20) == (None, True)
    assert alternating(live.rest) > 0.8  # a busy machine stops a virtual pod for more than a step
    *_, compared = [one for one in live.rest if one["type"] == "feet"]
    assert compared["contact_difference_s"]["value"] == pytest.approx(-OFFSET_S, abs=0.01)
    ends = [one for one in live.rest if one["type"] == "end"]
    assert [one["foot"] for one in ends] == ["left", "right"]
    assert all(len(one["kept"]) == 1 for one in ends) and ends[0]["kept"] != ends[1]["kept"]


def test_the_page_shows_both_pods_until_the_last_stride(at, pair):
    ran = at.good(
        "live", "--pods", "all", "--web", "--no-open", "--host", "127.0.0.1", "--web-port", "0", "--new-address",
        "--strides", "6",
    )  # fmt: skip
    assert "page: http://127.0.0.1:" in ran.err and "left foot: " in ran.out


def test_a_port_that_another_program_has_does_not_stop_the_other(at, pair):
    with at.start("live", "--port", pair["left"]["port"], "--json") as live:
        live.until(is_stride, 60.0)
        lap = at("record", "start", "--pods", "all", "--json")
        assert lap.code == 3
        assert {one["foot"] if "run" in one else one["port"] for one in lap.objects} == {
            "right", pair["left"]["port"]
        }  # fmt: skip
        live.interrupt()
        live.end(30.0)


def test_a_pod_that_restarts_or_loses_its_cable_does_not_disturb_the_other(at, shoes, tmp_path):
    left, right, port = shoes["left"], shoes["right"], tmp_path / "port"
    port.symlink_to(right.url)
    with at.start("live", "--pods", f"{left.url},{port}", "--json") as live:
        left.go()
        right.go()
        seen = live.until(lambda one: is_stride(one) and one["foot"] == "right" and one["number"] >= 6, 90.0)
        right.reset()
        seen += live.until(lambda one: one["type"] == "restarted", 60.0)
        assert seen[-1]["foot"] == "right"
        right.go()
        seen += live.until(lambda one: is_stride(one) and one["foot"] == "right", 60.0)
        assert seen[-1]["wall_time"] is not None, "the clock of the new boot is known"
        port.unlink()
        right.close()
        seen += live.until(lambda one: one["type"] == "disconnected", 60.0)
        seen += live.until(lambda one: is_stride(one) and one["foot"] == "left", 60.0)
        live.interrupt()
        live.end(60.0)
    every = [*seen, *live.rest]
    numbers = [one["number"] for one in every if is_stride(one) and one["foot"] == "left"]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "the left pod lost nothing"
    assert not [one for one in every if one["type"] in ("gap", "missing") and one["foot"] == "left"]
