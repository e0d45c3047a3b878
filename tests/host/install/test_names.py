"""Constants that are a module's own are made private for the pod; what others mention keeps its name."""

from retropod import sources
from retropod.install.names import shortened

ONE = """from micropython import const
SLOT = const(3)
SHARED = const(4)


def f(state):
    return state[SLOT] + state.SLOT
"""
TWO = "from one import SHARED\n\nprint(SHARED)\n"


def test_own_constants_become_private_and_lines_stay():
    short = shortened({"one.py": ONE, "two.py": TWO})
    assert "_SLOT = const(3)\nSHARED = const(4)\n" in short["one.py"]
    assert "state[_SLOT]" in short["one.py"]
    assert short["one.py"].count("\n") == ONE.count("\n") and short["two.py"] == TWO


def test_what_another_module_mentions_in_any_way_stays():
    for other in ("import one\none.SLOT\n", "getattr(one, 'SLOT')\n", "SLOT = 1\n"):
        assert "\nSLOT = const(3)" in shortened({"one.py": ONE, "two.py": other})["one.py"]


def test_a_source_that_is_no_python_is_left_to_the_compiler():
    broken = {"one.py": ONE, "two.py": "def f(:\n"}
    assert shortened(broken) == broken


def test_a_private_name_that_is_taken_stays_free():
    taken = "_SLOT = 5\n" + ONE
    assert "\nSLOT = const(3)" in shortened({"one.py": taken})["one.py"]


def test_the_firmware_has_such_constants_and_still_compiles_as_python():
    files = sorted((sources.firmware_dir() / "pod").rglob("*.py"))
    texts = {str(path): path.read_text(encoding="utf-8") for path in files}
    short = shortened(texts)
    assert sum(short[name] != text for name, text in texts.items()) > 3
    for name, text in short.items():
        compile(text, name, "exec")
