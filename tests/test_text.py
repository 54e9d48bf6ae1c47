"""`ddpm text`: every command on a tiny pipeline, its errors in one line, and its figures."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from ddpm.__main__ import TEXT, command, main
from ddpm.commands.program import examples
from ddpm.outputs import signed
from scripts.pages.text import model as page
from scripts.workshop.manifest import at_hand
from scripts.workshop.registry import FIGURES, register_all
from tests import tiny_text
from tests.tiny_text import SIDE

SCALE, GAP = 8, 4
"""Of a sheet's images, which have 16 pixels a side here, and of what lies between them."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny IF and its second stage, as `save_pretrained` writes them."""
    path = tmp_path_factory.mktemp("if")
    first = tiny_text.pipeline(path)
    first.save_pretrained(path / "first")
    tiny_text.second_stage(first).save_pretrained(path / "second")
    return path


@pytest.fixture
def text(folder, monkeypatch, capsys, tmp_path):
    """Calls `ddpm text` in an empty folder: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments, model=folder / "first"):
        typed = ["ddpm", "text", *map(str, arguments)]
        if model and arguments and arguments[0] in TEXT:
            typed += ["--model", str(model), "--device", "cpu"]
        monkeypatch.setattr(sys, "argv", typed)
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def photo(tmp_path):
    """A picture in colour that is not square, and a mask over it."""
    Image.linear_gradient("L").resize((40, 30)).convert("RGB").save(tmp_path / "me.png")
    mask = Image.new("L", (40, 30))
    mask.paste(255, (10, 5, 30, 20))
    mask.save(tmp_path / "mask.png")
    return tmp_path / "me.png"


def assert_sheet(path, down, across):
    """A sheet in colour of so many images, and perhaps labels above and beside them."""
    cell = SIDE * SCALE + GAP + 2
    with Image.open(path) as sheet:
        assert sheet.mode == "RGB"
        assert 0 <= sheet.height - down * cell < cell
        assert 0 <= sheet.width - across * cell < 3 * cell
    assert signed(path)


FEW = ("--steps", 2, "--each", 2)


def test_sample_writes_a_sheet_a_gif_and_an_array(text, tmp_path):
    code, out, error = text("sample", *FEW, "--prompt", "a rocket ship", "a hat", "a dog")
    assert (code, out) == (0, "text.png: 6 images, 2 steps each\n"), error
    assert "computes in float32 on cpu" in error
    assert_sheet(tmp_path / "text.png", 3, 2)
    assert text("sample", *FEW, "--sampler", "ddim", "--out", "way.gif")[0] == 0
    with Image.open(tmp_path / "way.gif") as gif:
        assert gif.n_frames == 3
    assert (
        text("sample", *FEW, "--prompt", "a hat", "a dog", "--out", "x.npz", "--batch", 1)[0] == 0
    )
    with np.load(tmp_path / "x.npz") as arrays:
        assert arrays["images"].shape == (4, 3, SIDE, SIDE)
        assert 0 <= arrays["images"].min() < arrays["images"].max() <= 1


def test_a_second_stage_gives_more_pixels(text, folder, tmp_path):
    how = ("--enlarge", folder / "second", "--out", "large.npz")
    assert text("sample", *FEW, *how)[0] == 0
    with np.load(tmp_path / "large.npz") as arrays:
        assert arrays["images"].shape == (2, 3, 2 * SIDE, 2 * SIDE)
    (tmp_path / "large.npz").unlink()
    code, _, error = text("sample", *FEW, "--enlarge", folder / "first", "--out", "large.npz")
    assert code == 2
    assert "'IFPipeline' is no second stage" in error
    assert not (tmp_path / "large.npz").exists()


def test_denoise_has_a_row_for_each_noise_of_each_time(text, photo, tmp_path):
    code, out, error = text("denoise", *FEW, "--image", photo, "--t", 250, 700)
    assert (code, out) == (0, "denoised.png: 2 noises of t = 250, 700\n"), error
    assert_sheet(tmp_path / "denoised.png", 4, 5)


def test_sdedit_has_a_column_for_each_strength(text, photo, tmp_path):
    code, _, error = text("sdedit", *FEW, "--image", photo, "--strength", 0, 0.5, 1)
    assert code == 0, error
    assert_sheet(tmp_path / "edited.png", 2, 4)
    assert text("sdedit", *FEW, "--picture", "spiral", "--strength", 0.5, "--out", "a.npz")[0] == 0
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["images"].shape == (2, 3, SIDE, SIDE)


@pytest.mark.parametrize("mask", ["hole", "mask.png"])
def test_inpaint_takes_a_named_mask_and_your_own(text, photo, tmp_path, mask):
    code, _, error = text("inpaint", *FEW, "--image", photo, "--mask", mask, "--repeats", 2)
    assert code == 0, error
    assert_sheet(tmp_path / "inpainted.png", 2, 3)


def test_anagram_and_hybrid_write_sheets_and_gifs(text, tmp_path):
    code, _, error = text("anagram", *FEW, "--prompt", "a hat", "a dog", "--view", "rotate_180")
    assert code == 0, error
    assert_sheet(tmp_path / "anagram.png", 2, 2)
    code, _, error = text("hybrid", *FEW, "--far", "a hat", "--near", "a dog", "--out", "h.gif")
    assert code == 0, error
    with Image.open(tmp_path / "h.gif") as gif:
        assert gif.n_frames > 20


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sampel"], "did you mean 'text sample'?"),
        (["sample", "--prompt", " "], "--prompt must have words"),
        (["sample", "--prompt"], "--prompt must have words"),
        (["sample", "--sampler", "best"], "unknown sampler 'best'; there are learned, ancestral"),
        (["sample", "--steps", 0], "--steps must be within 1..1,000,000, not 0"),
        (["sample", "--steps", 2000], "steps must be within 1..1000, not 2000"),
        (["sample", "--prompt", "a dog " * 99], "a prompt has up to 77 tokens, not"),
        (["sample", "--out", "x.jpg"], "--out must end in .png, .gif, .npz"),
        (["sample", "--fast"], "Unrecognized options: --fast"),
        (["denoise"], "--image"),
        (["denoise", "--image", "no.png"], "no image 'no.png'"),
        (["sdedit", "--strength", 1.5], "--strength must be within 0..1, not 1.5"),
        (["sdedit", "--picture", "house", "--guidance", "nan"], "--guidance must be a finite"),
        (["anagram", "--view", "negation"], "a learned variance has no negative"),
        (["anagram", "--view", "upside"], "unknown view 'upside'"),
        (["anagram", "--prompt", "a hat", "a dog", "a cat"], "give a view for each further prompt"),
        (["hybrid", "--sigma", "-1"], "--sigma must be within 0..1000"),
    ],
)
def test_bad_input_is_one_line_and_nothing_written(text, tmp_path, arguments, says):
    code, out, error = text(*arguments)
    assert (code, out) == (2, "")
    last = error.rstrip().splitlines()[-1]
    assert last.startswith("error: ")
    assert says in last
    assert not any(tmp_path.iterdir())


def test_a_model_that_is_none_is_refused_before_torch_is_imported(tmp_path):
    names = ("unet", "scheduler", "tokenizer", "text_encoder", "vae")
    parts = {name: ["diffusers", "X"] for name in names}
    index = {"_class_name": "StableDiffusionPipeline", **parts}
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    out = str(tmp_path / "text.png")
    code = f"""
import sys
from ddpm.__main__ import main
sys.argv = ["ddpm", "text", "sample", "--model", {str(tmp_path)!r}, "--out", {out!r}]
try:
    main()
except SystemExit as stop:
    print(stop.code, [name for name in ("torch", "diffusers", "numpy") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "2 []\n"
    assert done.stderr.count("\n") == 1
    assert "'StableDiffusionPipeline' works on latents" in done.stderr


def test_the_overviews_show_all(text):
    code, out, _ = text()
    assert code == 0
    assert all(f"  {name} " in out for name in TEXT)
    assert max(map(len, out.splitlines())) <= 80
    assert text("--help")[1] == out


@pytest.mark.parametrize("name", TEXT)
def test_help_ends_in_two_examples(text, name):
    code, out, _ = text(name, "--help", model=None)
    assert code == 0
    shown = [line.strip() for line in out.splitlines()]
    shown = shown[shown.index("examples:") + 1 :]
    assert tuple(shown) == examples(command(name, "ddpm.commands.text"))
    assert len(shown) == 2
    assert all(line.startswith(f"ddpm text {name} ") for line in shown)


# ------------------------------------------------------------------ the gallery


def test_without_weights_the_gallery_is_skipped_with_a_line_each(monkeypatch, capsys):
    register_all()
    monkeypatch.setattr(page, "MODEL", "nobody/has-this")
    page.weights.cache_clear()
    gallery = [figure for figure in FIGURES.values() if figure.section == "text"]
    assert len(gallery) == 9
    other = FIGURES["noise-levels"]
    assert at_hand([*gallery, other]) == [other]
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [figure.name for figure in gallery]
    assert all("the weights of nobody/has-this are not on this machine" in line for line in lines)
    page.weights.cache_clear()


def test_with_weights_the_gallery_is_drawn_and_says_which(monkeypatch, folder):
    register_all()
    monkeypatch.setattr(page, "MODEL", str(folder / "first"))
    monkeypatch.setitem(page.HOW, "steps", 2)
    caches = (page.weights, page.model, page.pictures)
    for each in caches:
        each.cache_clear()
    gallery = [figure for figure in FIGURES.values() if figure.section == "text"]
    assert at_hand(gallery) == gallery
    says = page.weights()
    assert says["model"] == "first"
    assert len(says["unet"]) == 64
    for figure in gallery:
        drawn = figure.draw()
        assert drawn.mode == "RGB"
        assert min(drawn.size) > SIDE * SCALE
    for each in caches:
        each.cache_clear()


def test_one_section_is_chosen_by_its_name(call, monkeypatch):
    monkeypatch.setattr(page, "MODEL", "nobody/has-this")
    page.weights.cache_clear()
    code, out, _ = call("figures", "--section", "text", "--check")
    assert code == 0
    assert out.count("skipped: the weights") == 9
    code, _, error = call("figures", "--section", "nothing")
    assert code == 2
    assert "unknown section 'nothing'" in error
    page.weights.cache_clear()
