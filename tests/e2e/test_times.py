"""Times of day over the real command line: set on the way, carried over a reset, worked out afterwards, shown."""

import time
from datetime import datetime

from e2e import scenarios
from e2e.tool import is_stride
from firmware.podlife import client


def wall(stride):
    return datetime.fromisoformat(stride["wall_time"]).timestamp()


def test_a_recorded_stride_has_a_time_of_day_and_a_bound(walking, tool):
    at = tool(walking().url)
    at.good("record", "start")
    before = time.time()
    live = [one for one in at.good("live", "--json", "--strides", "4").objects if is_stride(one)]
    after = time.time()
    at.good("record", "stop")
    fetched = at.good("download", "--json").objects[0]
    assert fetched["start_error_s"] < 0.06 and not fetched["start_repaired"] and fetched["syncs"] >= 3
    shown = at.good("show", fetched["file"], "--json").objects
    kept = {one["number"]: one for one in shown if is_stride(one)}
    for stride in live:
        assert before - 3 < wall(kept[stride["number"]]) < after
        apart_s = abs(wall(stride) - wall(kept[stride["number"]]))
        assert apart_s <= stride["wall_error_s"] + kept[stride["number"]]["wall_error_s"] + 0.001
        assert kept[stride["number"]]["wall_error_s"] < 0.1
    assert "accurate to" in at.good("show", fetched["file"]).out
    assert "±" in at.good("show", "--strides", fetched["file"]).out


def test_a_run_that_did_not_know_the_time_gets_it_after_a_reset(walking, tool):
    """Recorded by a host that sets no clock, ended by a reset, fetched in the next boot: the clock was carried over."""
    pod = walking()
    at = tool(pod.url)
    with client(pod) as bare:
        bare.record("start")
        began = time.time()
        time.sleep(2.0)
        bare.restart()
    time.sleep(1.0)
    ran = at.good("download", "--json").objects[0]
    # the virtual pod's time stands still while the machine starts its process
    assert ran["start_repaired"] and abs(ran["start_epoch_s"] - began) <= ran["start_error_s"] + 0.8
    assert ran["start_error_s"] < 2
    told = at.good("download")
    assert "time derived from other syncs" in told.err


def test_after_a_loss_of_power_the_neighbours_bound_it(walking, tool):
    pod = walking()
    at = tool(pod.url)
    at.good("time", "sync")
    pod.kill()
    pod.power_on()
    with client(pod) as bare:
        bare.record("start")
        time.sleep(0.5)
        bare.record("stop")
    pod.kill()
    pod.power_on()
    ran = at.good("download", "--json").objects[0]
    assert ran["start_epoch_s"] is None and ran["start_after"] < ran["start_before"]
    told = at("show", ran["file"])
    assert told.code == 0 and "between" in told.out


def test_download_reports_a_pod_whose_own_copy_is_damaged(walking, tool):
    pod = walking()
    at = tool(pod.url)
    at.good("record", "start")
    at.good("live", "--strides", "3")
    at.good("record", "stop")
    scenarios.mpremote(at, "exec", "f = open('/runs/000001.run', 'r+b'); f.seek(-120, 2); f.write(b'?'); f.close()")
    scenarios.mpremote(at, "resume", "reset")
    ran = at("download")
    assert ran.code == 5
    assert "missing: " in ran.err and "the copy on the pod has the same damage" in ran.err and "verified" in ran.out
