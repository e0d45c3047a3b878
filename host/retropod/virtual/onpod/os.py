"""Stand-in for `os`: the host's files do not show in the pod's root."""

from collections import namedtuple

import uos
from uos import *
from vpod import board
from vpod.hostfs import MOUNT_POINT

_HIDDEN = MOUNT_POINT[1:]
_Uname = namedtuple("uname_result", ("sysname", "nodename", "release", "version", "machine"))


def uname():
    machine = "Virtual retropod with " + (board.config["uart"] or "esp32").upper()
    return _Uname("esp32", "esp32", "1.29.0", "v1.29.0-preview", machine)


def ilistdir(path=None):
    entries = uos.ilistdir() if path is None else uos.ilistdir(path)
    at_root = (uos.getcwd() if path in (None, "", ".") else path) == "/"
    return (entry for entry in entries if not (at_root and entry[0] == _HIDDEN))


def listdir(path=None) -> list:
    return [entry[0] for entry in ilistdir(path)]
