"""Power-on: builds the board from the host's configuration, mounts the flash, runs boot.py and main.py, then the REPL.

`micropython -i -c` runs it, so that the REPL follows. Before the REPL it prints a mark, which the relay removes.
"""

import json
import os
import sys

from vpod import bench, board, console, cost, costfs, flash, hostfs
from vpod.clock import Clock
from vpod.control import Control


def run(scope: dict) -> None:
    """Start the pod. `scope` is the namespace of `__main__`, which boot.py, main.py and the REPL share."""
    config = _power_on()
    mark = config["mark"].encode()
    if board.meter:
        cost.begin()
    try:
        if board.flash.corrupt:
            _complain()
        _run_file("boot.py", config, scope)
        if not config["raw_repl"]:
            _run_file("main.py", config, scope)
    except SystemExit:
        bench.reset(soft=True)
    except KeyboardInterrupt as stop:
        sys.print_exception(stop)
    except Exception as error:
        sys.print_exception(error)
    console.kbd_intr(3)
    sys.stdout.buffer.write(mark)


def _power_on() -> dict:
    with open(os.getenv("VPOD_CONFIG")) as stored:
        config = json.load(stored)
    board.config = config
    board.clock = cost.power_on(config) if config["cost"] else Clock(config)
    board.control = Control(config["commands"], config["events"], board.clock)
    board.clock.poll = board.control.poll
    console.install()
    hostfs.mount_host()
    board.flash = (costfs if board.meter else flash).mount_root(config["flash"])
    bench.wire(config, board.flash)
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]
    if not _installed():
        sys.path.append(hostfs.MOUNT_POINT + config["firmware"])
    sys.path.append(hostfs.MOUNT_POINT + config["onpod"])
    # load them before the firmware can hide them
    import time

    import esp32
    import machine

    if board.meter:
        cost.install()
    return config


def _complain() -> None:
    """Print the message of stock firmware for a file system that does not mount, until Ctrl-C."""
    while True:
        print("The filesystem starting at sector 512 with size 512 sectors looks corrupt.")
        print("You may want to make a flash snapshot and try to recover it. Otherwise,")
        print("format it with vfs.VfsLfs2.mkfs(bdev), or completely erase the flash and")
        print("reprogram MicroPython.")
        board.clock.sleep_us(3_000_000)


def _installed() -> bool:
    """Return True if an app is installed on the pod's own flash. It takes precedence over the folder of the host."""
    try:
        os.stat("/main.py")
    except OSError:
        return False
    return True


def _run_file(name: str, config: dict, scope: dict) -> None:
    path = "/" + name
    if not _installed():
        path = hostfs.MOUNT_POINT + config["firmware"] + "/" + name
    try:
        with open(path) as source:
            code = compile(source.read(), name, "exec")
    except OSError:
        return  # without the file a board continues too
    exec(code, scope)
