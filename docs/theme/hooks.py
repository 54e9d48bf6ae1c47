"""Adds to the site what lies outside docs/: the figures, the results and MathJax."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

LOGO = "figures/home/logo.png"
MATHJAX = "theme/mathjax"


def on_config(config: MkDocsConfig) -> None:
    """Makes the digit that the figures script drew the logo and the icon, once it is drawn."""
    if (_site_assets(config) / LOGO).is_file():
        config.theme["logo"] = config.theme["favicon"] = f"assets/{LOGO}"


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Adds site_assets/ under assets/, and the parts of MathJax that a page can ask for."""
    root = _site_assets(config)
    for path in sorted(p for p in root.rglob("*") if p.is_file() and not p.name.startswith(".")):
        uri = f"assets/{path.relative_to(root).as_posix()}"
        files.append(File.generated(config, uri, abs_src_path=str(path)))
    for uri, path in _mathjax():
        files.append(File.generated(config, uri, abs_src_path=str(path)))


def _site_assets(config: MkDocsConfig) -> Path:
    return Path(config.config_file_path).parent / "site_assets"


def _mathjax() -> Iterator[tuple[str, Path]]:
    package = Path(str(resources.files("mathjax"))) / "static" / "mathjax"
    yield f"{MATHJAX}/LICENSE", package / "LICENSE"
    yield f"{MATHJAX}/tex-chtml.js", package / "es5" / "tex-chtml.js"
    fonts = Path("output/chtml/fonts/woff-v2")
    for path in sorted((package / "es5" / fonts).glob("*.woff")):
        yield f"{MATHJAX}/{fonts.as_posix()}/{path.name}", path
