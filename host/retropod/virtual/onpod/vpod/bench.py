"""The chips on the bus, their input, and the orders of the host to the board."""

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
    """Connect the configured chips to the bus and register the orders of the host."""
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
    """Return the registers of the console's UART."""
    if board.uart is None:
        board.uart = Registers(board.config["uart"], board.config["uart_bus_hz"])
    return board.uart


def _tell_fifo() -> None:
    """Send how the FIFO of the first chip was served since the last request."""
    for chip in board.chips.values():
        board.control.send("fifo", **chip.stats.take())
        return


def _leave() -> None:
    """Send the state of the chips to the host: they keep their power while the processor restarts."""
    board.control.send("chips", states={str(address): chip.state() for address, chip in board.chips.items()})


def reset(soft: bool = False) -> None:
    """Let the host end this process and start a new one with the same chips."""
    _leave()
    board.control.send("reset", soft=soft)
    _wait_for_the_end()


def forget_input() -> None:
    """Drop the input of the host."""
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
    """Wait until the host ends this process."""
    while True:
        utime.sleep_ms(100)
