"""Tags of a run: surface, grade, shoe and note. A JSON file next to the run holds them, RUN.rpr.tags.json."""

import json
import math
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from retropod import durable
from retropod.errors import DamagedData, UsageError
from retropod.runs.locked import locked

SURFACES = ("grass", "track", "treadmill", "road", "trail", "hill")
KEYS = {"surface": "surface", "grade": "grade_percent", "shoe": "shoe", "note": "note"}
"""Key in the file, by the key that a user gives."""

SUFFIX = ".tags.json"
_GRADE_MOST = 100.0  # per cent: 45 degrees
_MOST = {"shoe": 100, "note": 4000}  # characters
_FILE_MOST = 1 << 16  # bytes that are read
_FORM = 'give KEY=VALUE, for example surface=grass grade=6 note="left knee sore"; KEY= removes a tag'

Tags = dict[str, str | float]


def path_of(run: Path) -> Path:
    """Return the path of the tags of a run file."""
    return run.with_name(run.name + SUFFIX)


def read(run: Path) -> Tags:
    """Return the tags of a run file. Raises DamagedData if their file is invalid."""
    values = _content(path_of(run))
    known = {key: _valid(key, values.get(key)) for key in KEYS.values()}
    return {key: value for key, value in known.items() if value is not None}


def _valid(key: str, value: Any) -> str | float | None:
    """Return the value of a tag, None if it has the wrong type."""
    if key != KEYS["grade"]:
        return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None  # without surrogates
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and abs(value) <= _GRADE_MOST else None


def _content(path: Path) -> dict[str, Any]:
    """Return the contents of a file of tags, empty if it is missing. Keys of a later version are left unchanged."""
    try:
        with path.open("rb") as file:
            return dict(json.loads(file.read(_FILE_MOST)))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise DamagedData(
            f"{path} is not a valid file of tags: {error}", "correct the file, or move it away and set the tags again"
        ) from error


def change(root: Path, run: Path, words: Sequence[str]) -> Tags:
    """Set the tags that `words` state as KEY=VALUE, remove those without a value, and return all tags of the run.

    `root`: folder of the store, in which two changes at a time wait for each other. Raises UsageError for an invalid
    tag, DamagedData if the file of the tags is invalid, and OSError if it cannot be written.
    """
    wanted = dict(map(parse, words))
    with locked(root):
        _write(run, {key: value for key, value in (_content(path_of(run)) | wanted).items() if value != ""})
    return read(run)


def add_missing(root: Path, run: Path, tags: Tags) -> None:
    """Add the tags that the run lacks. Errors: see `change`."""
    with locked(root):
        known = _content(path_of(run))
        if not tags.keys() <= known.keys():
            _write(run, tags | known)


def _write(run: Path, tags: dict[str, Any]) -> None:
    if tags:
        # The file may hold surrogates of another program, which JSON accepts.
        content = (json.dumps(tags, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")
        if len(content) > _FILE_MOST:
            raise UsageError(f"the tags have {len(content)} bytes, the limit is {_FILE_MOST}", "shorten the note")
        durable.replace(path_of(run), content)
        return
    with suppress(FileNotFoundError):
        path_of(run).unlink()
        durable.sync_folder(run.parent)


def copy(source: Path, run: Path) -> None:
    """Give a run without tags the tags of another run file. Raises OSError."""
    if path_of(source).is_file() and not path_of(run).exists():
        durable.replace(path_of(run), path_of(source).read_bytes())


def text(values: Tags) -> str:
    """Return tags as one text, a dash without any."""
    units = {KEYS["grade"]: " %"}
    known = [(key, values[key]) for key in KEYS.values() if key in values]
    texts = [f"{value:g}{units.get(key, '')}" if isinstance(value, float) else value for key, value in known]
    return ", ".join(map(str, texts)) or "-"


def parse(word: str) -> tuple[str, str | float]:
    """Return the key in the file and the value of a tag KEY=VALUE. Raises UsageError."""
    key, equals, text = word.partition("=")
    if key not in KEYS or not equals:
        raise UsageError(f"{word} is not a tag; the keys are {', '.join(KEYS)}", _FORM)
    text = text.strip().encode("utf-8", "replace").decode()  # without surrogates
    if text and key == "surface" and text not in SURFACES:
        raise UsageError(f"{text} is not a surface", f"choose from {', '.join(SURFACES)}")
    if len(text) > (most := _MOST.get(key, len(text))):
        raise UsageError(f"the {key} has {len(text)} characters, the limit is {most}", "shorten it")
    return KEYS[key], _grade(text) if text and key == "grade" else text


def _grade(text: str) -> float:
    """Return a grade in per cent, positive uphill."""
    try:
        grade = float(text.removesuffix("%"))
    except ValueError:
        grade = math.nan
    if not abs(grade) <= _GRADE_MOST:
        raise UsageError(f"{text} is not a grade", "give per cent from -100 to 100, positive uphill, such as grade=6")
    return grade
