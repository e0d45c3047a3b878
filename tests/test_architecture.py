"""Rules of the architecture: imports and calls that a folder may contain. tests/architecture.py checks them."""

import ast
import os
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

import architecture as arch
from architecture import Rule, never_calls, never_imports, only_imports

ONPOD = "host/retropod/virtual/onpod/"  # simulated hardware, runs next to the firmware
SCORER = "host/retropod/score/onpod/"  # runs the engine on the runtime
COUNTER = "tools/onpod/"  # counts the memory of the app, on another runtime
# Packages of the pod. Each imports only earlier ones.
POD_PACKAGES = ("hal", "clock", "gait", "sensors", "storage", "sampling", "link", "autonomy")

RULES = [
    Rule(
        "the schema is data and imports nothing",
        ("protocol/retrowire/schema.py",),
        only_imports(),
        (("protocol/retrowire/schema.py", "import struct"),),
    ),
    Rule(
        "retrowire runs on both sides",
        ("protocol/retrowire/",),
        only_imports("struct", "binascii", "retrowire"),
        (
            ("protocol/retrowire/codec.py", "import numpy"),
            ("protocol/retrowire/codec.py", "from micropython import const"),
            ("protocol/retrowire/codec.py", "def f():\n    import retropod.wire"),
        ),
        spares=("protocol/retrowire/_kernels.py",),
        accepts=(("protocol/retrowire/codec.py", "from . import schema\nfrom ._kernels import crc"),),
    ),
    Rule(
        "only the kernels may need MicroPython",
        ("protocol/retrowire/_kernels.py",),
        only_imports("struct", "binascii", "retrowire", "micropython"),
        (("protocol/retrowire/_kernels.py", "import machine"),),
    ),
    Rule(
        "no viper in modules that CPython imports unchanged",
        ("protocol/retrowire/",),
        arch.no_compiled_code,
        (("protocol/retrowire/codec.py", "@micropython.viper\ndef f(x): pass"),),
        spares=("protocol/retrowire/_kernels.py",),
    ),
    Rule(
        "firmware never imports the host",
        ("firmware/",),
        never_imports("retropod", "numpy", "construct", "serial"),
        (("firmware/pod/app.py", "__import__('retropod.client.wire')"),),
    ),
    Rule(
        "the host never imports the firmware",
        ("host/",),
        never_imports("pod", "boot", "main"),
        (("host/retropod/client/pod.py", "from pod.gait import stride"), (ONPOD + "machine.py", "import pod.board")),
        spares=(SCORER,),
        accepts=(("host/retropod/cli/live.py", "from retropod.pod import Pod\nfrom ..pod import Pod"),),
    ),
    Rule(
        "the wheel contains no tools",
        ("host/",),
        never_imports("tools"),
        (("host/retropod/cli/firmware.py", "def f():\n    from tools import heap"),),
    ),
    Rule(
        "code on the MicroPython runtime never imports the host",
        (ONPOD, SCORER, COUNTER),
        never_imports("retropod", "numpy"),
        (
            (ONPOD + "lsm6ds.py", "from retropod.errors import NoPod"),
            (ONPOD + "lsm6ds.py", "from ...errors import NoPod"),
        ),
    ),
    Rule(
        "only hal imports the hardware",
        ("firmware/",),
        never_imports("machine", "esp32", "bluetooth", "esp"),
        (("firmware/pod/link/link.py", "import machine"), ("firmware/main.py", "from machine import Pin")),
        spares=("firmware/pod/hal/",),
    ),
    Rule(
        "the packages of the pod form no cycle",
        tuple(f"firmware/pod/{package}/" for package in POD_PACKAGES),
        arch.pod_layers("VERSION MACHINE Refused ondemand", *POD_PACKAGES),
        (
            ("firmware/pod/hal/hardware.py", "from pod.storage import store"),
            ("firmware/pod/storage/runs.py", "import pod.sampling.mount"),
            ("firmware/pod/sampling/mount.py", "def f():\n    from ..link import link"),
            ("firmware/pod/sampling/mount.py", "load('pod.link.check')"),
            ("firmware/pod/sensors/chip.py", "__import__('pod.sampling.drain')"),
            ("firmware/pod/link/session.py", "from pod.objects import build"),
        ),
        accepts=(("firmware/pod/link/session.py", "from pod import VERSION\nload('pod.hal.fastline')"),),
    ),
    Rule(
        "no object uses private members of another one",
        ("firmware/",),
        arch.no_private_members,
        (
            ("firmware/pod/link/session.py", "def f(link):\n    return link._port"),
            ("firmware/pod/link/session.py", "from pod.storage import store\nstore._path = 1"),
        ),
        accepts=(("firmware/pod/link/session.py", "class A:\n    def f(self):\n        return self._a.__class__"),),
    ),
    Rule(
        "gait is pure",
        ("firmware/pod/gait/",),
        only_imports("pod.gait", "micropython", "array", "math"),
        (
            ("firmware/pod/gait/engine.py", "import time"),
            ("firmware/pod/gait/engine.py", "from pod import settings"),
            ("firmware/pod/gait/engine.py", "from ..link import Link"),
            ("firmware/pod/gait/engine.py", "import struct"),
        ),
        accepts=(("firmware/pod/gait/engine.py", "from pod.gait import stride\nfrom . import stride\nimport math"),),
    ),
    Rule(
        "a sensor driver knows only its bus",
        ("firmware/pod/sensors/",),
        only_imports("pod.sensors", "micropython", "struct", "array", "time", "errno", "sys"),
        (("firmware/pod/sensors/lsm6ds.py", "from pod.hal.hardware import i2c"),),
    ),
    Rule(
        "the link does not depend on message types",
        ("firmware/pod/link/link.py",),
        never_imports("retrowire.schema", "retrowire.codec", "pod.link.session", "pod.gait"),
        (("firmware/pod/link/link.py", "from retrowire import schema"),),
    ),
    Rule(
        "only main.py imports the app",
        ("firmware/pod/",),
        never_imports("pod.app"),
        (("firmware/pod/link/session.py", "from pod import app"),),
    ),
    Rule(
        "the wire's formats are in one place, on the pod",
        ("firmware/",),
        never_imports("struct", "ustruct"),
        (("firmware/pod/storage/recorder.py", "from struct import pack_into"),),
        spares=("firmware/pod/sensors/",),
    ),
    Rule(
        "the wire's formats are in one place, on the host",
        ("host/",),
        never_imports("struct"),
        (("host/retropod/runs/download.py", "import struct"),),
        # child.py asks the kernel for the number of waiting bytes
        spares=(ONPOD, SCORER, "host/retropod/virtual/child.py"),
    ),
    Rule(
        "message numbers are in one place",
        ("firmware/", "host/"),
        arch.no_message_numbers,
        (
            ("firmware/pod/link/session.py", "if msg == 3: pass"),
            ("host/retropod/client/pod.py", "x = 7 == frame.message_id"),
        ),
        accepts=(("firmware/pod/link/session.py", "if msg == schema.HELLO: pass\nif count == 3: pass"),),
    ),
    Rule(
        "the library neither prints nor exits",
        ("host/retropod/",),
        arch.never_exits_or_prints,
        (
            ("host/retropod/client/pod.py", "print(1)"),
            ("host/retropod/client/pod.py", "import sys\nsys.exit(2)"),
            ("host/retropod/client/pod.py", "raise SystemExit(2)"),
            ("host/retropod/client/pod.py", "import sys\nsys.stderr.write('x')"),
        ),
        spares=("host/retropod/cli/", ONPOD, SCORER),
    ),
    Rule(
        "the library never imports the command line",
        ("host/retropod/",),
        never_imports("retropod.cli", "click"),
        (("host/retropod/live/view.py", "from retropod.cli import output"),),
        spares=("host/retropod/cli/",),
    ),
    Rule(
        "commands write only through the module that cleans their text",
        ("host/retropod/cli/",),
        never_calls(
            "print",
            "input",
            "click.echo",
            "click.secho",
            "click.confirm",
            "click.prompt",
            "click.echo_via_pager",
            "sys.stdout.write",
            "sys.stderr.write",
            "sys.stdout.writelines",
            "sys.stderr.writelines",
            "sys.stdout.buffer.write",
            "sys.stderr.buffer.write",
            "os.write",
            "traceback.print_exc",
            "traceback.print_exception",
        ),
        (
            ("host/retropod/cli/info.py", "print(1)"),
            ("host/retropod/cli/info.py", "import sys\nsys.stdout.write('x')"),
            ("host/retropod/cli/flash.py", "import click\nclick.confirm('x')"),
            ("host/retropod/cli/failure.py", "import sys\nsys.stderr.write('x')"),
        ),
        spares=("host/retropod/cli/output.py",),
        accepts=(("host/retropod/cli/info.py", "output.print_line(name)"),),
    ),
    Rule(
        "commands draw only on the console that cleans their text",
        ("host/retropod/cli/",),
        never_calls(
            "Console",
            "console.Console",
            "Progress",
            "progress.Progress",
            "TextColumn",
            "progress.TextColumn",
            "rich.print",
            "get_console",
            "rich.get_console",
        ),
        (
            ("host/retropod/cli/live.py", "from rich.console import Console\nscreen = Console()"),
            ("host/retropod/cli/runs.py", "from rich.progress import TextColumn\nTextColumn('{task.description}')"),
        ),
        spares=("host/retropod/cli/output.py",),
        accepts=(("host/retropod/cli/runs.py", "screen = output.console()"),),
    ),
    Rule(
        "modules that MicroPython does not have",
        ("firmware/", "protocol/retrowire/", ONPOD, SCORER),
        never_imports("typing", "enum", "dataclasses", "abc", "pathlib", "__future__", "collections.abc"),
        (("firmware/pod/clock/clock.py", "from enum import IntEnum"),),
    ),
    Rule(
        "the pod has no wall clock",
        ("firmware/",),
        never_calls("time.time", "time.time_ns", "time.gmtime", "time.localtime"),
        (("firmware/pod/clock/clock.py", "import time\nt = time.time()"),),
    ),
    Rule(
        "two catch-alls: main.py and the app",
        ("firmware/", "protocol/retrowire/"),
        arch.no_catch_all,
        (
            ("firmware/pod/link/link.py", "try:\n    pass\nexcept Exception:\n    pass"),
            ("protocol/retrowire/codec.py", "try:\n    pass\nexcept:\n    pass"),
        ),
        spares=("firmware/pod/app.py", "firmware/main.py"),
        accepts=(("firmware/pod/link/link.py", "try:\n    pass\nexcept OSError:\n    pass"),),
    ),
    Rule(
        "no assert at run time",
        ("firmware/", "protocol/retrowire/"),
        arch.no_assert,
        (("firmware/pod/link/link.py", "assert True"),),
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_direction_holds(rule: Rule, repo_root: Path) -> None:
    covered = [path for path in arch.sources(repo_root) if rule.applies_to(path)]
    complaints = [text for path in covered for text in rule.complaints(path, (repo_root / path).read_text("utf-8"))]
    assert covered, "the rule covers no file: update its paths"
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_checker_can_fail(rule: Rule) -> None:
    for name, snippet in rule.refuses:
        path = PurePosixPath(name)
        assert rule.applies_to(path), f"{name} is not covered"
        assert rule.complaints(path, snippet), f"not refused in {name}: {snippet!r}"
    for name, snippet in rule.accepts:
        assert not rule.complaints(PurePosixPath(name), snippet), f"refused in {name}: {snippet!r}"


_MOST_MODULES = 5  # directly in a root package: everything else has a folder with its subject


def _modules(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("package", ["firmware/pod", "host/retropod"])
def test_a_root_package_has_few_modules(package: str, repo_root: Path) -> None:
    found = _modules(repo_root / package)
    assert len(found) <= _MOST_MODULES, f"move some of {', '.join(found)} into a folder of {package}"


def test_modules_are_counted(tmp_path: Path) -> None:
    for name in ("__init__.py", "b.py", "a.py", "notes.txt"):
        (tmp_path / name).touch()
    assert _modules(tmp_path) == ["a.py", "b.py"]


HEAVY = ("numpy", "construct", "serial", "rich.live", "scipy", "pandas", "mpremote", "sqlite3", "matplotlib", "jinja2")
_HELP = """
import sys
from retropod.cli import main
sys.argv = ["retropod", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("HEAVY:", *[name for name in {heavy!r} if name in sys.modules])
"""


def repeated_classes(sources: dict[str, str]) -> list[str]:
    """Return a line for each public class name that two modules define. `sources`: text by path."""
    found: dict[str, list[str]] = {}
    for path, text in sources.items():
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(path)
    return [f"{name}: {', '.join(paths)}" for name, paths in found.items() if len(paths) > 1]


def test_no_two_public_classes_share_a_name(repo_root: Path) -> None:
    """Stand-ins in folders named onpod have the names of the originals."""
    paths = [path for path in arch.sources(repo_root) if "onpod" not in path.parts]
    texts = {str(path): (repo_root / path).read_text(encoding="utf-8") for path in paths}
    assert repeated_classes(texts) == []


def test_a_repeated_class_is_named() -> None:
    assert repeated_classes({"a.py": "class A: ...\nclass _B: ...", "b.py": "class A: ...\nclass _B: ..."}) == [
        "A: a.py, b.py"
    ]


def test_help_loads_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _HELP.format(heavy=HEAVY)],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "100"},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "HEAVY:", done.stdout.splitlines()[-1]
