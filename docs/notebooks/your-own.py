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
# This notebook goes from a data set of your own to a page about it: images, a short training,
# figures, a measured number, a page. The data here are mirrored digits, which no bundled model has
# seen. It takes about a minute on two CPU cores. The first cell says how to get the package.

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
    """Shows a sheet of images, with words for those who cannot see it."""
    file = io.BytesIO()
    card.save(file, "png")
    return Image(file.getvalue(), alt=alt, width=card.width, height=card.height)


# %% [markdown]
# ## The data
#
# We take the 2, 3, 5 and 7 of the 5,000 bundled digits, because these look different in a mirror.
# For your own images, `ddpm.data.folder("my-images")` reads a folder with one subfolder for each
# class. It gives what is called `mine` and `names` here. In this case, leave out the section "How
# good is it?", which needs digits, and the line of the page that quotes it.

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
# The recipe is the flagship's, with a narrower network and fewer epochs. If you have more data and
# time, keep the flagship's width and depth.

# %%
flagship = ddpm.recipe("digits")
recipe = dataclasses.replace(
    flagship,
    name="mirrored",
    options={"width": 32, "blocks": 1, "classes": len(names)},
    classes=len(names),
    names=names,
    training=dataclasses.replace(
        flagship.training, epochs=25, batch=64, average=0.99, lengths=(), snapshots=0
    ),
)

# %% [markdown]
# ## The training
#
# The training yields its progress, and you decide what to do with it. At the end of each epoch
# there is an entry for the log.

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
# ## Samples
#
# Ten samples of each class, without selection.

# %%
asked = torch.arange(len(names)).repeat_interleave(10)
images = model.sample(labels=asked, seed=0)
card = viz.sheet(images[:, 0].unflatten(0, (len(names), 10)), names, across="samples")
words = "Four rows of ten samples: most can be read as mirrored 2, 3, 5 and 7, a few are malformed."
show(card, words)

# %% [markdown]
# ## How good is it?
#
# The bundled classifier knows ordinary digits. So we mirror the samples back, and compute the
# accuracy: the share that the classifier recognises as the requested digit. For comparison, we do
# the same with real digits that were held out.

# %%
count = 100
asked = torch.arange(len(names)).repeat_interleave(count)
classifier = load_classifier()


def accuracy(images, labels):
    """The share of mirrored images that are recognised as their labels."""
    return float((chosen[labels] == classifier.read(images.flip(3))).float().mean())


drawn = accuracy(model.sample(labels=asked, seed=1), asked)
real = accuracy(validation.images[:, None] / 255, validation.labels)
print(f"accuracy: {drawn:.1%} for the samples, {real:.1%} for real digits")

# %% [markdown]
# ## The page
#
# A page says which question you asked, what you did, and what you found. It has the figure, and
# numbers that come from the measurement.

# %%
folder = Path("write-up")
folder.mkdir(exist_ok=True)
viz.write_png(card, folder / "samples.png")
page = f"""\
## Can a model learn mirrored digits from {len(training):,} images?

It was trained for {len(run.log)} epochs on mirrored digits of {len(names)} classes.
Mirrored back, **{drawn:.1%}** of {len(asked)} samples are recognised as the requested digit.
For real digits it is {real:.1%}.

![{words}](samples.png)

*Ten samples of each class, seed 0.*
"""
(folder / "index.md").write_text(page)
Markdown(page.replace(f"![{words}](samples.png)", "(The figure is here.)"))

# %% [markdown]
# ## Go on
#
# `ddpm writeup FOLDER` starts a project for such a page. One command makes its figure, and another
# builds its site.
