"""Rules of the architecture, checked on syntax trees.

A rule names the files that it covers and a check, which takes a path and a tree and yields complaints. Paths are
relative to the repository. Each rule contains snippets that it must refuse, so that a broken check is noticed.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

Check = Callable[[PurePosixPath, ast.Module], Iterator[str]]
_IMPORTERS = ("__import__", "import_module", "importlib.import_module")
SOURCE_ROOTS = ("host", "protocol", "firmware")


@dataclass(frozen=True)
class Rule:
    """One rule. `covers` and `spares` are patterns of paths, `refuses` and `accepts` are (path, snippet) pairs."""

    name: str
    covers: tuple[str, ...]
    check: Check
    refuses: tuple[tuple[str, str], ...]
    spares: tuple[str, ...] = ()
    accepts: tuple[tuple[str, str], ...] = field(default=())

    def applies_to(self, path: PurePosixPath) -> bool:
        return _matches(path, self.covers) and not _matches(path, self.spares)

    def complaints(self, path: PurePosixPath, source: str) -> list[str]:
        return [f"{path}:{text}" for text in self.check(path, _parsed(source))]


@cache
def _parsed(source: str) -> ast.Module:
    """Parse a file once for all rules."""
    return ast.parse(source)


def _matches(path: PurePosixPath, patterns: tuple[str, ...]) -> bool:
    """Return True if a pattern names the file, or a folder above it (a pattern that ends in /)."""
    return any(str(path).startswith(p) if p.endswith("/") else path.match(p) for p in patterns)


def sources(root: Path) -> Iterator[PurePosixPath]:
    for folder in (*SOURCE_ROOTS, "tools"):
        for path in sorted((root / folder).rglob("*.py")):
            yield PurePosixPath(path.relative_to(root).as_posix())


# --- imports of a file ---------------------------------------------------------------------------------------------


def _package_of(path: PurePosixPath) -> list[str]:
    parts = list(path.parts)
    for root in SOURCE_ROOTS:
        if parts[0] == root:
            return parts[1:-1]
    return parts[:-1]


def _from_names(path: PurePosixPath, node: ast.ImportFrom) -> Iterator[str]:
    module = node.module.split(".") if node.module else []
    if node.level:
        package = _package_of(path)
        module = package[: len(package) - node.level + 1] + module
    for alias in node.names:
        yield ".".join([*module, alias.name])


def _called_name(node: ast.Call) -> str:
    return ast.unparse(node.func)


def imports(path: PurePosixPath, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of each import, also a late or dynamic one. `from a import b` gives `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            for name in _from_names(path, node):
                yield node.lineno, name
        elif isinstance(node, ast.Call) and _called_name(node) in _IMPORTERS and isinstance(node.args[0], ast.Constant):
            yield node.lineno, str(node.args[0].value)


def _under(name: str, roots: tuple[str, ...]) -> bool:
    return any(name == root or name.startswith(root + ".") for root in roots)


def only_imports(*allowed: str) -> Check:
    def check(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
        for line, name in imports(path, tree):
            if not _under(name, allowed):
                yield f"{line}: imports {name}, may import only {', '.join(allowed) or 'nothing'}"

    return check


def never_imports(*banned: str) -> Check:
    def check(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
        for line, name in imports(path, tree):
            if _under(name, banned):
                yield f"{line}: imports {name}"

    return check


_POD_MODULE = re.compile(r"pod(\.\w+)+")


def pod_layers(*order: str) -> Check:
    """Packages of the pod import only packages before them in `order`, and the modules of `pod` in `order[0]`.

    A text that is the dotted name of a module counts as an import: `load("pod.x.y")` and `__import__` take one.
    """
    common, *packages = order
    ranks = {f"pod.{package}": rank for rank, package in enumerate(packages)}

    def check(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
        here = ".".join(_package_of(path)[:2])
        for line, name in [*imports(path, tree), *_named_modules(tree)]:
            parts = name.split(".")
            package = ".".join(parts[:2])
            if parts[0] != "pod" or (len(parts) > 1 and parts[1] in common.split()):
                continue
            if package not in ranks:
                yield f"{line}: {name} is on top of all packages"
            elif ranks[package] > ranks[here]:
                yield f"{line}: {here} imports {name}, a later package"

    return check


def _named_modules(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _POD_MODULE.fullmatch(node.value):
            yield node.lineno, node.value


# --- other checks --------------------------------------------------------------------------------------------------


def never_calls(*banned: str) -> Check:
    def check(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called_name(node) in banned:
                yield f"{node.lineno}: calls {_called_name(node)}"

    return check


def never_exits_or_prints(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    yield from never_calls("print", "exit", "quit", "sys.exit", "os._exit", "click.echo")(path, tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.stdout", "sys.stderr"):
            yield f"{node.lineno}: uses {ast.unparse(node)}"
        elif isinstance(node, ast.Raise) and node.exc and "SystemExit" in ast.unparse(node.exc):
            yield f"{node.lineno}: raises SystemExit"


_MESSAGE_NAME = re.compile(r"(^|[._])(msg|mid|message|message_id|msg_id|msg_type|message_type)$")


def no_message_numbers(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    """Refuse to compare a message id with a number. Message numbers are defined in the schema only."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        has_number = any(isinstance(side, ast.Constant) and type(side.value) is int for side in sides)
        if has_number and any(_MESSAGE_NAME.search(ast.unparse(side)) for side in sides):
            yield f"{node.lineno}: compares a message with a number"


def no_catch_all(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else ""
            if caught in ("", "Exception", "BaseException"):
                yield f"{node.lineno}: catches every exception"


def no_private_members(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    """A member that begins with an underscore belongs to its object, or to its module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and re.match(r"_[^_]", node.attr) and ast.unparse(node.value) != "self":
            yield f"{node.lineno}: uses {ast.unparse(node)}"


def no_assert(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            yield f"{node.lineno}: assert is removed by -O"


def no_compiled_code(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and re.search(r"\b(viper|native)$", ast.unparse(node)):
            yield f"{node.lineno}: viper or native code"
