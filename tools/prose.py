"""Check the words of docstrings, comments, messages and documents: `python -m tools.prose [PATH ...]`.

`tools/prose.toml` holds the words, the limits of constructions and the exceptions with their reasons. The command
prints `file:line: word: text` for every hit, and the constructions above their limit.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import codespell_lib

ROOT = Path(__file__).resolve().parents[1]
_CODESPELL = Path(codespell_lib.__file__).parent / "data"
_LISTS = Path(__file__).with_suffix(".toml")
_WITH_COMMENTS = (".toml", ".yml", "")  # suffixes of configuration, Makefile, shell scripts


class Text(NamedTuple):
    """A piece of prose and the line on which it begins. Line breaks of the source are preserved."""

    line: int
    words: str


class Hit(NamedTuple):
    """A word to replace: place, name of the pattern, and the text around it."""

    path: str
    line: int
    word: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.word}: {self.text}"


class Limit(NamedTuple):
    """A construction that is correct in places, and its most hits per 10,000 words."""

    pattern: re.Pattern[str]
    most: float


class Lists(NamedTuple):
    """Contents of prose.toml: patterns by name, limits by name, and (path, text) of the exceptions."""

    patterns: dict[str, re.Pattern[str]]
    limits: dict[str, Limit]
    exceptions: list[tuple[str, str]]


@cache
def lists() -> Lists:
    """Read prose.toml."""
    content = tomllib.loads(_LISTS.read_text(encoding="utf-8"))
    patterns = {name: _pattern(text) for name, text in content["words"].items()}
    patterns |= {"American spelling": _american(content["american"])}
    exceptions = [(entry["path"], entry["text"]) for entry in content.get("exception", []) if entry["reason"]]
    limits = {name: Limit(_pattern(row["pattern"]), row["most"]) for name, row in content["limits"].items()}
    return Lists(patterns, limits, exceptions)


def _pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern. A space matches a line break too, and `^` the beginning of a text."""
    flags = re.NOFLAG if text.startswith("^") else re.IGNORECASE
    return re.compile(text.replace(" ", r"\s+"), flags)


def _american(accepted: Iterable[str]) -> re.Pattern[str]:
    """Build a pattern of American spellings from the British dictionary of codespell."""
    rows = (_CODESPELL / "dictionary_en-GB_to_en-US.txt").read_text(encoding="utf-8").split()
    british, american = zip(*(row.rstrip(",").split("->") for row in rows), strict=True)
    words = {word for word in american if word not in british} - set(accepted)
    return re.compile(rf"\b({'|'.join(sorted(words))})\b", re.IGNORECASE)


# --- texts of a file -----------------------------------------------------------------------------------------------


def texts(path: PurePosixPath, source: str) -> Iterator[Text]:
    """Yield the prose of a file: docstrings, comments and messages of Python, blocks of Markdown, or comments."""
    if path.suffix == ".py":
        yield from _strings(source)
        yield from _joined(_comments(source))
    elif path.suffix == ".md":
        yield from _blocks(source)
    else:
        yield from _joined(_hashed(source))


@cache
def _texts(name: str, source: str) -> tuple[Text, ...]:
    """Return the texts of a file. Hits and rates need them."""
    return tuple(texts(PurePosixPath(name), source))


def _strings(source: str) -> Iterator[Text]:
    """Yield docstrings and every other string literal that contains a space."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield Text(node.lineno, node.value)


def _comments(source: str) -> Iterator[Text]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield Text(token.start[0], token.string.lstrip("#!: "))


def _hashed(source: str) -> Iterator[Text]:
    for number, line in enumerate(source.splitlines(), 1):
        found = re.search(r"(?:^|\s)#+!? (.*)", line)
        if found:
            yield Text(number, found.group(1))


def _joined(lines: Iterable[Text]) -> Iterator[Text]:
    """Join the comments of consecutive lines, because a phrase can continue on the next line."""
    first, words, last = 0, "", -1
    for line, text in lines:
        if line == last + 1 and not text[:1].isupper():
            words += "\n" + text
        else:
            if words:
                yield Text(first, words)
            first, words = line, text
        last = line
    if words:
        yield Text(first, words)


_BULLET = re.compile(r"^\s*(?:[-*>#|]+|\d+\.)\s+")


def _blocks(source: str) -> Iterator[Text]:
    """Yield paragraphs, headings, list items and table cells of Markdown, without blocks of code."""
    first, words, in_code = 0, "", False
    for number, line in enumerate([*source.splitlines(), ""], 1):
        fence = line.lstrip().startswith("```")
        in_code ^= fence
        if words and (fence or not line.strip() or _BULLET.match(line)):
            yield from (Text(first, cell.strip(" *_")) for cell in re.split(r" \| ?", words))
            words = ""
        if fence or in_code or not line.strip():
            continue
        if words:
            words += "\n" + line.strip()
        else:
            first, words = number, _BULLET.sub("", line).strip()


# --- files ---------------------------------------------------------------------------------------------------------


def tracked(root: Path) -> list[str]:
    """Return the files of the repository, including new ones, as paths relative to `root`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return sorted(name for name in listed.stdout.split("\0") if name and (root / name).is_file())


def covered(names: Iterable[str]) -> list[str]:
    """Return the names of the files that contain prose."""
    return [name for name in names if _has_prose(PurePosixPath(name))]


def _has_prose(path: PurePosixPath) -> bool:
    return path.suffix in (".py", ".md", *_WITH_COMMENTS) and path.name != "LICENSE"


def _below(name: str, places: Iterable[str]) -> bool:
    return any(name == place or (place.endswith("/") and name.startswith(place)) for place in places)


def hits(name: str, source: str) -> list[Hit]:
    """Return the words to replace in a file."""
    excepted = [text for path, text in lists().exceptions if path in (name, "*")]
    found = [hit for text in _texts(name, source) for hit in _hits(name, text)]
    return [hit for hit in sorted(found, key=lambda hit: hit.line) if not any(text in hit.text for text in excepted)]


def _hits(name: str, text: Text) -> Iterator[Hit]:
    for word, pattern in lists().patterns.items():
        for found in pattern.finditer(text.words):
            line = text.line + text.words.count("\n", 0, found.start())
            around = text.words[max(0, found.start() - 40) : found.end() + 40]
            yield Hit(name, line, word, " ".join(around.split()))


def check(root: Path, names: Iterable[str]) -> list[Hit]:
    """Return the words to replace in all covered files among `names`."""
    return [hit for name in covered(names) for hit in hits(name, (root / name).read_text(encoding="utf-8"))]


def rates(sources: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Return the hits per 10,000 words of each limited construction, in files given as (name, source)."""
    prose = [text.words for name, source in sources for text in _texts(name, source)]
    words = sum(len(text.split()) for text in prose)
    return {
        name: 10_000 * sum(len(limit.pattern.findall(text)) for text in prose) / max(words, 1)
        for name, limit in lists().limits.items()
    }


def above_limits(root: Path, names: Iterable[str]) -> list[str]:
    """Return a line for each construction that is above its limit in all covered files among `names`."""
    found = rates((name, (root / name).read_text(encoding="utf-8")) for name in covered(names))
    return [
        f"{name}: {rate:.1f} per 10,000 words, at most {lists().limits[name].most:g}"
        for name, rate in found.items()
        if rate > lists().limits[name].most
    ]


def main() -> int:
    """Print the hits in the given files or folders. Without arguments: in the whole repository, with its limits."""
    names = tracked(ROOT)
    if sys.argv[1:]:
        names = [name for name in names if any(_below(name, (path, f"{path.rstrip('/')}/")) for path in sys.argv[1:])]
    found = [*map(str, check(ROOT, names)), *([] if sys.argv[1:] else above_limits(ROOT, names))]
    sys.stdout.writelines(f"{hit}\n" for hit in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
