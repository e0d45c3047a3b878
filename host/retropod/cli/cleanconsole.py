"""Parts of rich that clean foreign text. Their own colours and cursor movements are not text, so they remain."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import Task, TextColumn
from rich.segment import Segment
from rich.text import Text

from retropod.cli.plaintext import clean


class CleanConsole(Console):
    """Cleans each text, before rich breaks it into lines and adds styles."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render a cleaned copy of a text, and everything else as rich does."""
        if isinstance(renderable, str | Text):
            renderable = _cleaned(renderable)
        return super().render(renderable, options)


class CleanColumn(TextColumn):
    """Column of a display of progress. Its text is not markup: a path may contain brackets."""

    def __init__(self, form: str) -> None:
        super().__init__(form, markup=False)

    def render(self, task: Task) -> Text:
        """Return the cleaned text, whose width the display then measures."""
        text = super().render(task)
        return Text(clean(text.plain), text.style)


def _cleaned(text: str | Text) -> str | Text:
    if isinstance(text, str):
        return clean(text)
    if clean(text.plain) == text.plain:
        return text
    copy = text.copy()
    copy.plain = clean(text.plain)
    return copy
