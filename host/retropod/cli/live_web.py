"""Address of the page of `retropod live --web`: its secret, its QR code and its browser."""

import ipaddress
import os
import socket
import sys
import webbrowser
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from retropod import durable
from retropod.cli import output, preferences
from retropod.cli.feed import Feed, FeedItem, See, Wanted, note_of
from retropod.cli.pods_feed import PodsFeed, PodsItem, instruction
from retropod.export.extras import need
from retropod.insight.stride import Stride
from retropod.insight.units import Units
from retropod.live import pods_view, view
from retropod.live.control import PodControl
from retropod.live.cues import Cue
from retropod.live.session import LiveSession
from retropod.live.sharedcontrol import SharedControl
from retropod.live.shoes import Ended, Shoe
from retropod.live.watch import StreamStats

if TYPE_CHECKING:
    from retropod.live.web.board import Board
    from retropod.live.web.state import ShoeTrack

PORT = 8417
LOOPBACK = "127.0.0.1"

_EXPOSED = (
    "the page is open to your network without encryption (HTTP): any device on it that learns this address sees the "
    "session, marks laps and starts recordings"
)
_BLOCKS = {(True, True): " ", (True, False): "▄", (False, True): "▀", (False, False): "█"}  # dark modules are empty
_BORDER = 2  # modules around the code


class WebOptions(NamedTuple):
    """Options of the page. `browser`: open it in one, None: on a terminal only. `renew`: create another address."""

    host: str
    port: int
    browser: bool | None
    renew: bool


class ServedPage(NamedTuple):
    """A page that is ready: its socket listens."""

    listener: socket.socket
    token: str
    url: str
    browser: bool | None


def prepare(wanted: WebOptions) -> ServedPage:
    """Check the packages, and listen. Raises OperationFailed, or UsageError for an address of another computer."""
    for package in ("nicegui", "segno"):
        need(package, "web", "`live --web`")
    from retropod.live.web.access import stored_token
    from retropod.live.web.server import listening

    listener = listening(wanted.host, wanted.port)
    token = stored_token(preferences.path().with_name("web-token"), wanted.renew)
    host, port = listener.getsockname()[:2]
    return ServedPage(listener, token, f"http://{_reachable(host)}:{port}/{token}/", wanted.browser)


@contextmanager
def shown(page: ServedPage, session: LiveSession, control: PodControl, wanted: Wanted) -> Generator[See]:
    """Serve the page of a session. Yields the function that takes each item of its feed."""
    from retropod.live.web.state import ShoeTrack
    from retropod.live.web.view import WebView

    hello = session.pod.greeting if session.pod else None
    foot = str(hello.side) if hello and hello.side in ("left", "right") else None
    shoe = ShoeTrack(
        hello.name if hello else "", foot, lambda: control.status, lambda: session.pod is None, raw=wanted.raw
    )
    pages = WebView([shoe], control, wanted.cues)

    def see(feed: Feed, item: FeedItem | None, stride: Stride | None) -> None:
        shoe.stats = feed.stats
        pages.show(shoe, feed.elapsed_s, item, stride, note_of(feed.stats))

    with _served(page, pages.board, wanted.units):
        yield see


@contextmanager
def shown_pods(
    page: ServedPage, feed: PodsFeed, control: SharedControl, wanted: Wanted
) -> Generator[Callable[[PodsItem | None], None]]:
    """Serve the page of a session with several pods. Yields the function that takes each item of its feed."""
    from retropod.live.web.view import WebView

    pods = feed.shoes
    shoes = [_shown_shoe(one, wanted.raw) for one in pods.shoes]
    pages = WebView(shoes, control, wanted.cues, pods.pair is not None, pods.feet)

    def see(one: PodsItem | None) -> None:
        note = instruction(pods)
        if one is None or isinstance(one, Cue):
            pages.show(shoes[0], feed.elapsed_s, one, None, note)
            return
        if isinstance(one.item, Ended):
            pages.note(pods_view.remark(one))
        item = None if isinstance(one.item, Ended) else one.item
        pages.show(shoes[pods.shoes.index(one.shoe)], feed.elapsed_s, item, one.stride, note)

    with _served(page, pages.board, wanted.units):
        yield see


def _shown_shoe(pod: Shoe, raw: bool) -> "ShoeTrack":
    from retropod.live.web.state import ShoeTrack

    def link(stats: StreamStats) -> str:
        return view.losses(stats) if pod.error is None else f"ended: {pod.error}"

    foot = pod.side if pod.side in ("left", "right") else None
    shoe = ShoeTrack(pod.name, foot, lambda: pod.control.status, lambda: pod.away, link, raw)
    shoe.stats = pod.stats
    return shoe


@contextmanager
def _served(page: ServedPage, board: "Board", units: Units) -> Generator[None]:
    """Serve the page, and print its address: the pod is connected."""
    from retropod.live.web.server import serving

    with serving(board, page.listener, page.token, units, output.print_detail):
        announce(page)
        yield


def announce(page: ServedPage) -> None:
    """Print the address and, for a network, its risk and its QR code. Open the page in a browser, if wanted."""
    output.print_note(f"page: {page.url}")
    if not ipaddress.ip_address(page.listener.getsockname()[0].partition("%")[0]).is_loopback:
        output.print_warning(_EXPOSED)
        if sys.stderr.isatty():
            output.print_lines(qr_code(page.url))
    if sys.stdout.isatty() if page.browser is None else page.browser:
        _open(page.url)


def _reachable(address: str) -> str:
    """Return the address that another device uses, as a part of a URL. `address`: of the listener, numeric."""
    from retropod.live.web.server import is_unspecified

    if is_unspecified(address.partition("%")[0]):
        probes = [(socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")][: 1 + (":" in address)]
        address = next(filter(None, (_own_address(*probe) for probe in probes)), LOOPBACK)
    return f"[{address}]" if ":" in address else address


def _own_address(family: socket.AddressFamily, other: str) -> str:
    """Return the address of this computer towards another one, empty without a network. Sends nothing."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((other, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return ""


def qr_code(url: str) -> str:
    """Return a QR code for a dark terminal, two modules per character."""
    import segno

    rows = [[bool(dark) for dark in row] for row in segno.make(url, error="m").matrix_iter(border=_BORDER)]
    light = [False] * len(rows[0])
    pairs = zip_longest(rows[::2], rows[1::2], fillvalue=light)
    return "\n".join("".join(_BLOCKS[pair] for pair in zip(*two, strict=True)) for two in pairs)


def _open(url: str) -> None:
    """Open the page in a browser with a screen.

    A private file names the address: other users see the arguments of a process.
    """
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    file = preferences.path().with_name("open-page.html")
    durable.replace(file, f'<!doctype html><meta http-equiv="refresh" content="0;url={url}">\n'.encode())
    webbrowser.open(file.as_uri())
