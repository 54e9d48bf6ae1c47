"""The README's commands: they work in a shell and in PowerShell, and leave a checkout clean."""

import re
import shlex

import pytest

from scripts.workshop.records import ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def lines(text: str) -> list[str]:
    """The commands of a page's fences, without their comments."""
    fences = re.findall(r"^```(?:sh|console)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rows = [re.sub(r"\s+# .*", "", row).removeprefix("$ ") for fence in fences
            for row in fence.splitlines()]  # fmt: skip
    return [row for row in rows if row.strip() and not row.startswith("#")]


COMMANDS = lines(TEXT)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")),
         ROOT / "ddpm" / "commands" / "start" / "README.md"]  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_work_in_powershell_as_written(page):
    for line in lines(page.read_text(encoding="utf-8")):
        assert not re.search(r"&&|\|\||;|\\$|`|^[A-Z_]+=|^export |^source |^\. |<<", line), line


def test_there_are_commands_of_every_kind():
    kinds = {line.split()[1] for line in COMMANDS if line.startswith("ddpm ")}
    assert kinds == {
        "--help", "models", "sample", "train", "denoise", "sdedit", "inpaint", "anagram",
        "hybrid", "writeup",
    }  # fmt: skip


def written() -> list[str]:
    """The files and folders that the commands write."""
    found = []
    for line in COMMANDS:
        words = shlex.split(line)
        if "--out" in words:
            found.append(words[words.index("--out") + 1])
        elif words[:2] == ["ddpm", "writeup"]:
            found.append(words[2])
        elif {"sample", "train", "denoise", "sdedit", "inpaint", "anagram", "hybrid"} & {*words}:
            found.append("")  # a default, in the folder where one is
    return found


def test_all_is_written_below_runs_and_once():
    assert COMMANDS.index("mkdir runs") < next(
        i for i, line in enumerate(COMMANDS) if "runs/" in line
    )
    names = written()
    assert len(names) > 10
    assert [name for name in names if not re.fullmatch(r"runs/[\w-]+(\.\w+)?", name)] == []
    stems = [name.partition(".")[0] for name in names]
    assert len(set(names)) == len(names)
    trained = [name for name in names if name.endswith(".safetensors")]
    for name in trained:  # whose side files take its name with other endings
        sides = {name.replace(".safetensors", ending) for ending in (".json", ".npz")}
        assert not sides & set(names)
    assert stems.count("runs/quick") == 2  # the trial and what it samples
    assert "/runs/" in (ROOT / ".gitignore").read_text().split()


def test_what_is_read_was_written_before_or_is_the_readers_own():
    before = set()
    for line in COMMANDS:
        read = [word for word in shlex.split(line)
                if re.search(r"\.(png|safetensors)$", word)]  # fmt: skip
        out = line.partition("--out ")[2].split(" ")[0]
        for name in read:
            assert name == out or name in before or name in ("me.png", "mask.png"), line
        before.add(out)


def test_it_says_what_is_downloaded_and_where_it_runs():
    words = " ".join(TEXT.split())
    assert "5.6 GB" in words
    assert "Macs with an Intel processor cannot run it" in words
    assert "--torch-backend cpu" in words
    assert "is only noise. That is no fault." in words
    assert not re.search(r"index-url|https?://(?!.*licen)", words)


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("ddpm ")])
def test_its_commands_have_the_options_that_it_names(line, capsys, monkeypatch):
    from ddpm.__main__ import main

    words = shlex.split(line)
    if words[1].startswith("--"):
        return
    monkeypatch.setattr("sys.argv", ["ddpm", words[1], "--help"])
    with pytest.raises(SystemExit):
        main()
    helped = capsys.readouterr().out
    for option in [word for word in words if word.startswith("--")]:
        assert option in helped
