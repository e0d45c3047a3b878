"""Function names of the sources in the faults of a pod, whose app has short names (see `shrink`).

Files and lines of a fault are those of the sources, so they identify the function. This works only for the app of this
tool, because another version has other lines.
"""

import ast
import re
from collections import defaultdict

from retropod import sources
from retropod.errors import RetropodError

_PLACE = re.compile(r'(?:File )?"?(\w+)(?:\.py)?", line (\d+), in (\w+)')


def unminify(text: str, version: str) -> str:
    """Return a fault's text with `module.py, line 12, in function`, unchanged if the pod runs another version."""
    from retropod.build import image

    try:
        if not _PLACE.search(text) or version != ".".join(map(str, image.version())):
            return text
        functions = _functions()
    except (RetropodError, SyntaxError, OSError):
        return text
    return _PLACE.sub(lambda place: _named(place, functions), text)


def _named(place: re.Match[str], functions: dict[str, list[dict[int, str]]]) -> str:
    module, line = place[1], int(place[2])
    found = {lines.get(line, "<module>") for lines in functions.get(module, [])}
    if place[3] == "<module>" or len(found) != 1:
        return place[0]
    return f"{module}.py, line {line}, in {found.pop()}"


def _functions() -> dict[str, list[dict[int, str]]]:
    """Return by module name, for each source with that name, the innermost function of every line."""
    found: defaultdict[str, list[dict[int, str]]] = defaultdict(list)
    for root in (sources.firmware_dir() / "pod", sources.wire_dir() / "retrowire"):
        for path in sorted(root.rglob("*.py")):
            module = path.parent.name if path.stem == "__init__" else path.stem
            text = path.read_text(encoding="utf-8")
            if text:
                found[module].append(_lines(text))
    return found


def _lines(text: str) -> dict[int, str]:
    lines: dict[int, str] = {}
    for node in ast.walk(ast.parse(text)):  # outer functions first
        if isinstance(node, ast.FunctionDef):
            lines |= dict.fromkeys(range(node.lineno, (node.end_lineno or node.lineno) + 1), node.name)
    return lines
