"""What a strict build accepts and what it refuses, on a small tree with the real theme."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from static_host import serving

ROOT = Path(__file__).parents[2]
FIGURE = {
    "section": "forward",
    "file": "figures/forward/line.svg",
    "still": None,
    "width": 40,
    "height": 20,
    "pixelated": False,
    "caption": "A line at \\(t = 1\\).",
    "made": "Drawn by hand.",
    "alt": "A line",
    "script": "python -m scripts.figures line",
    "source": "scripts/lines.py",
    "inputs": {"weights": {"attention": "sha256:0123456789abcdef"}, "seed": 3},
    "seconds": 1.25,
    "bytes": 1234,
    "sha256": "fedcba",
    "versions": {"torch": "2.15.0"},
    "device": "cpu",
}
RESULT = {
    "how": {"command": "python -m scripts.x", "seed": 0},
    "part": {"how": {"command": "python -m scripts.y", "seed": 0}},
    "epochs": [{"loss": 0.0345678}],
    "below": -1234.2,
    "rows": {"one": {"words": "first", "fid": 0.12345}, "two": {"words": "second"}},
}
LINE = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><path d="M0 0L40 20"/></svg>'
NAV = "nav: [{Home: index.md}, {Reproduce: reproduce.md}, {Lab: lab.ipynb}]\n"


@pytest.fixture
def tree(tmp_path) -> Callable[[str], Path]:
    """Writes a tree whose first page has this text, and gives its folder."""

    def write(text: str) -> Path:
        lab = {
            "cells": [{"cell_type": "markdown", "metadata": {}, "source": "# Lab\n\nAt $t = T$."}],
            "metadata": {
                "kernelspec": {"language": "python", "name": "python3", "display_name": "Python"}
            },
            "nbformat": 4,
            "nbformat_minor": 4,
        }
        files = {
            "mkdocs.yml": f"INHERIT: base.yml\n{NAV}",
            "docs/index.md": f"# Home\n\n{text}\n",
            "docs/reproduce.md": "# Reproduce\n\n## Figures\n\n{{ figure_records() }}\n",
            "docs/lab.ipynb": json.dumps(lab),
            "ddpm/code.py": "class A:\n    # --8<-- [start:f]\n    f = 1\n    # --8<-- [end:f]\n",
            "scripts/__init__.py": "",
            "site_assets/manifest.json": json.dumps({"figures": {"line": FIGURE}}),
            "site_assets/figures/forward/line.svg": LINE,
            "site_assets/results/small.json": json.dumps(RESULT),
        }
        for name, content in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        shutil.copy(ROOT / "mkdocs.yml", tmp_path / "base.yml")
        shutil.copytree(ROOT / "docs" / "theme", tmp_path / "docs" / "theme")
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(ROOT / name, tmp_path)
        for name in (".cache", "node_modules"):  # what npm has installed for the whole site
            if (ROOT / name).is_dir():
                (tmp_path / name).symlink_to(ROOT / name, target_is_directory=True)
        return tmp_path

    return write


def test_site_holds_records_and_no_source(site):
    assert (site / "assets" / "manifest.json").read_bytes() == (
        ROOT / "site_assets" / "manifest.json"
    ).read_bytes()
    assert [file for file in site.rglob("*") if file.suffix in (".py", ".pyc", ".md")] == []


def test_site_holds_the_engine_its_models_and_its_runtime(site):
    live, models = ROOT / "docs" / "live", ROOT / "site_assets" / "live"
    parts = {live / "engine": "live/engine", live / "ui": "live/ui", models: "assets/live"}
    for path in [path for folder in parts for path in folder.iterdir()]:
        there = parts[path.parent]
        assert (site / there / path.name).read_bytes() == path.read_bytes()
    names = {path.name for path in (site / "live" / "runtime").iterdir()}
    assert names == {
        "LICENSE", "gifenc.esm.js", "ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"
    }  # fmt: skip
    assert not (site / "node_modules").exists()


def test_macros_excerpts_and_notebooks(build, tree, visit):
    root = tree(
        '{{ figure("line") }}\n\nLoss {{ number("small", "epochs.-1.loss", ".3f") }}\n\n'
        '{{ record("small") }}\n\n{{ record("small#part") }}\n\n'
        '```python\n--8<-- "ddpm/code.py:f"\n```\n'
    )
    done = build(root, root / "out")
    assert done.returncode == 0, done.stdout
    with serving(root / "out") as base:
        home = visit(base, "")
        page = home.page
        assert page.locator(".result").inner_text() == "0.035"
        source = "results/small.json#epochs.-1.loss"
        assert page.locator(".result").get_attribute("data-source") == source
        assert page.locator("pre code").text_content().rstrip() == "f = 1"
        caption = page.locator("figcaption")
        for part in ("seed 3", "weights attention 01234567,", "1.2 s", "scripts.figures line"):
            assert part in caption.inner_text()
        assert caption.locator("math").count() == 1
        for words, command in (("small", "x"), ("small, part", "y")):
            page.get_by_text(f"How this was obtained: {words}", exact=True).click()
            assert page.get_by_text(f"python -m scripts.{command}").is_visible()
        caption.get_by_role("link", name="Record").click()
        page.wait_for_url("**/reproduce/#figure-line")
        assert page.get_by_text("fedcba").is_visible()
        lab = visit(base, "lab/")
        assert lab.page.locator(".jp-RenderedMarkdown math").count() == 1
        assert home.faults + lab.faults == []


def test_a_number_in_a_formula_is_written_as_tex_writes_it(build, tree):
    root = tree(
        '$a = {{ tex("small", "epochs.-1.loss", ".1e") }}$,'
        ' $b = {{ tex("small", "rows.one.fid", ".1%") }}$,'
        ' $c = {{ tex("small", "below", ",.0f") }}$\n\n{{ number("small", "below", ",.0f") }}\n'
    )
    done = build(root, root / "out")
    assert done.returncode == 0, done.stdout
    page = (root / "out" / "index.html").read_text(encoding="utf-8")
    for formula in (r"a = 3.5 \cdot 10^{-2}", r"b = 12.3\,\%", r"c = -1{,}234"):
        assert f'alttext="{formula}"' in page
    assert ">\N{MINUS SIGN}1,234</span>" in page


TABLE = """\
{% call table("small#rows") %}
| row | what | FID |
| --- | --- | ---: |
| {*} | {*.words:} | {*.fid?:.3f} |
{% endcall %}

{% call table("small", rows={
    "`1` | first": ["one", "words"],
    "`2` | *second*": ["two", "words"],
}) %}
| row | name | in words | loss, {below:.0f} |
| --- | --- | --- | ---: |
| {*} | {rows.*.*:} | {epochs.0.loss:.1f .2f} |
| last | 7 | ${below:,.1f}$ | {other#a.b:} of {rows.one.fid:.1%} |
{% endcall %}

{% call table("small#rows", rows={"first": "one?", "third": "three?"}) %}
| row | what |
| --- | --- |
| {*} | `{*.words:}` |
{% endcall %}

{% if measured("small", "rows.one") %}There is a result.{% endif %}
{% if measured("none") or measured("small", "rows.three") %} Nothing.{% endif %}
"""


def test_a_table_has_the_rows_that_it_is_called_with(build, tree, visit):
    root = tree(TABLE)
    other = root / "site_assets" / "results" / "other.json"
    other.write_text('{"a": {"b": 5}}', encoding="utf-8")
    done = build(root, root / "out")
    assert done.returncode == 0, done.stdout
    with serving(root / "out") as base:
        page = visit(base, "").page
        rows = [row.inner_text().split("\t") for row in page.locator("article tr").all()]
        assert [[cell.strip() for cell in row] for row in rows] == [
            ["row", "what", "FID"], ["one", "first", "0.123"], ["two", "second", ""],
            ["row", "name", "in words", "loss, \N{MINUS SIGN}1234"],
            ["1", "first", "first", "0.0"], ["2", "second", "second", "0.03"],
            ["last", "7", rows[6][2].strip(), "5 of 12.3%"],
            ["row", "what"], ["first", "first"],
        ]  # fmt: skip
        assert page.get_by_text("There is a result.").inner_text() == "There is a result."
        assert page.locator("td math").count() == 1
        assert page.locator("td em").inner_text() == "second"
        assert page.locator("td code .result").inner_text() == "first"
        sources = [cell.get_attribute("data-source") for cell in page.locator(".result").all()]
        assert "results/small.json#rows.one.fid" in sources
        assert "results/other.json#a.b" in sources
    assert 'alttext="-1{,}234.2"' in (root / "out" / "index.html").read_text(encoding="utf-8")


WRONG = {
    "{none.x:}": "site_assets/results/small.json has no 'none.x' (at 'none')",
    "{none#x:}": "there is no site_assets/results/none.json",
    "{rows.*.fid:}": "site_assets/results/small.json has no 'rows.two.fid' (at 'fid')",
    "{rows.*.nothing?:}": "no row has {rows.*.nothing?:}",
    "{rows.*.words:.1f}": "'first' at 'rows.one.words' of site_assets/results/small.json:",
    "{rows.*.words:s s s}": "{rows.*.words:s s s} has 3 formats for 2 rows",
    "{rows.one.fid}": "what is in braces is not {path:format}: | {rows.one.fid} |",
}


def test_what_a_table_lacks_fails_and_is_named(build, tree):
    call = '{% call table("small", rows=["one", "two"]) %}\n| a |\n| --- |\n'
    root = tree("\n".join(f"{call}| {place} |\n{{% endcall %}}\n" for place in WRONG))
    done = build(root, root / "out")
    assert done.returncode != 0
    for message in WRONG.values():
        assert f"WARNING -  index.md: table('small'): {message}" in done.stdout


def test_what_is_missing_fails_and_is_named(build, tree):
    root = tree(
        "{{ figure('nothing') }}\n\n{{ number('small', 'epochs.5.loss') }}\n\n"
        "{{ number('none', 'x') }}\n\n{{ number('small', 'epochs') }}\n\n"
        "${{ tex('small', 'none') }}$\n\n[there](#nowhere)\n"
    )
    done = build(root, root / "out")
    assert done.returncode != 0
    for line in (
        "index.md: figure('nothing'): site_assets/manifest.json has no figure 'nothing'",
        "index.md: number('small', 'epochs.5.loss'): site_assets/results/small.json"
        " has no 'epochs.5.loss' (at '5')",
        "index.md: number('none', 'x'): there is no site_assets/results/none.json",
        "index.md: number('small', 'epochs'): site_assets/results/small.json"
        " has no single value at 'epochs'",
        "index.md: tex('small', 'none'): site_assets/results/small.json has no 'none' (at 'none')",
        "Doc file 'index.md' contains a link '#nowhere'",
    ):
        assert f"WARNING -  {line}" in done.stdout


def test_missing_excerpt_fails_and_is_named(build, tree):
    root = tree('```python\n--8<-- "ddpm/code.py:no_such_section"\n```\n')
    done = build(root, root / "out")
    assert done.returncode != 0
    assert "Error reading page 'index.md'" in done.stdout
    assert "'no_such_section' could not be located" in done.stdout
