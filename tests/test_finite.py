"""Numbers from outside are finite and in range, in every command: else one line, and no file."""

from __future__ import annotations

import pytest

from ddpm.commands import program

SAMPLING = ("sample", "denoise", "sdedit", "inpaint", "anagram", "hybrid")
LABEL = {
    "sample": ("--labels", "3"),
    "denoise": ("--label", "3"),
    "sdedit": ("--label", "3"),
    "inpaint": ("--label", "3"),
}

OPTIONS = {
    "--guidance nan": "guidance must be a finite number, not nan",
    "--guidance inf": "guidance must be a finite number, not inf",
    "--guidance -inf": "guidance must be a finite number, not -inf",
    "--guidance 1e38": "no longer finite at t =",
    "--each 0": "--each must be at least 1",
    "--each -1": "--each must be at least 1",
    "--each 100000": "--each 100000 makes",
    "--each 1000000000": "--each must be at most 1,000,000",
    "--steps 0": "steps must be within 1..1000, not 0",
    "--steps -1": "steps must be",
    "--steps 1001": "steps must be within 1..1000, not 1001",
    "--seed -1": "seed must be within 0..4293, not -1",
    "--seed 99999999999999999999": "seed must be within 0..4293",
    "--device foo": "device 'foo' is not available",
    "--device meta": "device 'meta' is not available",
}

MORE = {
    "sample --labels 3 --each 1000000 --out a.npz": ".npz holds",
    "sample --labels 3 --each 1000000 --out a.gif": ".gif holds",
    "sample --labels 3 --each 2000 --out a.gif": ".gif holds",
    "anagram --each 1000 --candidates 1000 --out a.npz": "makes 1,000,000 images",
    "anagram --each 10 --out a.gif --candidates 1000000000": "makes 10,000,000,000 images",
    "anagram --candidates 0": "--candidates must be",
    "hybrid --contrast nan": "contrast must be a finite number",
    "hybrid --contrast inf": "contrast must be a finite number",
    "hybrid --contrast -1": "contrast above 0",
    "hybrid --across 1000000": "1..8 tiles across",
    "hybrid --across 0": "1..8 tiles across",
    "hybrid --across 8 --each 2000 --out a.npz": "--each 2000 makes",
    "inpaint --repeats 0": "repeats must be at least 1",
    "inpaint --repeats 1000000000": "repeats must be within 1..",
    "sdedit --strength nan": "strength must be within 0..1",
    "sdedit --strength inf": "strength must be within 0..1",
    "sdedit --strength -0.1": "strength must be within 0..1",
    "denoise --t 0": "--t must be within 1..1000, not 0",
    "denoise --t 1000000000": "--t must be within 1..1000",
    "train digits --data bundled --epochs 0": "--epochs must be at least 1",
    "train digits --data bundled --seed -1": "--seed must be",
}


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("command", SAMPLING)
def test_an_option_out_of_range_is_one_line_and_no_file(refusal, command, option):
    quick = () if option.startswith("--steps") else ("--steps", "3")
    few = () if option.startswith("--each") else ("--each", "1")
    given = (*LABEL.get(command, ()), *quick, *few, *option.split())
    error = refusal(command, *given)
    assert "error: " in error
    assert OPTIONS[option] in error


@pytest.mark.parametrize("typed", MORE)
def test_further_numbers_out_of_range(refusal, typed):
    command, *options = typed.split()
    assert MORE[typed] in refusal(command, *options)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("CUDA out of memory. Tried to allocate 45.00 GiB"),
    ],
)
def test_full_memory_is_one_line(capsys, monkeypatch, error):
    monkeypatch.delenv("DDPM_TRACEBACK", raising=False)

    def fails() -> None:
        """Fails."""
        raise error

    with pytest.raises(SystemExit) as stop:
        program.run(fails, [], "fails")
    assert stop.value.code == 2
    assert capsys.readouterr().err == (
        "error: not enough memory: ask for fewer or smaller images\n"
    )


def test_another_error_of_torch_is_no_lack_of_memory():
    def fails() -> None:
        """Fails."""
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1"):
        program.run(fails, [], "fails")
