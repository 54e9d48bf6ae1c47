"""axe-core's rules, contrast among them in both palettes."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from test_site_pages import AT_ONCE, paths

DARK = "document.body.setAttribute('data-md-color-scheme', 'slate')"


WITH_CODE = {"sampling/", "api/sampling/", "notebooks/quick-tour/"}
"""Pages on which code is looked at too: it is coloured in the same way on all, and is most of what
there is to look at."""


@pytest.mark.parametrize("path", paths())
def test_nothing_serious(visit, address, path):
    page = visit(address, path, color_scheme="light").page
    page.add_style_tag(content=AT_ONCE)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    context = None if path in WITH_CODE else {"exclude": [["pre code"]]}
    found = Axe().run(page, context).response["violations"]
    page.evaluate(DARK)
    contrast = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
    found += Axe().run(page, context, contrast).response["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    assert [(rule["id"], node["html"]) for rule in serious for node in rule["nodes"]] == []
