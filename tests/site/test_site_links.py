"""What can be said of the built pages without a browser: links, images, numbers, addresses."""

import ast
import json
import re
import subprocess
from html import unescape
from html.parser import HTMLParser
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from PIL import Image
from test_site_pages import paths

ROOT = Path(__file__).parents[2]
HOST = "https://example.org/course/"
REPOSITORY = "https://example.org/ddpm.git"


class Contents(HTMLParser):
    """A page's ids, links, images, metadata, and measured numbers with where they are from."""

    def __init__(self, file: Path):
        super().__init__()
        self.ids, self.links, self.meta = set[str](), list[str](), dict[str, str]()
        self.images, self.numbers = list[dict[str, str | None]](), list[tuple[str, str]]()
        self._source: str | None = None
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids |= {values[key] for key in ("id", "name") if values.get(key)}
        if tag == "meta":
            name = values.get("name") or values.get("property") or ""
            self.meta[name] = values.get("content") or ""
        self.links += [values[key] for key in ("href", "src", "srcset") if values.get(key)]
        if tag == "img":
            self.images.append(values)
        if values.get("class") == "result":
            self._source = values["data-source"]

    def handle_data(self, data):
        if self._source:
            self.numbers.append((self._source, data))
            self._source = None


@pytest.fixture(scope="session")
def pages(site) -> dict[str, Contents]:
    """Every page by its address."""
    return {path: Contents(site / path / "index.html") for path in paths()}


@pytest.mark.parametrize("path", paths())
def test_every_link_leads_somewhere(site, pages, path):
    lost = []
    for link in pages[path].links:
        parts = urlsplit(link)
        if link.startswith("data:"):
            continue
        if parts.scheme or parts.netloc:
            assert parts.scheme == "https", link
            assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", parts.netloc), link
            continue
        target = unquote(urljoin(f"/{path}", parts.path)).removeprefix("/")
        file = site / target
        if not (file / "index.html" if target.endswith("/") or not target else file).is_file():
            lost.append(link)
            continue
        known = pages[target].ids if target in pages else {unquote(parts.fragment)}
        if parts.fragment and unquote(parts.fragment) not in known:
            lost.append(link)
    assert lost == []


def value(source: str) -> float | str:
    """What a results file has at a dotted path."""
    name, _, path = source.partition("#")
    found = json.loads((ROOT / "site_assets" / name).read_text())
    while path:  # a key may itself have a dot in it
        steps = path.split(".")
        if isinstance(found, list):
            found, path = found[int(steps[0])], ".".join(steps[1:])
            continue
        heads = [".".join(steps[:i]) for i in range(len(steps), 0, -1)]
        head = next(head for head in heads if head in found)
        found, path = found[head], path[len(head) + 1 :]
    return found


def shows(text: str, value: Any) -> bool:
    """Whether a text is a value, rounded to the digits of the text."""
    if isinstance(value, str):
        return text == value
    parts = re.fullmatch(
        r"(\N{MINUS SIGN}?)([\d,]+)(?:\.(\d+))?(?:e([+\N{MINUS SIGN}]\d+))?(%?)", text
    )
    if parts is None:
        return False
    sign, whole, decimals, power, percent = parts.groups(default="")
    number = float(f"{whole.replace(',', '')}.{decimals or 0}") * (-1 if sign else 1)
    scale = 10.0 ** int(power.replace("\N{MINUS SIGN}", "-") or 0) / (100 if percent else 1)
    last = 10.0 ** -len(decimals) * scale
    return abs(number * scale - value) <= 0.5 * last * (1 + 1e-9)


def test_shows_is_as_exact_as_its_digits():
    assert shows("0.035", 0.0345678)
    assert not shows("0.036", 0.0345678)
    assert shows("87%", 0.8700000047)
    assert not shows("87%", 0.8751)
    assert shows("\N{MINUS SIGN}10.1", -10.12)
    assert not shows("10.1", -10.12)
    assert shows("20,291", 20291.17)
    assert shows("1.1e\N{MINUS SIGN}05", 1.12e-5)
    assert not shows("1.2e\N{MINUS SIGN}05", 1.12e-5)
    assert not shows("DDIM", 0.5)


@pytest.mark.parametrize("path", paths())
def test_every_number_is_that_of_its_results_file(pages, path):
    for source, shown in pages[path].numbers:
        assert shows(shown, value(source)), (source, shown, value(source))


def test_there_are_numbers_to_compare(pages):
    assert sum(len(page.numbers) for page in pages.values()) > 100


@pytest.mark.parametrize("path", paths())
def test_images_tell_what_is_to_be_seen(pages, path):
    figures = [image for image in pages[path].images if image.get("decoding") == "async"]
    for image in figures:
        assert len(image["alt"].split()) >= 6
        assert image["alt"].endswith(".")
    assert len({image["src"] for image in figures}) == len(figures)


def public() -> list[str]:
    """The package's modules, and their functions and classes that have a docstring."""
    names = []
    for path in sorted((ROOT / "ddpm").rglob("*.py")):
        # What the commands take is in their help, and on the page on reuse.
        if path.name in ("__init__.py", "__main__.py") or "commands" in path.parts:
            continue
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        names.append(module)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if (
                isinstance(node, ast.FunctionDef | ast.ClassDef)
                and not node.name.startswith("_")
                and ast.get_docstring(node)
            ):
                names.append(f"{module}.{node.name}")
    return names


def test_the_reference_is_complete(pages):
    documented = {i for path, page in pages.items() if path.startswith("api/") for i in page.ids}
    assert [name for name in public() if name not in documented] == []


@pytest.fixture(scope="session")
def hosted(build, tmp_path_factory) -> Path:
    """The site as it is built for a host that serves it from a folder."""
    out = tmp_path_factory.mktemp("hosted")
    done = build(ROOT, out, DDPM_SITE_URL=HOST, DDPM_REPOSITORY=REPOSITORY)
    assert done.returncode == 0, done.stdout
    return out


def test_a_hosted_site_knows_its_addresses(hosted):
    sitemap = (hosted / "sitemap.xml").read_text()
    pages = [*paths(), "assignment/score-sheet/"]  # not in the nav: it has the solutions
    assert sorted(re.findall("<loc>(.*?)</loc>", sitemap)) == sorted(HOST + p for p in pages)
    lost = Contents(hosted / "404.html")
    local = [link for link in lost.links if not urlsplit(link).scheme and link[0] != "#"]
    assert local != []
    assert [link for link in local if not link.startswith("/course/")] == []
    assert "/course/" in [link.rstrip(".") for link in local]  # the first page


def test_a_hosted_site_has_a_card_for_each_page(hosted):
    for path in paths():
        meta = Contents(hosted / path / "index.html").meta
        assert meta["og:url"] == HOST + path
        assert meta["og:title"]
        with Image.open(hosted / meta["og:image"].removeprefix(HOST)) as card:
            assert card.size == (1200, 630)
            assert len(card.convert("L").getcolors()) > 10


def test_notebooks_to_download_install_from_the_repository(hosted):
    found = [path for path in hosted.rglob("*.ipynb") if "assets" not in path.parts]
    assert found
    for path in found:
        if "%pip" in (text := path.read_text(encoding="utf-8")):
            assert f"%pip install --quiet git+{REPOSITORY}" in text


def test_a_figures_record_links_to_its_source_at_the_commit(hosted, site):
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True)
    commit = done.stdout.strip() if done.returncode == 0 else "main"
    figures = json.loads((ROOT / "site_assets/manifest.json").read_text())["figures"]
    links = Contents(hosted / "reproduce/index.html").links
    for record in figures.values():
        assert f"https://example.org/ddpm/blob/{commit}/{record['source']}" in links
    # Without an address the source is named and leads nowhere.
    assert not [link for link in Contents(site / "reproduce/index.html").links if "/blob/" in link]
    assert "<code>scripts/pages/forward.py</code>" in (site / "reproduce/index.html").read_text()


def characters() -> set[int]:
    """What the font of the formulas has."""
    place = spec_from_file_location("make", ROOT / "docs" / "theme" / "math" / "make.py")
    module = module_from_spec(place)
    place.loader.exec_module(module)
    return {*module.CHARACTERS}


def test_the_font_has_what_the_formulas_are_made_of(site):
    pages = [(site / path / "index.html").read_text(encoding="utf-8") for path in paths()]
    formulas = re.findall(r"<math\b.*?</math>", "".join(pages), re.DOTALL)
    assert len(formulas) > 500
    drawn = unescape(re.sub(r"<mtext.*?</mtext>|<[^>]*>", "", "".join(formulas)))
    assert {chr(c) for c in {*map(ord, drawn)} - characters()} == set()
