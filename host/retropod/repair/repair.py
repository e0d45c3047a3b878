"""Repair of a pod that does not work: save the readable runs, then install a complete app.

It asks before it erases anything that was not saved.
"""

import contextlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

from retropod.board import esptool, file_ops, inspect_files, probe, slot_writer, slots, vfs
from retropod.board.boardport import BoardPort
from retropod.board.mpremote import ReplBoard
from retropod.board.progress import NullObserver, Observer
from retropod.build import image
from retropod.client.messages import HelloMessage
from retropod.doctor import silent
from retropod.doctor.silent import Diagnosis, Finding
from retropod.errors import NoPod, OperationFailed, RetropodError
from retropod.install import flash, install, post_install
from retropod.repair import salvage
from retropod.repair.salvage import Saved
from retropod.runs.download import download
from retropod.runs.store import Store
from retropod.wording import count

_START_S = 20.0  # limit for the start of an app that may need only a restart
_STARTS = 3
_ROOM_BYTES = 640 << 10  # more than an app needs
Confirm = Callable[[str], None]


class Repaired(NamedTuple):
    """The result of a repair: diagnosis, saved runs, whether runs were erased, files with old settings or an image.

    `greeting` and `tests`: as in flash.Flashed; None and empty if the pod needed no repair.
    """

    diagnosis: Diagnosis
    saved: list[Saved]
    erased: bool
    stored: list[Path]
    greeting: HelloMessage | None
    tests: list[tuple[str, str, str]]


class Repair:
    """One repair of the pod at `port`. `confirm` receives the imminent loss as text and raises unless a user agrees."""

    def __init__(self, port: BoardPort, confirm: Confirm, observer: Observer | None = None,
                 firmware: Path | None = None, store: Store | None = None) -> None:  # fmt: skip
        self._port, self._confirm, self._firmware = port, confirm, firmware
        self._observer = observer or NullObserver()
        self._store = store or Store()
        self._board = ReplBoard(port, self._observer)
        self._saved: list[Saved] = []
        self._stored: list[Path] = []
        self._erased = False

    def run(self) -> Repaired:
        """Diagnose, save, repair, verify. Raises the error that prevents the repair; saved runs stay saved."""
        self._observer.step(f"diagnosing the pod on {self._port.url}")
        found = first = silent.look(self._port)
        if found.way in (silent.NOWHERE, silent.BOOT_LOADER):
            found = self._restarted(found)
        self._observer.log(f"found: {found.diagnosis.name}: {found.diagnosis.cause}")
        if found.diagnosis.name in ("well", "start failed"):
            return Repaired(first.diagnosis, [], False, [], None, [])
        repair = {
            silent.APP: self._repair_running,
            silent.PROMPT: self._repair_stopped,
            silent.CORRUPT: self._repair_file_system,
            silent.BOOT_LOADER: self._repair_from_boot_loader,
        }[found.way]
        try:
            repair(found)
        except BaseException:  # Ctrl-C too
            if found.way == silent.APP:  # The app ran before: start it again.
                with contextlib.suppress(RetropodError):
                    self._board.restart()
            raise
        return self._verified(found)

    # -- one repair for each state of the pod ---------------------------------------------------------

    def _repair_running(self, found: Finding) -> None:
        """The app answers: download its runs with the core requests, which every version has."""
        if found.status is not None and found.status.state == "recording":
            raise OperationFailed(f"the pod is recording run {found.status.run}", "run `retropod record stop`")
        refused = self._download()
        with self._board.session():
            self._save_over_repl(refused)
            if found.diagnosis.name == "storage full":
                self._erase_saved(self._verified_runs())
            if found.diagnosis.name == "settings":
                self._set_settings_aside(inspect_files.inspect(self._board).settings)
            self._board.restart()

    def _download(self) -> list[str]:
        """Save the runs that the pod can send. Return the names of the files that it cannot send."""
        self._observer.step("saving the runs")
        refused: list[str] = []
        with self._port.pod() as pod:
            for entry in pod.runs():
                name = f"{entry.run:06d}.run"
                try:
                    done = download(pod, self._store, entry.run, size=entry.raw["size"])
                    sha256 = pod.digest(entry.run, done.size)[1].hex()
                except OperationFailed:
                    refused.append(name)
                else:
                    self._saved.append(Saved(name, done.path, done.size, True, f"/runs/{name}", sha256))
        return refused

    def _repair_stopped(self, found: Finding) -> None:
        """MicroPython's prompt answers: read the runs over the REPL."""
        files = found.inside or inspect_files.inspect(self._board)
        self._save_over_repl(files.runs)
        if found.diagnosis.name != "app stopped" or not self._starts():
            self._install(files, files.damaged_settings)

    def _starts(self) -> bool:
        """Restart the app and return whether it answers."""
        self._observer.step("starting the app")
        self._board.restart()
        try:
            post_install.wait_for_hello(self._port, _START_S)
        except RetropodError:
            with self._board.session():  # Return to the prompt, with an empty heap.
                return False
        return True

    def _save_over_repl(self, runs: Collection[str]) -> None:
        if not runs:
            return
        self._observer.step(f"saving {count(len(runs), 'run')}")
        saved, unreadable = salvage.over_repl(self._board, runs, self._store, self._observer)
        self._saved += saved
        if unreadable:
            self._confirm(f"{', '.join(unreadable)} cannot be read completely: the readable part is saved, "
                          "the rest will be erased")  # fmt: skip
            self._erased = True
            file_ops.remove(self._board, [f"/runs/{name}" for name in unreadable])

    def _repair_file_system(self, found: Finding) -> None:
        """MicroPython answers, but its file system does not mount: save an image, then format."""
        self._observer.step("reading the flash")
        probe.clear_prompt(self._port)  # The diagnosis has sent frames, which the prompt read as key presses.
        data = salvage.flash_over_repl(self._board, self._observer)
        settings = self._salvaged(data)
        self._confirm(f"the pod's file system will be formatted: {self._saved_summary()}")
        self._erased = True
        file_ops.make_file_system(self._board)
        self._restore(settings)
        install.install(self._port, self._observer)

    def _repair_from_boot_loader(self, found: Finding) -> None:
        """Only the chip's boot loader answers: save an image of the flash, then write all of it."""
        self._observer.step("reading the flash")
        data = vfs.read(self._port, self._observer)
        settings = self._salvaged(data) if data else None
        self._confirm(f"the board will be erased: {self._saved_summary()}")
        self._erased = True
        flash.write_micropython(self._port, self._firmware, self._observer)
        self._restore(settings)
        install.install(self._port, self._observer)

    def _restarted(self, found: Finding) -> Finding:
        """Restart the board by its reset lines, if it has any, and diagnose it again.

        After the third start in a row the pod ignores settings that hang its start.
        """
        if not esptool.has_reset_lines(self._port):
            if found.way == silent.NOWHERE and not vfs.boot_loader_answers(self._port, self._observer):
                raise NoPod(found.diagnosis.cause, found.diagnosis.fix)
            return found._replace(way=silent.BOOT_LOADER)
        for _ in range(_STARTS):
            self._observer.step("restarting the board")
            try:
                esptool.restart(self._port, self._observer)
            except NoPod:
                raise NoPod(found.diagnosis.cause, found.diagnosis.fix) from None
            with contextlib.suppress(RetropodError):
                post_install.wait_for_hello(self._port, _START_S)
                return silent.look(self._port)
        return found._replace(way=silent.BOOT_LOADER)

    # -- parts of the repairs -------------------------------------------------------------------------

    def _salvaged(self, data: bytes) -> str | None:
        """Save the runs in an image of the file system. Return its settings, None if they cannot be read."""
        self._observer.step("searching the image for runs")
        saved, settings, stored = salvage.out_of_image(data, self._store)
        self._saved += saved
        self._stored.append(stored)
        return settings

    def _saved_summary(self) -> str:
        complete = sum(one.whole for one in self._saved)
        partial = len(self._saved) - complete
        text = f"{count(complete, 'run')} saved completely" + (f", {partial} in part" if partial else "")
        return f"{text}, an image of it is stored" if self._stored else text

    def _install(self, files: inspect_files.PodFiles, bad_settings: bool) -> None:
        if bad_settings:
            self._set_settings_aside(files.settings)
        bad = [slot for slot, damaged in files.slots.items() if damaged]
        file_ops.remove_leftovers(self._board, bad)
        if files.free < _ROOM_BYTES:
            self._make_room()
        install.install(self._port, self._observer)

    def _set_settings_aside(self, text: str | None) -> None:
        """Rename the settings on the pod to settings.json.bad, and store a copy on this machine."""
        self._observer.step("setting the settings aside")
        if text:
            self._stored.append(salvage.store_settings(text, self._store))
        file_ops.set_settings_aside(self._board)

    def _make_room(self) -> None:
        """Erase saved runs on the pod, oldest first, until an app fits."""
        with self._board.session(fresh=False):
            new = image.build(install.identify(self._board).architecture)
            missing = slot_writer.missing_room(self._board, new, slots.read_layout(self._board))
        chosen: list[Saved] = []
        for one in self._verified_runs():
            if missing > 0:
                chosen.append(one)
                missing -= one.size
        if missing > 0:
            raise OperationFailed(
                f"the pod's storage is full: an app needs {missing // 1024 + 1} kB more and no saved run can be erased",
                f"`mpremote connect {self._port.url} fs ls :/` lists all files; `retropod flash --yes` erases them",
            )
        self._erase_saved(chosen)

    def _verified_runs(self) -> list[Saved]:
        """Return the runs that are stored on this machine completely, with the pod's SHA-256."""
        return [one for one in self._saved if one.whole and one.sha256 and one.on_pod]

    def _erase_saved(self, chosen: list[Saved]) -> None:
        """Erase verified runs on the pod, after a confirmation."""
        if not chosen:
            return
        names = ", ".join(one.name for one in chosen)
        self._confirm(
            f"{count(len(chosen), 'run')} will be erased on the pod to make room (verified copies are saved): {names}"
        )
        self._erased = True
        file_ops.remove(self._board, [one.on_pod for one in chosen])
        self._saved = [one._replace(on_pod="") if one in chosen else one for one in self._saved]

    def _restore(self, settings: str | None) -> None:
        """Write valid settings to the pod again. Invalid ones remain on this machine only."""
        if salvage.as_settings(settings) is not None:
            file_ops.write_settings(self._board, settings or "")

    def _verified(self, found: Finding) -> Repaired:
        self._observer.step("waiting for the pod's hello")
        try:
            greeting = post_install.wait_for_hello(self._port)
        except RetropodError:
            greeting = self._without_settings()
        post_install.set_clock(self._port, self._observer)
        self._observer.step("testing")
        tests = post_install.self_test(self._port)
        return Repaired(found.diagnosis, self._saved, self._erased, self._stored, greeting, tests)

    def _without_settings(self) -> HelloMessage:
        """Start a complete app that does not answer without its settings, the only remaining cause."""
        with contextlib.suppress(RetropodError):
            files = inspect_files.inspect(self._board)
            self._set_settings_aside(files.settings)
            self._board.restart()
        return post_install.wait_for_hello(self._port)
