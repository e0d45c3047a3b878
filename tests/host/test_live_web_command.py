"""Options of `live --web`: errors before the pod is contacted, the address and its QR code."""

import errno
import socket
import sys

import pytest
import segno
from click.testing import CliRunner

from retropod.cli import live_web, output
from retropod.cli.commands import cli
from retropod.errors import RetropodError
from retropod.insight.units import SI
from retropod.live.web.board import Board
from retropod.live.web.state import PageState

URL = "http://127.0.0.1:8417/x/"


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """Return the texts that the command prints on stderr. No browser opens; the secret is in a folder of the test."""
    monkeypatch.setenv("RETROPOD_SETTINGS", str(tmp_path / "settings.toml"))
    monkeypatch.setattr(live_web.webbrowser, "open", lambda url: printed.append(f"opened {url}"))
    monkeypatch.setenv("DISPLAY", ":9")
    printed = []
    for name in ("print_note", "print_warning", "print_lines"):
        monkeypatch.setattr(output, name, printed.append)
    return printed


def options(host="127.0.0.1", port=0, browser=False, renew=False):
    return live_web.WebOptions(host, port, browser, renew)


def prepared(**values):
    page = live_web.prepare(options(**values))
    live_web.announce(page)
    page.listener.close()
    return page


def refused(*words):
    error = CliRunner().invoke(cli, ["live", *words]).exception
    return error.message, error.hint


@pytest.mark.parametrize("option", ["--host=0.0.0.0", "--web-port=1", "--open", "--no-open", "--new-address"])
def test_the_options_of_the_page_need_web(option):
    message, hint = refused(option)
    assert message.endswith("needs --web") and hint == "add --web"


@pytest.mark.parametrize("other", ["--big", "--json"])
def test_web_excludes_the_big_view_and_json(other):
    assert "exclude each other" in refused("--web", other)[0]


@pytest.mark.parametrize("package", ["nicegui", "segno"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    message, hint = refused("--web")
    assert package in message and hint == "run `pip install '.[web]'` in the folder of retropod"


def test_a_port_in_use_is_named(notes):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        message, hint = refused("--web", "--web-port", str(port))
    assert f"port {port}" in message and "--web-port" in hint


def test_a_port_of_the_system_is_named(notes, monkeypatch):
    def refuse(*values, **names):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refuse)
    assert "from 1024 on" in refused("--web", "--web-port", "80")[1]


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "a..b", "x" * 64])
def test_an_address_of_another_computer_is_refused(notes, host):
    message, hint = refused("--web", "--host", host)
    assert message == f"this computer has no address {host!r}" and "--host 0.0.0.0" in hint


def test_an_unknown_name_is_refused(notes, monkeypatch):
    def refuse(*values, **names):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert refused("--web", "--host", "tablet")[0] == "this computer has no address 'tablet'"


@pytest.mark.parametrize("host", ["0.0.0.0", "0", "::", "0:0::0", "::ffff:0.0.0.0"])
def test_the_address_for_a_tablet_is_that_of_this_computer(notes, monkeypatch, host):
    monkeypatch.setattr(live_web, "_own_address", lambda family, other: "192.0.2.7" if "." in other else "2001:db8::7")
    with live_web.prepare(options(host)).listener as listener:
        port = listener.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), 10).close()
        if ":" in host and "." not in host:
            socket.create_connection(("::1", port), 10).close()
    assert prepared(host=host).url.startswith("http://192.0.2.7:")
    monkeypatch.setattr(live_web, "_own_address", lambda family, other: "" if "." in other else "2001:db8::7")
    assert prepared(host=host).url.startswith("http://[2001:db8::7]:" if ":" in host else "http://127.0.0.1:")
    assert "without encryption" in notes[1]


def test_the_address_persists_until_another_one_is_wanted(notes):
    first = prepared()
    assert notes == [f"page: {first.url}"] and first.url.startswith("http://127.0.0.1:")
    assert prepared().token == first.token != prepared(renew=True).token


def test_the_network_is_named_as_open_and_gets_a_code(notes, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    prepared(host="0.0.0.0")
    assert "without encryption" in notes[1] and "starts recordings" in notes[1]
    rows = notes[2].split("\n")
    assert len(rows) > 10 and set("".join(rows)) <= set(" ▀▄█") and len({len(row) for row in rows}) == 1


def test_the_code_has_the_modules_of_the_address():
    modules = [[not dark for dark in row] for row in segno.make(URL, error="m").matrix_iter(border=2)]
    assert _lights(live_web.qr_code(URL).split("\n")) == modules


def _lights(rows):
    upper = [[cell in "█▀" for cell in row] for row in rows]
    lower = [[cell in "█▄" for cell in row] for row in rows]
    return [line for pair in zip(upper, lower, strict=True) for line in pair][: len(rows[0])]


def test_the_page_is_announced_only_when_the_pod_is_connected(notes):
    ran = CliRunner().invoke(cli, ["live", "--web", "--open", "--web-port", "0", "--port", "/dev/no-such-port"])
    assert isinstance(ran.exception, RetropodError) and notes == []
    page = live_web.prepare(options(browser=True))
    with page.listener, live_web._served(page, Board(PageState(()), lambda key: None), SI):
        assert notes[0].startswith("page: ") and notes[1].startswith("opened ")


def test_the_browser_gets_the_address_from_a_private_file(notes, tmp_path):
    page = prepared(browser=True)
    file = tmp_path / "open-page.html"
    assert notes[-1] == f"opened {file.as_uri()}" and page.token not in notes[-1]
    assert page.url in file.read_text() and file.stat().st_mode & 0o077 == 0
