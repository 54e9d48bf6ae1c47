"""One name everywhere: a page's name leads to its text, module, figures, test and command.

And what no name shows: modules are short, and imports run in one direction only.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ddpm.__main__ import GROUPS, command
from scripts.workshop.manifest import read_manifest
from scripts.workshop.records import ASSETS, ROOT

RECORDS = read_manifest()
SECTIONS = sorted({record["section"] for record in RECORDS.values()})
TECHNIQUES = {
    "denoising": "denoise",
    "sdedit": "sdedit",
    "inpainting": "inpaint",
    "anagrams": "anagram",
    "hybrids": "hybrid",
}
"""The pages of the techniques and their commands."""

MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("ddpm", "scripts")
    for path in (ROOT / folder).rglob("*.py")
)
PAGES = sorted(
    {m.split("/")[2].removesuffix(".py") for m in MODULES if m.startswith("scripts/pages/")}
    - {"__init__"}
)
"""The modules and packages of the pages, of which some have only measurements."""

LEAVES = (
    "ddpm/arguments.py",
    "ddpm/tensors.py",
    "ddpm/schedule.py",
    "ddpm/timesteps.py",
    "ddpm/plots.py",
)
"""Modules that import nothing of this project, but for the checks of arguments."""


TITLES = {"home": "index", "text": "text-to-image"}
"""The pages whose file has another name than their module, and why: the first is a site's start,
the second's address says what it is about."""


def is_command(module: str) -> bool:
    """Whether a module is a command's: what the commands share is none."""
    path = Path(module)
    if path.name in ("__init__.py", "shared.py", "program.py"):
        return False
    return path.parent in (Path("scripts"), Path("ddpm/commands"), Path("ddpm/commands/text"))


def imports(text: str) -> Iterator[str]:
    """The modules that a module's text imports, with what it takes from them: "ddpm.viz.sheet"."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            yield from (f"{origin}.{name.name}" for name in node.names)


def within(name: str, package: str) -> bool:
    """Whether a dotted name is a package's or is the package."""
    return f"{name}.".startswith(f"{package}.")


def forbidden(module: str) -> tuple[str, ...]:
    """The packages that a module must not import from."""
    if module in LEAVES:
        return ("ddpm", "scripts")
    if module.startswith("ddpm/"):
        return ("scripts", "tests")
    if module.startswith("scripts/pages/"):
        return ("ddpm.commands", "tests")
    if is_command(module):
        return ("scripts.pages", "tests")
    return ("tests",)


def test_imports_are_found_wherever_they_are():
    text = "import a.b as c\nfrom d.e import f, g\ndef h():\n    from . import i\n"
    assert [*imports(text)] == ["a.b", "d.e.f", "d.e.g", "..i"]
    assert within("scripts.pages.home", "scripts.pages")
    assert within("scripts.pages", "scripts.pages")
    assert not within("scripts.pages_of", "scripts.pages")


def test_pages_with_figures_are_modules():
    assert set(SECTIONS) <= set(PAGES)
    assert set(TECHNIQUES) <= set(SECTIONS)


@pytest.mark.parametrize("page", PAGES)
def test_the_name_of_a_page_leads_to_its_text_and_its_test(page):
    assert (ROOT / "docs" / f"{TITLES.get(page, page)}.md").is_file()
    assert (ROOT / "tests" / f"test_{page}.py").is_file()


@pytest.mark.parametrize("section", SECTIONS)
def test_the_name_of_a_page_leads_to_its_figures_and_to_what_drew_them(section):
    module = f"scripts/pages/{section}"
    for name, record in RECORDS.items():
        if record["section"] == section:
            assert record["file"].startswith(f"figures/{section}/"), name
            assert (ASSETS / record["file"]).is_file(), name
            source = record["source"]
            assert source == f"{module}.py" or source.startswith(f"{module}/"), name
            assert (ROOT / source).is_file(), name


def test_no_folder_of_figures_has_another_name():
    folders = {path.name for path in (ASSETS / "figures").iterdir()}
    assert folders == set(SECTIONS)


@pytest.mark.parametrize(("page", "name"), TECHNIQUES.items())
def test_the_name_of_a_technique_leads_to_its_code_and_its_command(page, name):
    assert (ROOT / "ddpm" / "techniques" / f"{page}.py").is_file()
    assert any(name in commands for commands in GROUPS.values())
    assert command(name).__module__ == f"ddpm.commands.{name}"
    assert (ROOT / "scripts" / f"{name}.py").is_file()


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_readable_in_one_sitting(module):
    length = len((ROOT / module).read_text("utf-8").splitlines())
    assert length < 150 if is_command(module) else length <= 250


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_downwards(module):
    text = (ROOT / module).read_text("utf-8")
    upwards = [
        name
        for name in imports(text)
        if name.startswith(".") or any(within(name, package) for package in forbidden(module))
    ]
    if module in LEAVES[1:]:  # a leaf, too, says what it is called with wrongly
        upwards = [name for name in upwards if name not in ("ddpm.arguments", "ddpm.tensors")
                   and not within(name, "ddpm.arguments")]  # fmt: skip
    assert upwards == []


@pytest.mark.parametrize("module", [m for m in MODULES if m.count("/") == 1 and is_command(m)])
def test_what_lies_in_scripts_itself_is_a_command(module):
    last = ast.parse((ROOT / module).read_text("utf-8")).body[-1]
    assert isinstance(last, ast.If)
    assert ast.unparse(last.test) == "__name__ == '__main__'"
    assert ast.unparse(last.body[-1]).startswith("run(")


def test_beside_commands_scripts_has_pages_and_a_workshop():
    folders = {m.split("/")[1] for m in MODULES if m.startswith("scripts/") and m.count("/") > 1}
    assert folders == {"pages", "workshop"}
