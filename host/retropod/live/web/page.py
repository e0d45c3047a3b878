"""The live page, drawn with NiceGUI. Its texts are those of `texts.py`, its drawings those of `drawings.py`."""

import json
import time
from importlib.resources import files

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from retropod.insight.units import Units
from retropod.live import signs
from retropod.live.web import drawings, texts
from retropod.live.web.board import Board, Viewer
from retropod.live.web.sounds import Tone
from retropod.live.web.state import PageState, ShoeState, common

_BUTTONS = (("l", "Lap"), ("r", "Record / stop"))
_PLAN = ("p", "Start plan")
_TOTALS = ("forward", "backward")
_LOST_S = 1.0  # after which the confirmation of a browser is lost


class Words(TextElement):
    """An element with a text. Only a changed text is sent."""

    def __init__(self, names: str, tag: str = "div", text: str = "") -> None:
        super().__init__(tag=tag, text=text)
        self.classes(names)

    def say(self, text: str) -> None:
        """Show a text."""
        self.text = text


class Drawing(ui.html):
    """An element with an SVG."""

    def __init__(self, names: str) -> None:
        super().__init__("", sanitize=False)
        self.classes(names)

    def draw(self, svg: str) -> None:
        """Show a drawing."""
        self.content = svg


def create(board: Board, units: Units) -> None:
    """Build the page for the browser that asks for it."""
    ui.add_head_html(_head())
    ui.add_body_html('<div id="offline" role="alert">No connection to retropod. This page reconnects by itself.</div>')
    page = BrowserView(board, units)
    board.join(page)
    ui.context.client.on_connect(page.reconnect)
    ui.context.client.on_delete(page.leave)


def _head() -> str:
    """Return styles and scripts, and the language-neutral settings of the document."""
    folder = files("retropod.live.web")
    colours = "".join(
        f".way-{way}{{--paper:{one.paper};--ink:{one.ink}}}.fill-{way}{{fill:{one.paper};background:{one.paper}}}"
        for way, one in signs.COLOURS.items()
    )
    style = folder.joinpath("page.css").read_text("utf-8")
    script = folder.joinpath("page.js").read_text("utf-8")
    return f"<style>{colours}{style}</style><script>{script}</script>"


def _part(names: str, tag: str = "div") -> Element:
    """Return an element, which contains those that are created in its block."""
    return Element(tag).classes(names)


class Figure:
    """A value with its name."""

    def __init__(self, name: str, names: str = "") -> None:
        with _part(f"figure {names}"):
            Words("name", text=name)
            self.value = Words("value")
            self.more = Words("more value")

    def show(self, value: str, more: str = "") -> None:
        """Show a value, and a smaller text below it."""
        self.value.say(value)
        self.more.say(more)


class HeroView:
    """Direction and speed, very large."""

    def __init__(self, units: Units) -> None:
        self._units, self._sign_name = units, ""
        with _part("hero") as self._root:
            self._foot = Words("foot")
            self._sign = Drawing("sign")
            self._word = Words("word")
            with _part("speed"):
                self._speed = Words("number value", "span")
                self._unit = Words("unit", "span")

    def show(self, state: ShoeState) -> None:
        """Show the state of a shoe, or that of the runner."""
        now = state.now
        self._root.classes(replace=f"hero way-{now.way}")
        self._foot.say(texts.foot(state))
        name = signs.named(now.way, now.side)
        if name != self._sign_name:
            self._sign_name = name
            self._sign.draw(drawings.sign(name))
        self._word.say(texts.word(state))
        number, unit = texts.speed(state, self._units)
        self._speed.say(number)
        self._unit.say(unit)


class FeetView:
    """Direction of the runner, and left against right."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._hero = HeroView(units)
        with _part("feet"):
            self._steps = Figure("steps")
            self._contact = Figure("contact, left against right")
            self._flight = Figure("flight or double support")
            self._note = Words("feet-note")

    def show(self, state: PageState) -> None:
        """Show the comparison."""
        self._hero.show(common(state.shoes))
        self._steps.show(*texts.steps(state.feet, self._units))
        self._contact.show(*texts.contact_difference(state.feet, self._units))
        self._flight.show(*texts.flight(state.feet, self._units))
        self._note.say(texts.feet_note(state))


class ShoeView:
    """Direction, speed and values of one shoe. The state of its pod is here if it is not `alone`."""

    def __init__(self, units: Units, alone: bool) -> None:
        self._units = units
        with _part("shoe", "section") as self._root:
            self._hero = HeroView(units)
            with _part("figures"):
                self._cadence = Figure("cadence")
                self._contact = Figure("contact")
                self._bout = Figure("bout")
            self._strip = Drawing("strip")
            self._totals = {way: TotalView(way) for way in _TOTALS}
            self._wave = Drawing("wave")
            self._pod = Words("pod") if not alone else None

    def show(self, state: ShoeState, waves: bool) -> None:
        """Show the state of the shoe."""
        now = state.now
        self._root.classes(replace=f"shoe way-{now.way}")
        self._hero.show(state)
        self._cadence.show(*texts.cadence(now))
        self._contact.show(*texts.contact(now))
        self._bout.show(*texts.bout(now))
        self._strip.draw(drawings.strip(state.marks))
        for view in self._totals.values():
            view.show(state, self._units)
        self._wave.draw(drawings.wave(state.lines) if waves else "")
        if self._pod:
            show_pod(self._pod, state)


def show_pod(words: Words, state: ShoeState) -> None:
    """Show the state of a pod."""
    words.say(texts.pod(state))
    words.classes(replace="pod bad" if texts.is_incomplete(state) else "pod")


class TotalView:
    """Strides, distance and time in a direction so far, and their share as a bar."""

    def __init__(self, way: str) -> None:
        self._way = way
        with _part(f"total {way}"):
            Drawing("sign").draw(drawings.sign(way))
            Words("name", text=f"{way} so far")
            self._text = Words("amount")
            with _part("bar"):
                self._bar = Element("div").classes(f"fill-{way}")

    def show(self, state: ShoeState, units: Units) -> None:
        """Show the total."""
        self._text.say(texts.total(state.totals[self._way], units))
        self._bar.style(replace=f"width:{100 * texts.share(state, self._way):.0f}%")


class BrowserView(Viewer):
    """A page in one browser. It confirms each state: a slow browser skips states, and shows none late.

    NiceGUI repeats the messages that a browser missed, but no confirmation that the server missed. So a confirmation is
    awaited for 1 s only, and not across a new connection.
    """

    def __init__(self, board: Board, units: Units) -> None:
        self._busy, self._drawn_s, self._next, self._shown = False, 0.0, board.state, board.state
        ui.on("shown", self._confirmed)
        self._board, self._client, self._waves = board, ui.context.client, False
        self._spoken = ""
        shoes = board.state.shoes
        alone = len(shoes) == 1
        with _part("board" if alone else "board many", "main").style(f"--shoes:{len(shoes)}"):
            self._live = Words("spoken").props("role=status aria-live=assertive")
            self._feet = None if alone else FeetView(units)
            with _part("shoes"):
                self._shoes = [ShoeView(units, alone) for _ in shoes]
            self._plan = PlanView()
            with _part("goals"):
                self._goals = [Words("goal") for _ in board.state.goals]
            self._notices = Words("notices").props("role=log")
            with _part("foot-line", "footer"):
                self._pod = Words("pod") if alone else None
                with _part("keys", "nav"):
                    self._buttons()
                self._strides = Words("strides")
                self._elapsed = Words("elapsed")

    def _buttons(self) -> None:
        for key, name in (*_BUTTONS, *((_PLAN,) if self._board.state.planned else ())):
            self._button(key, name).on("click", lambda _, key=key: self._board.press(key))
        with _part("", "button").props("type=button data-key=m"):
            Words("if-locked", "span", "Sound: tap or press a key")
            Words("if-loud", "span", "Mute")
            Words("if-muted", "span", "Sound on")
            Words("key", "kbd", "m")
        if self._board.state.wave:
            self._button("w", "Raw").on("click", self._toggle_wave)

    def _button(self, key: str, name: str) -> Element:
        with _part("", "button").props(f"type=button data-key={key}") as button:
            Words("", "span", name)
            Words("key", "kbd", key)
        return button

    def show(self, state: PageState) -> None:
        """Show a state, or the latest one when the browser has confirmed the previous one."""
        self._next = state
        if not self._busy or time.monotonic() - self._drawn_s > _LOST_S:
            self._draw()

    def _confirmed(self) -> None:
        self._busy = False
        if self._next is not self._shown:
            self._draw()

    def reconnect(self) -> None:
        """Show the latest state after the browser has connected: a confirmation of the previous connection is lost."""
        self._draw()

    def _draw(self) -> None:
        self._busy, self._drawn_s, self._shown = True, time.monotonic(), self._next
        self._set(self._shown)
        self._client.run_javascript("live.shown()")

    def _set(self, state: PageState) -> None:
        for view, shoe in zip(self._shoes, state.shoes, strict=True):
            view.show(shoe, self._waves)
        if self._feet:
            self._feet.show(state)
        self._speak(state)
        self._plan.show(state)
        for goal, given in zip(self._goals, state.goals, strict=True):
            goal.say(texts.goal(given))
            goal.classes(replace=f"goal {given.state}")
        self._notices.say(texts.notices(state))
        if self._pod:
            show_pod(self._pod, state.shoes[0])
        self._strides.say(texts.strides(state))
        self._elapsed.say(texts.elapsed(state))

    def _speak(self, state: PageState) -> None:
        """Change the text for screen readers at a change of direction only."""
        spoken = texts.spoken(state)
        if spoken != self._spoken:
            self._spoken = spoken
            self._live.say(spoken)

    def play(self, tones: tuple[Tone, ...]) -> None:
        self._client.run_javascript(f"live.play({json.dumps(tones)})")

    def leave(self) -> None:
        """Forget the page after its browser has left."""
        self._board.leave(self)
        self._set_wave(shown=False)

    def _toggle_wave(self) -> None:
        self._set_wave(not self._waves)

    def _set_wave(self, shown: bool) -> None:
        self._board.waves += int(shown) - int(self._waves)
        self._waves = shown


class PlanView:
    """Step of the plan, its seconds left and the next step."""

    def __init__(self) -> None:
        with _part("plan absent", "section") as self._root:
            self._step = Words("step")
            self._left = Words("left value")
            self._next = Words("next")

    def show(self, state: PageState) -> None:
        """Show the step, or nothing without a plan."""
        step, left, following = texts.plan(state)
        way = state.plan.step.way if state.plan and state.plan.step else ""
        self._root.classes(replace=f"plan way-{way}" if step else "plan absent")
        self._step.say(step)
        self._left.say(left)
        self._next.say(following)
