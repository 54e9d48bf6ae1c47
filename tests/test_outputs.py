"""What a command may overwrite: its own files, and with `--force` the user's."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ddpm.outputs import check_output, same_file, sign, signed

FOREIGN = {".png": "PNG", ".gif": "GIF"}


def foreign(path: Path) -> Path:
    """A file of the user's of that kind."""
    ending = path.suffix
    if ending in FOREIGN:
        Image.new("L", (30, 40), 7).save(path, FOREIGN[ending])
    elif ending == ".npz":
        np.savez(path, images=np.zeros((2, 28, 28)), labels=np.arange(2))
    elif ending == ".json":
        path.write_text('{"recipe": "of a cake"}')
    else:
        path.write_bytes(b"not even a file of that kind")
    return path


@pytest.mark.parametrize("ending", [".png", ".gif", ".npz"])
def test_a_mark_is_found_again_and_changes_nothing_else(tmp_path, ending):
    path = foreign(tmp_path / f"x{ending}")

    def shown():
        if ending == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                return {name: arrays[name].tolist() for name in arrays}
        with Image.open(path) as image:
            return image.convert("RGB").tobytes()

    before = shown()
    assert not signed(path)
    sign(path)
    assert signed(path)
    assert shown() == before
    if ending == ".npz":
        assert zipfile.ZipFile(path).testzip() is None
    else:
        with Image.open(path) as image:
            image.verify()


def test_weights_are_known_and_other_safetensors_are_not(tmp_path, weights):
    from safetensors.torch import save_file

    assert signed(weights)
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors", {"format": "pt"})
    assert not signed(tmp_path / "other.safetensors")
    for content in (b"", b"x", b"\xff" * 100, (8).to_bytes(8, "little") + b"not json"):
        (tmp_path / "x.safetensors").write_bytes(content)
        assert not signed(tmp_path / "x.safetensors")


@pytest.mark.parametrize("ending", [".png", ".gif", ".npz", ".json", ".safetensors"])
def test_a_file_of_the_user_s_is_only_overwritten_by_force(tmp_path, ending):
    path = foreign(tmp_path / f"mine{ending}")
    with pytest.raises(ValueError, match="not made by this program: --force overwrites it"):
        check_output(path)
    assert check_output(path, force=True)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="--force"):
        check_output(path)
    path.unlink()
    assert not check_output(path)


COMMANDS = {
    "sample": ["--labels", "3", "--steps", "2"],
    "anagram": ["--candidates", "1", "--steps", "2", "--each", "1"],
    "hybrid": ["--steps", "2", "--each", "1"],
    "denoise": ["--t", "2", "--each", "1", "--label", "3"],
    "sdedit": ["--strength", "0.1", "--each", "1", "--label", "3"],
    "inpaint": ["--steps", "2", "--each", "1", "--label", "3"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_spares_the_user_s_files_and_says_what_it_replaces(
    call, weights, tmp_path, name
):
    out = foreign(tmp_path / "mine.png")
    before = out.read_bytes()
    options = [*COMMANDS[name], "--model", weights, "--out", out]
    code, text, error = call(name, *options)
    assert (code, text, error.count("\n")) == (2, "", 1)
    assert "--force overwrites it" in error
    assert out.read_bytes() == before
    code, _, error = call(name, *options, "--force")
    assert code == 0, error
    assert out.read_bytes() != before
    code, _, error = call(name, *options)  # what is there now is its own
    assert code == 0
    assert f"'{out}' is there and will be replaced" in error


@pytest.mark.parametrize("name", ["denoise", "sdedit", "inpaint"])
def test_no_output_is_an_input_or_another_output(call, weights, photo, tmp_path, name):
    image = photo[0].with_suffix(".png")
    with Image.open(photo[0]) as opened:
        opened.save(image)
    sign(image)  # even one that this program made
    (tmp_path / "link.png").symlink_to(image)
    os.link(image, tmp_path / "hard.png")
    (tmp_path / "sub").mkdir()
    before, new = image.read_bytes(), tmp_path / "new.png"
    around = tmp_path / "sub" / ".." / "me.png"
    for options in (
        *(["--out", out] for out in (image, tmp_path / "link.png", tmp_path / "hard.png", around)),
        ["--out", new, "--show-input", image],
        ["--out", new, "--show-input", new],
        ["--out", new, "--show-input", tmp_path / "sub" / ".." / "new.png"],
        *([["--mask", new, "--out", new]] if name == "inpaint" else []),
    ):
        # Force is for files that are there, not for losing what is being read.
        code, text, error = call(name, "--image", image, "--model", weights, *options, "--force")
        assert (code, text, error.count("\n")) == (2, "", 1), options
        assert "are one file" in error
        assert image.read_bytes() == before
        assert not new.exists()


def test_paths_are_one_file_by_any_name(tmp_path):
    (tmp_path / "a").write_text("")
    (tmp_path / "b").symlink_to("a")
    assert same_file(tmp_path / "a", tmp_path / "b")
    assert same_file(tmp_path / "none", tmp_path / "x" / ".." / "none")
    assert not same_file(tmp_path / "a", tmp_path / "none")


def test_what_cannot_be_written_is_refused_before_the_work(refusal, tmp_path):
    """The folder stays empty: `refusal` looks."""
    for name in ("x" * 300 + ".png", "ä" * 130 + ".png", "none/x.png"):
        assert "cannot write" in refusal("sample", "--out", name)
    assert len(refusal("sample", "--out", "x" * 5000 + ".png")) < 300


def test_only_plain_files_that_may_be_changed_are_replaced(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ValueError, match="not a plain file"):
        check_output(tmp_path / "pipe.png", force=True)
    path = foreign(tmp_path / "x.png")
    sign(path)
    monkeypatch.setattr(os, "access", lambda *_: False)  # a superuser may write all
    with pytest.raises(ValueError, match="read-only"):
        check_output(path)


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full", ">&- 2>&-"])
def test_a_closed_standard_error_changes_nothing(weights, tmp_path, closed):
    made = {}
    for name, redirection in (("open", ""), ("closed", closed)):
        out = tmp_path / name / "x.npz"
        out.parent.mkdir()
        command = f"{sys.executable} -m ddpm sample --model {weights} --out {out} {redirection}"
        done = subprocess.run(command, shell=True, capture_output=True, text=True)
        assert done.returncode == 0
        assert done.stderr == "" or name == "open"
        made[name] = out.read_bytes()
        assert [*out.parent.iterdir()] == [out]
    assert made["open"] == made["closed"]
    wrong = f"{sys.executable} -m ddpm sample --each 0 {closed}"
    assert subprocess.run(wrong, shell=True, capture_output=True).returncode == 2


def test_a_full_disk_at_a_gif_is_one_line(weights, tmp_path):
    program = f"""
import resource, sys
from ddpm.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
sys.argv = ["ddpm", "sample", "--model", "{weights}", "--out", sys.argv[1]]
main()
"""
    for name in ("x.gif", "x.png", "x.npz"):
        done = subprocess.run(
            [sys.executable, "-c", program, tmp_path / name], capture_output=True, text=True
        )
        assert done.returncode == 2
        last = done.stderr.splitlines()[-1]
        assert last.startswith(f"error: cannot write '{tmp_path / name}'"), done.stderr
        assert "Traceback" not in done.stderr
    assert [*tmp_path.iterdir()] == [weights]


def test_a_log_is_known_and_other_json_is_not(tmp_path):
    path = tmp_path / "log.json"
    for values, ours in (({"recipe": {}, "epochs": [], "how": {}}, True), ([], False), (3, False)):
        path.write_text(json.dumps(values))
        assert signed(path) is ours


def test_help_into_a_pipe_that_is_closed_is_no_error():
    command = f"{sys.executable} -m ddpm sample --help | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"
