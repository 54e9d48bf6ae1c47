"""Adds to the site what lies outside docs/, and folds the docstrings of its excerpts."""

import json
import tempfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import cards
import excerpts
import live
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

LOGO = "figures/home/logo.png"
STRIP = "figures/home/hero.still.png"
MATHJAX = "theme/mathjax"
CHECKOUT = """\
# This notebook needs the package `ddpm`. In a checkout of its repository, run
# `python -m pip install -e . jupyterlab` in a terminal, and `jupyter lab` after it."""
"""What a notebook's first cell of code begins with, where the repository's address is unknown."""

TEMPORARY = tempfile.TemporaryDirectory(prefix="site-")


def on_config(config: MkDocsConfig) -> None:
    """Makes the digit that the figures script drew the logo and the icon, once it is drawn."""
    if (_site_assets(config) / LOGO).is_file():
        config.theme["logo"] = config.theme["favicon"] = f"assets/{LOGO}"


@event_priority(50)  # before the plugin that renders notebooks
def on_files(files: Files, config: MkDocsConfig) -> None:
    """Adds site_assets/ under assets/, and what pages can ask for of MathJax and onnxruntime-web.

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
    for uri, path in (*_mathjax(), *live.runtime(root.parent)):
        files.append(File.generated(config, uri, abs_src_path=str(path)))


def installing(text: str, repository: str) -> str:
    """A notebook that installs the package from its repository.

    A first cell that says nothing but how to get the package does so by itself. One that goes on
    with other code, as in an assignment that is run again for grading, says how.
    """
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        line = f"%pip install --quiet git+{repository}"
        words = f"# This notebook needs the package `ddpm`. In a cell above, run\n# {line}"
        new = line if source == CHECKOUT else source.replace(CHECKOUT, words)
        if new != source:
            cell["source"] = new.splitlines(keepends=True)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Folds long docstrings."""
    return excerpts.fold(html)


def on_page_context(context: Any, page: Page, config: MkDocsConfig, nav: Any) -> None:
    """Draws the page's card, whose address must be whole, and so needs the site's."""
    strip = _site_assets(config) / STRIP
    if config.site_url and strip.is_file():
        card = f"assets/cards/{page.file.src_uri.rpartition('.')[0]}.png"
        cards.draw(str(page.title), config.site_name, strip, Path(config.site_dir, card))
        page.meta["card"] = config.site_url.rstrip("/") + "/" + card


def _site_assets(config: MkDocsConfig) -> Path:
    return Path(config.config_file_path).parent / "site_assets"


def _mathjax() -> Iterator[tuple[str, Path]]:
    package = Path(str(resources.files("mathjax"))) / "static" / "mathjax"
    yield f"{MATHJAX}/LICENSE", package / "LICENSE"
    yield f"{MATHJAX}/tex-chtml.js", package / "es5" / "tex-chtml.js"
    fonts = Path("output/chtml/fonts/woff-v2")
    for path in sorted((package / "es5" / fonts).glob("*.woff")):
        yield f"{MATHJAX}/{fonts.as_posix()}/{path.name}", path
