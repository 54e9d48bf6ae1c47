"""What git may do to the files of a checkout."""

import subprocess

from scripts.workshop.manifest import read_manifest
from scripts.workshop.records import ASSETS, ROOT


def test_no_checkout_changes_a_byte_of_what_has_a_digest():
    records = read_manifest().values()
    files = [ASSETS / record[key] for record in records for key in ("file", "still") if record[key]]
    files += sorted((ASSETS / "results").rglob("*.json"))
    asked = subprocess.run(
        ["git", "check-attr", "--stdin", "text"],
        input="\n".join(str(file.relative_to(ROOT)) for file in files),
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    lines = asked.stdout.splitlines()
    assert len(lines) == len(files)
    assert [line for line in lines if not line.endswith(": text: unset")] == []
