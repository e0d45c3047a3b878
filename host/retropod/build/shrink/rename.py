"""Short names: an interned name costs the pod 7 bytes plus its letters, and the app had 1,400 of them.

Names that never meet share a short name. Two names meet if a module, or a class with its relatives, has both. A name
that several modules or classes have is renamed alike in all of them, so the object before a dot does not matter. A
parameter is named by its position unless a call names it. Local variables do not occur in compiled code and stay.

The first short names are built-in functions and methods of MicroPython, because these need no RAM. An attribute of
instances may have the name of a built-in function that the app calls, other names may not.

These keep their names: attributes and built-ins of MicroPython, modules, exceptions, names that occur as a text (which
may be looked up), and the names in the starters. File and line of a traceback stay correct.
"""

import ast
import itertools
import keyword as python
import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from retropod.build import source_edits
from retropod.build.shrink.builtin import NAMES
from retropod.build.shrink.program import Module, Program
from retropod.build.shrink.scopes import Scope, bound_by

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SPECIAL = re.compile(r"__\w+__$")
# Names that every MicroPython has and a .mpy file stores as a number. MicroPython itself looks up none of them in an
# instance, unlike `close` or `keys`. Ref: MicroPython 1.26.1, py/makeqstrdata.py, static_qstr_list.
IN_EVERY_MPY = (
    "abs all any bool bytearray bytes callable chr classmethod clear copy count dict dir divmod endswith extend find "
    "format from_bytes getattr globals hasattr hash id index int isalpha isdigit isinstance islower isspace issubclass "
    "isupper iter len list locals lower lstrip map next object open ord pop popitem pow print range replace "
    "repr reverse rfind rindex round rsplit rstrip set setattr setdefault sort sorted split startswith str strip sum "
    "super to_bytes tuple type upper zip"
).split()


def renamed(program: Program) -> tuple[dict[str, str], dict[str, str]]:
    """Return the sources by path, and the short names by name, without parameters."""
    plan = _Plan(program)
    return {module.path: _Renamer(plan, module).text() for module in program.modules.values()}, plan.short


class _Plan:
    """The names of a program, which of them meet, and their short names."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.modules = program.modules
        self._relatives = _relatives(program)
        self.homes: defaultdict[str, set[str]] = defaultdict(set)
        self._set_on_others: set[str] = set()
        for module in program.modules.values():
            self._note(module)
        for name in self._set_on_others & set(self.homes):
            self.homes[name].update(self._relatives.values())  # The class is unknown.
        self.named_in_calls = _named_in_calls(program) | program.asked_for
        self.kept = self._kept()
        seen = self._seen()
        taken = {*python.kwlist, *self.kept, *seen}
        pool = [name for name in _pool() if name not in taken]
        self.places = [name.upper() for name in pool if name.upper() not in taken]
        anywhere = [name for name in IN_EVERY_MPY if name not in seen]
        never = self._never_of_instances()
        of_instances = [name for name in IN_EVERY_MPY if name not in never]
        self.short = self._coloured(anywhere + pool, of_instances + pool)

    def _note(self, module: Module) -> None:
        """Note the namespaces of a module: itself and its classes."""
        scopes = module.scopes
        for name in scopes.module.bound:
            self.homes[name].add(module.name)
        for label, scope in scopes.classes.items():
            for name in scope.bound:
                self.homes[name].add(self.family(module, label))
        # A name that is read in the body of a class must not meet the names set there.
        for name, scope in scopes.names:
            if scope.kind == "class" and scope.owner(name.id) is scopes.module:
                self.homes[name.id].add(self.family(module, scope.label))
        own: set[int] = set()
        for label, node in _methods(module):
            for attribute in _set_by(node):
                self.homes[attribute.attr].add(self.family(module, label))
                own.add(id(attribute))
        self._set_on_others.update(
            node.attr for node, _ in scopes.attributes if not isinstance(node.ctx, ast.Load) and id(node) not in own
        )

    def family(self, module: Module, label: str) -> str:
        """Return the name of a class and all its relatives."""
        return self._relatives[f"{module.name}.{label}"]

    def _kept(self) -> set[str]:
        program = self._program
        kept = set(NAMES) | program.texts_as_names | program.asked_for | program.module_names
        for module in program.modules.values():
            kept |= module.scopes.declared_global
            for label in module.scopes.classes:
                if self.is_exception(module, label):
                    kept.add(label)
            for alias, node, _ in module.scopes.imports:
                if not isinstance(node, ast.ImportFrom) or node.module not in program.modules:
                    kept.add(bound_by(alias))  # module or name of MicroPython
        return kept | {name for name in self.homes if _SPECIAL.match(name)}

    def is_exception(self, module: Module, label: str) -> bool:
        """Return True for an exception, whose name a user may read."""
        family = self._relatives[f"{module.name}.{label}"]
        return family.startswith("exception ")

    def _seen(self) -> set[str]:
        """Return the names and the texts of the app."""
        seen = self._program.texts_as_names | self._program.asked_for | self._program.module_names
        for module in self._program.modules.values():
            for node in module.nodes:
                for field in ("id", "attr", "arg", "name", "asname"):
                    name = getattr(node, field, None)
                    if isinstance(name, str):
                        seen.add(name)
        return seen

    def _never_of_instances(self) -> set[str]:
        """Return the names that no attribute of an instance may get: other attributes, and names that a class reads."""
        never = self._program.texts_as_names | self._program.asked_for | set(self.homes)
        for module in self._program.modules.values():
            never.update(node.attr for node, _ in module.scopes.attributes)
            never.update(node.id for node, scope in module.scopes.names if scope.kind == "class")
        return never

    def _coloured(self, pool: list[str], of_instances: list[str]) -> dict[str, str]:
        """Assign short names: names with most homes first, then by name, so that the same app gives the same result."""
        short: dict[str, str] = {}
        used: defaultdict[str, set[str]] = defaultdict(set)
        instances = {family for family in self._relatives.values() if not family.startswith("exception ")}
        for name in sorted(self.homes, key=lambda name: (-len(self.homes[name]), name)):
            if name in self.kept:
                continue
            homes = self.homes[name]
            names = of_instances if homes <= instances else pool
            free = next(one for one in names if not any(one in used[home] for home in homes))
            short[name] = free
            for home in homes:
                used[home].add(free)
        return short


class _Renamer:
    """Renames one source."""

    def __init__(self, plan: _Plan, module: Module) -> None:
        self._plan = plan
        self._module = module
        self._changes: dict[source_edits.Span, str] = {}

    def text(self) -> str:
        """Return the source with its short names."""
        places = self._parameters()
        scopes = self._module.scopes
        for name, scope in scopes.names:
            home = scope.owner(name.id)
            if home is not None and home.kind != "function":
                self._change(source_edits.span(name), name.id)
            elif home is not None and (id(home), name.id) in places:
                self._changes[source_edits.span(name)] = places[id(home), name.id]
        for node, _ in scopes.attributes:
            end = source_edits.span(node)
            self._change(end._replace(row=end.end_row, column=end.end_column - len(node.attr.encode())), node.attr)
        for node, scope in scopes.definitions:
            self._define(node, scope)
        for alias, node, scope in scopes.imports:
            self._import(alias, node, scope)
        return source_edits.applied(self._module.text, self._changes)

    def _change(self, here: source_edits.Span, name: str) -> None:
        short = self._plan.short.get(name)
        if short:
            self._changes[here] = short

    def _parameters(self) -> dict[tuple[int, str], str]:
        """Name parameters by position, after those of the enclosing functions. Parameters that a call names stay."""
        places: dict[tuple[int, str], str] = {}
        used: Counter[int] = Counter()
        for parameter, scope in self._module.scopes.parameters:
            if parameter.arg in self._plan.named_in_calls:
                continue
            place = self._plan.places[self._module.scopes.depths[id(scope)] + used[id(scope)]]
            used[id(scope)] += 1
            places[id(scope), parameter.arg] = place
            here = source_edits.span(parameter)
            end = here.column + len(parameter.arg.encode())
            self._changes[here._replace(end_row=here.row, end_column=end)] = place
        return places

    def _define(self, node: ast.FunctionDef | ast.ClassDef, scope: Scope) -> None:
        if scope.kind == "function":
            return
        here = source_edits.span(node)
        before = here.column + (len("def ") if isinstance(node, ast.FunctionDef) else len("class "))
        end = before + len(node.name.encode())
        assert self._module.text.splitlines()[here.row - 1].encode()[before:end] == node.name.encode()
        self._change(source_edits.Span(here.row, before, here.row, end), node.name)

    def _import(self, alias: ast.alias, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        short = self._plan.short
        bound = bound_by(alias)
        name = alias.name
        if isinstance(node, ast.ImportFrom) and not self._is_module(node, alias):
            name = short.get(alias.name, alias.name)
        to = bound if scope.kind == "function" else short.get(bound, bound)
        if (name, to) != (alias.name, bound):
            self._changes[source_edits.span(alias)] = name if name == to else f"{name} as {to}"

    def _is_module(self, node: ast.ImportFrom, alias: ast.alias) -> bool:
        return f"{node.module}.{alias.name}" in self._plan.modules


def _pool() -> Iterator[str]:
    for length in (1, 2):
        for letters in itertools.product(_LETTERS, repeat=length):
            yield "".join(letters)


def _methods(module: Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in module.nodes:
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef):
                    yield node.name, part


def _set_by(method: ast.FunctionDef) -> Iterator[ast.Attribute]:
    """Yield the attributes that a method sets on its object."""
    own = method.args.args[0].arg if method.args.args else ""
    for node in ast.walk(method):
        if not isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Load):
            continue
        if isinstance(node.value, ast.Name) and node.value.id == own:
            yield node


def _relatives(program: Program) -> dict[str, str]:
    """Return the family of every class by module and name. Families of exceptions have a prefix."""
    bases: dict[str, list[str]] = {}
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for module in program.modules.values():
        for node in module.nodes:
            if isinstance(node, ast.ClassDef):
                bases[f"{module.name}.{node.name}"] = [ast.unparse(base).rpartition(".")[2] for base in node.bases]
                by_name[node.name].append(f"{module.name}.{node.name}")
    family = {name: name for name in bases}

    def root(name: str) -> str:
        while family[name] != name:
            name = family[name]
        return name

    for name, above in bases.items():
        for base in above:
            for relative in by_name[base]:
                family[root(name)] = root(relative)
    wrong = {root(name) for name, above in bases.items() if any(one.endswith(("Error", "Exception")) for one in above)}
    return {name: ("exception " if root(name) in wrong else "class ") + root(name) for name in bases}


def _named_in_calls(program: Program) -> set[str]:
    """Return the names of arguments in all calls."""
    nodes = (node for module in program.modules.values() for node, _ in module.scopes.calls)
    return {keyword.arg for node in nodes for keyword in node.keywords if keyword.arg}
