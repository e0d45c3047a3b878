"""The app as files: the same bytes every time, with a description that mpremote can install from."""

import json
from pathlib import Path

import pytest

from commands import mpremote
from e2e.boards import wait_for_hello
from e2e.tool import Tool
from host.virtual.helpers import plugged
from retropod.build import image, release
from retropod.install.post_install import app_version
from retropod.virtual.pod import VirtualPod


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("firmware")
    release.build(folder)
    return folder


def test_twice_the_same_bytes(built: Path, tmp_path: Path) -> None:
    release.build(tmp_path)
    files = sorted(path.relative_to(built) for path in built.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert all((built / name).read_bytes() == (tmp_path / name).read_bytes() for name in files)


def test_the_description_names_every_file_and_main_last(built: Path) -> None:
    for name in release.ARCHITECTURES:
        package = json.loads((built / name / "package.json").read_text())
        assert all((built / name / source).is_file() for _, source in package["urls"])
        assert package["urls"][-1][0] == "main.py"


def test_the_command_prints_sizes(tmp_path: Path) -> None:
    tool = Tool(tmp_path / "store")
    sizes = tool.good("firmware", str(tmp_path / "app"), "--json").objects[0]
    assert list(sizes) == list(release.ARCHITECTURES)
    packs = [path for path in (tmp_path / "app" / "rv32imc").iterdir() if path.suffix in (".mpy", ".pack")]
    assert sizes["rv32imc"]["size_bytes"] == sum(path.stat().st_size for path in packs)
    shown = tool.good("firmware", str(tmp_path / "app"))
    assert str(sizes["rv32imc"]["size_bytes"]) in shown.out
    assert "mpremote mip install" in shown.err


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "xtensawin").write_text("in the place of a folder")
    ran = Tool(tmp_path / "store")("firmware", str(tmp_path))
    assert ran.code == 1
    assert f"error: {tmp_path / 'xtensawin'}: " in ran.err
    assert f"{tmp_path} is incomplete" in ran.err


def test_two_slots_and_an_hour_of_strides_fit_two_megabytes() -> None:
    for name in release.ARCHITECTURES:
        assert 2 * release.measure(image.build(name)).flash < (2 << 20) * 0.4


def test_mpremote_alone_installs_it(micropython: Path, tmp_path: Path) -> None:
    release._write(image.build("x64"), tmp_path / "app")
    (tmp_path / "stock").mkdir()
    with VirtualPod(tmp_path / "pod", firmware=tmp_path / "stock") as pod:
        package = str(tmp_path / "app" / "package.json")
        with plugged(pod.url) as cable:  # mpremote once hung while the board was starting
            cable.port.write(b"\r")
            cable.until(b">>> ")
        mpremote(pod.url, "mip", "install", "--no-mpy", "--target", "/", package, "+", "reset")
        assert app_version(wait_for_hello(pod.url)) == ".".join(map(str, image.version()))
