"""Run file of `retropod live --keep`."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from retropod.cli import output

if TYPE_CHECKING:
    from retropod.client.pod import Pod
    from retropod.live.kept import KeptSession
    from retropod.runs.store import Store


def kept_session(pod: "Pod", store: "Store") -> "KeptSession":
    """Return the empty run file of a session with this pod."""
    from retropod.export.intake import keep
    from retropod.live.kept import KeptSession, header_of

    return KeptSession(header_of(pod), lambda part: keep(store, *part).path)


@contextmanager
def stored(kept: "KeptSession | None") -> "Generator[KeptSession | None]":
    """Store the session at its end, also after an error, and name its files."""
    try:
        yield kept
    finally:
        if kept:
            kept.finish()
            for path in kept.paths:
                output.print_note(f"the session is stored in {path}")
            if not kept.paths:
                output.print_note("no stride was received, so no session is stored")
