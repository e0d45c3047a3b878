"""Puts files on a pod's flash while it is off, for the host: run by MicroPython with STORE_CONFIG in the environment.

Answers one line of JSON on standard output: {"stored": bool}. `replace`: files with their digests that must be there
unchanged and go first, else nothing is stored. Without any, no `/main.py` may be there.
"""

import binascii
import hashlib
import json
import os
import sys

import vfs

from vpod import flash

_BUFFER_BYTES = 4096


def run() -> None:
    with open(os.getenv("STORE_CONFIG")) as stored:
        config = json.load(stored)
    with open(config["content"], "rb") as packed:
        content = packed.read()
    flash.mount_root(config["flash"])
    allowed = _allowed(config["replace"])
    if allowed:
        for path in config["replace"] or ():
            os.remove(path)
        for path, start, size in config["files"]:
            _make_folders(path)
            with open(path, "wb") as file:
                file.write(memoryview(content)[start : start + size])
    vfs.umount("/")
    sys.stdout.write(json.dumps({"stored": allowed}) + "\n")


def _allowed(replace) -> bool:
    """Return True if the flash has the files of `replace` unchanged, or without `replace` if it has no app."""
    if not replace:
        return not _digest("/main.py")
    return all(_digest(path) == digest for path, digest in replace.items())


def _digest(path: str) -> str:
    total, buf = hashlib.sha256(), bytearray(_BUFFER_BYTES)
    try:
        with open(path, "rb") as file:
            while size := file.readinto(buf):
                total.update(memoryview(buf)[:size])
    except OSError:
        return ""
    return binascii.hexlify(total.digest()).decode()


def _make_folders(path: str) -> None:
    parts = path.split("/")[1:-1]
    for count in range(1, len(parts) + 1):
        try:
            os.mkdir("/" + "/".join(parts[:count]))
        except OSError:
            pass
