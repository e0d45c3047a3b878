"""Mends a pod that does not work: what can be read of its runs comes here first, then it gets a whole app.

Nothing that was not saved is erased without asking.
"""

import contextlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

from retropod.board import esptool, file_ops, inspect_files, probe, slots, vfs
from retropod.board.mpremote import ReplBoard
from retropod.board.steps import Nobody, Watcher
from retropod.build import image
from retropod.client.messages import HelloMessage
from retropod.client.pod import Pod
from retropod.doctor import silent
from retropod.doctor.silent import Diagnosis, Finding
from retropod.errors import NoPod, OperationFailed, RetropodError
from retropod.install import flash, install, post_install
from retropod.repair import salvage
from retropod.repair.salvage import Saved
from retropod.runs.download import download
from retropod.runs.store import Store
from retropod.transport.serial import BAUD, SerialTransport

_START_S = 20.0  # of an app that is started to see whether that is enough
_STARTS = 3
_PLENTY = 640 << 10  # more than an app ever needs
Ask = Callable[[str], None]


class Repaired(NamedTuple):
    """What was wrong, which runs were saved, whether the pod was erased, where settings or an image were put.

    `greeting` and `tests`: as of flash.Flashed; None and empty when nothing was wrong.
    """

    diagnosis: Diagnosis
    saved: list[Saved]
    erased: bool
    kept: list[Path]
    greeting: HelloMessage | None
    tests: list[tuple[str, str, str]]


class Repair:
    """One repair of the pod at `port`. `ask` is told what would be lost and raises unless that is agreed to."""

    def __init__(self, port: str, ask: Ask, baud: int = BAUD, watcher: Watcher | None = None,
                 firmware: Path | None = None, store: Store | None = None) -> None:  # fmt: skip
        self._port, self._ask, self._baud, self._firmware = port, ask, baud, firmware
        self._watcher = watcher or Nobody()
        self._store = store or Store()
        self._board = ReplBoard(port, self._watcher)
        self._saved: list[Saved] = []
        self._kept: list[Path] = []
        self._erased = False

    def run(self) -> Repaired:
        """Find out, save, mend, verify. Raises what stood in the way; runs that were saved stay saved."""
        self._watcher.step(f"finding out what is wrong on {self._port}")
        found = first = silent.look(self._port, self._baud)
        if found.way in (silent.NOWHERE, silent.BOOT_LOADER):
            found = self._restarted(found)
        self._watcher.log(f"found: {found.diagnosis.name}: {found.diagnosis.cause}")
        if found.diagnosis.name in ("well", "start failed"):
            return Repaired(first.diagnosis, [], False, [], None, [])
        mend = {
            silent.APP: self._running,
            silent.PROMPT: self._stopped,
            silent.CORRUPT: self._corrupt,
            silent.BOOT_LOADER: self._boot_loader,
        }[found.way]
        try:
            mend(found)
        except BaseException:  # Ctrl-C too
            if found.way == silent.APP:  # the app ran before: start it again
                with contextlib.suppress(RetropodError):
                    self._board.restart()
            raise
        return self._verified(found)

    # -- ways ---------------------------------------------------------------------------------------

    def _running(self, found: Finding) -> None:
        """The app answers: its runs come over the core, whatever version it is."""
        if found.status is not None and found.status.state == "recording":
            raise OperationFailed(f"the pod records run {found.status.run}", "retropod record stop")
        refused = self._download()
        with self._board.session():
            self._save_over_repl(refused)
            if found.diagnosis.name == "storage full":
                self._erase_saved(self._safe())
            if found.diagnosis.name == "settings":
                self._set_settings_aside(inspect_files.inspect(self._board).settings)
            self._board.restart()

    def _download(self) -> list[str]:
        """Save the runs that the pod can send; names of the files that it cannot."""
        self._watcher.step("saving the runs")
        refused: list[str] = []
        with Pod(SerialTransport(self._port, self._baud)) as pod:
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

    def _stopped(self, found: Finding) -> None:
        """MicroPython answers: the runs come over its REPL."""
        lies = found.inside or inspect_files.inspect(self._board)
        self._save_over_repl(lies.runs)
        if found.diagnosis.name != "app stopped" or not self._starts():
            self._install(lies, lies.damaged_settings)

    def _starts(self) -> bool:
        """Whether a restart is all that it takes."""
        self._watcher.step("starting the app")
        self._board.restart()
        try:
            post_install.wait_for_hello(self._port, _START_S, self._baud)
        except RetropodError:
            with self._board.session():  # back to the prompt, with an empty heap
                return False
        return True

    def _save_over_repl(self, runs: Collection[str]) -> None:
        if not runs:
            return
        self._watcher.step(f"saving {_runs(len(runs))}")
        saved, unreadable = salvage.over_repl(self._board, runs, self._store, self._watcher)
        self._saved += saved
        if unreadable:
            self._ask(f"{', '.join(unreadable)} cannot be read to the end: what could be is here, the rest is erased")
            self._erased = True
            file_ops.remove(self._board, [f"/runs/{name}" for name in unreadable])

    def _corrupt(self, found: Finding) -> None:
        """MicroPython answers, its file system does not."""
        self._watcher.step("reading the flash")
        probe.settle(self._port, self._baud)  # it has been asked who it is, and nobody was there to read that
        image_of = salvage.flash_over_repl(self._board, self._watcher)
        settings = self._salvaged(image_of)
        self._ask(f"the pod's file system is formatted: {self._what_is_here()}")
        self._erased = True
        file_ops.make_file_system(self._board)
        self._restore(settings)
        install.install(self._port, self._watcher)

    def _boot_loader(self, found: Finding) -> None:
        """Nothing but the chip's boot loader answers: everything is read, then written anew."""
        self._watcher.step("reading the flash")
        held = vfs.read(self._port, self._watcher)
        settings = self._salvaged(held) if held else None
        self._ask(f"the board is erased: {self._what_is_here()}")
        self._erased = True
        flash.write_micropython(self._port, self._firmware, self._watcher)
        self._restore(settings)
        install.install(self._port, self._watcher)

    def _restarted(self, found: Finding) -> Finding:
        """What is found after starting the board anew, by its reset lines if it has any.

        Settings that hang the start are passed over by the pod at the third one.
        """
        if not esptool.has_reset_lines(self._port):
            if found.way == silent.NOWHERE and not vfs.answers(self._port, self._watcher):
                raise NoPod(found.diagnosis.cause, found.diagnosis.fix)
            return found._replace(way=silent.BOOT_LOADER)
        for _ in range(_STARTS):
            self._watcher.step("starting the board anew")
            try:
                esptool.restart(self._port, self._watcher)
            except NoPod:
                raise NoPod(found.diagnosis.cause, found.diagnosis.fix) from None
            with contextlib.suppress(RetropodError):
                post_install.wait_for_hello(self._port, _START_S, self._baud)
                return silent.look(self._port, self._baud)
        return found._replace(way=silent.BOOT_LOADER)

    # -- parts --------------------------------------------------------------------------------------

    def _salvaged(self, data: bytes) -> str | None:
        """Take the runs out of an image; the settings that were in it, if they can be read."""
        self._watcher.step("looking for runs in it")
        saved, settings, kept = salvage.out_of_image(data, self._store)
        self._saved += saved
        self._kept.append(kept)
        return settings

    def _what_is_here(self) -> str:
        whole = sum(one.whole for one in self._saved)
        parts = len(self._saved) - whole
        said = f"{_runs(whole)} saved whole" + (f", {parts} in part" if parts else "")
        return f"{said}, an image of it is kept" if self._kept else said

    def _install(self, lies: inspect_files.PodFiles, bad_settings: bool) -> None:
        if bad_settings:
            self._set_settings_aside(lies.settings)
        bad = [slot for slot, files in lies.slots.items() if files]
        file_ops.sweep(self._board, bad)
        if lies.free < _PLENTY:
            self._make_room()
        install.install(self._port, self._watcher)

    def _set_settings_aside(self, text: str | None) -> None:
        """They stay on the pod as settings.json.bad, and here."""
        self._watcher.step("setting the settings aside")
        if text:
            self._kept.append(salvage.keep_settings(text, self._store))
        file_ops.set_settings_aside(self._board)

    def _make_room(self) -> None:
        """Erase runs that are here, oldest first, until an app fits."""
        with self._board.session(fresh=False):
            new = image.build(install.identify(self._board).architecture)
            missing = slots.missing_room(self._board, new, slots.look(self._board))
        chosen: list[Saved] = []
        for one in self._safe():
            if missing > 0:
                chosen.append(one)
                missing -= one.size
        if missing > 0:
            raise OperationFailed(
                f"the pod's storage is full, {missing // 1024 + 1} kB too little for an app, and no run can make room",
                f"mpremote connect {self._port} fs ls :/ shows what else lies there; retropod flash --yes erases all",
            )
        self._erase_saved(chosen)

    def _safe(self) -> list[Saved]:
        return [one for one in self._saved if one.whole and one.sha256 and one.on_pod]

    def _erase_saved(self, chosen: list[Saved]) -> None:
        """Erase runs on the pod that are here, compared by their SHA-256. Asks."""
        if not chosen:
            return
        names = ", ".join(one.name for one in chosen)
        self._ask(f"{_runs(len(chosen))} that are safely here go from the pod to make room: {names}")
        self._erased = True
        file_ops.remove(self._board, [one.on_pod for one in chosen])
        self._saved = [one._replace(on_pod="") if one in chosen else one for one in self._saved]

    def _restore(self, settings: str | None) -> None:
        """Settings that are none stay here only."""
        if salvage.as_settings(settings) is not None:
            file_ops.write_settings(self._board, settings or "")

    def _verified(self, found: Finding) -> Repaired:
        self._watcher.step("waiting for the pod's hello")
        try:
            greeting = post_install.wait_for_hello(self._port, post_install.START_S, self._baud)
        except RetropodError:
            greeting = self._without_settings()
        post_install.set_clock(self._port, self._baud, self._watcher)
        self._watcher.step("testing")
        tests = post_install.self_test(self._port, self._baud)
        return Repaired(found.diagnosis, self._saved, self._erased, self._kept, greeting, tests)

    def _without_settings(self) -> HelloMessage:
        """A whole app that does not greet: its settings are all that is left to blame."""
        with contextlib.suppress(RetropodError):
            lies = inspect_files.inspect(self._board)
            self._set_settings_aside(lies.settings)
            self._board.restart()
        return post_install.wait_for_hello(self._port, post_install.START_S, self._baud)


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"
