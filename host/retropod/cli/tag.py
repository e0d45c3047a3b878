"""`retropod tag`."""

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.opened import open_store
from retropod.cli.options import options
from retropod.errors import UsageError
from retropod.runs import tags


@command("tag")
@click.argument("run", metavar="RUN")
@click.argument("words", metavar="[KEY=VALUE]...", nargs=-1)
def tag(run: str, words: tuple[str, ...]) -> None:
    """Set tags of a stored run: surface, grade, shoe and note. Without KEY=VALUE, show them.

    RUN is a name or a file of `retropod runs --here`, a date, or `last`. The surface is grass, track, treadmill, road,
    trail or hill. The grade is in per cent, positive uphill. KEY= removes a tag. An example is `retropod tag last
    surface=hill grade=6 note="left knee sore"`.
    """
    from retropod.export.intake import is_run

    store = open_store()
    path = store.find(run)
    if not is_run(path):
        raise UsageError(f"{path} is not a run file", "give a name or a file of `retropod runs --here`")
    known = tags.change(store.root, path, words) if words else tags.read(path)
    if options().json:
        output.print_json({"run": run, "file": path, "tags": known})
    else:
        output.print_line(f"{run}  {tags.text(known)}")
