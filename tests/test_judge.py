"""What all measurements share: rows from which a stopped run continues, the spread over seeds."""

import json
import math

import pytest

from scripts.workshop import judge
from scripts.workshop.judge import over_seeds, rows


def test_rows_go_on_where_they_stopped_and_forget_what_has_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(judge, "ROOT", tmp_path)
    done = []

    def job(name, fail=False):
        def run():
            if fail:
                raise KeyboardInterrupt
            done.append(name)
            return {"name": name}

        return run

    with pytest.raises(KeyboardInterrupt):
        rows("x", {"weights": 1}, {"a": job("a"), "b": job("b", fail=True)})
    kept = tmp_path / "runs" / "x.rows.json"
    assert json.loads(kept.read_text())["rows"] == {"a": {"name": "a"}}
    table = rows("x", {"weights": 1}, {"a": job("a"), "b": job("b")})
    assert table == {"a": {"name": "a"}, "b": {"name": "b"}}
    assert done == ["a", "b"]
    assert not kept.exists()

    with pytest.raises(KeyboardInterrupt):
        rows("x", {"weights": 1}, {"a": job("a"), "b": job("b", fail=True)})
    rows("x", {"weights": 2}, {"a": job("a")})
    assert done == ["a", "b", "a", "a"]


def test_the_spread_over_seeds_is_the_standard_deviation():
    result = over_seeds([{"fid": 1.0}, {"fid": 3.0}])
    assert result == {"fid": 2.0, "fid_spread": pytest.approx(math.sqrt(2))}
    assert over_seeds([{"fid": 1.0}]) == {"fid": 1.0}
