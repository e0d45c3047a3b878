"""The host's files behind the pod: to be read, never to be touched."""

import os

import vfs
from rig import PATH, raises
from vpod.hostfs import ReadOnly

EROFS = 30
FOLDER, NAME = PATH.rsplit("/", 1)


def mounted():
    return ReadOnly(vfs.VfsPosix(FOLDER))


def check_reading_works():
    with mounted().open("/" + NAME, "rb") as stored:
        assert stored.read(6) == bytes(6)
    assert mounted().stat("/" + NAME)[6] > 0
    assert NAME in [entry[0] for entry in mounted().ilistdir("/")]


def check_nothing_can_be_written_or_removed():
    files = mounted()
    for attempt in (
        lambda: files.open("/" + NAME, "wb"),
        lambda: files.open("/" + NAME, "r+b"),
        lambda: files.open("/" + NAME, "ab"),
        lambda: files.open("/new", "x"),
        lambda: files.remove("/" + NAME),
        lambda: files.rename("/" + NAME, "/other"),
        lambda: files.mkdir("/new"),
        lambda: files.rmdir("/new"),
    ):
        assert raises(OSError, attempt).errno == EROFS
    assert os.stat(PATH)[6] > 0
