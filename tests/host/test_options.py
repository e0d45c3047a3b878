"""Options of the port, options that exclude each other, and suggestions for wrong names."""

from pathlib import Path

import click
import pytest

from host.test_help import COMMANDS
from retropod.cli import run
from retropod.cli.options import options

NOWHERE = "/dev/no-such-port"
SAMPLE = str(Path(__file__).parent / "install" / "samples" / "run-0.1.0.rpr")
WITHOUT_PORT = (
    "demo", "sim", "show", "report", "history", "export", "import", "tag", "trash", "rebuild", "replay", "score",
    "firmware",
)  # fmt: skip
WORDS = {  # arguments of the commands that talk to a pod, apart from `list`, which finds pods
    "info": (), "live": (), "record": ("start",), "runs": (), "download": (), "erase": (), "mount": (), "flash": (),
    "install": (), "update": (), "config get": (), "config set": ("name", "x"), "time sync": (),
}  # fmt: skip
LEAVES = {path.removeprefix("retropod "): one for path, one in COMMANDS.items() if not isinstance(one, click.Group)}


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    return run([*arguments]), capsys.readouterr().err


def test_each_command_is_in_one_of_the_lists() -> None:
    assert set(LEAVES) == {*WITHOUT_PORT, *WORDS, "list", "doctor", "capture"}


@pytest.mark.parametrize("name", WORDS)
def test_a_command_that_talks_to_a_pod_uses_the_port(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*name.split(), *WORDS[name]]
    for arguments in (["--port", NOWHERE, "--baud", "9600", *words], [*words, "--port", NOWHERE, "--baud", "9600"]):
        assert (run(arguments), options().baud) == (3, 9600)
        assert NOWHERE in capsys.readouterr().err
    monkeypatch.setenv("RETROPOD_PORT", NOWHERE)
    monkeypatch.setenv("RETROPOD_BAUD", "19200")
    assert (run(words), options().baud) == (3, 19200)
    assert NOWHERE in capsys.readouterr().err
    assert (run(["--port", "/dev/other", *words]), options().port) == (3, "/dev/other")


@pytest.mark.parametrize("words", ["config get", "config set name x", "time sync"])
def test_a_group_takes_the_shared_options_before_its_command(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    group, *rest = words.split()
    assert run([group, "--port", NOWHERE, "--json", *rest]) == 3
    assert NOWHERE in capsys.readouterr().err and options().json


@pytest.mark.parametrize("name", WITHOUT_PORT)
def test_a_command_without_a_pod_neither_shows_nor_takes_the_port(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = ["--baud"] if name == "sim" else []
    named = [option for parameter in LEAVES[name].params for option in parameter.opts]
    for option in ("--port", "--baud"):
        assert (option in named) == (option in taken)
        if option not in taken:
            file = [] if name == "demo" else [SAMPLE]
            for words in (["demo", option, "9"], [option, "9", name, *file], [name, *file, option, "9"]):
                code, err = shown(capsys, *words)
                assert code == 2
                assert err.startswith(f"error: `retropod {'demo' if 'demo' in words else name}` does not take {option}")


def test_the_environment_does_not_disturb_a_command_without_a_pod(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RETROPOD_PORT", "nonsense://")
    monkeypatch.setenv("RETROPOD_BAUD", "fast")
    assert shown(capsys, "show", SAMPLE) == (0, "")
    assert shown(capsys, "--version") == (0, "")
    code, err = shown(capsys, "info")
    assert code == 2 and "--baud" in err and "hint: correct or remove the environment variable RETROPOD_BAUD" in err


@pytest.mark.parametrize(
    "words",
    [
        "mount --query --given", "mount --query --forget", "mount --given --forget", "mount --length 10 --query",
        "mount --length 10 --given", "mount --length 10 --forget", "flash --yes --keep-micropython",
        "flash --repair --keep-micropython", f"flash --firmware {SAMPLE} --keep-micropython", "runs --here --port X",
        "--port X runs --here", "runs --here --baud 9600", "doctor --explain --port X", "--baud 9 doctor --explain",
    ],
)  # fmt: skip
def test_options_that_exclude_each_other(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, err = shown(capsys, *words.split())
    error, hint = err.splitlines()
    assert code == 2
    assert error.endswith(" exclude each other")
    assert all(one in error for one in words.split() if one.startswith("--"))
    assert hint == "hint: give one of them"


@pytest.mark.parametrize("action", ["stop", "lap"])
def test_raw_samples_are_chosen_at_the_start(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, err = shown(capsys, "record", action, "--raw", "--port", NOWHERE)
    assert code == 2 and "--raw" in err and "record start" in err


@pytest.mark.parametrize(
    ("words", "suggestion"),
    [
        ("lve", "retropod live"), ("LIST", "retropod list"), ("dowload", "retropod download"),
        ("config gte", "retropod config get"), ("time snyc", "retropod time sync"), ("live --secnds", "--seconds"),
        ("mount --forgett", "--forget"), ("--jsn info", "--json"),
    ],
)  # fmt: skip
def test_the_nearest_name_is_suggested(words: str, suggestion: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, err = shown(capsys, *words.split())
    error, hint = err.splitlines()
    assert code == 2 and error.startswith("error: no such ")
    assert hint.startswith(f"hint: did you mean `{suggestion}`?")


def test_a_name_that_is_near_to_nothing_gets_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "xyzzy") == (2, "error: no such command 'xyzzy'\nhint: run `retropod --help`\n")


FLOATS = [(path, one) for path, leaf in LEAVES.items() for one in leaf.params
          if isinstance(one.type, click.types.FloatParamType)]  # fmt: skip


@pytest.mark.parametrize(("path", "option"), FLOATS, ids=[f"{path} {option.opts[0]}" for path, option in FLOATS])
@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_number_that_is_not_finite_is_refused(path: str, option: click.Parameter, value: str) -> None:
    files = [SAMPLE] if path in ("capture", "replay", "score") else []
    with pytest.raises(click.BadParameter, match=value) as caught:
        LEAVES[path].make_context(path, [*files, f"{option.opts[0]}={value}"])
    assert caught.value.param is option


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_the_refusal_of_such_a_number_is_one_line(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    error = (
        f"error: invalid value for '--seconds': '{value}' is not a finite number\nhint: run `retropod live --help`\n"
    )
    assert shown(capsys, "live", "--seconds", value, "--port", NOWHERE) == (2, error)


def test_a_distance_for_a_correction_has_limits(capsys: pytest.CaptureFixture[str]) -> None:
    for metres in ("4.9", "5000.1", "1e300"):
        code, err = shown(capsys, "mount", "--length", metres, "--port", NOWHERE)
        assert code == 2 and "--length" in err and "5.0<=x<=5000.0" in err


@pytest.mark.parametrize(
    "words",
    [["export", "--since", "0001-01-01"], ["report", "--since", "0001-01-01"], ["demo", "--seed", "-1"],
     ["runs", "--here", "--until", "9999-12-31"], ["runs", "--here", "--since", "1969-12-31"], ["sim", "--seed", "-1"]],
)  # fmt: skip
def test_a_number_or_a_day_out_of_range_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, text = shown(capsys, *words)
    assert code == 2 and f"invalid value for '{words[-2]}'" in text and words[-1] in text, text
