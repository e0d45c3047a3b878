"""Conditions of a pod on a port, by which a repair decides."""

from enum import StrEnum


class Condition(StrEnum):
    """Condition of a pod. The value is its name for readers and for `--json`."""

    WELL = "well"
    SETTINGS = "settings"
    STORAGE_FULL = "storage full"
    START_FAILED = "start failed"
    APP_STOPPED = "app stopped"
    APP_CRASHES = "app crashes"
    APP_HANGS = "app hangs"
    BOTH_SLOTS_BAD = "both slots bad"
    NO_APP = "no app"
    INTERRUPTED = "interrupted"
    FILES_UNREADABLE = "files unreadable"
    FILE_SYSTEM_CORRUPT = "file system corrupt"
    BOOT_LOADER = "boot loader"
    BOOT_LOOP = "boot loop"
    NO_PROGRAM = "no program"
    NO_POD = "no pod"
    SILENT = "silent"
    PORT = "port"
