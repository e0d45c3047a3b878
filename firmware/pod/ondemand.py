"""Modules that are needed now and then: loaded for the occasion, and forgotten with it. The pod's RAM is small."""

import sys

WITH_NAMES = ("retrowire.runhead", "retrowire.rows", "retrowire.schema")  # what the schema says by name


def rarely(name: str):
    """The module `pod.NAME`; whoever asked for it is all that keeps it. No machine code: that stays for ever."""
    whole = "pod." + name
    package = module = __import__(whole)
    part = name
    for part in name.split("."):
        package = module
        module = getattr(package, part)
    del sys.modules[whole]
    delattr(package, part)
    forget(*WITH_NAMES)
    return module


def forget(*names: str) -> None:
    """Modules that something was set up with: what they hold that is still needed is held by others."""
    for name in names:
        package, _, part = name.rpartition(".")
        if sys.modules.pop(name, None):
            delattr(sys.modules[package], part)
