"""Every option of every command is used by a test: one call, list or text names the command and the option.

A refused combination is not a use, so the tests of refusals do not count. The shared options have tests of their
own: test_options.py (--port, --baud), test_json_docs.py (--json), test_plaintext.py (--verbose).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from host.test_help import COMMANDS

REFUSALS = ("test_options.py", "test_options_used.py", "test_help.py")
SHARED = {"port", "baud", "json", "verbose"}


def word_sets(source: str) -> Iterator[set[str]]:
    """Yield the words of each text with spaces, and of the texts that are direct members of one call, list or tuple."""
    for node in ast.walk(ast.parse(source)):
        members = (
            node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.List | ast.Tuple) else []
        )
        texts = [one.value for one in members if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        yield {text.partition("=")[0] for text in texts if " " not in text}
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield {word.partition("=")[0] for word in node.value.split()}


def options(path: str) -> list[click.Option]:
    return [one for one in COMMANDS[path].params if isinstance(one, click.Option) and one.name not in SHARED]


def unused(sources: list[str]) -> set[str]:
    """Return the options of all commands that no test uses, as `command --option`."""
    groups = [words for source in sources for words in word_sets(source)]
    found = {f"{path.removeprefix('retropod ')} {names[0]}": (set(path.split()[1:]), set(names))
             for path in COMMANDS for one in options(path)
             for names in (one.opts, one.secondary_opts) if names}  # fmt: skip
    return {name for name, (command, names) in found.items()
            if not any(command <= words and names & words for words in groups)}  # fmt: skip


@pytest.fixture(scope="module")
def sources(repo_root: Path) -> list[str]:
    paths = [path for folder in ("e2e", "host") for path in (repo_root / "tests" / folder).rglob("*.py")]
    return [path.read_text("utf-8") for path in paths if path.name not in REFUSALS]


def test_every_option_is_used_by_a_test(sources: list[str]) -> None:
    assert unused(sources) == set()


def test_an_option_without_a_test_is_found() -> None:
    everything = unused([])
    assert {"live --seconds", "flash --repair", "mount --length", "sim --loop", "sim --once"} <= everything
    assert everything - unused(['tool.good("flash", "--repair", "--json")']) == {"flash --repair"}
    assert everything - unused(['at.start("live", "--seconds=3")', 'x = "mount --forget".split()']) == {
        "live --seconds", "mount --forget",
    }  # fmt: skip
