"""Code on the pages: no line is cut, and a docstring longer than its code is folded."""

import ast
import importlib
import re
import textwrap
from html import unescape
from pathlib import Path

import pytest
from markdown import markdown
from mkdocs.config import load_config
from test_site_pages import paths

ROOT = Path(__file__).parents[2]
CLIPBOARD = ["clipboard-read", "clipboard-write"]
CUT = """() => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  const cut = (code, box) => {
    const inner = code.getBoundingClientRect(), outer = box.getBoundingClientRect();
    return box.scrollWidth > box.clientWidth && getComputedStyle(box).display !== "inline"
      || inner.left < outer.left - 1 || inner.right > outer.right + 1;
  };
  const clips = (box) => getComputedStyle(box).overflowX !== "visible";
  const boxes = (box) => box.matches("article") ? [] : [box, ...boxes(box.parentElement)];
  return [...document.querySelectorAll("article :is(pre, pre > code)")]
    .filter((code) => boxes(code).some((box) => (box === code || clips(box)) && cut(code, box)))
    .map((code) => code.textContent.trim());
}"""
LONG = '''\
@wrapped
def short(a):
    """Says it.

    In more lines than

    it has.
    """
    return a
'''
EVEN = '''\
def even(a):
    """Says it.

    In three."""
    b = a

    return b
'''
CLASS = '''\
class Few:
    """Says it: <none> & "all".

    Of
    a few.
    """

    a: int

    def two(self):
        """In two
        lines."""
'''


@pytest.mark.parametrize("path", paths())
def test_no_line_of_code_is_cut_on_a_desktop(visit, address, path):
    page = visit(address, path, 1280, 800).page
    assert page.evaluate(CUT) == []


@pytest.fixture
def excerpts(monkeypatch):
    """The module of the site's theme that folds docstrings."""
    monkeypatch.syspath_prepend(ROOT / "docs" / "theme")
    return importlib.import_module("excerpts")


@pytest.mark.parametrize(
    ("code", "folded"),
    [(LONG, [(3, 8)]), (EVEN, []), (CLASS, [(2, 6), (11, 12)]), ("def half(\n", []), ('"a\n', [])],
)
def test_a_docstring_with_more_lines_than_its_code_is_folded(excerpts, code, folded):
    assert list(excerpts.long_docstrings(code)) == folded
    extensions = load_config(str(ROOT / "mkdocs.yml")).mdx_configs
    html = markdown(
        f"```python\n{code}```\n",
        extensions=["pymdownx.superfences", "pymdownx.highlight"],
        extension_configs={"pymdownx.highlight": extensions["pymdownx.highlight"]},
    )
    page = excerpts.fold(html)
    assert page.count("<details") == page.count("</details>") == len(folded)
    assert unescape(re.sub("<[^>]*>", "", page)) == code
    copied = re.findall(r'data-copy="([^"]*)"', page)
    assert [unescape(text) for text in copied] == ([code] if folded else [])
    hidden = "".join(re.findall("</summary>(.*?)</details>", page, re.DOTALL))
    assert hidden.count("\n") == sum(last - first for first, last in folded)


def test_a_folded_docstring_opens_by_keyboard_and_closes(visit, address):
    page = visit(address, "forward/").page
    docstring = page.locator("details.docstring").first
    docstring.locator("summary").focus()
    line = docstring.evaluate("details => details.clientHeight")
    for key, opened in (("Enter", True), ("Space", False), ("Enter", True)):
        page.keyboard.press(key)
        assert docstring.evaluate("details => details.open") == opened
        height = docstring.evaluate("details => details.clientHeight")
        assert height >= 3 * line if opened else height == line


def test_copied_code_is_whole(visit, address):
    page = visit(address, "solvers/", permissions=CLIPBOARD).page
    block = page.locator(".highlight:has(details.docstring)").first
    source = (ROOT / block.locator(".filename").inner_text()).read_text("utf-8")
    block.scroll_into_view_if_needed()
    block.hover()
    block.get_by_title("Copy to clipboard").click()
    by_button = page.evaluate("navigator.clipboard.readText()")
    page.evaluate("navigator.clipboard.writeText('')")
    block.locator("code").evaluate("code => getSelection().selectAllChildren(code)")
    page.keyboard.press("Control+c")
    by_hand = page.evaluate("navigator.clipboard.readText()")
    assert by_button.strip() == by_hand.strip()
    assert block.locator("details.docstring").first.text_content() in by_button
    ast.parse(by_button)
    assert by_button.strip() in textwrap.dedent(source)


def test_on_paper_docstrings_are_unfolded(visit, address):
    page = visit(address, "forward/").page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    docstring = page.locator("details.docstring").first
    docstring.scroll_into_view_if_needed()
    assert docstring.evaluate("details => details.open")
