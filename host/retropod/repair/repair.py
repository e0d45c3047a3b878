"""Repair of a pod that does not work: save the readable runs, then install a complete app.

It asks before it erases anything that was not saved. It never erases a run that can be read but could not be saved,
unless it is forced.
"""

import contextlib
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NamedTuple

from retropod.board import esptool, file_ops, inspect_files, probe, slot_writer, slots, vfs
from retropod.board.boardport import BoardPort
from retropod.board.mpremote import ReplBoard
from retropod.board.progress import NullObserver, Observer
from retropod.build import image
from retropod.client.messages import HelloMessage, RunEntryMessage
from retropod.client.pod import Pod
from retropod.doctor import silent
from retropod.doctor.condition import Condition
from retropod.doctor.silent import Diagnosis, Finding
from retropod.errors import NoPod, OperationFailed, RetropodError
from retropod.install import flash, install, post_install
from retropod.repair import salvage, settings
from retropod.repair.rescue import Rescue, Saved
from retropod.runs.download import download
from retropod.runs.store import Store
from retropod.wording import count

_START_S = 20.0  # limit for the start of an app that may need only a restart
_STARTS = 3
_ROOM_BYTES = 640 << 10  # more than an app needs
_HANGS = (Condition.SILENT, Condition.APP_HANGS, Condition.NO_POD)  # the app does not answer, or too slowly
_ALL_RUNS = "the list of runs"
Confirm = Callable[[str], None]


class Repaired(NamedTuple):
    """The result of a repair: diagnosis, saved runs, whether runs were erased, files with old settings or an image.

    `failures`: the cause by name, for data that could not be saved. `aside`: settings of the hardware that were set
    aside. `greeting` and `tests`: as in flash.Flashed; None and empty if the pod needed no repair.
    """

    diagnosis: Diagnosis
    saved: list[Saved]
    erased: bool
    stored: list[Path]
    failures: dict[str, str]
    aside: dict[str, Any]
    greeting: HelloMessage | None
    tests: list[tuple[str, str, str]]


class Repair:
    """One repair of the pod at `port`.

    `confirm` receives the imminent loss as text and raises unless a user agrees. `force`: erase even if something that
    can be read was not saved. `rescue` has the results so far, also after an error.
    """

    def __init__(self, port: BoardPort, confirm: Confirm, observer: Observer | None = None,
                 firmware: Path | None = None, store: Store | None = None, force: bool = False) -> None:  # fmt: skip
        self._port, self._confirm, self._firmware, self._force = port, confirm, firmware, force
        self._observer = observer or NullObserver()
        self.rescue = Rescue(store or Store())
        self._board = ReplBoard(port, self._observer)
        self._aside: dict[str, Any] = {}
        self._erased = False
        self._image: bytes | None = None

    def run(self) -> Repaired:
        """Diagnose, save, repair, verify. Raises the error that prevents the repair; saved runs stay saved."""
        self._image = flash.read_image(self._firmware)
        self._observer.step(f"diagnosing the pod on {self._port.url}")
        found = first = silent.look(self._port)
        if found.diagnosis.name in _HANGS:
            found = self._interrupted(found)
        if found.way in (silent.NOWHERE, silent.BOOT_LOADER):
            found = self._restarted(found)
        self._observer.log(f"found: {found.diagnosis.name}: {found.diagnosis.cause}")
        if found.diagnosis.name in (Condition.WELL, Condition.START_FAILED):
            return Repaired(first.diagnosis, [], False, [], {}, {}, None, [])
        repair = {
            silent.APP: self._repair_running,
            silent.PROMPT: self._repair_stopped,
            silent.CORRUPT: self._repair_file_system,
            silent.BOOT_LOADER: self._repair_from_boot_loader,
        }[found.way]
        try:
            repair(found)
        except BaseException:  # Ctrl-C too
            if found.way != silent.APP:  # That repair starts its app again itself, if it has stopped it.
                self._start_again(found.way)
            raise
        return self._verified(found)

    def _start_again(self, way: str) -> None:
        """Start the program of the board again after an error."""
        if way == silent.BOOT_LOADER:
            self._port.reset()
        else:
            with contextlib.suppress(RetropodError):
                self._board.restart()

    # -- one repair for each state of the pod ---------------------------------------------------------

    def _repair_running(self, found: Finding) -> None:
        """The app answers: download its runs with the core requests, which every version has."""
        if found.status is not None and found.status.state == "recording":
            raise OperationFailed(f"the pod is recording run {found.status.run}", "run `retropod record stop`")
        self._download()
        with self._board.session():
            try:
                self._repair_interrupted(found)
            except BaseException:  # Ctrl-C too
                self._start_again(silent.PROMPT)
                raise
            self._board.restart()

    def _repair_interrupted(self, found: Finding) -> None:
        """Repair a pod whose app was stopped for this."""
        if _ALL_RUNS in self.rescue.failures:
            self._save_over_repl(inspect_files.inspect(self._board).runs)
            del self.rescue.failures[_ALL_RUNS]
        self._save_over_repl(list(self.rescue.failures))
        if found.diagnosis.name is Condition.STORAGE_FULL:
            self._erase_saved(self._verified_runs())
        if found.diagnosis.name is Condition.SETTINGS:
            self._set_settings_aside(inspect_files.inspect(self._board).settings)

    def _download(self) -> None:
        """Save the runs that the pod can send."""
        self._observer.step("saving the runs")
        with self._port.pod() as pod:
            for entry in self.rescue.attempt(_ALL_RUNS, pod.runs) or []:
                if entry.raw["size"] == 0:
                    continue  # A run of 0 bytes has no contents to store.
                name = f"{entry.run:06d}.run"
                saved = self.rescue.attempt(name, lambda entry=entry, name=name: self._downloaded(pod, entry, name))
                self.rescue.saved += [saved] if saved else []

    def _downloaded(self, pod: Pod, entry: RunEntryMessage, name: str) -> Saved:
        done = download(pod, self.rescue.store, entry.run, size=entry.raw["size"])
        sha256 = pod.digest(entry.run, done.size)[1].hex()
        return Saved(name, done.path, done.size, True, f"/runs/{name}", sha256)

    def _repair_stopped(self, found: Finding) -> None:
        """MicroPython's prompt answers: read the runs over the REPL."""
        files = found.inside or inspect_files.inspect(self._board)
        self._save_over_repl(files.runs)
        if found.diagnosis.name is not Condition.APP_STOPPED or not self._starts():
            try:
                self._install(files, files.damaged_settings or found.diagnosis.name in (Condition.SETTINGS, *_HANGS))
            except install.WrongMicroPython:
                self._rewrite(files.settings)

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
        partial = salvage.over_repl(self._board, runs, self.rescue, self._observer)
        if partial:
            self._confirm(f"{', '.join(partial)} cannot be read completely: the readable part is saved, "
                          "the rest will be erased")  # fmt: skip
            self._erased = True
            file_ops.remove(self._board, [f"/runs/{name}" for name in partial])

    def _repair_file_system(self, found: Finding) -> None:
        """MicroPython answers, but its file system does not mount: save an image, then format."""
        self._observer.step("reading the flash")
        probe.clear_prompt(self._port)  # The diagnosis has sent frames, which the prompt read as key presses.
        data = salvage.flash_over_repl(self._board, self._observer)
        old = self._salvaged(data)
        self._consent(f"the pod's file system will be formatted: {self._saved_summary()}")
        file_ops.make_file_system(self._board)
        self._restore(old)
        install.install(self._port, self._observer)

    def _repair_from_boot_loader(self, found: Finding) -> None:
        """Only the chip's boot loader answers: save an image of the flash, then write all of it."""
        self._observer.step("reading the flash")
        data = vfs.read(self._port, self._observer)
        old = self._salvaged(data) if data else None
        self._rewrite(old)

    def _rewrite(self, old: str | None) -> None:
        """Erase the board, write MicroPython and the app, and restore the settings `old`, except the hardware's."""
        self._consent(f"the board will be erased: {self._saved_summary()}")
        flash.write_micropython(self._port, self._image, self._observer)
        self._restore(old)
        install.install(self._port, self._observer)

    def _interrupted(self, found: Finding) -> Finding:
        """Stop an app that runs but does not answer, as with a bus or a line that is set too slow. Read its files."""
        self._observer.step("stopping the app, which does not answer")
        try:
            with self._board.session():
                files = inspect_files.inspect(self._board)
        except NoPod:
            return found
        except BaseException as error:  # Ctrl-C too
            self._start_again(silent.PROMPT)
            if isinstance(error, OperationFailed):
                return found
            raise
        if not files.mounted:
            return found._replace(way=silent.CORRUPT, inside=files)
        aside = settings.split(files.settings).aside
        if aside:
            cause = f"the app runs but does not answer, with its own hardware settings: {settings.listed(aside)}"
            found = found._replace(diagnosis=found.diagnosis._replace(name=Condition.SETTINGS, cause=cause))
        return found._replace(way=silent.PROMPT, inside=files)

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
        return salvage.out_of_image(data, self.rescue)

    def _consent(self, loss: str) -> None:
        """Raise unless everything that can be read is saved, or the repair is forced, and the user agrees to `loss`."""
        if not self._force:
            self.rescue.check_complete()
        lost = ", ".join(self.rescue.failures)
        self._confirm(f"{loss}; NOT saved: {lost}" if lost else loss)
        self._erased = True

    def _saved_summary(self) -> str:
        complete = sum(one.whole for one in self.rescue.saved)
        partial = len(self.rescue.saved) - complete
        text = f"{count(complete, 'run')} saved completely" + (f", {partial} in part" if partial else "")
        return f"{text}, an image of it is stored" if self.rescue.kept else text

    def _install(self, files: inspect_files.PodFiles, bad_settings: bool) -> None:
        if bad_settings:
            self._set_settings_aside(files.settings)
        bad = [slot for slot, damaged in files.slots.items() if damaged]
        file_ops.remove_leftovers(self._board, bad)
        if files.free < _ROOM_BYTES:
            self._make_room()
        install.install(self._port, self._observer)

    def _set_settings_aside(self, text: str | None) -> None:
        """Rename the settings on the pod to settings.json.bad, and store a copy on this machine.

        Settings that cannot make a pod unusable stay on it, such as wearer, name and side.
        """
        self._observer.step("setting the settings of the hardware aside")
        found = self._keep_settings(text)
        file_ops.set_settings_aside(self._board, found.text)

    def _keep_settings(self, text: str | None) -> settings.Split:
        """Store a copy of settings on this machine, and note those that are set aside."""
        found = settings.split(text)
        if text and (found.aside or not found.kept):
            name = f"settings-{time.strftime('%Y%m%d-%H%M%S')}.json"
            self.rescue.kept.append(self.rescue.keep(name, text.encode(errors="replace")))
        self._aside |= found.aside
        return found

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
                f"`mpremote connect {self._port.url} fs ls :/` lists all files: remove those of yours, then run the "
                "command again",
            )
        self._erase_saved(chosen)

    def _verified_runs(self) -> list[Saved]:
        """Return the runs that are stored on this machine completely, with the pod's SHA-256."""
        return [one for one in self.rescue.saved if one.whole and one.sha256 and one.on_pod]

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
        self.rescue.saved = [one._replace(on_pod="") if one in chosen else one for one in self.rescue.saved]

    def _restore(self, old: str | None) -> None:
        """Write settings to the pod again, except the hardware's. The old file remains on this machine."""
        found = self._keep_settings(old)
        if found.text:
            file_ops.write_settings(self._board, found.text)

    def _verified(self, found: Finding) -> Repaired:
        self._observer.step("waiting for the pod's hello")
        try:
            greeting = post_install.wait_for_hello(self._port)
        except RetropodError:
            greeting = self._without_settings()
        post_install.set_clock(self._port, self._observer)
        self._observer.step("testing")
        tests = post_install.self_test(self._port)
        rescue = self.rescue
        return Repaired(
            found.diagnosis, rescue.saved, self._erased, rescue.kept, rescue.failures, self._aside, greeting, tests
        )

    def _without_settings(self) -> HelloMessage:
        """Start a complete app that does not answer without its settings, the only remaining cause."""
        with contextlib.suppress(RetropodError):
            files = inspect_files.inspect(self._board)
            self._set_settings_aside(files.settings)
            self._board.restart()
        return post_install.wait_for_hello(self._port)
