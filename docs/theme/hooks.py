"""Adds to the site what lies outside docs/, and to its pages their place in the course.

It folds the docstrings of excerpts, links the terms of the glossary and typesets formulas.
"""

import json
import logging
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cards
import course
import excerpts
import formulas
import glossary
import live
import sheet
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

log = logging.getLogger("mkdocs.site")

LOGO = "figures/home/logo.png"
STRIP = "figures/home/hero.still.png"
CHECKOUT = """\
# This notebook needs the package `ddpm`. In a checkout of its repository, run
# `python -m pip install -e . jupyterlab` in a terminal, and `jupyter lab` after it."""
"""What a notebook's first cell of code begins with, where the repository's address is unknown."""
HOSTED = ("notebooks/quick-tour.ipynb", "notebooks/your-own.ipynb", "assignment/student.ipynb")
"""Notebooks that a page offers to open on a machine elsewhere: none of them needs a GPU."""
GITHUB = "https://github.com/"

WHERE_MISSING = """\
# This notebook needs the package `ddpm`, and installs it where it is missing.
from importlib.util import find_spec

if find_spec("ddpm") is None:
"""

TEMPORARY = tempfile.TemporaryDirectory(prefix="site-")


def on_config(config: MkDocsConfig) -> None:
    """Takes a sampled digit as the logo, once there is one, and leaves out planned pages."""
    config.nav = course.present(config.nav, _missing(config))
    if (_site_assets(config) / LOGO).is_file():
        config.theme["logo"] = config.theme["favicon"] = f"assets/{LOGO}"


@event_priority(50)  # before the plugin that renders notebooks
def on_files(files: Files, config: MkDocsConfig) -> None:
    """Adds site_assets/ under assets/, and what pages load that comes with npm.

    Notebooks to download install the package from its repository, where the site knows that.
    """
    if repository := config.extra.get("repository"):
        for file in [file for file in files if file.src_uri.endswith(".ipynb")]:
            text = installing(file.content_string, repository)
            copy = Path(TEMPORARY.name, file.src_uri)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text, encoding="utf-8", newline="\n")
            files.remove(file)
            files.append(
                File(file.src_uri, TEMPORARY.name, config.site_dir, config.use_directory_urls)
            )
    root = _site_assets(config)
    for path in sorted(p for p in root.rglob("*") if p.is_file() and not p.name.startswith(".")):
        uri = f"assets/{path.relative_to(root).as_posix()}"
        files.append(File.generated(config, uri, abs_src_path=str(path)))
    for uri, path in (*live.runtime(root.parent), *formulas.files(root.parent)):
        files.append(File.generated(config, uri, abs_src_path=str(path)))


def installing(text: str, repository: str) -> str:
    """A notebook that installs the package from its repository.

    A first cell that only says how to get the package installs it. One with other code after that,
    as in an assignment that is run again for grading, installs it only if it is missing.
    """
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        line = f"%pip install --quiet git+{repository}"
        words = f"{WHERE_MISSING}    {line}"
        new = line if source == CHECKOUT else source.replace(CHECKOUT, words)
        if new != source:
            cell["source"] = new.splitlines(keepends=True)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Marks live figures, and adds the lines that say a page's place in the course."""
    markdown = course.live(markdown)
    try:
        if place := course.place(page.meta):
            uri = page.file.src_uri
            markdown = course.framed(markdown, uri, place, config.nav, _missing(config))
    except course.Wrong as error:
        log.warning(f"{page.file.src_uri}: front matter: {error}")
    return markdown


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Folds long docstrings."""
    return excerpts.fold(html)


def on_page_context(context: Any, page: Page, config: MkDocsConfig, nav: Any) -> None:
    """Adds the links to the repository, and draws the page's card.

    The card's address must be whole, and so needs the site's.
    """
    context["links"] = links(config.extra.get("repository") or "", page.file.src_uri)
    strip = _site_assets(config) / STRIP
    if config.site_url and strip.is_file():
        card = f"assets/cards/{page.file.src_uri.rpartition('.')[0]}.png"
        cards.draw(str(page.title), config.site_name, strip, Path(config.site_dir, card))
        page.meta["card"] = config.site_url.rstrip("/") + "/" + card


def links(repository: str, uri: str) -> dict[str, str]:
    """Where a page is opened on a machine elsewhere, edited and discussed, by what a link says.

    Args:
        repository: its address; pages of others than GitHub have no such links.
        uri: the page's source, relative to docs/.
    """
    address = repository.removesuffix("/").removesuffix(".git")
    if not address.startswith(GITHUB):
        return {}
    found = {"discuss": f"{address}/issues/new?title={quote(f'Page {uri}')}"}
    if not uri.endswith(".ipynb"):
        found["edit"] = f"{address}/edit/main/docs/{uri}"
    elif uri in HOSTED:  # the built one, which installs the package
        built = f"{uri.removesuffix('.ipynb')}/{uri.rpartition('/')[2]}"
        place = f"github/{address.removeprefix(GITHUB)}/blob/gh-pages/{built}"
        found["launch"] = f"https://colab.research.google.com/{place}"
    return found


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Links the first mention of each term, and typesets formulas.

    This comes late, so that the search has the words of the page and the TeX of its formulas.
    """
    root, uri = Path(config.config_file_path).parent, page.file.src_uri
    before, article, rest = output.partition("<article")
    text, end, after = rest.partition("</article>")
    notebook = uri.endswith(".ipynb")
    try:
        if not notebook and not uri.startswith("api/") and uri != glossary.PAGE:
            address = get_relative_url("symbols/", page.url)
            text = glossary.linked(text, glossary.read(root / "docs" / "glossary.yml"), address)
        text = formulas.typeset(text, root, notebook)
        before = formulas.typeset(before, root)
    except course.Wrong as error:
        log.warning(f"{uri}: {error}")
    return before + article + text + end + after


def on_post_build(config: MkDocsConfig) -> None:
    """Prints the summary, where that is asked for."""
    if config.extra.get("pdf"):
        sheet.write(Path(config.site_dir))


def on_shutdown() -> None:
    """Ends the process that typesets formulas."""
    formulas.close()


def _missing(config: MkDocsConfig) -> list[str]:
    """The pages that are planned and not there yet."""
    docs = Path(config.docs_dir)
    return [page for page in config.extra.get("planned", []) if not (docs / page).is_file()]


def _site_assets(config: MkDocsConfig) -> Path:
    return Path(config.config_file_path).parent / "site_assets"
