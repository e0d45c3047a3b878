"""Packages without code become modules one level up: names, imports, texts and starters follow, lines stay."""

import pytest

from retropod.build.shrink import script, shrunk
from retropod.build.shrink.flatten import flattened, moved, with_names
from retropod.errors import OperationFailed

TEXTS = {
    "pod/__init__.py": "VERSION = (1, 2, 3)\n",
    "pod/app.py": "from pod.link import session\nfrom pod.sensors import find\n\nALL = session, find\n",
    "pod/link/__init__.py": '"""The link to the host."""\n',
    "pod/link/session.py": "from pod.link.frame import SIZE as BYTES\n\n\ndef start():\n    return BYTES\n",
    "pod/link/frame.py": "SIZE = 2 ** 31\n",
    "pod/sensors/__init__.py": "from pod.sensors import find\n",
    "pod/sensors/find.py": "first = 1\n",
}
NAMES = {"pod.link.session": "pod.session", "pod.link.frame": "pod.frame"}


def test_only_modules_of_packages_without_code_move() -> None:
    assert moved(TEXTS) == NAMES
    assert "pod/sensors/find.py" in flattened(TEXTS, NAMES)


def test_a_package_that_holds_code_in_one_line_stays() -> None:
    texts = {**TEXTS, "pod/link/__init__.py": '"""The link to the host."""\nBAUD = 115200\n'}
    assert moved(texts) == {}
    assert flattened(texts, {}) == texts


def test_files_are_one_level_up_and_the_package_is_left_out() -> None:
    found = flattened(TEXTS, NAMES)
    left = {"pod/link/__init__.py", "pod/link/session.py", "pod/link/frame.py"}
    assert set(found) == set(TEXTS) - left | {"pod/session.py", "pod/frame.py"}


@pytest.mark.parametrize("clash", ["pod/session.py", "pod/line/session.py"])
def test_two_modules_of_one_name_are_refused(clash: str) -> None:
    texts = {**TEXTS, clash: "", "pod/line/__init__.py": ""}
    with pytest.raises(OperationFailed, match=r"pod\.session"):
        moved(texts)


def test_a_module_with_the_name_of_its_package_replaces_it() -> None:
    texts = {"pod/__init__.py": "", "pod/link/__init__.py": "", "pod/link/link.py": ""}
    assert moved(texts) == {"pod.link.link": "pod.link"}
    assert set(flattened(texts, moved(texts))) == {"pod/__init__.py", "pod/link.py"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from pod.link import session as s, frame", "from pod import session as s, frame"),
        ("from pod.link.frame import SIZE as BYTES", "from pod.frame import SIZE as BYTES"),
        ("from pod.sensors import find", "from pod.sensors import find"),
        ("load('pod.link.session')", "load('pod.session')"),
        ("load('pod.link.session.start')", "load('pod.link.session.start')"),
        ("'session'", "'session'"),
        ("# from pod.link import session", "# from pod.link import session"),
    ],
)
def test_imports_and_dotted_texts_name_the_module_on_the_pod(before: str, after: str) -> None:
    assert with_names(f"{before}\n", NAMES) == f"{after}\n"


def test_lines_stay_where_they_are() -> None:
    text = "from pod.link import (\n    session,\n    frame,\n)\n\nx = 1\n"
    after = with_names(text, NAMES)
    assert after.splitlines()[0] == "from pod import session, frame" and after.splitlines()[5] == "x = 1"
    for path, source in flattened(TEXTS, NAMES).items():
        origin = TEXTS.get(path) or TEXTS[path.replace("pod/", "pod/link/")]
        assert source.count("\n") == origin.count("\n")


@pytest.mark.parametrize("line", ["from pod.link import session, absent", "import pod.link.session"])
def test_an_import_that_cannot_follow_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(OperationFailed, match="line 2"):
        with_names(f"x = 1\n{line}\n", NAMES)


def test_starters_and_scripts_follow() -> None:
    starters = {"main.py": "from pod.link import session\n\nsession.start()\n"}
    app = shrunk(TEXTS, starters)
    assert app.starters["main.py"] == "from pod import session\n\nsession.start()\n"
    assert app.moved == NAMES and "pod/session.py" in app.texts
    assert script("from pod.link.frame import SIZE\n", app).startswith("from pod.frame import")
