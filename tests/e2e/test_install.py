"""Installation of the app on a board over the real mpremote."""

from pathlib import Path

import pytest

from retropod.board.boardport import BoardPort
from retropod.board.mpremote import ReplBoard
from retropod.build import image
from retropod.install import install
from retropod.virtual.pod import VirtualPod

_PLANT = """
import os
os.mkdir("app_a")
os.mkdir("app_a/pod")
for name in ("app_a/pod/left_over.py", "keepsake.txt", "main.py", "boot.py"):
    with open(name, "w") as f:
        f.write("# its owner's")
print(0)
"""
_LIST = """
import os, json
def walk(folder):
    for entry in os.ilistdir(folder or "/"):
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            yield from walk(path)
        else:
            yield path[1:]
print(json.dumps(list(walk(""))))
"""


@pytest.fixture
def board(tmp_path: Path, micropython: Path):
    with VirtualPod(tmp_path / "pod") as pod, BoardPort(pod.url) as port:
        board = ReplBoard(port)
        assert board.ask(_PLANT) == 0
        yield board


def test_the_board_has_the_app_and_its_own_files(board: ReplBoard) -> None:
    info = install.install(board.port).board
    wanted = {f"app_a/{file.name}" for file in image.build(info.architecture).files}
    found = set(board.ask(_LIST))
    assert {"main.py", "boot.py", "slot", "app_a/manifest.json", "app_a/pod.pack", "keepsake.txt"} <= found
    assert wanted <= found
    assert board.ask("import json; print(json.dumps(open('boot.py').read()))") == "# its owner's"
    assert "app_a/pod/left_over.py" not in found  # it would take precedence over an .mpy of the same name
    assert not [name for name in found if name.endswith(".new")]
