"""Stand-in for `esp32`: non-volatile settings, kept in a file of the pod's littlefs."""

import json
import os

from vpod import board

WAKEUP_ALL_LOW = False
WAKEUP_ANY_HIGH = True

_PATH = "/.nvs.json"


class NVS:
    """A namespace of 32-bit integers and blobs."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def _load(self) -> dict:
        try:
            with open(_PATH) as stored:
                return json.load(stored)
        except OSError:
            return {}

    def _get(self, key: str):
        try:
            return self._load()[self._namespace][key]
        except KeyError:
            raise OSError(-4354, "ESP_ERR_NVS_NOT_FOUND")

    def _set(self, key: str, value) -> None:
        content = self._load()
        content.setdefault(self._namespace, {})[key] = value
        with open(_PATH + ".new", "w") as stored:
            json.dump(content, stored)
        os.rename(_PATH + ".new", _PATH)

    def get_i32(self, key: str) -> int:
        return self._get(key)

    def set_i32(self, key: str, value: int) -> None:
        self._set(key, value)

    def get_blob(self, key: str, buf) -> int:
        value = bytes.fromhex(self._get(key))
        buf[: len(value)] = value
        return len(value)

    def set_blob(self, key: str, value) -> None:
        self._set(key, bytes(value).hex())

    def erase_key(self, key: str) -> None:
        content = self._load()
        content.get(self._namespace, {}).pop(key, None)
        with open(_PATH, "w") as stored:
            json.dump(content, stored)

    def commit(self) -> None:
        pass


class Partition:
    """Partitions by label: this board has one for its file system. Instances are the flash's block device."""

    TYPE_APP = 0
    TYPE_DATA = 1

    @staticmethod
    def find(type: int = TYPE_APP, subtype: int = 255, label=None, block_size: int = 4096) -> list:
        found = type == Partition.TYPE_DATA and label in (None, "vfs") and board.flash is not None
        return [board.flash] if found else []


def mcu_temperature() -> int:
    return 40


def wake_on_ext0(pin=None, level=False) -> None:
    board.wake["ext0"] = ([pin] if pin else [], int(level))


def wake_on_ext1(pins=(), level=False) -> None:
    board.wake["ext1"] = (pins or [], int(level))
