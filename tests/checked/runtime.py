"""Load the folded `pod.gait` under CPython, with or without checked arithmetic."""

import ast
import importlib.abc
import importlib.util
import sys
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from types import ModuleType

from checked.arithmetic import Checked, checker
from checked.pointers import POINTERS
from retropod.build import folded

_PACKAGES = ("pod", "pod.gait")
_BOXED = 1 << 30  # From here on, a value that crosses a viper call allocates on the pod.


def _viper(function):
    """Convert arguments like viper: buffers become pointers, integers must be small."""
    parameters = list(signature(function).parameters.values())

    @wraps(function)
    def called(*arguments):
        given = []
        for parameter, value in zip(parameters, arguments, strict=True):
            pointer = parameter.annotation in POINTERS.values()
            given.append(parameter.annotation(value) if pointer else _small(value))
        return _small(function(*given))

    return called


def _small(value):
    assert not isinstance(value, int) or -_BOXED <= value < _BOXED, f"{value} allocates when it crosses a viper call"
    return value


def _micropython():
    module = ModuleType("micropython")
    module.const = lambda value: value
    module.viper = _viper
    module.native = lambda function: function
    return module


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, firmware, check):
        self._firmware, self._check = firmware, check

    def find_spec(self, fullname, path=None, target=None):
        if fullname in _PACKAGES:
            return importlib.util.spec_from_loader(fullname, self, is_package=True)
        if fullname.startswith("pod.gait."):
            return importlib.util.spec_from_loader(fullname, self)
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        if module.__name__ in _PACKAGES:
            module.__path__ = []
            return
        path = self._firmware / (module.__name__.replace(".", "/") + ".py")
        tree = ast.parse(path.read_text(), str(path))
        if self._check:
            tree = ast.fix_missing_locations(Checked().visit(tree))
        vars(module).update(POINTERS, fits=checker(path.name))
        exec(compile(tree, str(path), "exec"), vars(module))


@contextmanager
def gait(firmware, check):
    """Within it, `pod.gait` is the folded source of `firmware` under CPython. Gives a function that imports it."""
    shadowed = {name: sys.modules.pop(name) for name in list(sys.modules) if _ours(name)}
    loader = _Loader(folded.folders(firmware).firmware, check)
    sys.modules["micropython"] = _micropython()
    sys.meta_path.insert(0, loader)
    try:
        yield importlib.import_module
    finally:
        sys.meta_path.remove(loader)
        for name in [n for n in sys.modules if _ours(n)]:
            del sys.modules[name]
        sys.modules.update(shadowed)


def _ours(name):
    return name == "micropython" or name == "pod" or name.startswith("pod.")
