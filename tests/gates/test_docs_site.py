"""The documentation site builds without a warning, requests nothing from a network, and answers within two clicks."""

import json
import os
import re
import shutil
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import click
import pytest

from retropod.cli.commands import cli
from tools import docs_site

pytestmark = pytest.mark.gate

# Answers that a reader finds within two clicks from the first page: page, and a text on it
ANSWERS = {
    "wire an MPU-6050": ("hardware.html#wiring", "MPU-6050 (GY-521)"),
    "unknown": ("trust.html#unknown", "the evidence is too weak to name a direction"),
    "contact time when walking backward": ("trust.html#other-numbers", "walking backward"),
    "export to FIT": ("guides/runner.html#export", "export last --format fit"),
    "delete the data of a patient": ("guides/clinician.html#delete-the-data-of-a-patient", "--for-good"),
}
# Attributes with which a page requests a file at once
REQUESTS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}


class Page(HTMLParser):
    """Links, anchors and requested files of a page; `content`: links of the article, without those of the frame."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.content: list[str] = []
        self.anchors: set[str] = set()
        self.requests: list[str] = []
        self._article = False
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._article |= tag == "article"
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
            self.content += [given["href"]] * self._article
        if (name := REQUESTS.get(tag)) in given and given.get("rel") != "canonical":
            self.requests.append(given[name])

    def handle_endtag(self, tag: str) -> None:
        self._article &= tag != "article"


def is_external(link: str) -> bool:
    return bool(re.match(r"(\w+:)?//", link))


def broken(site: Path, pages: dict[Path, Page]) -> Iterator[str]:
    """Yield each link inside the site without a target."""
    for path, page in pages.items():
        for link in page.links + page.requests:
            if is_external(link) or link.startswith(("mailto:", "data:")):
                continue
            name, anchor = urldefrag(unquote(link))
            target = Path(os.path.normpath(path.parent / name)) if name not in ("", ".") else path
            if not target.is_file() or (anchor and target in pages and anchor not in pages[target].anchors):
                yield f"{path.relative_to(site)}: {link}"


def targets(path: Path, page: Page) -> Iterator[tuple[Path, str]]:
    """Yield the page and the anchor of each link in the article of a page."""
    for name, anchor in map(urldefrag, page.content):
        yield (Path(os.path.normpath(path.parent / name)) if name else path), anchor


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, repo_root: Path) -> Path:
    return docs_site.build(repo_root, tmp_path_factory.mktemp("docs")).parent


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html") if path.name != "404.html"}


def test_every_link_and_anchor_exists(site: Path, pages: dict[Path, Page]) -> None:
    assert len(pages) > 30
    assert list(broken(site, pages)) == []


def test_a_broken_anchor_is_named(site: Path, pages: dict[Path, Page]) -> None:
    index = site / "index.html"
    planted = Page(index)
    planted.links = ["hardware.html#planted", "planted.html", "hardware.html#wiring"]
    found = list(broken(site, {**pages, index: planted}))
    assert found == ["index.html: hardware.html#planted", "index.html: planted.html"]


def test_pages_request_nothing_from_a_network(site: Path, pages: dict[Path, Page]) -> None:
    assert [link for page in pages.values() for link in page.requests if is_external(link)] == []
    for path in site.rglob("*.css"):
        assert re.findall(r"(?:url\(|@import )[\"']?(?:\w+:)?//[^)]*", path.read_text("utf-8")) == [], path.name
    assert is_external("https://example.org/x.js") and is_external("//example.org/x.js")


def test_answers_are_within_two_clicks(site: Path, pages: dict[Path, Page]) -> None:
    index = site / "index.html"
    first = set(targets(index, pages[index]))
    second = {one for path in {path for path, _ in first} & set(pages) for one in targets(path, pages[path])}
    for question, (place, text) in ANSWERS.items():
        name, anchor = urldefrag(place)
        path = site / name
        assert (path, anchor) in first | second, question
        assert anchor in pages[path].anchors, question
        assert text in re.sub(r"\s+", " ", path.read_text("utf-8")), question


def test_every_page_is_in_the_navigation(repo_root: Path, tmp_path: Path) -> None:
    docs_site.stage(repo_root, tmp_path)
    config = tomllib.loads((repo_root / "docs" / "zensical.toml").read_text("utf-8"))
    listed = json.dumps(config["project"]["nav"])
    names = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.md")]
    assert [name for name in names if f'"{name}"' not in listed and not name.startswith("decisions/")] == []


def test_options_in_the_guides_exist(repo_root: Path) -> None:
    documents = [repo_root / "README.md", *(repo_root / "docs" / "guides").glob("*.md")]
    found = [line for path in documents for line in unknown_options(path.read_text("utf-8"))]
    assert found == []
    assert unknown_options("`retropod show last --planted`") == ["show --planted"]


def unknown_options(text: str) -> list[str]:
    """Return each option that follows `retropod COMMAND` in a document and that the command does not have."""
    context = click.Context(cli)
    found = []
    for command, rest in re.findall(r"retropod (?:--port \S+ )?(\w+)([^`\n#]*)", text):
        known = cli.get_command(context, command)
        if known is None:
            continue
        commands = [known, *(known.commands.values() if isinstance(known, click.Group) else ())]
        options = {name for one in commands for parameter in one.params for name in parameter.opts} | {"--help"}
        found += [f"{command} {name}" for name in re.findall(r"(?<!\S)--[\w-]+", rest) if name not in options]
    return found


def test_a_broken_link_stops_the_build(repo_root: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ("docs", "protocol"):
        shutil.copytree(repo_root / name, root / name, ignore=shutil.ignore_patterns("*.py", "retrowire", "vectors"))
    for name in ("CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copyfile(repo_root / name, root / name)
    with (root / "docs" / "index.md").open("a", encoding="utf-8") as page:
        page.write("\n[planted](hardware.md#planted)\n")
    with pytest.raises(docs_site.Broken, match="planted"):
        docs_site.build(root, tmp_path / "build")
