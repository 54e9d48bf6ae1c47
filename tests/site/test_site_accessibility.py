"""axe-core's rules, contrast among them in both palettes."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from test_site_pages import AT_ONCE, paths

DARK = "document.body.setAttribute('data-md-color-scheme', 'slate')"


@pytest.mark.parametrize("path", paths())
def test_nothing_serious(visit, address, path):
    page = visit(address, path, color_scheme="light").page
    page.add_style_tag(content=AT_ONCE)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    # What passes is not described: of a long page, that takes longer than to look for faults.
    faults = {"resultTypes": ["violations"]}
    found = Axe().run(page, options=faults).response["violations"]
    page.evaluate(DARK)
    contrast = faults | {"runOnly": ["color-contrast"]}
    found += Axe().run(page, options=contrast).response["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    assert [(rule["id"], node["html"]) for rule in serious for node in rule["nodes"]] == []
