"""The notebooks on the site are their sources, run from top to bottom."""

import json

import pytest

from scripts.notebooks import FOLDER, LARGEST

jupytext = pytest.importorskip("jupytext", reason="jupytext reads the notebooks' sources")
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))


def test_each_is_rendered():
    assert [path.stem for path in sorted(FOLDER.glob("*.ipynb"))] == NAMES != []


@pytest.mark.parametrize("name", NAMES)
def test_it_is_its_source_run_in_order(name):
    text = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    assert len(text) <= LARGEST
    rendered = json.loads(text)["cells"]
    written = jupytext.read(FOLDER / f"{name}.py").cells
    assert [(c["cell_type"], "".join(c["source"])) for c in rendered] == [
        (c.cell_type, c.source) for c in written
    ], f"run nox -s notebooks -- {name}"
    code = [cell for cell in rendered if cell["cell_type"] == "code"]
    install, *rest = code
    assert install["source"] == ["%pip install --quiet ../.."]
    assert install["outputs"] == []
    assert [cell["execution_count"] for cell in rest] == [*range(1, len(rest) + 1)]


@pytest.mark.parametrize("name", NAMES)
def test_its_outputs_can_be_read_by_all(name):
    cells = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    assert outputs
    for output in outputs:
        assert output["output_type"] != "error"
        assert output.get("name") != "stderr"
        if "image/png" in output.get("data", {}):
            words = output["metadata"]["image/png"]
            assert words["alt"].endswith(".")
            assert words["width"] > words["height"] > 0
