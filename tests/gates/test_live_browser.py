"""The page of `live --web` in headless Chromium."""

import re
import shutil
import signal
from collections.abc import Iterator

import pytest

from web.cdp import NAMES, Browser, BrowserPage, until
from web.served import Served

pytestmark = [pytest.mark.gate, pytest.mark.browser]
STRIDES = 900  # ten minutes of a session
GROWTH = 1.05
# Command that leads to a state, and the word that the page shows then.
STATES = (
    ("status", "WALK"),
    ("session", "BACKWARD"),
    ("walk forward 12", "FORWARD"),
    ("walk lateral_left 12", "SIDEWAYS"),
    ("walk unknown 12", "UNKNOWN"),
    ("stand 12", "STANDING"),
    ("lose", "NO LINK"),
)
SIZES = {390: 844, 1024: 768, 1920: 1080, 3840: 2160}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("Chromium is missing: apt-get install chromium")
    pytest.importorskip("nicegui")
    with Browser(found, tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def served() -> Iterator[Served]:
    with Served() as served:
        yield served


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[BrowserPage]:
    page = browser.page()
    page.open(served.url)
    yield page
    page.close()


def until_text(page: BrowserPage, selector: str, text: str) -> None:
    page.until(f"document.querySelector({selector!r})?.innerText.includes({text!r})")


def test_no_error_and_no_request_leaves_the_machine(page: BrowserPage, served: Served) -> None:
    served.do("session", "walk forward 12", "raw")
    page.key("w")
    until_text(page, ".word", "FORWARD")
    addresses = {re.sub(r"^(http|ws)", "", url).partition(served.token)[0] for url in page.requests
                 if not url.startswith("data:")}  # fmt: skip
    assert addresses == {f"://127.0.0.1:{served.port}/"}
    assert page.errors == []
    page.run("fetch('http://127.0.0.1:9/').catch(() => 0)")  # the policy of the page refuses it
    assert page.errors


def test_every_state_fits_every_screen(page: BrowserPage, served: Served) -> None:
    for command, word in STATES:
        served.do(command)
        until_text(page, ".word", word)
        fits(page)


def test_plan_and_targets_fit_every_screen(browser: Browser) -> None:
    with Served("guided") as served:
        served.do("session", "plan", "walk backward 6")
        page = browser.page()
        page.open(served.url)
        until_text(page, ".plan", "BACKWARD, 1 OF 8")
        assert page.text(".goals").count("reached") == 3 and page.text(".goals").count("above") == 1
        assert page.run("document.querySelectorAll('.goal.reached').length") == 3
        assert page.run("document.querySelectorAll('.goal').length") == 5
        fits(page)
        page.key("w")
        served.do("raw")
        page.until("document.querySelector('.wave svg')")
        fits(page)
        page.close()


def test_two_shoes_fit_every_screen_and_lose_only_one_panel(browser: Browser) -> None:
    with Served("guided", "pair") as served:
        served.do("session", "plan", "walk backward 12")
        page = browser.page()
        page.open(served.url)
        until_text(page, ".many > .hero .word", "BACKWARD")
        until_text(page, ".feet", "−20")
        assert "±10 ms" in page.text(".feet") and "171" in page.text(".feet")
        fits(page)
        panels = "[...document.querySelectorAll('.shoe')].map((one) => one.getBoundingClientRect())"
        page.size(1920, 1080)
        page.until(f"{panels}[0].top === {panels}[1].top && {panels}[0].right < {panels}[1].left")
        page.size(390, 844, phone=True)
        page.until(f"{panels}[0].bottom < {panels}[1].top")
        served.do("raw", "lose", "walk forward 6")
        until_text(page, ".many > .hero .word", "FORWARD")
        assert "NO LINK" in page.text(".shoe.way-away") and "RIGHT FOOT" in page.text(".shoe.way-away")
        assert page.run("document.querySelectorAll('.shoe.way-forward').length") == 1
        page.key("w")
        page.until("document.querySelectorAll('.shoe .wave svg').length === 2 || !document.querySelector('.wave svg')")
        page.key("l")
        served.until_pressed("l")
        assert page.errors == []
        page.close()


def fits(page: BrowserPage) -> None:
    """Check the layout at every size."""
    for width, height in SIZES.items():
        page.size(width, height, phone=width < 500)
        page.until(f"innerWidth === {width} && innerHeight === {height}")
        until(lambda: not layout(page), lambda: str(layout(page)))


def layout(page: BrowserPage) -> list[str]:
    """Return what is too large, too small or cut."""
    return page.run("""(() => {
        const found = [], box = (e) => e.getBoundingClientRect(), wide = document.documentElement;
        if (wide.scrollWidth > innerWidth) found.push(`page ${wide.scrollWidth}`);
        const board = document.querySelector(".board");
        if (innerWidth > 1100 && board.scrollHeight > innerHeight) found.push(`page is ${board.scrollHeight} high`);
        const hero = box(document.querySelector(".hero"));
        for (const name of [".word", ".speed", ".hero .sign svg"]) {
            const part = box(document.querySelector(name));
            if (part.left < hero.left || part.right > hero.right || part.top < hero.top || part.bottom > hero.bottom)
                found.push(`${name} leaves its box`);
        }
        if (box(document.querySelector(".word")).height < innerHeight / 20) found.push("small word");
        for (const button of document.querySelectorAll("button")) {
            if (box(button).height < 44 || box(button).width < 44) found.push(`small button ${button.innerText}`);
            if (button.scrollWidth > button.clientWidth + 1) found.push(`cut button ${button.innerText}`);
        }
        for (const part of document.querySelectorAll(".figure .value, .goal, .plan div, .total .amount"))
            if (part.scrollWidth > part.clientWidth + 1) found.push(`cut ${part.innerText}`);
        return found;
    })()""")


def test_fifty_strides_per_second_reach_the_page_in_order(page: BrowserPage, served: Served) -> None:
    page.run("""(() => {
        window.seen = [];
        new MutationObserver(() => seen.push(parseInt(document.querySelector(".strides").innerText)))
            .observe(document.querySelector(".strides"), {characterData: true, childList: true, subtree: true});
    })()""")
    served.do("strides 250 50")
    page.until("seen.at(-1) === 250")
    seen = page.run("seen")
    assert seen == sorted(set(seen))


def test_memory_is_flat_over_ten_minutes(page: BrowserPage, served: Served) -> None:
    warm = STRIDES // 5  # JavaScript is compiled while it runs
    served.do(f"work {warm}")
    until_text(page, ".strides", f"{warm} strides")
    heap, resident = page.heap_bytes(), served.resident_bytes()
    nodes = page.run("document.querySelectorAll('*').length")
    served.do(f"work {STRIDES}")
    until_text(page, ".strides", f"{warm + STRIDES} strides")
    assert page.run("document.querySelectorAll('*').length") <= nodes * GROWTH
    assert page.heap_bytes() < heap * GROWTH
    assert served.resident_bytes() < resident * GROWTH


def test_the_page_reconnects_after_the_server_restarts(browser: Browser) -> None:
    page = browser.page()
    with Served() as served:
        served.do("walk forward 12")
        page.open(served.url)
        until_text(page, ".word", "FORWARD")
    page.until("document.body.classList.contains('lost')")
    assert page.text("#offline").startswith("No connection to retropod")
    sizes = page.run("[...document.querySelectorAll('.value, .word')].map((e) => getComputedStyle(e).fontSize)")
    assert len(sizes) > 6 and set(sizes) == {"0px"}
    assert page.run("document.querySelector('#offline').getBoundingClientRect().bottom"
                    " <= document.querySelector('.hero').getBoundingClientRect().top")  # fmt: skip
    with Served(port=served.port) as again:
        again.do("walk backward 12")
        until_text(page, ".word", "BACKWARD")
        page.until("!document.body.classList.contains('lost')")
    page.close()


def test_no_value_is_shown_as_current_if_the_server_hangs(page: BrowserPage, served: Served) -> None:
    served.do("walk forward 12")
    until_text(page, ".word", "FORWARD")
    served.process.send_signal(signal.SIGSTOP)
    try:
        page.until("document.body.classList.contains('lost')")
    finally:
        served.process.send_signal(signal.SIGCONT)
    served.do("walk backward 1")
    until_text(page, ".word", "BACKWARD")
    page.until("performance.now() - live.heard < live.staleMs || document.body.classList.contains('lost')")


_LOSE_CONFIRMATIONS = "window.kept = emitEvent; window.emitEvent = () => 0"


def test_a_lost_confirmation_does_not_stop_the_page(page: BrowserPage, served: Served) -> None:
    page.run(_LOSE_CONFIRMATIONS)
    for way in ("forward", "backward", "forward"):
        served.do(f"walk {way} 12")
        until(lambda way=way: served.do("show") is not None and page.text(".word") == way.upper(), way)
    assert not page.run("document.body.classList.contains('lost')")


def test_a_new_connection_shows_the_latest_state(page: BrowserPage, served: Served) -> None:
    page.run(_LOSE_CONFIRMATIONS)
    served.do("walk forward 12")
    until(lambda: served.do("show") is not None and page.text(".word") == "FORWARD", "forward")
    served.do("walk backward 12")  # Waits for a confirmation, and nothing follows.
    page.run("window.emitEvent = kept; void socket.io.engine.close()")
    until_text(page, ".word", "BACKWARD")


def test_a_sound_does_not_make_values_current(page: BrowserPage, served: Served) -> None:
    served.do("walk forward 6")
    until_text(page, ".word", "FORWARD")
    lost = "document.body.classList.contains('lost')"
    until(lambda: served.do("sound") is None or page.run(lost), "lost")


def test_the_keyboard_alone_is_enough(page: BrowserPage, served: Served) -> None:
    served.do("status")
    for key in ("l", "r"):
        page.key(key)
        served.until_pressed(key)
    until_text(page, ".pod", "recording run 7")
    focused = "document.activeElement.dataset.key"
    for key in ("l", "r"):
        page.key("Tab", 9)
        assert page.run(focused) == key
        assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.key("Enter", 13)
        served.until_pressed(key)
    page.run("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'l', ctrlKey: true}))")
    page.key("r")
    served.until_pressed("r")
    assert served.pressed == []  # Ctrl-L belongs to the browser


def test_touch_is_enough(page: BrowserPage, served: Served) -> None:
    served.do("status")
    until_text(page, ".pod", "verified")
    page.tap("[data-key=l]")
    served.until_pressed("l")
    until_text(page, ".notices", "lap in run 7")


def test_sound_begins_with_a_gesture_and_can_be_muted(page: BrowserPage, served: Served) -> None:
    served.do("walk forward 6")
    assert "tap or press a key" in page.text("[data-key=m]")
    page.tap(".hero")
    page.until("document.body.classList.contains('loud')")
    assert page.text("[data-key=m]").startswith("Mute")
    served.do("walk backward 2")
    page.until("live.played && live.played[0][0] > live.played[1][0]")  # from high to low
    page.key("m")
    page.until("document.body.classList.contains('muted')")
    page.key("m")
    page.until("document.body.classList.contains('loud')")


def test_a_screen_reader_hears_each_change_of_direction_once(page: BrowserPage, served: Served) -> None:
    page.run("""(() => {
        window.heard = [];
        const spoken = document.querySelector("[aria-live]");
        new MutationObserver(() => heard.push(spoken.innerText))
            .observe(spoken, {characterData: true, childList: true, subtree: true});
    })()""")
    served.do("walk forward 6")
    page.until("heard.at(-1) === 'forward'")
    served.do("walk backward 6")
    page.until("heard.length >= 2")
    assert page.run("heard")[-1] == "backward"
    assert len(page.run("heard")) == 2


def test_another_token_gets_no_page(browser: Browser, served: Served) -> None:
    page = browser.page()
    for wrong in ("/", "/wrong/", f"/{served.token[:-1]}/", f"/{served.token}x/"):
        page.call("Page.navigate", url=f"http://127.0.0.1:{served.port}{wrong}")
        until(lambda: page.run("document.body?.innerText") == "not found\n", wrong)
    page.close()
