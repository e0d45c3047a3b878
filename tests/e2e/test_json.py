"""`--json` of the commands that no other test runs: the tool of these tests compares each line with its schema."""

import json
import os
from pathlib import Path

import jsondocs
from e2e.tool import PATIENCE_S
from retropod.doctor.items import ITEMS


def test_a_reader_that_leaves_ends_a_stream_without_an_error(walking, tool) -> None:
    pod = walking()
    for words in (["live"], ["live", "--json"]):
        with tool(pod.url).start(*words).process as live:
            os.set_blocking(live.stdout.fileno(), True)
            assert live.stdout.readline()
            live.stdout.close()
            assert live.communicate(60) == ("", "")
            assert live.returncode == 0


def test_each_line_has_the_form_of_its_schema(walking, tool, tmp_path: Path) -> None:
    pod = walking(speed=4.0, loop=False, go=False)
    at = tool(pod.url)
    shown: set[str] = set()

    def run(*words: str) -> list[dict]:
        shown.add(next(word for word in words if jsondocs.validator(word)))
        return at.good(*words, "--json").objects

    pod.ignore_use()
    with at.start("mount", "--length", "40", "--json") as measuring:
        assert pod.wait_used(PATIENCE_S)
        pod.go()
        out, err = measuring.process.communicate(PATIENCE_S)
    assert jsondocs.faults("mount", out) == [], err
    length = json.loads(out)
    assert length["distance_m"] == 40 and 0.1 < length["length_factor"] < 10
    assert run("time", "sync")[0]["error_s"] < 10
    assert run("config", "get")[0]["chip"] == "auto"
    assert run("config", "get", "pins")[0]["sda"] >= 0
    assert "pins" in run("config", "set", "led_pin", "2")[0]
    for action in ("start", "lap", "stop"):
        assert run("record", action)[0]["action"] == action
    assert run("mount", "--query")[0]["state"] == "given"
    (entry,) = run("runs")
    (fetched,) = run("download")
    assert fetched["size_bytes"] == entry["size_bytes"] == run("runs", "--here")[0]["size_bytes"]
    assert run("erase") == [{"run": 1, "erased": True, "file": fetched["file"]}]
    assert run("update", "--check")[0]["verdict"] == "same"
    assert run("firmware", str(tmp_path / "app"))[0]["rv32imc"]["files"] > 1
    assert [one["item"] for one in run("doctor", "--explain")] == list(ITEMS)
    (found,) = run("doctor")
    numbers = {key for one in found["results"] for row in one["rows"] for key in row}
    assert {"gravity_g", "rms_dps", "free_bytes", "left_s", "median_s", "acc_lsb_g"} <= numbers
    assert shown == {path.name.split(".")[0] for path in jsondocs.FOLDER.glob("*.json")} & {
        "time", "config", "record", "mount", "runs", "download", "erase", "update", "firmware", "doctor",
    }  # fmt: skip
