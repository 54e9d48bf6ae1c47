"""The playground in a browser: every tool by mouse, touch and keyboard, and what can go wrong."""

import itertools
import json
import shlex

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

import ddpm

RUN = "[role=tabpanel]:not([hidden]) .live-run"
WORDS = "[role=tabpanel]:not([hidden]) .live-reads:not([hidden])"
TOOLS = ("generate", "draw", "fill", "two")
GREY_LEVELS = 2
THREE = [(9, 6), (18, 6), (13, 13), (18, 17), (16, 22), (9, 22)]

PIXELS = """
(selector) => {
    const canvas = document.querySelector(selector);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return Array.from({ length: canvas.width * canvas.height }, (_, i) => data[4 * i]);
}
"""
RESULT = ".live-tool-draw .live-two > figure:last-child canvas"
DRAWING = ".live-tool-draw .live-pad canvas"


@pytest.fixture
def playground(live_base, visit):
    """Opens the playground at an address's hash."""

    def open_at(state="", **options):
        return visit(live_base, f"playground.html{state}", **options)

    return open_at


def finish(page, words=True):
    """Waits until nothing runs, and until the classifier has read the result."""
    page.wait_for_function("!document.querySelector('.live-working')")
    if words:
        page.locator(WORDS).first.wait_for()


def command(page):
    code = page.locator("[role=tabpanel]:not([hidden]) .live-command code")
    return shlex.split(code.inner_text())


def strokes(page, points=THREE):
    """Draws by the mouse."""
    box = page.locator(DRAWING).bounding_box()
    places = [
        (box["x"] + x / 28 * box["width"], box["y"] + y / 28 * box["height"]) for x, y in points
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def test_nothing_is_fetched_before_run_and_the_picture_is_the_command_s(playground, call, tmp_path):
    here, out = playground("#generate?label=5&steps=6&seed=3"), tmp_path / "out.npz"
    page = here.page
    assert page.get_by_text("Still").is_visible()
    asked = [r.url for r in here.responses]
    assert not [url for url in asked if url.endswith((".onnx", ".wasm", ".json", "index.js"))]
    page.click(RUN)
    finish(page)
    assert not page.get_by_text("Still").is_visible()
    assert "reads a 5" in page.locator(WORDS).inner_text()
    name, *arguments = command(page)[1:]
    code, _, error = call(name, *arguments, "--device", "cpu", "--out", out)
    assert code == 0, error
    expected = np.load(out)["images"].flatten() * 255.0
    shown = np.array(page.evaluate(PIXELS, ".live-tool-generate .live-two canvas"))
    assert expected.max() > 200
    assert np.abs(shown - expected).max() <= GREY_LEVELS + 1  # the canvas holds whole levels
    assert page.locator(".live-time").first.inner_text() == "t = 0, step 6 of 6"
    here.page.get_by_role("button", name="One step back").first.click()
    assert "step 5 of 6" in page.locator(".live-time").first.inner_text()
    assert here.faults == []


@pytest.mark.parametrize(("model", "steps"), [("digits-fast", 4), ("digits", 10)])
def test_a_drawing_becomes_a_digit_and_a_link_shows_it_again(playground, model, steps):
    here = playground(f"#draw?model={model}&label=8&strength=0.7")
    page = here.page
    strokes(page)
    finish(page)
    page.wait_for_function("location.hash.includes('image=')")
    state = page.evaluate("location.hash")
    assert "reads an 8, with" in page.locator(WORDS).inner_text()
    drawing, result = page.evaluate(PIXELS, DRAWING), page.evaluate(PIXELS, RESULT)
    assert max(result) > 200
    other = playground(state).page
    assert other.evaluate(PIXELS, DRAWING) == drawing
    other.click(RUN)
    finish(other)
    assert other.evaluate(PIXELS, RESULT) == result
    image = torch.tensor(drawing, dtype=torch.float32).reshape(28, 28) / 255
    loaded = ddpm.load(model, "cpu")
    expected = ddpm.sdedit(loaded, image, 0.7, 8, steps=steps, seed=0).flatten() * 255
    assert float((torch.tensor(result) - expected).abs().max()) <= GREY_LEVELS + 1
    with other.expect_download() as download:
        other.get_by_role("button", name="Download drawing.png").click()
    assert np.array_equal(np.array(Image.open(download.value.path()))[..., 0].flatten(), drawing)
    with other.expect_download() as download:
        other.get_by_role("button", name="Download the way to it as GIF").click()
    with Image.open(download.value.path()) as gif:
        assert (gif.format, gif.n_frames > steps // 2) == ("GIF", True)
    assert here.faults == []


def test_a_finger_draws(playground):
    here = playground("#draw", has_touch=True, width=360, height=740)
    page, box = here.page, here.page.locator(DRAWING).bounding_box()
    assert page.locator(RUN).bounding_box()["y"] < box["y"]  # in view before any scrolling
    touch = page.context.new_cdp_session(page)
    for kind, places in (("touchStart", [0]), ("touchMove", range(1, 9)), ("touchEnd", [])):
        for k in places or [None]:
            point = [] if k is None else [{"x": box["x"] + 40 + 8 * k, "y": box["y"] + 60 + 4 * k}]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": point})
    finish(page)
    assert max(page.evaluate(PIXELS, DRAWING)) == 255
    assert max(page.evaluate(PIXELS, RESULT)) > 200
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert here.faults == []


def test_keys_alone_reach_and_work_everything(playground):
    here = playground()
    page = here.page
    page.get_by_role("tab", name="Generate").focus()
    for tool in TOOLS[1:]:
        page.keyboard.press("ArrowRight")
        assert page.locator(f".live-tool-{tool}").is_visible()
    page.keyboard.press("Home")
    for tool in TOOLS:
        page.locator("[role=tab][aria-selected=true]").focus()
        controls = page.evaluate(
            """(tool) => [...document.querySelectorAll(`.live-tool-${tool} :is(button, input,
            select, canvas[tabindex])`)].filter((e) => e.checkVisibility() && !e.disabled
            && (e.type !== "radio" || e.checked)).length"""
        , tool)  # fmt: skip
        reached = set()
        for _ in range(controls + 2):
            page.keyboard.press("Tab")
            reached.add(
                page.evaluate(
                    """() => { const e = document.activeElement;
                    return e.closest("[role=tabpanel]") ? (e.dataset.seen ??= Math.random()) : "";
                    }"""
                )
            )
        assert len(reached - {""}) == controls, tool
        page.locator("[role=tab][aria-selected=true]").focus()
        page.keyboard.press("ArrowRight")
    page.get_by_role("tab", name="Draw").click()
    page.locator(DRAWING).focus()
    page.keyboard.press("Space")
    for _ in range(8):
        page.keyboard.press("ArrowDown")
    finish(page)
    assert max(page.evaluate(PIXELS, DRAWING)) == 255
    assert here.faults == []


@pytest.mark.parametrize(
    ("state", "read"),
    [
        ("#fill?picture=4&label=4&n=1&steps=6", "Filled in"),
        ("#two?kind=anagram&steps=6", "Through the view"),
        ("#two?kind=hybrid&across=2&steps=4", "From a distance"),
    ],
)
def test_the_other_tools_run_and_rest_for_those_who_want_no_motion(playground, state, read):
    here = playground(state, reduced_motion="reduce")
    page = here.page
    page.click(RUN)
    finish(page)
    assert page.get_by_text(read).first.is_visible()
    assert command(page)[0] == "ddpm"
    page.wait_for_timeout(300)
    if state.startswith("#two"):
        slider = page.locator(".live-along input")
        assert slider.input_value() == "0"
        slider.press("End")
        assert slider.input_value() == "1"
        before = page.evaluate(PIXELS, ".live-turn")
        page.get_by_role("button", name="Turn it back").or_(
            page.get_by_role("button", name="Come closer")
        ).click()
        assert slider.input_value() == "0"
        assert page.evaluate(PIXELS, ".live-turn") != before
    assert here.faults == []


def test_an_interrupted_download_is_said_and_can_be_tried_again(playground):
    here = playground("#generate?steps=4")
    page = here.page
    page.route("**/digits.onnx", lambda route: route.abort())
    page.click(RUN)
    error = page.locator(".live-error:not([hidden])")
    error.wait_for()
    assert error.inner_text().startswith("'digits.onnx' cannot be downloaded: ")
    assert page.get_by_text("Still").is_visible()
    page.unroute("**/digits.onnx")
    page.get_by_role("button", name="Try again").click()
    finish(page)
    assert error.count() == 0


def test_a_picture_is_brought_in_five_steps_and_what_is_none_is_refused(playground, tmp_path):
    here = playground("#draw")
    page, file = here.page, tmp_path / "me.png"
    file.write_bytes(b"no picture")
    choose = page.locator("input[type=file]")
    choose.set_input_files(file)
    error = page.locator(".live-error:not([hidden])")
    error.wait_for()
    assert error.inner_text().startswith("This file is no picture that your browser can read;")
    page_of_paper = np.full((200, 160), 230, np.uint8)
    page_of_paper[50:150, 70:84] = 40
    Image.fromarray(page_of_paper).save(file)
    choose.set_input_files(file)
    finish(page)
    assert error.count() == 0
    assert page.locator(".live-stages figcaption").all_inner_texts() == [
        "1. Grey", "2. Contrast to the paper", "3. Ink", "4. Square around it",
        "5. 28 × 28 pixels",
    ]  # fmt: skip
    assert max(page.evaluate(PIXELS, DRAWING)) == 255
    assert here.faults == []


HASHES = [
    "#generate?label=none&n=20&steps=50&sampler=heun&guidance=3&seed=12",
    "#generate?model=digits-fast&label=2&steps=16&seed=2",
    "#draw?model=digits&label=none&strength=0.35&steps=25&sampler=dpm-solver&guidance=0.5&seed=7",
    "#draw?label=3&strength=0.5&steps=8&seed=9",
    "#fill?picture=3&label=8&n=10&repeats=3&steps=15&sampler=ddim&guidance=2&seed=4293",
    "#two?kind=hybrid&first=2&second=9&across=1&seed=5&steps=20&guidance=3",
    "#two?model=digits-fast&kind=hybrid&first=2&second=9&across=2&seed=5&steps=8",
]


@pytest.mark.parametrize("state", HASHES)
def test_a_link_sets_every_control_and_is_made_again(playground, state):
    page = playground(state).page
    field = page.locator("[role=tabpanel]:not([hidden]) input[type=number]").first
    seed = field.input_value()
    field.fill(str(int(seed) - 1))
    field.press("Enter")
    page.wait_for_function(f"location.hash.includes('seed={int(seed) - 1}')")
    field.fill(seed)
    field.press("Enter")
    page.wait_for_function(f"location.hash.includes('seed={seed}')")
    given, made = (
        dict(pair.split("=", 1) for pair in text.split("?")[1].split("&"))
        for text in (state, page.evaluate("location.hash"))
    )
    made.pop("mask", None)  # half of the picture at first
    assert made == given


@pytest.mark.parametrize("tool", ["generate", "draw", "fill", "two"])
def test_a_student_is_offered_what_it_takes_and_a_link_cannot_ask_for_more(playground, tool):
    asked = "model=digits-fast&steps=100&sampler=heun&guidance=7&label=none&seed=3"
    here = playground(f"#{tool}?{asked}")
    page = here.page
    options = dict(itertools.pairwise(command(page)))  # before anything ran
    assert (options["--model"], options["--steps"], options["--seed"]) == ("digits-fast", "16", "3")
    assert options["--sampler"] == "ddim"
    assert "--guidance" not in options
    panel = page.locator("[role=tabpanel]:not([hidden]) .live-panel")
    assert panel.get_by_label("Sampler").is_disabled()
    assert panel.get_by_label("Guidance").is_disabled()
    steps = panel.get_by_role("slider", name="Steps")
    shown = set()
    for _ in range(3):
        shown.add(steps.get_attribute("aria-valuetext"))
        steps.press("ArrowLeft")
    assert shown == {"16", "8", "4"}
    if tool in ("draw", "fill"):
        assert panel.get_by_role("radio", name="Any").is_disabled()
        assert options["--label"].isdigit()
    panel.get_by_label("Model").select_option("digits")
    assert not panel.get_by_label("Sampler").is_disabled()
    if tool in ("draw", "fill"):
        assert panel.get_by_role("radio", name="Any").is_enabled()
    assert here.faults == []


HUNDREDS = """
async (count) => {
    const run = document.querySelector(".live-tool-generate .live-run");
    for (let k = 0; k < count; k++) {
        run.click();
        while (run.classList.contains("live-working")) await new Promise((go) => setTimeout(go));
    }
}
"""


def test_memory_stays_flat_over_two_hundred_pictures(playground, browser):
    page = playground("#generate?steps=1&guidance=1").page
    page.click(RUN)
    finish(page)
    page.evaluate(HUNDREDS, 30)
    here = page.context.new_cdp_session(page)

    def held():
        here.send("HeapProfiler.collectGarbage")
        usage = here.send("Runtime.getHeapUsage")
        nodes = here.send("Memory.getDOMCounters")["nodes"]
        return np.array([usage["usedSize"] + usage.get("backingStorageSize", 0), nodes])

    counts = [held()]
    for _ in range(2):
        page.evaluate(HUNDREDS, 100)
        counts.append(held())
    # What leaks grows with every hundred; compiled code and late garbage come and go.
    memory, nodes = np.diff(counts, axis=0).min(axis=0)
    assert memory < 300_000  # the states of a hundred pictures are four times that
    assert nodes < 100


@pytest.mark.parametrize("tool", TOOLS)
def test_axe_finds_nothing_serious(playground, tool):
    page = playground(f"#{tool}").page
    page.wait_for_timeout(200)
    found = Axe().run(page).response["violations"]
    page.evaluate("document.body.dataset.mdColorScheme = 'slate'")
    found += Axe().run(page).response["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    named = [(rule["id"], node["html"]) for rule in serious for node in rule["nodes"]]
    assert [
        each for each in named if each[0] != "color-contrast"
    ] == []  # needs the theme's colours


def test_what_an_address_holds_comes_back(playground):
    page = playground().page
    answers = page.evaluate(
        """async () => {
            const state = await import("/live/ui/state.js");
            const { packed, rounded, unpacked, fromHash, toHash } = state;
            const pixels = rounded(Array.from({ length: 784 }, (_, i) => (i % 37) / 36));
            const back = unpacked(packed(pixels), 784);
            return { same: pixels.every((v, i) => v === back[i]),
                wrong: [unpacked("%%", 784), unpacked("AA", 784), unpacked("", 784)],
                label: fromHash(toHash("draw", { label: 8 })).settings.label };
        }"""
    )
    assert answers == {"same": True, "wrong": [None, None, None], "label": "8"}
    assert json.loads(page.get_attribute("#playground", "data-models"))[0]["name"] == "digits"
