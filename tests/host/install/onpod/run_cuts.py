"""An installation, written down as a list of operations, with the power cut at every write to flash.

The operations are those of the host's installer, main.py is the real one and is read from the flash. Whatever was cut,
the next starts must end in an app that is whole. Prints how many cuts were made and what ran after them, as JSON.
"""

import json
import os
import sys

import vfs

import flash

MAX_STARTS = 6
plan = json.load(open(os.getenv("PLAN")))
path = ["", ".frozen"]
ran = []
sys.modules["ledger"] = ran  # where the little app of the plan notes that it runs


def forget_app():
    sys.path[:] = path
    for name in list(sys.modules):
        if name == "pod" or name.startswith("pod."):
            del sys.modules[name]


def quiet(*_args):
    pass


def do(operation, names):
    """Do one operation. `names`: the globals of the prompt, which last until the next start."""
    kind = operation[0]
    if kind == "exec":
        exec(operation[1], names)
    elif kind == "write":
        data = bytes.fromhex(operation[2])
        with open(operation[1], "wb") as file:
            for at in range(0, len(data), 256):
                file.write(data[at : at + 256])
    elif kind == "start full":
        start({"open": open_on_full_flash})
    else:
        start({})


def open_on_full_flash(name, mode="r"):
    if "w" in mode:
        raise OSError(28)
    return open(name, mode)


def start(names):
    """Power on until the app has run: main.py asks for a soft reset by SystemExit. `names`: changed global names."""
    for _ in range(MAX_STARTS):
        forget_app()
        names["__name__"] = "__main__"
        try:
            with open("/main.py") as file:
                source = file.read()
            exec(source, dict(names))
            return
        except SystemExit:
            pass
    raise RuntimeError("main.py restarts without end")


def on(data, cut_at, operations):
    """Run operations on the flash. (writes made, whether the power went)."""
    cells = flash.Flash(data, cut_at, (cut_at + plan.get("shift", 0)) % 5)
    vfs.mount(vfs.VfsLfs2(cells), "/")
    os.chdir("/")
    names = {"print": quiet}
    try:
        for operation in operations:
            if not cells.dead:  # main.py catches the errors of a dead flash
                do(operation, names)
    except Exception:
        if not cells.dead:
            raise
    vfs.umount("/")
    return cells.writes, cells.dead


vfs.umount("/")
base = flash.formatted(plan["blocks"])
on(base, 0, plan["before"])
writes, _ = on(bytearray(base), 0, plan["during"])
seen = {}
ends = {}
for cut in range(1, writes + 1):
    data = bytearray(base)
    _, dead = on(data, cut, plan["during"])
    del ran[:]
    on(data, 0, [["start"]] * 3)
    assert len(ran) >= 3 and "half" not in ran, (cut, ran)
    key = " ".join(ran)
    seen[key] = seen.get(key, 0) + 1
    ends[ran[-1]] = ends.get(ran[-1], 0) + 1
del ran[:]
on(base, 0, plan["during"] + [["start"]])
print(json.dumps({"cuts": writes, "seen": seen, "ends": ends, "uncut": ran}))
