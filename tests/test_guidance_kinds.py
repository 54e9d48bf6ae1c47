import json

import pytest
import torch

from ddpm.guidance import guided
from scripts.workshop import candidates, guidance_kinds, judge, samples
from scripts.workshop.declared import DECLARED
from scripts.workshop.guidance_kinds import (
    AUTO_SCALES,
    INTERVAL_SCALES,
    INTERVALS,
    RESCALED,
    SCALES,
    WEAK,
    Counted,
    against,
    everywhere,
    one_kind,
    within,
)


def network(x, t, label):
    """Answers in which the label, the time and the image can be seen."""
    return x * 0.1 + label[:, None, None, None] + 0.001 * t[:, None, None, None]


@pytest.fixture
def few(monkeypatch, tmp_path, untrained):
    """Four samples by an untrained network; nothing is judged, and nothing written elsewhere."""
    monkeypatch.setattr(guidance_kinds, "load", lambda name: untrained)
    monkeypatch.setattr(samples, "load", lambda name, weights=None: untrained)
    labels = torch.arange(4)
    for module in (guidance_kinds, samples):
        monkeypatch.setattr(module, "natural_labels", lambda count: labels)
        monkeypatch.setattr(module, "COUNT", 4)
        monkeypatch.setattr(module, "diversity", lambda *_: torch.tensor([3.0]))
        monkeypatch.setattr(module, "verdict", lambda images, asked: {"fid": float(images.mean())})
    monkeypatch.setattr(guidance_kinds, "floor", lambda count: 0.1)
    for module in (candidates, judge, samples):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    return tmp_path


def test_evaluations_are_counted_per_image(few, untrained):
    steps = untrained.recipe.steps
    assert one_kind(everywhere(1.4), 4)["evaluations"] == 2 * steps
    path = untrained.path()
    inside = sum(30 <= t <= 70 for t in path[:-1])
    assert 0 < inside < steps
    found = one_kind(within(1.4, 30, 70), 4)
    assert found["evaluations"] == steps + inside
    weak = Counted(network)
    row = one_kind(against(weak, 1.5), 4, weak)
    assert (row["evaluations"], row["of_those_weak"]) == (2 * steps, steps)


def test_samples_guided_everywhere_are_those_of_the_model(few, untrained, monkeypatch):
    seen = []
    monkeypatch.setattr(guidance_kinds, "verdict", lambda images, asked: seen.append(images) or {})
    one_kind(everywhere(1.4), 4)
    with guidance_kinds.fast_arithmetic(untrained.device):
        expected = untrained.sample(labels=range(4), guidance=1.4, seed=0)
    assert torch.equal(seen[0], expected)
    one_kind(within(1.4, 1, 100), 4)
    assert torch.equal(seen[1], expected)
    one_kind(everywhere(1.4, 0.7), 4)
    assert not torch.equal(seen[2], expected)


def test_the_kinds_are_the_functions_of_the_library(untrained, monkeypatch):
    monkeypatch.setattr(guidance_kinds, "load", lambda name: untrained)
    x, labels = torch.randn(3, 1, 28, 28), torch.tensor([1, 2, 3])
    counted = Counted(network)
    answer = within(2.0, 10, 20)(counted, labels)
    assert torch.equal(answer(x, 15), guided(network, labels, 10, 2.0)(x, 15))
    assert torch.equal(answer(x, 21), network(x, torch.full((3,), 21), labels))
    weak = Counted(lambda x, t, label: torch.zeros_like(x))
    answer = against(weak, 1.5)(counted, labels)
    assert torch.allclose(answer(x, 5), 1.5 * network(x, torch.full((3,), 5), labels))


def test_quick_measures_one_setting_of_each_kind_and_is_resumed(few, monkeypatch, digits):
    monkeypatch.setattr(guidance_kinds, "bundled", lambda: digits)
    monkeypatch.setitem(
        WEAK, "earlier", (candidates.change({"width": 16, "blocks": 1}, batch=100), 2)
    )
    rescaled, broken = guidance_kinds.rescaled, [True]

    def breaks(*arguments):
        if broken.pop():
            raise KeyboardInterrupt
        broken.append(False)
        return rescaled(*arguments)

    broken[:] = [False, True]
    monkeypatch.setattr(guidance_kinds, "rescaled", breaks)
    with pytest.raises(KeyboardInterrupt):
        guidance_kinds.guidance_kinds(True)
    kept = json.loads((few / "runs" / "guidance_kinds-quick.rows.json").read_text())
    assert [*kept["rows"]] == ["everywhere 1", "interval 1.4 1-700"]
    found = guidance_kinds.guidance_kinds(True)
    assert [name.split()[0] for name in found["rows"]] == [
        "everywhere", "interval", "rescaled", "auto"
    ]  # fmt: skip
    assert found["rows"]["everywhere 1"]["evaluations"] == 25
    assert found["rows"]["auto earlier 1.3"]["of_those_weak"] == 25
    assert found["rows"]["auto earlier 1.3"]["weak_parameters"] > 10_000
    assert found["best"] in found["rows"]
    assert not [*few.glob("runs/*.rows.json")]


def test_all_rows_have_names_of_their_own_and_settings(monkeypatch):
    asked = {}
    monkeypatch.setattr(guidance_kinds, "rows", lambda name, settings, jobs: asked.update(jobs) or {
        key: {"fid": 1.0, "scale": 1.0} for key in jobs
    })  # fmt: skip
    monkeypatch.setattr(guidance_kinds, "floor", lambda count: 0.1)
    guidance_kinds.guidance_kinds(False)
    by_kind = (len(SCALES), len(INTERVAL_SCALES) * len(INTERVALS), len(RESCALED))
    assert len(asked) == sum(by_kind) + len(WEAK) * len(AUTO_SCALES)
    declared = next(rows for rows in DECLARED if rows.record == "guidance_kinds")
    settings = {declared.of(name, {"scale": 1.4}) for name in asked}
    assert len(settings) == len(asked) - len(SCALES) + 1
