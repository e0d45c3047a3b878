"""`retropod trash`."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from retropod.cli import failure, here, output
from retropod.cli.commands import command
from retropod.cli.opened import open_store
from retropod.cli.options import options
from retropod.cli.tally import Tally
from retropod.errors import UsageError
from retropod.runs import trash as bin_
from retropod.runs import wearers
from retropod.runs.store import Store, Stored
from retropod.wording import count


@command("trash")
@click.argument("given", metavar="[RUN]...", nargs=-1)
@click.option("--restore", is_flag=True, help="Move the given runs from the trash back to the stored runs.")
@click.option("--empty", is_flag=True, help="Delete all runs in the trash for good.")
@click.option("--wearer", metavar="NAME", help="Choose all files of this wearer.")
@click.option("--for-good", is_flag=True, help="Delete the chosen runs at once, also from the trash of a wearer.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def trash(given: tuple[str, ...], restore: bool, empty: bool, wearer: str | None, for_good: bool, yes: bool) -> None:
    """Move stored runs to the trash, with their tags. Without RUN, list the runs in the trash.

    RUN is a name of `retropod runs --here`, a date, or `last`. A run can be restored until the trash is emptied.
    Before runs are moved or deleted, they are listed and you are asked. With --wearer, facts about the wearer in
    `wearers.toml` are removed too, if --for-good is given. The case of NAME is ignored. The pod keeps
    its own copy until `retropod erase`.
    """
    store = open_store()
    if restore:
        _restore(store, given)
    elif wearer is not None:
        _check(not given and not empty, "--wearer takes no RUN and no --empty", "choose one of them")
        _remove_wearer(store, wearer, for_good, yes)
    elif empty:
        _check(not given, "--empty takes no RUN", "run `retropod trash RUN... --for-good` to delete single runs")
        _remove(store, bin_.every_file(bin_.trash_of(store)), True, yes)
    elif given:
        _remove(store, _named(store, given), for_good, yes)
    else:
        _check(not for_good, "--for-good requires RUN or --wearer", "run `retropod trash --empty` to empty the trash")
        _list(bin_.trash_of(store))


def _check(valid: bool, cause: str, hint: str) -> None:
    if not valid:
        raise UsageError(cause, hint)


def _named(store: Store, given: Sequence[str]) -> list[Stored]:
    return list(dict.fromkeys(store.find_stored(name) for name in given))


def _list(trash_: Store) -> None:
    found = bin_.every_file(trash_)
    if options().json:
        for name, one in zip(trash_.short_names(found), found, strict=True):
            output.print_json({"name": name, "file": one.path, "state": "in the trash"})
    elif found:
        _print(trash_, found)
    else:
        output.print_note("the trash is empty")


def _restore(store: Store, given: Sequence[str]) -> None:
    _check(bool(given), "--restore requires RUN", "run `retropod trash` to list the runs in the trash")
    found = _named(bin_.trash_of(store), given)
    _each(found, lambda one: bin_.restore(store, one), "restored")


def _remove_wearer(store: Store, wearer: str, for_good: bool, yes: bool) -> None:
    """Remove the runs of a wearer; for good: also from the trash, with parts of runs and the facts about the wearer."""
    files = [*bin_.every_file(store), *bin_.every_file(bin_.trash_of(store))] if for_good else bin_.runs_of(store)
    of_file = {one: bin_.wearer_of(one.path) for one in files}
    found = [one for one in files if _same(of_file[one], wearer)]
    known = [name for name in wearers.read(store.root) if for_good and _same(name, wearer)]
    _check(bool(found or known), f"no file here is of the wearer {wearer}", "run `retropod runs --here` to list them")
    if not _remove(store, found, for_good, yes, known, sorted({of_file[one] or "" for one in found})):
        return
    for name in known:
        wearers.remove(store.root, name)
        if not options().json:
            output.print_line(f"deleted  facts about {name}")
    if for_good and (others := bin_.other_files(store)):
        output.print_warning(f"these files remain, and can name a wearer: {', '.join(map(str, others))}")
    if unknown := [str(one.path) for one in files if of_file[one] is None]:
        output.print_warning(f"the wearer of these files is unknown, because they are damaged: {', '.join(unknown)}")


def _same(name: str | None, wearer: str) -> bool:
    return name is not None and name.casefold() == wearer.casefold()


def _remove(
    store: Store, found: list[Stored], for_good: bool, yes: bool, facts: Sequence[str] = (), names: Sequence[str] = ()
) -> bool:
    """List the files and remove them after confirmation. Return whether the user agreed.

    `facts`: wearers whose facts the caller then removes. `names`: wearers of the files, as written in them.
    """
    if not found and not facts:
        return True
    if not options().json:
        if found:
            _print(store, found)
        for name in facts:
            output.print_line(f"facts about {name}  {wearers.NAME}")
    things = [count(len(found), "file")] * bool(found)
    things += [f"the facts about {', '.join(facts)}"] * bool(facts)
    of = f" of {', '.join(names)}" if len(names) > 1 else ""
    question = f"{'delete' if for_good else 'move'} {' and '.join(things)}{of} {_whereto(for_good)}"
    if not yes and not _agrees(question):
        output.print_note("nothing was removed")
        return False
    if for_good:
        _each(found, lambda one: bin_.delete(store, one), "deleted")
    else:
        _each(found, lambda one: bin_.throw_away(store, one), "trashed")
    store.index.runs()  # The index forgets the runs now, not at the next list.
    return True


def _whereto(for_good: bool) -> str:
    return "for good" if for_good else "to the trash"


def _agrees(question: str) -> bool:
    if options().json or not sys.stdin.isatty():
        raise UsageError(f"confirmation is required to {question}", "add --yes")
    return output.confirm(f"{question}?")


def _print(store: Store, found: list[Stored]) -> None:
    places = [one for one in (store, bin_.trash_of(store)) if one.root.is_dir()]
    facts = {one.stored.path: here.as_json(one) for place in places for one in place.index.runs()}
    names = {one.path: name for place in places for one, name in _names(place)}
    rows = [
        [names.get(one.path, "-"), *here.when(facts.get(one.path, {})), str(one.path.relative_to(store.root))]
        for one in found
    ]
    output.print_table(["name", "start", "wearer", "min", "file"], rows, "lllrl")


def _names(store: Store) -> Iterator[tuple[Stored, str]]:
    runs = bin_.runs_of(store)
    return zip(runs, store.short_names(runs), strict=True)


def _each(found: list[Stored], act: Callable[[Stored], Path | None], verb: str) -> None:
    """Act on each file. A file that fails does not stop the others."""
    tally = Tally(verb, "file")
    for one in found:
        try:
            path = act(one)
        except OSError as error:
            tally.add(str(one.path), failure.of_file(error, one.path))
            continue
        tally.done += 1
        if options().json:
            output.print_json({"name": one.path.name, "file": path or one.path, "state": verb})
        else:
            output.print_line(f"{verb}  {path or one.path}")
    tally.finish()
