"""The shrunk app has the behaviour and the lines of its sources, with fewer names."""

import ast
import sys
from collections.abc import Mapping
from types import ModuleType

import pytest

from retropod.build import image
from retropod.build.shrink import script, shrunk
from retropod.build.shrink.rename import IN_EVERY_MPY
from retropod.build.source_edits import Span, applied
from retropod.errors import OperationFailed
from tools import mpy

PARTS = {
    "toy/__init__.py": "",
    "toy/limits.py": '''"""Limits."""
from micropython import const

LEAST = const(3)
MOST = LEAST << 4
_STEP = const(2)
UNASKED = const(7)
HUGE = 0xFFFFFFFF
mode = 0


def switch(to):
    global mode
    mode = to


def unasked():
    return unasked()
''',
    "toy/shapes.py": '''"""A family of classes, and an unrelated class."""
from toy import limits as L


class ShapeError(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Shape:
    corners = L.LEAST

    def __init__(self, size, scale=L.LEAST - 1):
        self._size = size
        self.scale = scale
        self._cache = {}

    @property
    def area(self):
        return self._area() * self.scale

    def _area(self):
        raise NotImplementedError

    def grow(self, by=1):
        if by > L.MOST:
            raise ShapeError("too_much", "by %d" % by)
        self._size += by
        return self


class Square(Shape):
    def _area(self):
        return self._size * self._size

    def unasked_too(self):
        return 1


class Unrelated:
    """A total.

    It is not a shape.
    """

    def __init__(self):
        self.total = 0

    def add(self, shape, *more):
        def one(item):
            self.total += item.area

        one(shape)
        for item in more:
            one(item)
        return sum([item.area for item in more])
''',
    "toy/main.py": '''"""All of it."""
from toy import limits
from toy.shapes import ShapeError, Square, Unrelated


def report():
    from toy import shapes

    unrelated = Unrelated()
    rest = unrelated.add(Square(2), shapes.Square(3, scale=1))
    limits.switch(5)
    try:
        Square(1).grow(by=1000)
        text = ""
    except ShapeError as error:
        text = "%s %s %s" % (type(error).__name__, error.code, error)
    named = getattr(Square(4).grow(), "area")
    return (unrelated.total, rest, limits.mode, limits.HUGE, text, named, Square.corners, shapes.Shape.corners)
''',
}
STARTER = {"main.py": "from toy import main\nmain.report()\n"}


def run(texts: Mapping[str, str], name: str) -> object:
    """Return the report of the toy app, with its modules imported under `name`."""
    const = ModuleType("micropython")
    const.__dict__["const"] = lambda value: value
    modules = {"micropython": const}
    before = dict(sys.modules)
    try:
        sys.modules.update(modules)
        for path, text in texts.items():
            dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            module = ModuleType(dotted)
            module.__path__ = []
            module.__file__ = path
            sys.modules[dotted] = module
            exec(compile(text, f"{name}/{path}", "exec"), module.__dict__)
            parent, _, leaf = dotted.rpartition(".")
            if parent:
                setattr(sys.modules[parent], leaf, module)
        return sys.modules["toy.main"].report()
    finally:
        sys.modules.clear()
        sys.modules.update(before)


def test_the_behaviour_is_that_of_the_sources() -> None:
    assert run(shrunk(PARTS, STARTER).texts, "short") == run(PARTS, "long")


def test_every_line_keeps_its_number() -> None:
    for path, text in shrunk(PARTS, STARTER).texts.items():
        assert text.count("\n") == PARTS[path].count("\n")
        assert _places(text) <= _places(PARTS[path])


def _places(text: str) -> set[tuple[int, str]]:
    """Return the line and kind of each statement, without those in place of another one."""
    found = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt))
    return {(node.lineno, type(node).__name__) for node in found if not isinstance(node, ast.Pass | ast.Delete)}


def test_constants_become_numbers_and_are_removed() -> None:
    texts = shrunk(PARTS, STARTER).texts
    assert "scale=3 - 1" in texts["toy/shapes.py"].replace("L=", "scale=") and "> 48:" in texts["toy/shapes.py"]
    limits = {node.targets[0].id for node in ast.parse(texts["toy/limits.py"]).body if isinstance(node, ast.Assign)}
    assert len(limits) == 2, "a name that changes at run time and a value that is not a small number stay"
    assert "import" not in texts["toy/limits.py"] and "import" not in texts["toy/shapes.py"]


def test_unused_code_is_removed() -> None:
    texts = shrunk(PARTS, STARTER).texts
    assert "def" in texts["toy/limits.py"] and texts["toy/limits.py"].count("def") == 1
    assert texts["toy/shapes.py"].count("def ") == PARTS["toy/shapes.py"].count("def ") - 1


def test_a_constant_is_removed_although_another_module_has_one_of_that_name() -> None:
    parts = {
        "toy/other.py": "LEAST = 0.5\n",
        "toy/more.py": "from toy import other\n\n\ndef half():\n    return other.LEAST\n",
        "toy/main.py": PARTS["toy/main.py"]
        .replace("    limits.switch(5)", "    limits.switch(more.half())")
        .replace("from toy import limits", "from toy import limits, more"),
    }
    texts = shrunk({**PARTS, **parts}, STARTER).texts
    limits = {node.targets[0].id for node in ast.parse(texts["toy/limits.py"]).body if isinstance(node, ast.Assign)}
    assert len(limits) == 2 and "0.5" in texts["toy/other.py"]


def test_a_module_that_only_defines_numbers_is_removed_unless_a_text_names_it() -> None:
    parts = {**PARTS, "toy/table.py": "STEP = 3\n"}
    parts["toy/main.py"] += "\n\ndef step():\n    from toy import table\n\n    return table.STEP\n"
    assert "toy/table.py" not in shrunk(parts, STARTER).texts
    parts["toy/main.py"] += "\n\nKEPT = {'table': step}\n"
    assert "toy/table.py" in shrunk(parts, {"main.py": STARTER["main.py"] + "main.KEPT\n"}).texts


def test_modules_and_classes_lose_the_names_that_micropython_adds() -> None:
    parts = {**PARTS, "toy/__init__.py": '"""A package."""\n'}
    texts = shrunk(parts, STARTER).texts
    assert texts["toy/__init__.py"] == parts["toy/__init__.py"], "an import reads the name of a package"
    tree = ast.parse(texts["toy/shapes.py"])
    deleted = {ast.unparse(node.body[0]) for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef)}
    assert {"del __file__, __name__", "del __module__, __qualname__"} < deleted


def test_names_that_never_meet_share_a_short_name() -> None:
    short = shrunk(PARTS, STARTER).short
    assert short["total"] in (short["_size"], short["switch"], short["scale"], short["HUGE"], short["grow"])
    family = [short[name] for name in ("_size", "scale", "_cache", "_area", "grow")]
    assert len(set(family)) == len(family)


def test_the_first_short_names_need_no_memory() -> None:
    uses = "".join(f"o.{name}\n" for name in IN_EVERY_MPY)
    assert mpy.read(image.compiled(uses, "uses.py", "").data).names == ("uses", "o")
    assert {short for short in shrunk(PARTS, STARTER).short.values()} <= set(IN_EVERY_MPY)


def test_only_an_attribute_has_the_name_of_a_built_in_that_the_app_calls() -> None:
    many = "".join(f"        self.a{i} = {i}\n" for i in range(len(IN_EVERY_MPY)))
    functions = "".join(f"def f{i}(n):\n    return n + {i}\n\n\n" for i in range(len(IN_EVERY_MPY)))
    calls = "".join(f"f{i}(many.a{i}), " for i in range(len(IN_EVERY_MPY)))
    parts = {
        "toy/__init__.py": "",
        "toy/main.py": f"class Many:\n    size = len('ab')\n    def __init__(self):\n{many}\n\n{functions}"
        f"def report():\n    many = Many()\n    return sum([many.size, {calls}])\n",
    }
    app = shrunk(parts, STARTER)
    assert "sum" in [app.short[f"a{i}"] for i in range(len(IN_EVERY_MPY))]
    assert "len" not in app.short.values(), "the body of the class reads it"
    assert run(app.texts, "short") == run(parts, "long")


def test_an_attribute_of_an_unknown_class_meets_all_others() -> None:
    loose = PARTS["toy/main.py"].replace("    limits.switch(5)\n", "    limits.switch(5)\n    unrelated.scale = 3\n")
    parts = {**PARTS, "toy/main.py": loose}
    short = shrunk(parts, STARTER).short
    assert short["scale"] not in (short["total"], short["_size"]) and run(shrunk(parts, STARTER).texts, "a") == run(
        parts, "b"
    )


def test_visible_and_looked_up_names_stay() -> None:
    short = shrunk(PARTS, STARTER).short
    for name in ("ShapeError", "area", "report", "by", "add", "mode", "limits"):
        assert name not in short  # an exception, a text, a starter, a call, MicroPython's own, global, a module


@pytest.mark.parametrize(
    "line",
    [
        'f"{limits}"',
        'eval("limits")',
        'getattr(limits, "mo" + "de")',
        "globals()",
        "limits.__dict__",
    ],
)
def test_code_that_cannot_be_followed_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(OperationFailed, match=r"toy/main.py, line 21"):
        shrunk({**PARTS, "toy/main.py": PARTS["toy/main.py"] + f"\n\nx = {line}\n"}, STARTER)


def test_an_enumeration_without_such_a_name_is_refused() -> None:
    wrong = 'from retrowire import codec\n\nBUSY = codec.value("error", "bussy")\n'
    with pytest.raises(OperationFailed, match="bussy"):
        shrunk({"retrowire/codec.py": "def value(a, b):\n    return 0\n", "toy/main.py": wrong}, {})


def test_a_source_that_is_not_python_is_left_to_the_compiler() -> None:
    broken = {**PARTS, "toy/main.py": "def f(:\n"}
    assert shrunk(broken, STARTER) == (broken, STARTER, {}, {})


def test_a_script_finds_the_short_names() -> None:
    app = shrunk(PARTS, STARTER)
    short = app.short
    text = script("from pod.toy import Square\nprint(Square(2).scale)\n", app)
    assert text == f"from pod.toy import {short['Square']} as Square\nprint(Square(2).{short['scale']})\n"


def test_changes_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        applied("abcdef\n", {Span(1, 0, 1, 4): "x", Span(1, 2, 1, 3): "y"})


def test_the_firmware_loses_most_of_its_names_and_stays_python() -> None:
    texts, _, short, _ = image.app_sources()
    assert len(short) > 500 and len(set(short.values())) < 100
    for name, text in texts.items():
        compile(text, name, "exec")
