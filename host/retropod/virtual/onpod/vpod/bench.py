"""The workbench: which chips hang on the bus, what they feel, and what a hand can do to the board."""

import select
import sys

import utime

from vpod import board
from vpod.adxl345 import Adxl345
from vpod.lsm6ds import Lsm6ds
from vpod.mpu6050 import Mpu6050
from vpod.scene import Scene
from vpod.uart import Registers

_MODELS = {kind: model for model in (Adxl345, Lsm6ds, Mpu6050) for kind in model.KINDS}


def wire(config: dict, flash) -> None:
    """Put the configured chips on the bus and register what the host may do."""
    scene = Scene(config, board.clock, board.control)
    for chip in config["chips"]:
        model = _MODELS[chip["kind"]]
        board.chips[chip["address"]] = model(chip, config["faults"], board.clock, board.control, scene)
    for address, state in config["chip_states"].items():
        board.chips[int(address)].restore(state)
    board.control.on("pin", lambda message: board.config["pins"].update({message["pin"]: message["level"]}))
    board.control.on("volts", lambda message: board.config["adc_volts"].update({message["pin"]: message["volts"]}))
    board.control.on("reset", lambda message: reset())
    board.control.on("cut", lambda message: _arm(flash, message))
    board.control.on("fifo", lambda message: _tell_fifo())
    flash.on_cut = _lose_power
    sys.atexit(_leave)


def uart() -> Registers:
    """Registers of the console's UART, made when somebody looks."""
    if board.uart is None:
        board.uart = Registers(board.config["uart"], board.config["uart_bus_hz"])
    return board.uart


def _tell_fifo() -> None:
    """How the first chip's FIFO was served since this was last asked."""
    for chip in board.chips.values():
        board.control.send("fifo", **chip.stats.take())
        return


def _leave() -> None:
    """Tell the host what the chips hold: they keep their power while the processor starts anew."""
    board.control.send("chips", states={str(address): chip.state() for address, chip in board.chips.items()})


def reset(soft: bool = False) -> None:
    """The host ends this process and starts a new one on the same chips."""
    _leave()
    board.control.send("reset", soft=soft)
    _wait_for_the_end()


def forget_input() -> None:
    """What the host has sent is lost."""
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)
    while poll.poll(0):
        sys.stdin.buffer.read(1)


def _arm(flash, message: dict) -> None:
    flash.writes_left = message["writes"]
    flash.torn = message["torn"]


def _lose_power() -> None:
    board.control.send("power_cut")
    _wait_for_the_end()


def _wait_for_the_end() -> None:
    """The host ends this process any moment."""
    while True:
        utime.sleep_ms(100)
