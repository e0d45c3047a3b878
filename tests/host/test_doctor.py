"""Doctor's own side: the table, how results read, and what this machine and the line can do wrong."""

import itertools
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from host.tinypod import TinyPod
from pod.link import check_rest
from retropod import sources
from retropod.board.boardport import BoardPort
from retropod.client import discover
from retropod.client.refusals import PodRefused
from retropod.doctor import answering as doctor_pod
from retropod.doctor import examine, items, silent
from retropod.doctor.condition import Condition
from retropod.doctor.items import ITEMS, Row, result
from retropod.doctor.silent import Diagnosis
from retropod.errors import NoPod, OperationFailed
from retropod.transport.ports import PortInfo
from retrowire import codec, schema


def sent_by_the_pod() -> set[str]:
    """Item names as the pod's modules write them: the first word of a row's text, or a name that is put before one."""
    folder = sources.firmware_dir() / "pod"
    source = "".join(path.read_text() for path in sorted(folder.rglob("check*.py")))
    first = re.findall(r'_(?:PASS|WARN|FAIL|SKIPPED), [^,"]+, "([a-z_]+)', source)
    joined = re.findall(r'" "\.join\([(\[]"([a-z_]+)"', source)
    return {*first, *joined, *re.findall(r'_noise\(rest, "([a-z_]+)"', source)}


def test_the_table_knows_every_item() -> None:
    assert len(sent_by_the_pod()) > 12
    assert sent_by_the_pod() <= set(ITEMS)
    for name, item in ITEMS.items():
        assert re.fullmatch("[a-z_]+", name)
        assert item.meaning.endswith(".")
        assert len(item.meaning) < 120


def test_the_page_says_what_the_table_says(repo_root: Path) -> None:
    page = (repo_root / "docs" / "doctor.md").read_text("utf-8")
    rows = [f"| {item.name.replace('_', ' ')} | {item.meaning} | {item.fix} |" for item in ITEMS.values()]
    written = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| item")]
    assert written == rows
    for limit in (
        f"within {check_rest._NEAR_MG // 10} % of 1 g and fails beyond {check_rest._FAR_MG // 10} %",
        f"warn at {check_rest._NOISE_UG // 1000} mg and {check_rest._NOISE_UDPS / 1e6:g} dps",
        f"`zero rate` warns at {check_rest._ZERO_RATE_UDPS // 1_000_000} dps",
        f"off by more than {check_rest._OFF_PERMILLE // 10} %",
    ):
        assert limit in page, limit


def test_the_hardware_page_speaks_of_items_that_there_are(repo_root: Path) -> None:
    page = (repo_root / "docs" / "hardware.md").read_text("utf-8")
    troubles = re.findall(r"^\| `doctor`: ([^|]+) \|", page, re.MULTILINE)
    names = tuple(name.replace("_", " ") for name in ITEMS)
    assert len(troubles) > 2
    assert [text for text in troubles if not text.replace("-", " ").startswith(names)] == []


@pytest.mark.parametrize("worst", [("pass", "pass"), ("warn", "pass"), ("fail", "warn"), ("skipped", "skipped")])
def test_a_result_is_as_bad_as_its_worst_row(worst: tuple[str, str]) -> None:
    rows = [Row(verdict, 400, "ax 50..1700 mg") for verdict in worst]
    for order in itertools.permutations(rows):
        assert result("self_test", order).verdict == worst[0]


def test_every_defect_has_a_fix() -> None:
    assert result("clock", [Row("pass", 1, "synced")]).fix == ""
    assert result("clock", [Row("warn", 0, "unset")]).fix == "retropod time sync"
    assert result("clock", [Row("skipped", 0, "")]).fix == ""


@pytest.mark.parametrize(
    ("name", "rows", "words"),
    [
        ("sensor", [Row("pass", 6, "lsm6dso32")], "lsm6dso32"),
        ("range", [Row("pass", 976, "32 g"), Row("pass", 70_000, "2293 dps")], "32 g, 2293 dps"),
        ("bus", [Row("pass", 0, "")], "no transfer failed"),
        ("bus", [Row("warn", 3, "in 60 s")], "3 transfers failed, in 60 s"),
        ("overruns", [Row("warn", 2, "60 of 1060 samples lost")], "2 times, 60 of 1060 samples lost"),
        ("flash", [Row("warn", 31, "130 of 2048 kB free")], "about 31 minutes of recording; 130 of 2048 kB free"),
        ("flash", [Row("fail", 0, "[Errno 5] EIO")], "[Errno 5] EIO"),
        ("heap", [Row("warn", 9216, "largest block 4096")], "9 kB free, largest block 4 kB"),
        ("heap", [Row("fail", 0, "no memory for the test")], "no memory for the test"),
        ("battery", [Row("pass", 3950, "81 %")], "3.95 V, 81 %"),
        ("battery", [Row("skipped", 0, "not measured")], "not measured"),
        ("clock", [Row("warn", 0, "unset")], "not set: runs have no time of day"),
        ("clock", [Row("pass", 9, "set by radio")], "set by radio"),
        ("faults", [Row("pass", 0, "")], "none"),
        ("reset", [Row("warn", 3, "")], "watchdog: the program or ESP-IDF hung"),
        ("reset", [Row("pass", 77, "")], "cause 77"),
        ("settings", [Row("pass", 0, "")], "all at their defaults"),
        ("settings", [Row("pass", 2, "name side")], "2 changed: name, side"),
        ("settings", [Row("pass", 1, "name")], "1 changed: name"),
        ("settings", [Row("warn", 0, "two starts failed")], "two starts failed"),
        ("settings", [Row("warn", 0, "settings file damaged: defaults used")], "settings file damaged: defaults used"),
        ("mount", [Row("warn", 3, "suspect, turned")], "suspect, turned"),
        ("gravity", [Row("pass", 1003, "")], "1.003 g"),
        ("noise_acc", [Row("pass", 3100, "az")], "3.1 mg rms, most on az"),
        ("noise_acc", [Row("warn", 0, "ay stands still")], "ay stands still"),
        ("noise_gyr", [Row("pass", 61_000, "gx")], "0.06 dps rms, most on gx"),
        ("zero_rate", [Row("warn", -14_000, "gx")], "-14.00 dps on gx"),
        ("rate", [Row("warn", 470_000, "416")], "470.00 Hz by the board's clock, +13.0 % from the nominal 416 Hz"),
        ("rate", [Row("skipped", 0, "not measured yet")], "not measured yet"),
        ("self_test", [Row("pass", 400, "ax 50..1700 mg")] * 3, "all 3 axes are within the limits of the data sheet"),
        ("self_test", [Row("pass", 1, "ax 0..2 mg"), Row("fail", 12, "gz 150..700 dps")],
         "gz 12 outside 150 to 700 dps"),
        ("self_test", [Row("fail", 9, "ax 50..1700 mg"), Row("fail", 8, "az 50..1700 mg")],
         "ax 9, az 8 outside 50 to 1700 mg"),
        ("self_test", [Row("fail", 0, "WHO_AM_I reads 0x13")], "WHO_AM_I reads 0x13"),
        ("of_a_later_pod", [Row("warn", 7, "so and so")], "so and so (7)"),
    ],
)  # fmt: skip
def test_words(name: str, rows: list[Row], words: str) -> None:
    assert result(name, rows).words == words


@pytest.mark.parametrize(
    ("item", "reason", "fix"),
    [("sensor", "none", "check SDA"),
     ("sensor", "several_sensors", "config set chip NAME"),
     ("sensor", "rate_too_high", "rate_hz"),
     ("sensor", "other_range", "chip auto"),
     ("sensor", "was_moving", "lying still"),
     ("sensor", "odd_gravity", "replace"),
     ("sensor", "other_chip", "chip auto"),
     ("sensor", 99, "check SDA"),  # of a later minor
     ("settings", "none", "retropod config get"),
     ("settings", "settings_ignored", "-1"),
     ("gravity", "none", "replace the sensor"),
     ("gravity", "gravity_half", "chip lsm6dso32"),
     ("gravity", "gravity_double", "chip lsm6dso ")],
)  # fmt: skip
def test_the_reason_selects_the_fix_and_the_text_does_not(item: str, reason: str, fix: str) -> None:
    for detail in ("", "several sensors: half of these are not sensors, 1 g reads as the setting says"):
        assert fix in result(item, [Row("warn", 0, detail, reason)]).fix


@pytest.mark.parametrize(
    ("name", "rows", "numbers"),
    [
        ("battery", [Row("pass", 3950, "81 %")], [{"voltage_v": 3.95}]),
        ("battery", [Row("skipped", 0, "not measured")], [{"voltage_v": None}]),
        ("range", [Row("pass", 976, "32 g"), Row("pass", 70_000, "2293 dps")],
         [{"acc_lsb_g": 0.000976}, {"gyr_lsb_dps": 0.07}]),
        ("flash", [Row("warn", 31, "130 of 2048 kB free")], [{"left_s": 1860}]),
        ("flash", [Row("fail", 0, "[Errno 5] EIO")], [{"left_s": None}]),
        ("heap", [Row("warn", 9216, "largest block 4096")], [{"free_bytes": 9216}]),
        ("heap", [Row("fail", 0, "no memory for the test")], [{"free_bytes": None}]),
        ("gravity", [Row("pass", 1003, "")], [{"gravity_g": 1.003}]),
        ("noise_acc", [Row("pass", 3100, "az")], [{"rms_g": 0.0031}]),
        ("noise_acc", [Row("warn", 0, "ay stands still")], [{"rms_g": None}]),
        ("noise_gyr", [Row("pass", 61_000, "gx")], [{"rms_dps": 0.061}]),
        ("zero_rate", [Row("warn", -14_000, "gx")], [{"rate_dps": -14.0}]),
        ("rate", [Row("warn", 470_000, "416")], [{"rate_hz": 470.0}]),
        ("rate", [Row("skipped", 0, "not measured yet")], [{"rate_hz": None}]),
        ("self_test", [Row("pass", 400, "ax 50..1700 mg"), Row("fail", 12, "gz 150..700 dps")],
         [{"response_g": 0.4}, {"response_dps": 12}]),
        ("self_test", [Row("fail", 0, "WHO_AM_I reads 0x13")], [{}]),
        ("round_trip", [Row("pass", 12, "12 ms, at most 14 ms")], [{"median_s": 0.012}]),
        ("clock", [Row("pass", 1, "synced")], [{}]),
        ("of_a_later_pod", [Row("warn", 7, "so and so")], [{}]),
    ],
)  # fmt: skip
def test_numbers_are_in_the_units_of_their_names(name: str, rows: list[Row], numbers: list[dict[str, Any]]) -> None:
    shown = result(name, rows).as_json()["rows"]
    assert [{key: one[key] for key in one if key not in ("verdict", "detail")} for one in shown] == numbers


@pytest.mark.parametrize(
    ("name", "rows", "words"),
    [
        ("bus", [Row("warn", 1, "")], "1 transfer failed"),
        ("overruns", [Row("warn", 1, "")], "1 time"),
        ("flash", [Row("warn", 1, "9 of 2048 kB free")], "about 1 minute of recording; 9 of 2048 kB free"),
    ],
)
def test_one_is_not_a_plural(name: str, rows: list[Row], words: str) -> None:
    assert result(name, rows).words == words


def test_an_unknown_uptime_is_left_out(stub: Any) -> None:
    stub.greeting.seconds = lambda stem: None
    stub.connection.core_only = OperationFailed("other", "retropod update")
    stub.status = lambda: (_ for _ in ()).throw(OperationFailed("none"))
    app, *_ = doctor_pod.examine_pod(stub)
    assert app.words == "left (aa)"


def test_every_reason_has_a_fix() -> None:
    assert {"none", *items._FIXES} == {name for name, _ in codec.enum("check_reason")}


# -- this machine --------------------------------------------------------------------------------------------------

USB = PortInfo("/dev/ttyUSB0", "CP2102", "CP210x")
OTHER = PortInfo("/dev/ttyS0", "", "")


def test_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    assert examine._tools().verdict == "pass"
    monkeypatch.setattr(examine.serial, "__version__", "3.4")
    assert examine._tools().verdict == "warn"
    assert "pip install" in examine._tools().fix


def test_ports() -> None:
    found = examine._ports([USB, OTHER], "auto")
    assert found.verdict == "pass"
    assert found.words == "/dev/ttyUSB0 (CP210x); 1 other port; `retropod list --all` queries every port"
    assert examine._ports([OTHER], "socket://localhost:1").verdict == "pass"
    found = examine._ports([], "auto")
    assert found.verdict == "fail"
    assert "driver" in found.fix


def test_ports_with_an_unknown_chip_are_named_with_the_ways_to_query_them() -> None:
    found = examine._ports([*[PortInfo(f"/dev/ttyACM{number}", "", "") for number in range(5)]], "auto")
    assert found.verdict == "fail"
    assert "/dev/ttyACM0, /dev/ttyACM1, /dev/ttyACM2 and 2 more" in found.words
    assert found.fix.startswith("`retropod list --all` queries every port")
    assert "--port" in found.fix


def greeting(**values: Any) -> Any:
    usual = {"major": schema.PROTOCOL_MAJOR, "minor": schema.PROTOCOL_MINOR, "fingerprint": codec.fingerprint()}
    named = {"firmware_major": 0, "firmware_minor": 1, "firmware_patch": 0, "name": "left", "device_id": "aa"}
    return SimpleNamespace(**{**usual, **named, **values})


def test_which_port(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[discover.Found] = []
    monkeypatch.setattr(examine.discover, "search", lambda: found)
    assert examine._chosen("COM3") == ("COM3", [])
    assert examine._chosen("auto") == ("", [])
    found.append(discover.Found(USB, None, NoPod("no answer")))
    assert examine._chosen("auto") == ("/dev/ttyUSB0", [])  # the only one: its pod will be reported
    found.append(discover.Found(OTHER, None, NoPod("no answer")))
    url, told = examine._chosen("auto")
    assert not url
    assert [one.verdict for one in told] == ["fail", "fail"]
    found.append(discover.Found(PortInfo("/dev/ttyACM0", "", "x"), greeting(), None))
    assert examine._chosen("auto") == ("/dev/ttyACM0", [])
    found.append(discover.Found(PortInfo("/dev/ttyACM1", "", "x"), greeting(name="right"), None))
    url, told = examine._chosen("auto")
    assert not url
    assert "2 pods answer" in told[0].words
    assert "--port" in told[0].fix


def nobody(monkeypatch: pytest.MonkeyPatch, *diagnoses: Diagnosis) -> None:
    """A port that opens, and behind which no pod greets; then what rescue says."""

    def no_pod(*_: Any) -> Any:
        raise NoPod("no answer", "is it on?")

    monkeypatch.setattr(examine, "SerialTransport", lambda url, baud: SimpleNamespace(url=url))
    monkeypatch.setattr(examine, "Pod", no_pod)
    queue = list(diagnoses)
    monkeypatch.setattr(examine.silent, "diagnose", lambda url: queue.pop(0))


def test_no_pod_is_a_rescue_case(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody(monkeypatch, Diagnosis(Condition.APP_CRASHES, "the app does not start: ValueError", "flash --repair"))
    port, app = examine._at_port("COM3", 115200, [PortInfo("COM3", "USB Serial", "")])
    assert (port.verdict, port.words) == ("pass", "COM3 opens, USB Serial")
    assert (app.item, app.verdict, app.words) == ("app", "fail", "app crashes: the app does not start: ValueError")
    assert app.fix == "flash --repair"


def test_a_pod_that_is_well_by_now_and_gone_again(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody(monkeypatch, Diagnosis(Condition.WELL, "the pod answers", ""))
    *_, app = examine._at_port("COM3", 115200, [])
    assert (app.verdict, app.words, app.fix) == ("fail", "no answer", "is it on?")


def test_a_port_that_does_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any) -> Any:
        raise OperationFailed("no permission to open COM3", "join the group")

    monkeypatch.setattr(examine, "SerialTransport", forbidden)
    assert [one[:4] for one in examine._at_port("COM3", 115200, [])] == [
        ("port", "fail", "no permission to open COM3", "join the group")
    ]


# -- the line ------------------------------------------------------------------------------------------------------


class StubPod:
    """The requests of doctor to a pod, with a clock that the test sets."""

    def __init__(self, **hello: Any) -> None:
        self.greeting = greeting(**hello)
        self.splitter = SimpleNamespace(bytes=0, damaged=0, lost=0, frames=0)
        self.connection = SimpleNamespace(core_only=None, minor=schema.PROTOCOL_MINOR, splitter=self.splitter)
        self.trip_s = 0.01
        self.now = 0.0

    def hello(self) -> None:
        self.now += self.trip_s

    def settings(self) -> None:
        self.now += self.trip_s
        self.splitter.bytes += 600


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Any:
    pod: Any = StubPod()
    monkeypatch.setattr(doctor_pod.time, "monotonic", lambda: pod.now)
    return pod


def test_round_trip(stub: Any) -> None:
    assert doctor_pod._round_trip(stub)[:3] == ("round_trip", "pass", "10 ms, at most 10 ms")
    stub.trip_s = 0.4
    assert doctor_pod._round_trip(stub).verdict == "warn"


def test_line(stub: Any) -> None:
    assert doctor_pod._line(stub)[:3] == ("line", "pass", "60.0 kB/s or more")
    stub.trip_s = 0.7
    assert doctor_pod._line(stub).verdict == "warn"


@pytest.mark.parametrize(
    ("hello", "verdict", "fix"),
    [
        ({}, "pass", ""),
        ({"firmware_minor": 0}, "warn", "retropod update"),
        ({"firmware_minor": 9}, "warn", "pip install"),
        ({"minor": schema.PROTOCOL_MINOR + 1}, "warn", "pip install"),
    ],
)
def test_versions(stub: Any, hello: dict[str, int], verdict: str, fix: str) -> None:
    for name, value in hello.items():
        setattr(stub.greeting, name, value)
    found = doctor_pod.versions(stub)
    assert found.verdict == verdict
    assert fix in found.fix
    assert "schema" in found.words


def test_another_protocol_fails_with_the_fix(stub: Any) -> None:
    stub.connection.core_only = OperationFailed("other", "retropod update; until then runs can be downloaded")
    found = doctor_pod.versions(stub)
    assert (found.verdict, found.fix) == ("fail", "retropod update; until then runs can be downloaded")


@pytest.mark.parametrize(
    ("code", "item", "verdict"), [("unknown_message", "self_test", "skipped"), ("busy", "heap", "fail")]
)
def test_a_pod_that_refuses_its_tests(stub: Any, code: str, item: str, verdict: str) -> None:
    def refuse() -> Any:
        answer: Any = SimpleNamespace(code=code, text="", detail=0)
        raise PodRefused("check_get", answer)

    stub.checks = refuse
    (found,) = doctor_pod.own_tests(stub)
    assert (found.item, found.verdict) == (item, verdict)
    assert item == "heap" or "retropod update" in found.words


@pytest.mark.parametrize(("bad", "verdict"), [({}, "pass"), ({"lost_here": 1}, "warn"), ({"damaged_there": 9}, "fail")])
def test_frames(bad: dict[str, int], verdict: str) -> None:
    before = doctor_pod._Counts(damaged_here=4, lost_here=2, damaged_there=1, dropped_there=0, frames=10, unexpected=1)
    after = doctor_pod._Counts(before)
    after["frames"] += 100
    for name, count in bad.items():
        after[name] += count
    assert doctor_pod._frames(before, after).verdict == verdict
    after["unexpected"] += 2
    assert doctor_pod._frames(before, after).verdict == verdict
    assert "2 fit no request" in doctor_pod._frames(before, after).words
    assert doctor_pod._frames(before, doctor_pod._Counts()).verdict == "fail"


@pytest.mark.parametrize(
    ("minor", "boot", "code", "name"),
    [
        (schema.PROTOCOL_MINOR, 3, "settings_ignored", "settings"),
        (schema.PROTOCOL_MINOR, 2, "settings_ignored", "well"),  # of the previous boot
        (schema.PROTOCOL_MINOR, 3, "start_failed", "well"),  # an update that was undone
        (1, 3, "start_failed", "start failed"),
        (1, 3, "storage", "well"),
    ],
)
def test_a_pod_that_ignores_its_settings_is_found_by_the_fault_code(
    monkeypatch: pytest.MonkeyPatch, minor: int, boot: int, code: str, name: str
) -> None:
    fake = TinyPod(minor=minor)
    fake.boot = 3
    answer = fake._done

    def faults(request: int, *values: Any) -> None:
        if fake.asked[-1][0] == schema.FAULT_GET:
            fake.send(schema.FAULT, request=request, boot=boot, code=codec.value("fault", code), text=b"any text")
            fake.send(schema.DONE, request=request, value=1)
        else:
            answer(request, *values)

    fake._done = faults
    status = fake.send
    monkeypatch.setattr(
        fake,
        "send",
        lambda message, **values: (
            status(message, **{"storage_free_kb": 900, **values})
            if message == schema.STATUS
            else status(message, **values)
        ),
    )
    port = BoardPort("COM3")
    monkeypatch.setattr(port, "transport", lambda: fake)
    found = silent.look(port)
    assert (found.diagnosis.name, found.way) == (name, silent.APP)


def test_every_kind_of_verdict_has_its_word() -> None:
    assert {name for name, _ in codec.enum("verdict")} == set(items.VERDICTS)


@pytest.mark.parametrize(
    ("name", "minor", "updates"), [("gravity", 1, True), ("gravity", 2, False), ("rate", 1, False)]
)
def test_a_pod_without_reasons_is_to_be_updated_first(name: str, minor: int, updates: bool) -> None:
    """The general fix of an item can be wrong for its reason: a wrong range does not call for another sensor."""
    assert ("retropod update" in items.fix_without_reason(name, minor)) == updates


@pytest.mark.parametrize(("free_kb", "text"), [(None, ""), (0, ": 0 kB free"), (12, ": 12 kB free")])
def test_a_full_storage_of_unknown_size_is_not_none(free_kb: int | None, text: str) -> None:
    status: Any = SimpleNamespace(state="full", storage_free_kb=free_kb)
    found = silent._running("COM3", status, None).diagnosis
    assert (found.name, found.cause) == ("storage full", f"the pod's storage is full{text}")
