"""The rows of the table "what mattered"."""


def test_ablation_lists_its_rows(call):
    assert "linear-eps" in call("ablation", "--list")[1]
    assert "unknown row 'nope'" in call("ablation", "nope")[2]
