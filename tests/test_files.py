import errno
import json
import os
import signal
import subprocess
import sys

import pytest
import torch

from ddpm.files import alone, atomic, clear_folder, write_json, write_tensors

HALF_WAY = """
import os, signal, sys
from ddpm.files import atomic
with atomic(sys.argv[1]) as file:
    file.write_text("half of")
    {then}
"""
KILLED = HALF_WAY.format(then="os.kill(os.getpid(), signal.SIGKILL)")
WAITING = HALF_WAY.format(then="print('here', flush=True); sys.stdin.read()")
LOCKED = """
import sys
from pathlib import Path
from ddpm.files import alone
with alone(Path(sys.argv[1]), "a test writes"):
    print("here", flush=True)
    sys.stdin.read()
"""


def start(program, *arguments):
    """Starts a program, and waits until it says that it is where it waits."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "here\n"
    return process


def test_writes_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "file.txt"
    with atomic(path) as file:
        file.write_text("new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_last_good_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("good")
    with pytest.raises(OSError, match="No space"), atomic(path) as file:
        file.write_text("half of")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert path.read_text() == "good"
    assert list(tmp_path.iterdir()) == [path]


def test_a_kill_while_writing_leaves_the_last_good_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("good")
    result = subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    assert result.returncode == -signal.SIGKILL
    assert path.read_text() == "good"
    assert len([*tmp_path.iterdir()]) == 2
    # The next to write it clears up, and leaves alone what is not a leftover.
    theirs = tmp_path / ".file-abcdefgh.txt"
    theirs.write_text("the user's")
    with atomic(path) as file:
        file.write_text("new")
    assert sorted(tmp_path.iterdir()) == [theirs, path]


def test_what_another_program_is_writing_is_not_cleared(tmp_path):
    path = tmp_path / "file.txt"
    other = start(WAITING, path)
    with atomic(path) as file:
        file.write_text("ours")
    clear_folder(tmp_path)
    assert len([*tmp_path.iterdir()]) == 2
    other.communicate()
    assert other.returncode == 0
    assert path.read_text() == "half of"  # the last one wins, as a whole
    assert [*tmp_path.iterdir()] == [path]


def test_a_folder_is_cleared_of_what_kills_left_in_it(tmp_path):
    (tmp_path / "deep").mkdir()
    subprocess.run([sys.executable, "-c", KILLED, tmp_path / "deep" / "x.png"], check=False)
    kept = [tmp_path / "deep" / name for name in (".hidden.png", "a.partial.png")]
    for path in kept:
        path.write_text("the user's")
    assert len([*(tmp_path / "deep").iterdir()]) == 3
    clear_folder(tmp_path)
    assert sorted((tmp_path / "deep").iterdir()) == kept


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_a_replaced_file_keeps_its_permissions(tmp_path, mode):
    path = tmp_path / "file.txt"
    path.write_text("old")
    path.chmod(mode)
    with atomic(path) as file:
        file.write_text("new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", mode)


def test_a_new_file_has_the_permissions_that_the_user_s_mask_gives(tmp_path):
    old = os.umask(0o027)
    try:
        write_json(tmp_path / "file.json", {"a": 1})
    finally:
        os.umask(old)
    assert (tmp_path / "file.json").stat().st_mode & 0o777 == 0o640


def test_a_link_is_written_through(tmp_path):
    (tmp_path / "far").mkdir()
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "far" / "file.txt")
    for text in ("new", "newer"):  # first to a file that is not there yet
        with atomic(link) as file:
            file.write_text(text)
        assert link.is_symlink()
        assert (tmp_path / "far" / "file.txt").read_text() == text
    assert [path.name for path in (tmp_path / "far").iterdir()] == ["file.txt"]


@pytest.mark.parametrize("stem", ["x" * 240, "ä" * 120, "a.b." * 50])
def test_the_longest_names_are_written(tmp_path, stem):
    path = tmp_path / f"{stem}.txt"
    with atomic(path) as file:
        file.write_text("new")
    assert [*tmp_path.iterdir()] == [path]


def test_a_full_disk_names_the_file(tmp_path):
    """A limit on the size of files is as good as a full disk."""
    program = """
import resource, sys, torch
from ddpm.files import write_tensors
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_tensors(sys.argv[1], {"x": torch.zeros(10_000)})
except OSError as error:
    print(error)
"""
    path = tmp_path / "x.safetensors"
    write_tensors(path, {"x": torch.ones(1)}, {"good": "yes"})
    before = path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"cannot write '{path}': ")
    assert done.stdout.count("\n") == 1
    assert path.read_bytes() == before
    assert [*tmp_path.iterdir()] == [path]


def test_a_lock_keeps_a_second_program_off_until_the_first_ends_or_is_killed(tmp_path):
    path = tmp_path / "out.json"
    for end in (lambda first: first.communicate(), lambda first: (first.kill(), first.wait())):
        first = start(LOCKED, path)
        refused = pytest.raises(ValueError, match=r"a test writes .*out\.json. at this moment")
        with refused, alone(path, "a test writes"):
            raise AssertionError
        with alone(tmp_path / "other.json", "a test writes"):
            pass
        end(first)
        with alone(path, "a test writes"):
            write_json(path, {})
    assert json.loads(path.read_text()) == {}
    assert [*tmp_path.iterdir()] == [path]
