"""`retropod rebuild`."""

import time

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.opened import open_store
from retropod.cli.options import options
from retropod.wording import count


@command("rebuild")
def rebuild() -> None:
    """Rebuild the index of the stored runs from their files.

    The index is updated automatically: this command is needed only if a list is wrong. No data exists only in the
    index. Runs that are not readable are listed.
    """
    store, began = open_store(), time.perf_counter()
    runs = store.index.rebuild()
    took_s = time.perf_counter() - began
    strides, problems = sum(sum(one.strides.values()) for one in runs), [one for one in runs if one.problem]
    if options().json:
        output.print_json({"file": store.index.path, "runs": len(runs), "strides": strides, "took_s": round(took_s, 3),
                           "problems": [one.problem for one in problems]})  # fmt: skip
        return
    output.print_line(f"{count(len(runs), 'run')} with {count(strides, 'stride')} read in {took_s:.1f} s")
    for one in problems:
        output.print_note(f"not readable: {one.problem}")
