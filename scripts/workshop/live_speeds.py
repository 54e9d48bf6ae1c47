"""How fast the site's models run in a browser: headless Chromium with the built site.

Needs the dependency group `bench` and Chromium; imported by `scripts.bench` only when asked for.
"""

from __future__ import annotations

import gzip
import statistics
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from scripts.workshop.browsing import Site, built, chromium, serving
from scripts.workshop.records import live_models

BATCH, STEPS = 20, 25

WARM = 50
"""Network calls before those that are timed: the browser compiles what it runs often once more."""

GOALS = {
    "evaluation_ms": 15,
    "in_batch_ms": 11,
    "first_seconds": 1.5,
    "next_ms": 70,
    "guided_seconds": 0.7,
    "frames_per_second": 50,
    "bytes_before": 60_000,
    "bytes_after": 8_000_000,
}
"""At most so much, and of frames at least. Fixed before the engine was measured."""

PLAYGROUND = "playground/index.html"

RUN = "[role=tabpanel]:not([hidden]) .live-run"
READ = "[role=tabpanel]:not([hidden]) .live-reads:not([hidden])"
CANVAS = ".live-tool-draw .live-pad canvas"

ENGINE = """
async ([batch, steps, warm, quick, few]) => {
    const engine = await import(new URL("../live/engine/index.js", location.href));
    const timed = async (count, ask, before = 1) => {
        const times = [];
        for (let k = 0; k < before + count; k++) {
            const start = performance.now();
            await ask(k);
            if (k >= before) times.push(performance.now() - start);
        }
        return times.sort((a, b) => a - b)[count >> 1];
    };
    const start = performance.now();
    const model = await engine.load("digits");
    const load = (performance.now() - start) / 1000;
    const images = (n) => ({
        values: Float32Array.from({ length: 784 * n }, (_, i) => Math.sin(i)), shape: [n, 1, 28, 28]
    });
    const asked = (n) => () => model.network(images(n), 500, Array(n).fill(3));
    const evaluation = await timed(51, asked(1), warm);
    const in_batch = (await timed(15, asked(batch))) / batch;
    const guided = (await timed(7, (seed) => engine.sample(model, {
        labels: [3], steps, guidance: 1.4, sampler: "ddim", seed }))) / 1000;
    const fast = await engine.load(quick);
    const next = await timed(15, (seed) => engine.sample(fast, { labels: [3], steps: few, seed }));
    return { load, evaluation, in_batch, guided, next };
}
"""

FIRST = """
async () => {
    const tool = document.querySelector("[role=tabpanel]:not([hidden])");
    const start = performance.now();
    tool.querySelector(".live-run").click();
    while (!tool.querySelector(".live-time").textContent.startsWith("t = 0,")) {
        await new Promise(requestAnimationFrame);
    }
    return (performance.now() - start) / 1000;
}
"""

COUNT_FRAMES = """
() => {
    window.frames_seen = [];
    const count = (time) => { window.frames_seen.push(time); requestAnimationFrame(count); };
    requestAnimationFrame(count);
}
"""
FRAMES = "() => [window.frames_seen.length - 1, window.frames_seen.at(-1) - window.frames_seen[0]]"


def live_speeds() -> dict[str, Any]:
    """Builds the site, and measures its models in headless Chromium.

    Raises:
        ValueError: the machine is busy, or has no Chromium.
    """
    browser = chromium()
    with built() as (site, load):
        return {**measured(browser, site), "load": load}


def measured(program: str, site: Path) -> dict[str, Any]:
    """The speeds of a built site: milliseconds, and seconds where the key says so.

    Args:
        program: of the browser.
        site: the folder of the built site.
    """
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with serving(site) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        result = _with_browser(browser, base, site)
        browser.close()
    return result


def _with_browser(browser: Browser, base: str, site: Path) -> dict[str, Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    steps, quick = min((entry["recipe"]["steps"], name) for name, entry in live_models().items())
    sizes = transferred(context, base, site)  # fills the cache
    page = _opened(context, base, "")
    engine = page.evaluate(ENGINE, [BATCH, STEPS, WARM, quick, steps])
    page.close()
    firsts = []
    for _ in range(5):
        page = _opened(context, base, f"#generate?model={quick}&steps={steps}&label=3")
        firsts.append(page.evaluate(FIRST))
        page.close()
    return {
        "evaluation_ms": engine["evaluation"],
        "in_batch_ms": engine["in_batch"],
        "load_seconds": engine["load"],
        "first_seconds": statistics.median(firsts),
        "next_ms": engine["next"],
        "guided_seconds": engine["guided"],
        "frames_per_second": frames(context, base),
        **sizes,
        "goals": GOALS,
        "batch": BATCH,
        "steps": STEPS,
        "warm": WARM,
        "quick": quick,
        "quick_steps": steps,
        "browser": f"Chromium {browser.version}",
    }


def _opened(context: BrowserContext, base: str, state: str) -> Page:
    page = context.new_page()
    page.goto(f"{base}{PLAYGROUND}{state}", wait_until="networkidle")
    return page


def transferred(context: BrowserContext, base: str, site: Path) -> dict[str, int]:
    """Bytes that the playground fetches for its tools before Run and after, compressed.

    The models, the runtime and the classifier count, and not the theme of every page.
    """
    Site.asked.clear()
    page = _opened(context, base, "#generate?label=3")
    before = {path for path in Site.asked if path.startswith("live/") or "css/live" in path}
    Site.asked.clear()
    page.click(RUN)
    page.locator(READ).first.wait_for()
    page.wait_for_load_state("networkidle")
    after = {*Site.asked} - before
    page.close()
    return {"bytes_before": _sent(before, site), "bytes_after": _sent(after, site)}


def _sent(paths: set[str], site: Path) -> int:
    """Bytes of files as a host sends them; what is compressed already gains nothing."""
    bodies = [(site / path).read_bytes() for path in paths if (site / path).is_file()]
    return sum(min(len(body), len(gzip.compress(body, 6))) for body in bodies)


def frames(context: BrowserContext, base: str) -> float:
    """Frames a second while a line is drawn and the model follows it."""
    page = _opened(context, base, "#draw?label=8")
    box = page.locator(CANVAS).bounding_box()
    assert box is not None
    x, y, side = box["x"], box["y"], box["width"]

    def line(turns: int) -> None:
        page.mouse.move(x + 0.3 * side, y + 0.2 * side)
        page.mouse.down()
        for turn in range(turns):
            at = (0.3 + 0.4 * (turn % 2), 0.2 + 0.6 * turn / turns)
            page.mouse.move(x + at[0] * side, y + at[1] * side, steps=12)
        page.mouse.up()

    line(2)
    page.locator(READ).first.wait_for()  # the model is there
    page.evaluate(COUNT_FRAMES)
    line(20)
    count, milliseconds = page.evaluate(FRAMES)
    page.close()
    return 1000 * float(count) / float(milliseconds)
