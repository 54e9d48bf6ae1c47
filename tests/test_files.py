import errno
import os
import signal
import subprocess
import sys

import pytest

from ddpm.files import atomic


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
    program = (
        "import os, signal, sys; from ddpm.files import atomic\n"
        "with atomic(sys.argv[1]) as file:\n"
        "    file.write_text('half of'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    result = subprocess.run([sys.executable, "-c", program, path], check=False)
    assert result.returncode == -signal.SIGKILL
    assert path.read_text() == "good"
