"""The workbench: which chips hang on the bus, what they feel, and what a hand can do to the board."""

import sys

import utime

from vpod import board
from vpod.lsm6ds import Lsm6ds
from vpod.scene import Scene


def wire(config: dict) -> None:
    """Put the configured chips on the bus and register what the host may do."""
    scene = Scene(config, board.clock, board.control)
    for chip in config["chips"]:
        board.chips[chip["address"]] = Lsm6ds(chip, board.clock, board.control, scene)
    for address, state in config["chip_states"].items():
        board.chips[int(address)].restore(state)
    board.control.on("pin", lambda message: board.config["pins"].update({message["pin"]: message["level"]}))
    board.control.on("reset", lambda message: reset())
    sys.atexit(_leave)


def _leave() -> None:
    """Tell the host what the chips hold: they keep their power while the processor starts anew."""
    board.control.send("chips", states={str(address): chip.state() for address, chip in board.chips.items()})


def reset() -> None:
    """The host ends this process and starts a new one on the same chips."""
    _leave()
    board.control.send("reset")
    while True:
        utime.sleep_ms(100)
