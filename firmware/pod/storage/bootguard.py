"""Boot-loop guard: after two failed boots, ignore the settings of the hardware for one boot.

A wrong pin can hang the processor before the pod answers a host. So each boot is counted on flash before the first pin
is used, and the count is cleared once the app runs. After a boot that ignored settings they get one more try: if that
boot fails too, the next one ignores them again.
"""

from pod.storage import store

MOST = 2
settings_ignored = False  # by this boot


def begin(path: str) -> bool:
    """Count this boot. Return True if the last boots failed, so that the hardware settings must be ignored."""
    global settings_ignored
    failed = store.read_number(path)
    settings_ignored = failed >= MOST
    try:
        store.write_number(path, failed + 1)
    except OSError:
        pass  # The flash is full: these settings have worked before.
    return settings_ignored


def settle(path: str) -> None:
    """Record that this boot has not failed: the app runs, or a user has skipped it."""
    try:
        store.write_number(path, MOST - 1 if settings_ignored else 0)
    except OSError:
        pass  # At worst the next boot ignores settings and reports that.
