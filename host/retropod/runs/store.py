"""The local store of runs: their files, their index, and the names by which commands find them.

`names.py` defines the forms of the names.
"""

import shlex
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

from retropod.errors import RetropodError, UsageError
from retropod.runs import names, tags, wearers
from retropod.runs.files import DAMAGED, SUFFIX, Held, RunFiles, State, Stored, digest, digest_or_none, header_values
from retropod.runs.index import Index
from retropod.runs.tags import Tags
from retropod.runs.walltime import local
from retropod.runs.wearers import WearerFacts

__all__ = ["DAMAGED", "SUFFIX", "Held", "State", "Stated", "Store", "Stored", "digest"]

_DIGITS = (4, 8, 64)  # of a digest in a printed name: the first length that is unique


class Stated(NamedTuple):
    """Facts about a run that a user stated: its tags, and those about its wearer."""

    tags: Tags
    wearer: WearerFacts


class Store(RunFiles):
    """A folder of runs with names and an index.

    `notify` receives remarks about the index, the tags and the facts about wearers. For hints: `lister` is the command
    that lists the runs, `filler` is the way to get the first ones.
    """

    def __init__(
        self,
        root: Path | None = None,
        notify: Callable[[str], None] = lambda text: None,
        lister: str = "retropod runs --here",
        filler: str = "fetch runs with `retropod download`, or try `retropod demo`",
    ) -> None:
        super().__init__(root)
        self._notify, self._lister, self._filler = notify, lister, filler

    @cached_property
    def index(self) -> Index:
        """The index of this store."""
        return Index(self, self._notify)

    @cached_property
    def wearers(self) -> dict[str, WearerFacts]:
        """Facts about each wearer. Empty, after a remark, if their file is not readable."""
        try:
            return wearers.read(self.root)
        except RetropodError as error:
            self._notify(f"{error.message}: the facts about wearers are ignored")
            return {}

    def stated(self, path: Path, wearer: str) -> Stated:
        """Return the facts that a user stated about a run file and its wearer. Unreadable tags are left out."""
        try:
            known = tags.read(path)
        except RetropodError as error:
            self._notify(error.message)
            known = {}
        return Stated(known, self._facts(wearer))

    def _facts(self, wearer: str) -> WearerFacts:
        """Return the facts about a wearer, by the name as it is or else in upper or lower case."""
        folded = {name.casefold(): facts for name, facts in self.wearers.items()}
        return self.wearers.get(wearer) or folded.get(wearer.casefold(), WearerFacts())

    def find(self, name: str) -> Path:
        """Return the file of a run, given as a file path or by a name of `names`.

        Raises UsageError if no run or several runs match.
        """
        return Path(name) if _is_file(name) else self.find_stored(name).path

    def find_stored(self, name: str) -> Stored:
        """Return the run of the store with this name of `names` or this path.

        Raises UsageError if no run or several runs match.
        """
        resolver = _Resolver(self)
        found = self._at(name) or resolver.at(Path(name)) or resolver.named(name)
        if len(found) == 1:
            return found[0]
        if found:
            listed = ", ".join(shlex.quote(resolver.name(one)) for one in found)  # as a shell reads them
            raise UsageError(f"{len(found)} runs here have the name {name}", f"give one of {listed}")
        if resolver.empty:
            raise UsageError(f"no such run or file: {name}; {self.root} holds no runs", self._filler)
        raise UsageError(f"no such run or file: {name}", f"run `{self._lister}` to list the runs on this machine")

    def _at(self, name: str) -> list[Stored]:
        """Return the latest run or the runs of a date, if the name means that."""
        if name == names.LAST:
            return [one.stored for one in self.index.runs() if one.problem is None][-1:]
        if (moment := names.moment(name)) is None:
            return []
        started = [(one.stored, one.start_s) for one in self.index.runs() if one.start_s is not None]
        return [stored for stored, start_s in started if f"{local(start_s):%Y-%m-%dT%H:%M:%S}".startswith(moment)]

    def name(self, stored: Stored) -> str:
        """Return the full name of a stored run, with the pod: other runs that are added do not make it ambiguous."""
        return self.full_names([stored])[0]

    def full_names(self, stored: Iterable[Stored]) -> list[str]:
        """Return the full names of stored runs, in their order."""
        resolver = _Resolver(self)
        return [resolver.full(one) for one in stored]

    def short_names(self, stored: Iterable[Stored]) -> list[str]:
        """Return the shortest names of stored runs that `find` accepts now, in their order."""
        resolver = _Resolver(self)
        return [resolver.name(one) for one in stored]


class _Resolver:
    """Names of the files that the store holds now. It reads each file at most once."""

    def __init__(self, files: RunFiles) -> None:
        self._recorded_digest = files.recorded_digest
        self._all = [*files.all(), *files.set_aside()]
        self._digest = cache(digest_or_none)
        self._numbered: dict[int, list[Stored]] = {}
        self._exact: dict[str, list[Stored]] = {}
        for one in self._all:
            if "-" in one.path.stem:
                self._exact.setdefault(f"{one.pod_id}/{one.path.name}", []).append(one)
            if not one.set_aside:
                self._numbered.setdefault(one.run, []).append(one)

    @property
    def empty(self) -> bool:
        """True for a store without runs."""
        return not self._all

    def name(self, stored: Stored) -> str:
        """Return the number of a run, with as many digits of its digest as distinguish it from the others."""
        if stored.set_aside:
            return self.full(stored)
        return self._unique(stored, str(stored.run), _DIGITS) or self.full(stored)

    def full(self, stored: Stored) -> str:
        """Return pod and number of a run, with its digest if the pod used the number twice. Else return its path."""
        if stored.set_aside:
            return f"{stored.pod_id}/{stored.path.name}"
        return self._unique(stored, f"{stored.pod_id}/{stored.run}", _DIGITS[1:]) or str(stored.path)

    def _unique(self, stored: Stored, name: str, digits: Sequence[int]) -> str | None:
        """Return the name, or the name with the first length of the digest that makes it unique, or None."""
        if self.named(name) == [stored]:
            return name
        contents = (self._digest(stored.path) or b"").hex()
        longer = (f"{name}-{contents[:length]}" for length in digits if contents)
        return next((one for one in longer if self.named(one) == [stored]), None)

    def at(self, path: Path) -> list[Stored]:
        """Return the run with this path: it is printed as the name of a run that has no other one."""
        return [one for one in self._all if one.path.absolute() == path.absolute()]

    def named(self, name: str) -> list[Stored]:
        """Return the runs of this name. A damaged copy is left out if the run is here undamaged."""
        exact = self._exact.get(name, [])
        wanted = names.parse(name)
        if exact or wanted is None:
            return exact
        runs = self._numbered.get(wanted.run, [])
        chosen = [one for one in runs if one.pod_id == wanted.pod]
        chosen = chosen or [one for one in runs if one.pod_id.startswith(wanted.pod.lower())]
        chosen = chosen or [one for one in runs if wanted.pod in self._pod_names(one.pod_id)]
        if wanted.digest:
            chosen = [one for one in chosen if any(each.startswith(wanted.digest) for each in self._digests(one.path))]
        return self._distinct(chosen) if len(chosen) > 1 else chosen

    def _distinct(self, runs: list[Stored]) -> list[Stored]:
        """Leave out files with the contents of another one, and damaged copies of another one."""
        first: dict[tuple[str, bytes | Path], Stored] = {}
        for one in runs:
            first.setdefault((one.pod_id, self._digest(one.path) or one.path), one)
        kept: list[Stored] = []
        for (pod_id, contents), one in first.items():
            noted = self._recorded_digest(one.path)
            if noted is None or noted == contents or (pod_id, noted) not in first:
                kept.append(one)
        return kept

    def _digests(self, path: Path) -> list[str]:
        """Return the digests by which a run is known: of its contents, its note and its file name."""
        known = (self._digest(path), self._recorded_digest(path))
        return [*(one.hex() for one in known if one), *path.stem.split("-")[1:]]

    def _pod_names(self, pod_id: str) -> set[str]:
        """Return the names that a pod had during its runs here."""
        headers = (header_values(one.path).get("name") for one in self._all if one.pod_id == pod_id)
        return {name.rstrip(b"\0").decode("utf-8", "replace") for name in headers if isinstance(name, bytes)} - {""}


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # too long for a path, or with a zero byte
        return False
