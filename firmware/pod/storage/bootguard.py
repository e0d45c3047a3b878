"""Starts that came to nothing: after two in a row, settings of the hardware are passed over, for one start.

A pin that a person got wrong may hang the processor before any host is heard. So each start is counted on flash before
the first pin is touched, and the count is taken back once the app runs. A start that had to pass settings over leaves
them one try: mended they count again at the next start, and if not, that start is the last one lost.
"""

from pod.storage import store

MOST = 2
settings_ignored = False  # by this start


def begin(path: str) -> bool:
    """Count this start. True: the last ones failed, and the settings of the hardware are not to be believed."""
    global settings_ignored
    failed = store.read_number(path)
    settings_ignored = failed >= MOST
    try:
        store.write_number(path, failed + 1)
    except OSError:
        pass  # a full flash: its settings have been good before
    return settings_ignored


def settle(path: str) -> None:
    """The app runs, or somebody chose that it does not: this start has not failed."""
    try:
        store.write_number(path, MOST - 1 if settings_ignored else 0)
    except OSError:
        pass  # at worst the next start passes settings over, and says so
