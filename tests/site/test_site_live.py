"""The engine in a browser, with the real model: the pictures of the package, and clear errors."""

import gzip
import hashlib
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch

import ddpm
from ddpm.classifiers import load_classifier
from ddpm.masks import MASKS

ROOT = Path(__file__).parents[2]
GREY_LEVELS = 2
MEGABYTES_AFTER_RUN = 8

CALL = """
async ([name, options, model_name]) => {
    const engine = await import("/live/engine/index.js");
    const model = await engine.load(model_name ?? "digits");
    return [...(await engine[name](model, options)).images];
}
"""
LOAD = """
() => import("/live/engine/index.js")
    .then((engine) => engine.load("digits"))
    .then((model) => model.recipe.name, (error) => error.message)
"""


NAMES = json.loads((ROOT / "site_assets/live/models.json").read_text("utf-8"))["models"]
"""The exported models."""


COMMAND = """
([name, options]) => import("/live/engine/index.js").then((e) => e.commandOf(name, options))
"""


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sample", {"labels": [3, 8]}),
        ("sample", {"labels": [2], "steps": 8, "sampler": "ancestral", "clip": True, "seed": 4}),
        ("anagram", {"labels": [6, 9], "steps": 6}),
        ("hybrid", {"far": 3, "near": 8, "across": 1, "steps": 6, "guidance": 2.5}),
    ],
)
def test_pictures_are_those_of_the_command(live_base, visit, call, tmp_path, name, options):
    here, out = visit(live_base, ""), tmp_path / "out.npz"
    line = shlex.split(here.page.evaluate(COMMAND, [name, options]))
    assert line[:2] == ["ddpm", name]
    code, _, error = call(name, *line[2:], "--device", "cpu", "--out", out)
    assert code == 0, error
    expected = torch.tensor(np.load(out)["images"]).flatten()
    images = torch.tensor(here.page.evaluate(CALL, [name, options]))
    assert expected.max() > 0.9
    assert float((images - expected).abs().max()) * 255 <= GREY_LEVELS
    assert here.faults == []


def test_the_example_of_the_page_runs(live_base, visit):
    page = (ROOT / "docs" / "api" / "engine.md").read_text("utf-8")
    example = re.findall(r"^```js\n(import .*?)^```", page, re.M | re.S)
    assert len(example) == 1
    code = example[0].replace("./live/", f"{live_base}live/") + "\nexport { n, eight };"
    run = "(code) => import(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })))"
    then = ".then(({ n, eight }) => [n, eight.n, eight.images.length, Math.max(...eight.images)])"
    n, edited, pixels, brightest = visit(live_base, "").page.evaluate(run + then, code)
    assert [n, edited, pixels] == [2, 1, 784]
    assert brightest > 0.9


SEVEN = ddpm.bundled().images[ddpm.bundled().labels == 7][0].float() / 255
FEW = {"steps": 6, "seed": 5}
SETTINGS = {
    **{
        f"sample {sampler}": ("sample", {"labels": [4], "sampler": sampler, **FEW})
        for sampler in ("ancestral", "beta-noise", "heun", "dpm-solver")
    },
    "clipped": ("sample", {"labels": [2], "guidance": 5.0, "clip": True, **FEW}),
    "sdedit": ("sdedit", {"image": SEVEN, "strength": 0.6, "label": 2, **FEW}),
    "inpaint": ("inpaint", {"image": SEVEN, "mask": MASKS["bottom"], "repeats": 2, **FEW}),
    "anagram": ("anagram", {"labels": [6, 9], **FEW}),
    "hybrid": ("hybrid", {"far": 3, "near": 8, "across": 1, **FEW}),
    "mosaic": ("hybrid", {"far": 3, "near": 8, "across": 2, **FEW}),
}
QUICK = {
    "sample": ("sample", {"labels": [4, 9], "seed": 5}),
    "sample in eight steps": ("sample", {"labels": [7], "steps": 8}),
    "sdedit": ("sdedit", {"image": SEVEN, "strength": 0.6, "label": 2}),
    "inpaint": ("inpaint", {"image": SEVEN, "mask": MASKS["bottom"], "label": 7}),
    "anagram": ("anagram", {"labels": [6, 9]}),
    "hybrid": ("hybrid", {"far": 3, "near": 8, "across": 1}),
}
"""For a student of few steps, which takes the steps that it was distilled for."""
PYTHON = {"anagram": ddpm.draw_anagram, "hybrid": ddpm.draw_hybrid}
CASES = [
    pytest.param(name, *case, id=f"{name} {title}")
    for name in NAMES
    for title, case in (SETTINGS if name == "digits" else QUICK).items()
]


@pytest.mark.parametrize(("model_name", "name", "options"), CASES)
def test_every_technique_gives_the_package_s_picture(live_base, visit, model_name, name, options):
    model = ddpm.load(model_name, "cpu")
    function = PYTHON.get(name) or getattr(ddpm if name != "sample" else type(model), name)
    expected = function(model, **options).flatten()
    plain = {k: v.flatten().tolist() if torch.is_tensor(v) else v for k, v in options.items()}
    images = torch.tensor(visit(live_base, "").page.evaluate(CALL, [name, plain, model_name]))
    assert float((images - expected).abs().max()) * 255 <= GREY_LEVELS


def test_the_classifier_reads_held_out_digits(live_base, visit):
    images = torch.stack([ddpm.data.held_out(label) for label in range(10)])
    read = """(images) => import("/live/engine/index.js").then((e) => e.loadClassifier())
        .then((classifier) => classifier.read(images))"""
    answers = visit(live_base, "").page.evaluate(read, images.flatten().tolist())
    assert [answer["digit"] for answer in answers] == [*range(10)]
    shares = torch.tensor([answer["shares"] for answer in answers])
    expected = load_classifier()(images[:, None]).softmax(1).detach()
    assert float((shares - expected).abs().max()) < 1e-3


def test_a_failed_download_is_named_and_can_be_tried_again(live_base, visit):
    here = visit(live_base, "")
    assert len(here.responses) == 1  # nothing is fetched before it is asked for
    damaged = (ROOT / "site_assets" / "live" / "digits.onnx").read_bytes()[:-1]
    here.page.route("**/digits.onnx", lambda route: route.fulfill(body=damaged))
    assert here.page.evaluate(LOAD) == "the model 'digits' arrived damaged: try again"
    here.page.unroute("**/digits.onnx")
    here.page.route("**/digits.onnx", lambda route: route.abort())
    assert here.page.evaluate(LOAD).startswith("'digits.onnx' cannot be downloaded: ")
    here.page.unroute("**/digits.onnx")
    for runtime in ("**/*.wasm", "**/*.mjs"):
        here.page.route(runtime, lambda route: route.abort())
        assert here.page.evaluate(LOAD) == "the runtime cannot be downloaded: try again"
        here.page.unroute(runtime)
    assert here.page.evaluate(LOAD) == "digits"


def test_a_browser_without_simd_or_with_a_broken_model_says_so(live_base, visit):
    here = visit(live_base, "")
    none = here.page.evaluate(f"() => {{ WebAssembly.validate = () => false; return ({LOAD})(); }}")
    assert none == "this browser has no WebAssembly with SIMD, which a model needs to run"
    here = visit(live_base, "")
    wrong = b"no network"
    record = {"file": "wrong.onnx", "bytes": 10, "sha256": hashlib.sha256(wrong).hexdigest()}
    models = json.dumps({"models": {"digits": record | {"recipe": {}}}})
    here.page.route("**/models.json", lambda route: route.fulfill(body=models))
    here.page.route("**/wrong.onnx", lambda route: route.fulfill(body=wrong))
    assert here.page.evaluate(LOAD).startswith("the model 'digits' cannot run in this browser: ")


WATCH_MEMORY = """
const { Memory } = WebAssembly;
self.memories = [];
WebAssembly.Memory = class extends Memory {
    constructor(size) { super(size); self.memories.push(this); }
};
for (const name of ["instantiate", "instantiateStreaming"]) {
    const make = WebAssembly[name];
    WebAssembly[name] = async (...given) => {
        const made = await make.call(WebAssembly, ...given);
        const exported = Object.values((made.instance ?? made).exports);
        self.memories.push(...exported.filter((each) => each instanceof Memory));
        return made;
    };
}
"""
MANY = """
async () => {
    const engine = await import("/live/engine/index.js");
    const [model, classifier] = [await engine.load("digits"), await engine.loadClassifier()];
    for (const n of [1, 20, 2, 20]) {
        const options = { labels: Array(n).fill(3), steps: 1, guidance: n === 2 ? 3 : 1, batch: n };
        await classifier.read((await engine.sample(model, options)).images);
        if (n === 20) continue;
        const control = new AbortController();
        const watching = { signal: control.signal, watch: () => control.abort() };
        await engine.sample(model, { ...options, ...watching }).catch(() => null);
    }
}
"""


def test_a_worker_s_memory_stays_flat_whatever_the_batch_and_after_cancelled_runs(live_base, visit):
    page = visit(live_base, "").page
    source = (ROOT / "docs" / "live" / "engine" / "worker.js").read_text("utf-8")
    body = re.sub(r"^(import .*)$", lambda line: line[1] + WATCH_MEMORY, source, flags=re.M)
    page.route(
        "**/engine/worker.js",
        lambda route: route.fulfill(body=body, content_type="text/javascript"),
    )

    def held():
        sizes = "Math.max(...self.memories.map(({ buffer }) => buffer.byteLength))"
        return sorted(worker.evaluate(sizes) for worker in page.workers)

    for _ in range(2):
        page.evaluate(MANY)
    at_first = held()
    assert len(at_first) == 2  # the model's and the classifier's
    assert at_first[0] > 1e6
    for _ in range(5):  # 215 pictures, and ten that are not finished
        page.evaluate(MANY)
    assert held() == at_first


FAIL = """
async () => {
    const engine = await import("/live/engine/index.js");
    const model = await engine.load("digits");
    const wrong = { values: new Float32Array(9), shape: [1, 1, 3, 4] };
    const right = { values: new Float32Array(784), shape: [1, 1, 28, 28] };
    const asked = [wrong, right].map((x) => model.network(x, 9, [3]).then(() => "", String));
    const values = (await Promise.all(asked)).concat((await model.network(right, 9, [3])).shape);
    return values;
}
"""


def test_a_worker_that_has_failed_is_opened_again(live_base, visit):
    page = visit(live_base, "").page
    first, second, *shape = page.evaluate(FAIL)
    assert "Error" in first
    assert second == first  # its runtime is not to be relied on
    assert shape == [1, 1, 28, 28]
    assert len(page.workers) == 1


def test_what_is_fetched_after_run_is_small(live_files):
    models = json.loads((live_files / "assets/live/models.json").read_text("utf-8"))["models"]
    files = {entry["file"]: 0 for entry in models.values()}
    sent = 0
    for folder in ("live", "assets/live"):
        for path in filter(Path.is_file, (live_files / folder).rglob("*")):
            size = min(path.stat().st_size, len(gzip.compress(path.read_bytes(), 6)))
            if path.name in files:
                files[path.name] = size
            else:
                sent += size
    assert len(files) > 1
    sent += max(files.values())  # a tool fetches the model that it runs, and no other
    assert sent <= MEGABYTES_AFTER_RUN * 1e6
    said = (ROOT / "docs" / "live" / "ui" / "tool.js").read_text("utf-8")
    assert f"about {sent / 1e6:.0f} MB" in said
