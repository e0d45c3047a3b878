"""Run a script of MicroPython under CPython, with stand-ins for viper: `python on_cpython.py SCRIPT`.

For machines without a MicroPython runtime. tests/checked has stand-ins that also check each access and each result.
"""

import builtins
import functools
import inspect
import runpy
import sys
import types


class Pointer:
    """Memory by element, as viper sees it: loads are unsigned, stores truncate."""

    def __init__(self, target):
        self.bytes = target.bytes if isinstance(target, Pointer) else memoryview(target).cast("B")
        self.cells = self.bytes.cast(self.code)

    def __getitem__(self, index):
        return self.cells[index]

    def __setitem__(self, index, value):
        self.cells[index] = value & self.mask


class Pointer8(Pointer):
    """Bytes."""

    code, mask = "B", 0xFF


class Pointer16(Pointer):
    """16 bits."""

    code, mask = "H", 0xFFFF


class Pointer32(Pointer):
    """32 bits."""

    code, mask = "I", 0xFFFFFFFF


POINTERS = {"ptr8": Pointer8, "ptr16": Pointer16, "ptr32": Pointer32}


def viper(function):
    """Convert the buffers among the arguments to pointers, by the annotations."""
    kinds = [one.annotation for one in inspect.signature(function).parameters.values()]
    kinds = [kind if kind in POINTERS.values() else None for kind in kinds]

    @functools.wraps(function)
    def called(*arguments):
        return function(*(kind(value) if kind else value for kind, value in zip(kinds, arguments, strict=True)))

    return called


def micropython():
    """Return a stand-in for the module."""
    module = types.ModuleType("micropython")
    module.const = lambda value: value
    module.viper = viper
    module.native = lambda function: function
    return module


vars(builtins).update(POINTERS)
sys.modules["micropython"] = micropython()
runpy.run_path(sys.argv[1], run_name="__main__")
