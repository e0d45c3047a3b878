"""docs/hardware.md: its pins are the pod's, its lights too, its sums and hours are right, its drawings are there."""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from host.test_settings_doc import BOARDS, resolved
from retrowire import bus

BUILDS = ("XIAO ESP32C3 with LSM6DSO32", "ESP32-C3 SuperMini with ADXL345", "ESP32 DevKit with GY-521 (MPU-6050)")
STATES = ("recording", "armed", "asleep")
USABLE = 0.85


@pytest.fixture(scope="module")
def document(repo_root: Path) -> str:
    return (repo_root / "docs" / "hardware.md").read_text(encoding="utf-8")


def table(document: str, heading: str, first: str) -> list[list[str]]:
    """Rows of the table below `heading` whose first column is called `first`."""
    lines = document.partition(heading + "\n")[2].split("\n")
    begin = next(at for at, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[begin + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_pins_are_the_pods(document: str, tmp_path: Path) -> None:
    rows = table(document, "### Pins of each board", "board")
    assert [row[1] for row in rows] == list(BOARDS)
    for _, board, *shown in rows:
        has = resolved(tmp_path, board)
        lit = {0: "low", 1: "high", 2: "addressable"}[has["led_lit"]]
        light = "none" if has["led_pin"] < 0 else f"{has['led_pin']}, {lit}"
        pins = [has[name] for name in ("sda", "scl", "wake_pin", "button_pin")]
        expected = ["none" if pin < 0 else str(pin) for pin in pins] + [light, str(has["buzzer_pin"])]
        assert shown[:7] == [*expected, str(has["skip_pin"])], board
        if has["battery_pin"] >= 0:
            assert shown[7] == f"{has['battery_pin']}, divided by {has['battery_ratio'] / 1000:g}"
        else:
            free = int(shown[7].removeprefix("none; "))
            assert free not in [has[name] for name in has if name.endswith("_pin") or name in ("sda", "scl", "free")]


def test_drawings_show_the_same_pins(document: str, repo_root: Path, tmp_path: Path) -> None:
    drawn = re.findall(r"\]\((wiring/[\w-]+\.svg)\)", document)
    for name in drawn:
        assert ElementTree.parse(repo_root / "docs" / name).getroot().tag.endswith("svg")
    assert drawn == [f"wiring/{board}.svg" for board in BOARDS] + ["wiring/mounting.svg"]
    for _, board, *shown in table(document, "### Pins of each board", "board"):
        has = resolved(tmp_path, board)
        text = (repo_root / "docs" / "wiring" / f"{board}.svg").read_text(encoding="utf-8")
        wired = [int(pin) for pin in re.findall(r">GPIO (\d+)", text)]
        pins = [has[name] for name in ("sda", "scl", "wake_pin", "button_pin", "buzzer_pin")]
        divider = [has["battery_pin"]] if has["battery_pin"] >= 0 else [int(shown[7].removeprefix("none; "))]
        assert sorted(wired) == sorted([pin for pin in pins if pin >= 0] + divider), board


def test_lights_are_the_pods(document: str, repo_root: Path) -> None:
    rows = table(document, "## Automatic recording and sleep", "light, in two seconds")
    told = [row[0].strip("`") for row in rows][:-1]
    source = (repo_root / "firmware" / "pod" / "autonomy" / "power.py").read_text(encoding="utf-8")
    found = re.search(r'^_PATTERNS = b"(.*)"$', source, re.MULTILINE)
    assert found is not None
    light = bytes.fromhex(found.group(1).replace("\\x", ""))
    patterns = [int.from_bytes(light[at : at + 2], "little") for at in range(0, len(light), 2)]
    assert told == ["".join("#" if bits >> slot & 1 else "." for slot in range(16)) for bits in patterns]


@pytest.mark.parametrize("build", BUILDS)
def test_the_budget_adds_up(document: str, build: str) -> None:
    *parts, total = table(document, f"### {build}", "part")
    assert total[0] == "**sum**"
    for place, state in enumerate(STATES, start=1):
        assert float(total[place]) == pytest.approx(sum(float(row[place]) for row in parts), abs=1e-9)
        for row in parts:
            if row[4]:
                check_arithmetic(row, place, state)


def check_arithmetic(row: list[str], place: int, state: str) -> None:
    told = {name: how for part in row[4].split(";") for names, _, how in [part.partition(":")]
            for name in names.replace(" ", "").split(",")}  # fmt: skip
    assert set(told) <= set(STATES)
    if state in told:
        assert re.fullmatch(r"[\d. x/+*-]+", told[state]), row
        value = eval(told[state].replace("x", "*"), {"__builtins__": {}})  # digits and operators only, as just seen
        assert float(row[place]) == pytest.approx(value, abs=0.0005), row
    else:
        assert float(row[place]) == 0, row


def test_hours_follow_from_the_sums(document: str) -> None:
    rows = table(document, "### Hours", "build")
    assert [(row[0], row[1]) for row in rows] == [(build, cell) for build in BUILDS for cell in ("150", "400")]
    for build, cell, *hours in rows:
        total = table(document, f"### {build}", "part")[-1]
        for place, shown in enumerate(hours, start=1):
            assert float(shown) == pytest.approx(float(cell) * USABLE / float(total[place]), rel=0.011, abs=0.05), (
                build,
                cell,
            )


def test_what_the_day_takes(document: str) -> None:
    total = [float(cell) for cell in table(document, f"### {BUILDS[0]}", "part")[-1][1:4]]
    taken = (total[0], total[1] / 4, total[2] * 22.75)
    found = re.search(r"\n([\d.]+) \+ ([\d.]+) \+ ([\d.]+) = (\d+) mAh", document)
    assert found is not None
    assert [float(value) for value in found.groups()[:3]] == pytest.approx(taken, abs=0.06)
    assert float(found.group(4)) == pytest.approx(sum(taken), abs=0.5)
    assert (150 * USABLE / sum(taken), 400 * USABLE / sum(taken)) == pytest.approx((3, 8), abs=0.6)


def test_settings_that_it_names_are_there(document: str) -> None:
    from retrowire import settingrows

    named = set(re.findall(r"config (?:set|get) ([a-z0-9_]+)", document)) - {"pins"}
    assert named <= set(settingrows.names())
    defaults = settingrows.defaults()
    for name, value in re.findall(r"`(stop_after_s|sleep_after_s|low_battery_mv)` \((\d+)\)", document):
        assert defaults[name] == json.loads(value)


def test_rates_of_each_bus_clock_are_those_of_the_check(document: str) -> None:
    rows = re.findall(r"^\| (\d+)(?: \(default\))? \| (\w+)[^|]*\| (\w+)[^|]*\| (\w+)", document, re.MULTILINE)
    assert len(rows) == 4
    for i2c_hz, *shown in rows:
        carried = [bus.rates(name, int(i2c_hz)) for name in ("lsm6ds", "mpu6050", "adxl345")]
        assert shown == [str(rates[-1]) if rates else "none" for rates in carried]
