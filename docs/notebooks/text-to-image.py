# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A text-to-image model
#
# The experiments of the page "The same functions on a text-to-image model", on one GPU with 16 GB
# or more. The notebook is shown here without its results, because they need weights whose licence
# you have to accept first. The page says how. Choose a machine with a GPU, install the extra with
# `pip install diffusers transformers sentencepiece accelerate`, and run the cells in order.

# %% tags=["skip-execution"]
# This notebook needs the package `ddpm`. In a checkout of its repository, run
# `python -m pip install -e . jupyterlab` in a terminal, and `jupyter lab` after it.

# %% [markdown]
# ## Log in
#
# Paste an access token of the account with which you accepted the licence.

# %% tags=["skip-execution"]
import torch
from huggingface_hub import login

import ddpm
from ddpm import viz
from ddpm.techniques.hybrids import gaussian
from ddpm.text_pipelines import load_text

login()

# %% [markdown]
# ## Load
#
# All prompts are encoded here, once. Then the text encoder is removed, which frees most of the
# memory. A prompt's number is its label.

# %% tags=["skip-execution"]
PROMPTS = (
    "a high quality photo",
    "an oil painting of a snowy mountain village",
    "a rocket ship",
    "an oil painting of an old man",
    "an oil painting of people around a campfire",
    "a lithograph of a skull",
    "a lithograph of waterfalls",
)
text = load_text("DeepFloyd/IF-I-L-v1.0", PROMPTS, variance=True, progress=True)
photo, village, rocket, old_man, campfire, skull, waterfalls = map(text.label, PROMPTS)
how = {"steps": 33, "sampler": ddpm.learned, "batch": 4}


# %% tags=["skip-execution"]
def show(images, columns=5):
    """A sheet of images."""
    return viz.sheet(viz.as_grid(images, columns), scale=2)


# %% [markdown]
# ## Steps and guidance
#
# With fewer steps the images are more grainy. Without guidance they are less clear and vary more.

# %% tags=["skip-execution"]
rows = [text.sample(labels=[village] * 3, **how | {"steps": n}) for n in (5, 10, 20)]
show(torch.cat(rows), 3)

# %% tags=["skip-execution"]
rows = [text.sample(labels=[photo] * 5, guidance=w, **how) for w in (1, 7)]
show(torch.cat(rows))

# %% [markdown]
# ## Noise, and two ways to remove it

# %% tags=["skip-execution"]
image = rows[1][:1]
noisy = {t: ddpm.add_noise(text, image, t) for t in (250, 500, 750)}
once = [ddpm.denoise(text, x, t, photo, once=True) for t, x in noisy.items()]
many = [ddpm.denoise(text, x, t, photo, **how) for t, x in noisy.items()]
show(torch.cat([*map(text.to_images, noisy.values()), *once, *many]), 3)

# %% [markdown]
# ## SDEdit
#
# From much noise on the left to little on the right; then the image itself.

# %% tags=["skip-execution"]
strengths = (0.96, 0.9, 0.84, 0.78, 0.69, 0.39)
edits = [ddpm.sdedit(text, image, s, rocket, **how) for s in strengths]
show(torch.cat([*edits, image]), 7)

# %% [markdown]
# ## Inpainting

# %% tags=["skip-execution"]
mask = torch.zeros(64, 64)
mask[16:48, 16:48] = 1
show(ddpm.inpaint(text, image[0], mask, photo, n=4, **how))

# %% [markdown]
# ## An anagram and a hybrid

# %% tags=["skip-execution"]
views = ("identity", "flip_vertical")
images = ddpm.draw_anagram(text, [old_man, campfire], views, 4, guidance=7, **how)
show(torch.cat([images, images.flip(2)]), 4)

# %% tags=["skip-execution"]
blur = gaussian(2.0)
images = ddpm.draw_hybrid(text, skull, waterfalls, 4, across=1, blur=blur, guidance=7, **how)
show(torch.cat([images, blur(images, 0)]), 4)
