# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Your own write-up
#
# From a data set of your own to a page about it: images, a short training, figures, a measured
# number, a page. Here the data are mirrored digits, which no bundled model has seen. With two CPU
# cores it takes about a minute. The first cell says how to get the package.

# %% tags=["skip-execution"]
# This notebook needs the package `ddpm`. In a checkout of its repository, run
# `python -m pip install -e . jupyterlab` in a terminal, and `jupyter lab` after it.

# %%
import dataclasses
import io
from pathlib import Path

import torch
from IPython.display import Image, Markdown

import ddpm
from ddpm import viz
from ddpm.checkpoints import Run
from ddpm.classifiers import load_classifier
from ddpm.data import Digits, split_off
from ddpm.model import Diffusion
from ddpm.training import train


def show(card, alt):
    """Shows a sheet of images, with words for those who do not see it."""
    file = io.BytesIO()
    card.save(file, "png")
    return Image(file.getvalue(), alt=alt, width=card.width, height=card.height)


# %% [markdown]
# ## The data
#
# Of the 5,000 bundled digits the 2, 3, 5 and 7, which look different in a mirror. For images of
# your own, `ddpm.data.folder("my-images")` reads a folder with one subfolder for each class, and
# gives what stands here as `mine` and `names`. Then "How good is it?", which reads digits, falls
# away, with the line of the page that quotes it.

# %%
chosen = torch.tensor([2, 3, 5, 7])
every = ddpm.bundled()
kept = torch.isin(every.labels, chosen)
mine = Digits(every.images[kept].flip(2), torch.searchsorted(chosen, every.labels[kept]))
names = tuple(f"mirrored {int(digit)}" for digit in chosen)

training, validation = split_off(mine)
first = torch.stack([training.images[training.labels == k][:10] for k in range(len(names))]) / 255
print(f"{len(training)} to train on, {len(validation)} to check on")
show(viz.sheet(first, names), "Ten mirrored digits in each of four rows: 2, 3, 5 and 7.")

# %% [markdown]
# ## The recipe
#
# The flagship's, with a narrower network and fewer epochs. With more data and time, leave the
# width and the depth as they are.

# %%
flagship = ddpm.recipe("digits")
recipe = dataclasses.replace(
    flagship,
    name="mirrored",
    options={"width": 32, "blocks": 1, "classes": len(names)},
    classes=len(names),
    names=names,
    training=dataclasses.replace(flagship.training, epochs=25, batch=64, average=0.99),
)

# %% [markdown]
# ## The training
#
# It yields its progress; what to do with that is up to you. At the end of each epoch there is an
# entry for the log.

# %%
run = Run.start(recipe, ddpm.devices.default_device())
for progress in train(run, training, validation):
    if progress.entry and progress.epoch % 5 == 0:
        print(f"epoch {progress.epoch}: validation {progress.entry['validation_averaged']:.3f}")

model = Diffusion(recipe, run.averaged, ddpm.devices.default_device())
model.save("mirrored.safetensors")

# %%
plot, (axes,) = viz.plot(height=3.2)
epochs = [entry["epoch"] for entry in run.log]
for key, name, colour in (
    ("train", "training", viz.ORANGE),
    ("validation_averaged", "validation, averaged weights", viz.BLUE),
):
    axes.plot(epochs, [entry[key] for entry in run.log], color=colour, label=name)
axes.set(xlabel="epoch", ylabel="mean squared error")
viz.log_scale(axes)
axes.legend(frameon=False)
file = io.BytesIO()
plot.savefig(file, format="png", dpi=100, transparent=True)
Image(
    file.getvalue(),
    alt="The losses of training and validation against the epoch on a logarithmic axis: both fall"
    " steeply in the first epochs and flatten towards the last.",
    width=640,
    height=320,
)

# %% [markdown]
# ## What it draws
#
# Ten of each class, nothing picked.

# %%
asked = torch.arange(len(names)).repeat_interleave(10)
images = model.sample(labels=asked, seed=0)
card = viz.sheet(images[:, 0].unflatten(0, (len(names), 10)), names, across="samples")
words = "Four rows of ten samples: most can be read as mirrored 2, 3, 5 and 7, a few are malformed."
show(card, words)

# %% [markdown]
# ## How good is it?
#
# The bundled classifier reads ordinary digits. So mirror the samples back, and count how often it
# reads what was asked for. For comparison, the same for real digits that were held out.

# %%
count = 100
asked = torch.arange(len(names)).repeat_interleave(count)
classifier = load_classifier()


def share_read(images, labels):
    """The share of mirrored images that are read as their labels say."""
    return float((chosen[labels] == classifier.read(images.flip(3))).float().mean())


drawn = share_read(model.sample(labels=asked, seed=1), asked)
real = share_read(validation.images[:, None] / 255, validation.labels)
print(f"read as asked: {drawn:.1%} of the samples, {real:.1%} of real digits")

# %% [markdown]
# ## The page
#
# A page is text that says what was asked, how it was tried, and what came out, with the figure
# and with numbers that no hand has typed.

# %%
folder = Path("write-up")
folder.mkdir(exist_ok=True)
viz.write_png(card, folder / "samples.png")
page = f"""\
## Can a model learn mirrored digits from {len(training):,} images?

It was trained for {len(run.log)} epochs on mirrored digits of {len(names)} classes.
Of {len(asked)} samples, **{drawn:.1%}** are read as the digit asked for once they are mirrored
back; of real digits it is {real:.1%}.

![{words}](samples.png)

*Ten samples of each class, seed 0.*
"""
(folder / "index.md").write_text(page)
Markdown(page.replace(f"![{words}](samples.png)", "(Here stands the figure.)"))

# %% [markdown]
# ## Go on
#
# `ddpm writeup FOLDER` starts a project for such a
# page: its figure is drawn by one command, and its site is built by another.
