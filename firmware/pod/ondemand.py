"""Loads modules on demand, for example for the mount check or the self-test, and unloads them at the end.

Loading takes tens of milliseconds and reads flash, so no everyday request and no start of a recording may load one.
Machine code is never unloaded, and the pod has room for it only before the heap has grown. So a module that is loaded
on demand must not contain machine code.
"""

import sys

WITH_NAMES = ("retrowire.runhead", "retrowire.rows", "retrowire.schema")  # the schema by name


def load(name: str):
    """Return the module of this dotted name. It is unloaded as soon as the caller drops its reference."""
    package = module = __import__(name)
    part = name
    for part in name.split(".")[1:]:
        package = module
        module = getattr(package, part)
    del sys.modules[name]
    delattr(package, part)
    unload(*WITH_NAMES)
    return module


def unload(*names: str) -> None:
    """Drop modules that were needed only to build objects. The objects keep their references."""
    for name in names:
        package, _, part = name.rpartition(".")
        if sys.modules.pop(name, None):
            delattr(sys.modules[package], part)
