"""Modules that are needed now and then: loaded for the occasion, and forgotten with it. The pod's RAM is small."""

import sys


def rarely(name: str):
    """The module `pod.NAME`; whoever asked for it is all that keeps it."""
    whole = "pod." + name
    package = __import__(whole)
    module = getattr(package, name)
    del sys.modules[whole]
    delattr(package, name)
    return module
