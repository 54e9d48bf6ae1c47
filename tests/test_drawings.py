import pytest
import torch

from ddpm.drawings import DRAWINGS, drawing


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawings_look_like_ink(name):
    picture = drawing(name)
    assert picture.shape == (28, 28)
    assert 0.05 < float(picture.mean()) < 0.3
    assert float(picture.max()) == 1
    assert float(torch.cat([picture[0], picture[-1], picture[:, 0], picture[:, -1]]).max()) == 0
    with pytest.raises(ValueError, match="unknown drawing 'cat'"):
        drawing("cat")
