"""The live figures of lessons, and the page of points, in a browser."""

import pytest

FIGURES = (
    *("noise-level", "denoiser", "prediction", "loss", "steps", "ladder", "labels"),
    *("strength", "mask", "turning"),
)
PAGE = """<!doctype html><html lang="en"><title>Figures</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/theme/css/live.css"><main class="md-typeset">{}</main>
<script type="module" src="/live/ui/{}.js"></script></html>"""
INK = """(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.reduce((sum, value) => sum + value, 0);
}"""


@pytest.fixture
def page_with(live_base, live_files, visit):
    """Opens a page of this content, with a script of the live pages."""

    def open_page(content, script, **options):
        (live_files / "figures.html").write_text(PAGE.format(content, script), encoding="utf-8")
        return visit(live_base, "figures.html", **options)

    return open_page


def test_figures_come_alive_when_they_are_asked_to(page_with):
    hosts = "".join(f'<div data-live="{name}"><p>Still {name}</p></div>' for name in FIGURES)
    here = page_with(hosts, "figures")
    assert not [r.url for r in here.responses if r.url.endswith((".onnx", ".wasm", ".png"))]
    for name in FIGURES:
        host = here.page.locator(f'[data-live="{name}"]')
        assert host.get_by_text("Still").is_visible()
        host.get_by_role("button", name="Try it live").press("Enter")
        host.locator(".live-body:not([hidden])").wait_for()
        assert not host.get_by_text(f"Still {name}").is_visible()
        canvas = host.locator("canvas").last
        before = canvas.evaluate(INK)
        host.locator(".live-seed button").click()
        here.page.wait_for_function(
            f"([canvas, before]) => ({INK})(canvas) !== before",
            arg=[canvas.element_handle(), before],
        )
        host.get_by_role("button", name="Show the still figure").click()
        assert host.get_by_text("Still").first.is_visible()
    assert here.faults == []


def test_a_figure_that_fails_keeps_its_still_and_can_be_tried_again(page_with):
    here = page_with('<div data-live="prediction"><p>Still</p></div>', "figures")
    page = here.page
    page.route("**/*.wasm", lambda route: route.abort())
    page.get_by_role("button", name="Try it live").click()
    error = page.locator(".live-error:not([hidden])")
    error.wait_for()
    assert error.inner_text().startswith("The runtime cannot be downloaded: try again.")
    assert page.get_by_text("Still").is_visible()
    page.unroute("**/*.wasm")
    page.get_by_role("button", name="Try again").click()
    page.locator(".live-body:not([hidden])").wait_for()


def test_points_are_sampled_guided_and_drawn(page_with):
    here = page_with('<div id="dimensions"></div>', "dimensions", reduced_motion="reduce")
    page = here.page
    canvas = page.locator("canvas")
    words = canvas.get_attribute("aria-label")
    assert words.startswith("160 data points at t = 0, and 90 samples after 12 of 12 steps")
    before = canvas.evaluate(INK)
    page.get_by_label("A (blue)").check()
    page.get_by_label("Guidance").fill("6")
    assert canvas.evaluate(INK) != before
    page.get_by_role("button", name="Play").click()
    assert "t = 1000" in canvas.get_attribute("aria-label")
    page.get_by_role("radio", name="Draw").check()
    canvas.focus()
    for key in ("Space", "ArrowRight", "Space"):
        page.keyboard.press(key)
    page.wait_for_function(
        "document.querySelector('canvas').ariaLabel?.startsWith('2 data points')"
        " || document.querySelector('canvas').getAttribute('aria-label').startsWith('2 data')"
    )
    assert here.faults == []
