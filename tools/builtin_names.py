"""List the built-in names and attributes of MicroPython, from the unix runtime and the stubs of the ESP32.

`python -m tools.builtin_names > host/retropod/build/shrink/builtin.txt`
"""

import ast
import subprocess
import sys
import sysconfig
import textwrap
from collections.abc import Iterator
from pathlib import Path

_STUBS = (
    "machine",
    "esp32",
    "esp",
    "micropython",
    "time",
    "gc",
    "select",
    "hashlib",
    "vfs",
    "_thread",
    "errno",
    "math",
)
_LIST = """
import sys, os, gc, time, io, json, array, struct, select, hashlib, binascii, errno, math, builtins, micropython
def gen():
    yield
file = open(sys.argv[0])
binary = open(sys.argv[0], "rb")
things = [sys, os, gc, time, io, json, array, struct, select, hashlib, binascii, errno, math, builtins, micropython]
things += [sys.implementation, sys.stdin, sys.stdout.buffer, file, binary, io.BytesIO(), io.StringIO()]
things += [0, 1.5, "", b"", bytearray(), memoryview(b""), [], (), {}, set(), frozenset(), range(1), gen(), gen]
things += [Exception(), OSError(), StopIteration(), array.array("i"), select.poll(), hashlib.sha256(), {}.items(), int]
for thing in things:
    for name in dir(thing):
        print(name)
"""


def names(micropython: Path, folder: Path) -> set[str]:
    """Return all names. The script that lists those of the runtime is written to `folder`."""
    script = folder / "list_names.py"
    script.write_text(_LIST)
    printed = subprocess.run([str(micropython), str(script)], capture_output=True, text=True, check=True).stdout
    return {name for name in {*printed.split(), *_stubs()} if not name.startswith("__")}


def _stubs() -> Iterator[str]:
    for module in _STUBS:
        tree = ast.parse((Path(sysconfig.get_path("purelib")) / f"{module}.pyi").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield node.name
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                yield node.target.id


def main() -> None:
    """Print the names as lines of text."""
    runtime = Path(sysconfig.get_path("scripts")) / "micropython"
    words = " ".join(sorted(names(runtime, Path("build"))))
    sys.stdout.write("\n".join(textwrap.wrap(words, 116, break_long_words=False)) + "\n")


if __name__ == "__main__":
    main()
