# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A quick tour
#
# Load a model, sample digits, use guidance, watch a sample as it forms, and edit a digit. All of it
# runs on a CPU in a few seconds. The first cell says how to get the package.

# %% tags=["skip-execution"]
# This notebook needs the package `ddpm`. In a checkout of its repository, run
# `python -m pip install -e . jupyterlab` in a terminal, and `jupyter lab` after it.

# %% [markdown]
# ## Load
#
# A model is a network with its recipe. The recipe says which schedule, range of pixels and labels
# the network was trained with, and how to sample from it.

# %%
import io

import torch
from IPython.display import Image

import ddpm
from ddpm import viz

model = ddpm.load("digits")
recipe = model.recipe
print(f"T = {recipe.T}, {recipe.sampler} in {recipe.steps} steps, guidance {recipe.guidance}")


# %%
def show(card, alt):
    """Shows a sheet of images, with words for those who cannot see it."""
    file = io.BytesIO()
    card.save(file, "png")
    return Image(file.getvalue(), alt=alt, width=card.width, height=card.height)


# %% [markdown]
# ## Sample
#
# Give one label for each image. The seed decides the noise, and so the image: the same seed gives
# the same digit in any batch.

# %%
images = model.sample(labels=[label for label in range(10) for _ in range(4)], seed=0)
columns = images.unflatten(0, (10, 4))[:, :, 0].transpose(0, 1)
show(viz.sheet(columns), "Four rows of generated digits from 0 to 9, all readable.")

# %% [markdown]
# ## Guide
#
# Guidance evaluates the network twice, with the label and without it. It then goes further in the
# direction in which the two answers differ. A scale of 0 ignores the label, and 1 is no guidance.
# Larger scales make the digits clearer and more alike.

# %%
scales = [0, 1, 4]
rows = [model.sample(labels=range(10), guidance=scale, seed=3)[:, 0] for scale in scales]
card = viz.sheet(torch.stack(rows), [str(scale) for scale in scales], down="scale", across="label")
show(
    card,
    "Three rows of ten digits from the same noise. At scale 0 they are any digits, at 1 and 4 they"
    " are 0 to 9 in order; at 4 the strokes are bolder and clearer.",
)

# %% [markdown]
# ## Watch
#
# Sampling yields a state at every time: the noisy images, and the predicted clean images.

# %%
states = list(model.states(labels=[2, 8], seed=2))[::4]
noisy, clean = (torch.stack(part) for part in zip(*((s.x, s.x0) for s in states), strict=True))
pairs = torch.cat([noisy, clean], dim=1)[:, [0, 2, 1, 3]]
pictures = torch.stack([model.to_images(part)[:, 0] for part in pairs], dim=1)
times = [str(state.t) for state in states]
rows = ["2, noisy", "2, clean", "8, noisy", "8, clean"]
show(
    viz.sheet(pictures, rows, times, across="time t →"),
    "For a 2 and an 8, the noisy image and the predicted clean image at falling times. The"
    " predictions are blurred at first and sharp at the end; the noise disappears step by step.",
)

# %% [markdown]
# ## Edit
#
# Three edits with the same network. SDEdit adds noise to a handwritten digit and removes it again
# with another label. Inpainting generates one part of the image and keeps the rest. An anagram is
# one digit upright and another digit upside down.

# %%
digits = ddpm.bundled()
seven = digits.images[digits.labels == 7][0].float() / 255
lower = torch.zeros(28, 28)
lower[14:] = 1
turned = ddpm.draw_anagram(model, [6, 9], n=1, seed=0)[0, 0]
edited = [
    seven,
    ddpm.sdedit(model, seven, strength=0.8, label=3, seed=0)[0, 0],
    ddpm.inpaint(model, seven, lower, label=9, seed=0)[0, 0],
    turned,
    turned.rot90(2),
]
names = ["7", "to 3", "to 9", "6", "180°"]
show(
    viz.sheet(torch.stack(edited)[None], columns=names, scale=4),
    "A handwritten 7; a 3 with a similar slant; the upper half of the 7 completed to a 9; a 6; and"
    " the same image upside down, which is a 9.",
)

# %% [markdown]
# ## Go on
#
# The notebook "Your own write-up" trains a model on another data set. The page "Reuse" has more
# short recipes, and the reference lists everything.
