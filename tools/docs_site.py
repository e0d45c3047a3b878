"""Builds the documentation site: `python -m tools.docs_site` writes build/docs/site.

The pages are those of docs/, protocol/README.md, CONTRIBUTING.md and CHANGELOG.md. Two pages are generated: commands
(tools/commands_doc.py) and keys of --json (tools/json_doc.py). The build fails on a warning, such as a broken link.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tools import commands_doc, json_doc

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "docs"
# Pages from other folders, by their path in the repository, and generated pages
_OTHERS = {"protocol/README.md": "protocol.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
_GENERATED = {"commands.md": commands_doc.document, "json/keys.md": json_doc.document}
_ASSETS = {".png", ".svg", ".json", ".py", ".js", ".css"}
_LINK = re.compile(r"(!?)\[((?:`[^`]*`|[^][`])*)\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")
_MENTION = re.compile(r"`?docs/([\w/.-]+?\.(?:md|json))`?")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


class Broken(Exception):
    """The site cannot be built without a warning."""


def build(root: Path = ROOT, folder: Path = BUILD) -> Path:
    """Build the site of the repository `root` below `folder`. Return its first page. Raises Broken."""
    shutil.rmtree(folder, ignore_errors=True)
    stage(root, folder / "pages")
    config = (root / "docs" / "zensical.toml").read_text("utf-8")
    (folder / "zensical.toml").write_text(_completed(config, folder / "pages"), "utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    if ran.returncode:
        raise Broken(_COLOUR.sub("", ran.stdout + ran.stderr).partition("Traceback")[0].strip())
    return folder / "site" / "index.html"


def stage(root: Path, folder: Path) -> None:
    """Copy the pages and their assets to `folder`, with links to places in the site, and generate the others."""
    docs = root / "docs"
    assets = [path for path in sorted(docs.rglob("*")) if path.suffix in _ASSETS]
    sources = [*sorted(docs.rglob("*.md")), *assets]
    places = {path: path.relative_to(docs).as_posix() for path in sources}
    places |= {root / name: place for name, place in _OTHERS.items()}
    for path, place in places.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            target.write_text(_relinked(path, places), "utf-8")
        else:
            shutil.copyfile(path, target)
    for place, document in _GENERATED.items():
        (folder / place).write_text(_MENTION.sub(_mention(docs, place), document()), "utf-8")


def _relinked(path: Path, places: dict[Path, str]) -> str:
    """Return the text of a page with links inside the site. A file outside the site becomes a name without a link."""

    def replaced(found: re.Match[str]) -> str:
        picture, text, link, anchor = found.groups()
        target = Path(os.path.normpath(path.parent / link))
        if target in places:
            relative = os.path.relpath(places[target], Path(places[path]).parent)
            return f"{picture}[{text}]({Path(relative).as_posix()}{anchor or ''})"
        return text if target.exists() else found.group()  # the generator reports the latter

    return _LINK.sub(replaced, path.read_text("utf-8"))


def _mention(docs: Path, place: str) -> Callable[[re.Match[str]], str]:
    """Return a function that turns the name of a document in a generated page into a link with its title."""

    def linked(found: re.Match[str]) -> str:
        name = found[1]
        text = (docs / name).read_text("utf-8").partition("\n")[0].removeprefix("# ") if name.endswith(".md") else name
        return f"[{text}]({Path(os.path.relpath(name, Path(place).parent)).as_posix()})"

    return linked


def _completed(config: str, pages: Path) -> str:
    """Return the configuration with all pages of a folder for the name `FOLDER/*.md`."""

    def listed(found: re.Match[str]) -> str:
        names = [path.relative_to(pages).as_posix() for path in sorted(pages.glob(found.group(1)))]
        return ", ".join(f'"{name}"' for name in sorted(names, key=lambda name: not name.endswith("README.md")))

    return re.sub(r'"([\w/]+/\*\.md)"', listed, config)


def main() -> int:
    """Build the site and print its first page, or the warnings. Return the exit code."""
    try:
        sys.stdout.write(f"{build().relative_to(ROOT)}\n")
    except Broken as error:
        sys.stderr.write(f"{error}\nerror: the site has the warnings above\nhint: correct the pages that they name\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
