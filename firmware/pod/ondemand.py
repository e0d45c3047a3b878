"""Modules for rare work, such as learning the mount or a self-test: loaded when it begins, unloaded when it ends.

Loading takes tens of milliseconds and reads flash, so no everyday request and no start of a recording may load one.
Machine code that is loaded stays, and the pod has room for it only before the heap has grown: no such module here.
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
    """Drop modules that were needed for a set-up. Objects that they made keep what they refer to."""
    for name in names:
        package, _, part = name.rpartition(".")
        if sys.modules.pop(name, None):
            delattr(sys.modules[package], part)
