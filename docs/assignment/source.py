# ---
# # The one source of the assignment: `nox -s assignment` makes the student version and the score
# # sheet of it. Cells are marked by `task` (to be filled in), `check` (tests it), `answer` (prose)
# # and the tag `grading` (notes that students do not see); `@NAME` stands for the points of NAME.
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A diffusion model of your own
#
# You will build a denoising diffusion model, from its first formula to digits that nobody has
# written. Then you will guide a larger one to draw what you ask for, and have it repair a torn
# picture. There are **@total points** in five parts.
#
# - Write code where it says `YOUR CODE HERE`, and prose where it says `YOUR ANSWER HERE`.
# - Below each task is a check. Run it as often as you like: it says *Right*, or what is wrong.
# - A part needs the code of the parts before it, so go from top to bottom.
# - No GPU is needed. The longest cell, in which your network learns, takes about half a minute.
#
# Time is counted as on the site: $t = 0$ is the clean image and $t = T$ is noise. All tables have
# $T + 1$ entries, so that index and time agree.

# %%
# This notebook needs the package `ddpm`. In a checkout of its repository, run
# `python -m pip install -e . jupyterlab` in a terminal, and `jupyter lab` after it.
import io
from functools import partial

import torch
from IPython.display import display
from PIL import Image

import ddpm
from ddpm import checks, viz
from ddpm.data import Scaling
from ddpm.guidance import as_eps, condition
from ddpm.networks.digits_unet import DigitsUNet

torch.manual_seed(0)


def show(picture, alt):
    """Displays a sheet of digits or a plot, and describes it to those who do not see it."""
    if not isinstance(picture, Image.Image):
        file = io.BytesIO()
        picture.savefig(file, format="png", dpi=100, transparent=True)
        picture = Image.open(file)
    else:
        picture = picture.point(lambda grey: (grey + 8) // 17 * 17)  # 16 greys: a smaller file
    said = {"alt": alt, "width": picture.width, "height": picture.height}
    display(picture, include=["image/png"], metadata={"image/png": said})


# %% [markdown]
# The data are 5,000 digits of MNIST that come with the package. A pixel is a number from 0
# (ground) to 1 (ink). We subtract the mean of all pixels, 0.1307, and divide by their standard
# deviation, 0.3081: then a pixel is, on average, 0, and about as large as the noise will be.

# %%
scaling = Scaling(mean=0.1307, std=0.3081)
digits = ddpm.bundled()
x0 = scaling.to_network(digits.images)
five = x0[[int((digits.labels == k).nonzero()[0, 0]) for k in (0, 2, 4, 6, 8)]]

print(tuple(x0.shape), f"mean {float(x0.mean()):.2f}, standard deviation {float(x0.std()):.2f}")
show(viz.sheet(scaling.to_images(x0[:20]).reshape(2, 10, 28, 28)), "Twenty handwritten digits.")

# %% [markdown]
# ## Part 1: drowning a digit
#
# One step of the forward process makes the image a little fainter and adds a little noise:
#
# $$x_t = \sqrt{1 - \beta_t}\; x_{t-1} + \sqrt{\beta_t}\; \varepsilon_t .$$
#
# After $t$ steps the share $\bar\alpha_t$ of the image's variance is left, the product of all
# $\alpha_s = 1 - \beta_s$ up to $t$. Two tables hold everything that we shall ever need of it.
#
# ### 1.1 The schedule (@schedule points)
#
# Let $\beta_t$ grow evenly from $10^{-4}$ at $t = 1$ to $0.02$ at $t = T$, and put the clean image
# in front: $\beta_0 = 0$ and $\bar\alpha_0 = 1$.


# %% task="schedule"
def make_schedule(T):
    """Returns beta and alpha_bar, two tensors of shape (T + 1,)."""
    ### BEGIN SOLUTION
    beta = torch.cat([torch.zeros(1), torch.linspace(1e-4, 0.02, T)])
    return beta, torch.cumprod(1 - beta, dim=0)
    ### END SOLUTION


# %% check="schedule" points=4
checks.schedule(make_schedule)
### BEGIN HIDDEN TESTS
beta, alpha_bar = make_schedule(1000)
assert len(beta) == len(alpha_bar) == 1001
assert abs(float(alpha_bar[1000].sqrt()) - 0.00635) < 1e-4
### END HIDDEN TESTS

# %% [markdown] tags=["grading"]
# **Grading 1.1.** Two points for `beta`, two for `alpha_bar`. A table that starts at $t = 1$
# costs one point here and none later, if the rest is consistent with it. The hidden test is the
# end of a schedule of 1000 steps, so that a function with 400 written into it is found.

# %% [markdown]
# ### 1.2 A time by its numbers (@numbers points)
#
# Formulas use the tables in six forms. Return them for one time, by these names: `beta_t`,
# `sqrt_beta_t`, `alpha_t`, `oneover_sqrt_alpha_t`, `alpha_bar_t`, `sqrt_one_minus_alpha_bar_t`.
# The check looks at $t = 77$ of $T = 400$, where six decimals are known.


# %% task="numbers"
def six_numbers(t, beta, alpha_bar):
    """Returns a dictionary of six numbers."""
    ### BEGIN SOLUTION
    return {
        "beta_t": beta[t],
        "sqrt_beta_t": beta[t].sqrt(),
        "alpha_t": 1 - beta[t],
        "oneover_sqrt_alpha_t": 1 / (1 - beta[t]).sqrt(),
        "alpha_bar_t": alpha_bar[t],
        "sqrt_one_minus_alpha_bar_t": (1 - alpha_bar[t]).sqrt(),
    }
    ### END SOLUTION


# %% check="numbers" points=2
checks.six_numbers(six_numbers)
for name, value in six_numbers(77, *make_schedule(400)).items():
    print(f"{name:28} {float(value):.6f}")

# %% [markdown] tags=["grading"]
# **Grading 1.2.** Two points, one if a single number is wrong.

# %% [markdown]
# ### 1.3 Any time at once (@forward points)
#
# No step has to be simulated. Whatever $t$ is,
#
# $$x_t = \sqrt{\bar\alpha_t}\; x_0 + \sqrt{1 - \bar\alpha_t}\; \varepsilon ,
# \qquad \varepsilon \sim \mathcal{N}(0, I).$$
#
# Each image of a batch has its own time: `t` is an integer tensor of shape $(N)$, and the images
# have the shape $(N, 1, 28, 28)$. Think of what shape the factors need.


# %% task="forward"
def add_noise(x0, t, eps, alpha_bar):
    """Returns x_t, of the shape of x0, for one time per image."""
    ### BEGIN SOLUTION
    kept = alpha_bar[t].reshape(-1, 1, 1, 1)
    return kept.sqrt() * x0 + (1 - kept).sqrt() * eps
    ### END SOLUTION


# %% check="forward" points=4
checks.add_noise(add_noise)
### BEGIN HIDDEN TESTS
ends = add_noise(five[:2], torch.tensor([0, 400]), torch.ones(2, 1, 28, 28), make_schedule(400)[1])
assert torch.allclose(ends[0], five[0])
assert float((ends[1] - 1).abs().max()) < 0.4
### END HIDDEN TESTS

# %% [markdown] tags=["grading"]
# **Grading 1.3.** Four points: one for each of the two roots, one for the right index, one for
# factors of shape $(N, 1, 1, 1)$.

# %% [markdown]
# Look at what you have made. **Before you run the cell**, guess: at which $t$ will you no longer be
# able to read the digits?

# %%
T = 400
beta, alpha_bar = make_schedule(T)
times = torch.arange(0, T + 1, 40)
noise = torch.randn(five.shape)
columns = [add_noise(five, t.expand(5), noise, alpha_bar) for t in times]
sheet = torch.stack([scaling.to_images(x)[:, 0] for x in columns], dim=1)
show(
    viz.sheet(sheet, columns=[str(int(t)) for t in times], across="time t →"),
    "Five digits at eleven times. At t = 0 they are clean; the grain grows from column to column,"
    " and in the last columns hardly anything but noise is seen.",
)

# %% [markdown] answer="reading" points=2
# ### 1.4 Reading the picture (@reading points)
#
# Find the first column in which the noise has a larger factor than the image. Can you still read
# the digits there? Why, or why not?
#
# ### BEGIN SOLUTION
# The factors are equal where $\bar\alpha_t = 1/2$, near $t = 164$, so the first such column is
# $t = 200$. The digits can still be read there. The noise of one pixel has nothing to do with that
# of the next, while a stroke is many neighbouring pixels that agree: the eye averages over them,
# and an average over $n$ pixels has $\sqrt n$ times less noise. Besides, ink is up to 2.8 here, not
# 1.
#
# **Grading 1.4.** One point for the column (or the time, with a reason), one for the independence
# of the pixels' noise. "The digit is still visible" without a reason earns none.
# ### END SOLUTION

# %% [markdown]
# ## Part 2: learning to see the noise
#
# A network is shown $x_t$ and told $t$. It answers with its estimate of the noise $\varepsilon$
# that is in $x_t$. That is all it ever learns.
#
# ### 2.1 The loss (@loss points)
#
# Return the mean squared difference between the noise and `network(x_t, t)`, over all images and
# pixels.


# %% task="loss"
def loss(network, x0, t, eps, alpha_bar):
    """Returns one number, the loss of this batch."""
    ### BEGIN SOLUTION
    x_t = add_noise(x0, t, eps, alpha_bar)
    return ((network(x_t, t) - eps) ** 2).mean()
    ### END SOLUTION


# %% check="loss" points=4
checks.loss(loss)
### BEGIN HIDDEN TESTS
_eps = torch.randn(five.shape)
_t = torch.tensor([1, 2, 100, 200, 400])
assert float(loss(lambda x, t: _eps, five, _t, _eps, make_schedule(400)[1])) == 0
### END HIDDEN TESTS

# %% [markdown] tags=["grading"]
# **Grading 2.1.** Two points for showing the network $x_t$ and telling it $t$, one for comparing
# with $\varepsilon$, one for the mean of the squares.

# %% [markdown]
# ### 2.2 A step of training (@training points)
#
# Draw a time for each image, all of $1, \dots, T$ being equally likely, and fresh standard normal
# noise. Compute the loss, its gradient, and let the optimiser move the weights. Return the loss as
# a plain number. (`T` is `len(alpha_bar) - 1`.)


# %% task="training"
def training_step(network, optimizer, x0, alpha_bar):
    """Draws t and eps, moves the weights once, and returns the loss as a float."""
    ### BEGIN SOLUTION
    t = torch.randint(1, len(alpha_bar), (len(x0),))
    eps = torch.randn_like(x0)
    error = loss(network, x0, t, eps, alpha_bar)
    optimizer.zero_grad()
    error.backward()
    optimizer.step()
    return error.item()
    ### END SOLUTION


# %% check="training" points=4
checks.training_step(training_step)

# %% [markdown] tags=["grading"]
# **Grading 2.2.** One point each: times from 1 to $T$, one per image; `randn` noise; gradients
# cleared before they are computed; a step, and the loss returned.

# %% [markdown]
# Now train. The network is the smallest of its kind that the package can make: it has less than a
# tenth of the flagship's parameters, and half a minute is all the time that it gets.


# %%
class Tiny(torch.nn.Module):
    """A small U-Net that knows no labels, called as `network(x, t)`."""

    def __init__(self):
        super().__init__()
        self.unet = DigitsUNet(width=16, blocks=1, classes=1)

    def forward(self, x, t):
        return self.unet(x, t.float(), torch.zeros_like(t))


STEPS = 600
torch.manual_seed(0)
network = Tiny().to(memory_format=torch.channels_last)
optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=STEPS)
losses = []
for _ in range(STEPS):
    batch = x0[torch.randint(len(x0), (64,))]
    losses.append(training_step(network, optimizer, batch, alpha_bar))
    rate.step()

parameters = sum(p.numel() for p in network.parameters())
means = torch.tensor(losses).reshape(-1, 20).mean(dim=1)
print(f"{parameters:,} parameters; the loss began at {losses[0]:.2f}, now it is {means[-1]:.3f}")

# %%
plot, (axes,) = viz.plot(height=3.2)
axes.plot(torch.arange(10, STEPS, 20), means, color=viz.BLUE)
axes.set(xlabel="step of training", ylabel="loss")
viz.log_scale(axes)
show(plot, "The loss against the steps of training: it falls from 1 steeply, then more slowly.")

# %% [markdown] answer="curve" points=2
# ### 2.3 The two ends of the curve (@curve points)
#
# An untrained network that always answers 0 has a loss of 1. Why exactly 1? And why can no network,
# however large, ever reach 0?
#
# ### BEGIN SOLUTION
# The loss of the answer 0 is the mean of $\varepsilon^2$, which is the variance of a standard
# normal number, 1.
#
# Several clean images and noises fit one and the same $x_t$. The best answer is the mean of
# all noises that fit, and what remains is their spread around it. It is zero only if $x_t$ settles
# what the image was, and at large $t$ it settles almost nothing. (At large $t$ the loss is
# nevertheless small: nearly all of $x_t$ *is* noise, so that copying the input is a good answer.)
#
# **Grading 2.3.** One point for the variance of the noise, one for "several images fit one
# $x_t$" in any words. The remark in brackets is not needed.
# ### END SOLUTION

# %% [markdown]
# ## Part 3: the way back
#
# Start with pure noise, and undo one step after the other.
#
# ### 3.1 One step back (@step points)
#
# The network's estimate $\hat\varepsilon$ at time $t$ takes us to $t - 1$ by
#
# $$x_{t-1} = \frac{1}{\sqrt{\alpha_t}} \Bigl( x_t
# - \frac{\beta_t}{\sqrt{1 - \bar\alpha_t}}\; \hat\varepsilon \Bigr) + \sqrt{\beta_t}\; z ,
# \qquad z \sim \mathcal{N}(0, I),$$
#
# but the last step, from $t = 1$ to $0$, adds no noise. Here `t` is one whole number for all
# images.


# %% task="step"
def step_back(x, t, eps, z, beta, alpha_bar):
    """Returns x at time t - 1."""
    ### BEGIN SOLUTION
    noise_left = (1 - alpha_bar[t]).sqrt()
    mean = (x - beta[t] / noise_left * eps) / (1 - beta[t]).sqrt()
    return mean + beta[t].sqrt() * z if t > 1 else mean
    ### END SOLUTION


# %% check="step" points=4
checks.sampling_step(step_back)

# %% [markdown] tags=["grading"]
# **Grading 3.1.** One point for the bracket, one for the factor before it, one for
# $\sqrt{\beta_t}$ (not $\beta_t$), one for the last step without noise. The posterior's standard
# deviation in the place of $\sqrt{\beta_t}$ earns all points, although the check asks for the
# other.

# %% [markdown]
# ### 3.2 All steps (@loop points)
#
# Go from $T$ down to $0$: ask `eps_fn(x, t)` for the estimate, draw a fresh $z$, take a step.


# %% task="loop"
@torch.no_grad()  # without it the gradients of all steps would be prepared, and fill the memory
def sample_all(eps_fn, x, beta, alpha_bar):
    """Returns the images at t = 0 that the noise x, at t = T, becomes."""
    ### BEGIN SOLUTION
    for t in range(len(beta) - 1, 0, -1):
        x = step_back(x, t, eps_fn(x, t), torch.randn_like(x), beta, alpha_bar)
    return x
    ### END SOLUTION


# %% check="loop" points=3
checks.sampling_loop(sample_all)

# %% [markdown] tags=["grading"]
# **Grading 3.2.** One point for the times $T, \dots, 1$, one for a fresh $z$ in each step, one for
# asking the network at the current $x$ and $t$.

# %% [markdown]
# Here is what your network makes of noise. It is asked at every time, so its questions are a
# history: we write down some of the images that it was shown.

# %%
history = {}


@torch.no_grad()
def my_eps(x, t):
    """Your network's estimate; it remembers what it was shown."""
    if t % 40 == 0:
        history[t] = x
    return network(x, torch.full((len(x),), t))


torch.manual_seed(3)
start = torch.randn(8, 1, 28, 28)
history[0] = sample_all(my_eps, start, beta, alpha_bar)
sheet = torch.stack([scaling.to_images(history[t])[:, 0] for t in sorted(history)[::-1]], dim=1)
show(
    viz.sheet(sheet, columns=[str(t) for t in sorted(history)[::-1]], across="time t, backwards →"),
    "Eight rows, each from noise at the left to a drawn figure at the right. The first shapes are"
    " seen near t = 280, and after t = 160 they hardly change. The results look like strokes of a"
    " pen, and some resemble digits.",
)

# %% [markdown] answer="noise" points=3
# ### 3.3 Without the noise (@noise points)
#
# Why add noise while taking noise out? Below is your loop with $z = 0$ in every step, from the
# same start. **Write down first what you expect**; then run the cell, and explain what you see.
#
# ### BEGIN SOLUTION
# One might expect cleaner digits. What comes out is poorer: for every start one thin stroke or two,
# with far less ink, and hardly more than ones and sevens among them.
#
# Each step's mean takes out a little more noise than one step has put in, since $z$ is meant to
# make up for the rest. Without $z$ the images contain less noise than belongs to their time, and
# less from step to step. So they shrink towards what is most common, the empty ground; and the
# network is told a time at which it has never seen images as smooth as these. With more steps it
# is worse: at $T = 1000$ nothing is left but one grey, as the page on sampling shows.
#
# **Grading 3.3.** One point for a prediction, right or wrong, that was made before. One for a
# true description. One for a reason: the lost variance, or inputs that the network has never seen.
# ### END SOLUTION

# %%
calm = start
for t in range(T, 0, -1):
    calm = step_back(calm, t, my_eps(calm, t), torch.zeros_like(calm), beta, alpha_bar)
sheet = torch.stack([scaling.to_images(x)[:, 0] for x in (history[0], calm)])
noisy, quiet, real = (float(v.mean()) for v in (*sheet, scaling.to_images(x0)))
print(f"mean ink: {noisy:.3f} with z, {quiet:.3f} without; {real:.3f} in real digits")
show(
    viz.sheet(sheet, rows=["with z", "z = 0"]),
    "Two rows of eight results from the same eight starts. With noise in the steps they are rich"
    " shapes of several strokes; without it most are a single thin stroke.",
)

# %% [markdown]
# Half a minute of learning shows. Your *loop* is the real thing, however. Give it the flagship of
# this site: a network of the same kind, fifteen times as large, that has seen MNIST 24 times.
# It counts 1000 steps, has a schedule of another shape and is told which digit to draw. The loop
# need not know any of that.

# %%
model = ddpm.load("digits", device="cpu")
labels = torch.arange(10)
torch.manual_seed(0)
x = torch.randn(10, 1, 28, 28)
tables = model.schedule.beta.float(), model.schedule.alpha_bar.float()
x = sample_all(model.eps_fn(labels, guidance=1.0), x, *tables)
show(
    viz.sheet(model.to_images(x).reshape(2, 5, 28, 28), scale=4),
    "The digits from 0 to 9 in two rows, drawn by the larger network through the same loop.",
)

# %% [markdown]
# ## Part 4: asking more firmly
#
# From here on you use the flagship and the package's loop. It is the one that you have written,
# with room for other functions: other steps, other estimates, other times to visit.
#
# The flagship was trained with labels, a tenth of which had been replaced by "not told" (the label
# 10). So it can be asked twice.
#
# ### 4.1 Guidance (@guidance points)
#
# Start from the answer without a label, and go towards the one with it, `scale` times as far as
# the difference of the two: a scale of 1 gives the answer with the label, 0 the one without.


# %% task="guidance"
def guide(eps_label, eps_null, scale):
    """Returns the guided estimate of the noise."""
    ### BEGIN SOLUTION
    return eps_null + scale * (eps_label - eps_null)
    ### END SOLUTION


# %% check="guidance" points=3
checks.guidance(guide)

# %% [markdown] tags=["grading"]
# **Grading 4.1.** Three points. Two for a correct formula in $\omega$ (where 0 is no guidance), if
# the answer says so.


# %%
def ask(labels):
    """The flagship's estimate (x, t) -> eps when it is told these labels."""
    told = condition(partial(model.recipe.ask, model.network), labels)
    return as_eps(told, model.recipe.predicts, model.schedule)


def guided(labels, scale):
    """The estimate under your guidance; the scale is a number, or one per image."""
    with_label, without = ask(labels), ask(torch.full_like(labels, 10))
    return lambda x, t: guide(with_label(x, t), without(x, t), scale)


scales, labels = [0, 1, 3, 8], torch.tensor([2, 3, 4, 5, 7, 8])
torch.manual_seed(1)
x = torch.randn(6, 1, 28, 28).repeat(4, 1, 1, 1)  # the same noise in each row
each = torch.tensor(scales).repeat_interleave(6).reshape(-1, 1, 1, 1)
eps_fn = guided(labels.repeat(4), each)
*_, last = ddpm.sample(eps_fn, x, ddpm.strided(1000, 25), model.schedule, step=ddpm.ddim)
show(
    viz.sheet(
        model.to_images(last.x).reshape(4, 6, 28, 28),
        rows=[f"{s}" for s in scales],
        columns=[str(int(label)) for label in labels],
        across="asked for",
        down="scale",
    ),
    "Four rows of six digits. In the first, with scale 0, the digits are any; from scale 1 on they"
    " are those asked for. At scale 8 strokes are thick and hard.",
)

# %% [markdown] answer="scale" points=2
# ### 4.2 What a scale does (@scale points)
#
# Compare the rows. What does a larger scale gain, what does it lose, and which row would you choose
# to draw a hundred threes that look as different as people's handwriting?
#
# ### BEGIN SOLUTION
# At 0 the label plays no part. From 1 on the digits are those asked for. A larger scale makes them
# plainer: ambiguous shapes disappear, and with them variety. At 8 the strokes are saturated,
# because the estimate has gone beyond anything that the network has ever answered.
# For a hundred different threes take 1: by definition that row aims at the distribution of real
# threes, and every larger scale at something narrower.
#
# **Grading 4.2.** One point for plainness against variety, one for a choice near 1 with a reason.
# ### END SOLUTION

# %% [markdown]
# ## Part 5: repairing a torn picture
#
# Half of a picture is lost. We do not train anything for that. After every step of sampling we
# put the known half back in, with as much noise as belongs to the time.
#
# ### 5.1 Keeping what is known (@keep points)
#
# The mask is 1 where the picture is to be drawn anew and 0 where it is known. Return
#
# $$m\, x + (1 - m)
# \bigl( \sqrt{\bar\alpha_t}\; x_0 + \sqrt{1 - \bar\alpha_t}\; \varepsilon \bigr) .$$
#
# Here `t` is one whole number for all images, and may be 0.


# %% task="keep"
def keep_known(x, t, x0, mask, eps, alpha_bar):
    """Returns x with its known part replaced by x0 at time t."""
    ### BEGIN SOLUTION
    known = alpha_bar[t].sqrt() * x0 + (1 - alpha_bar[t]).sqrt() * eps
    return mask * x + (1 - mask) * known
    ### END SOLUTION


# %% check="keep" points=3
checks.keep_known(keep_known)

# %% [markdown] tags=["grading"]
# **Grading 5.1.** One point for the mask the right way round, one for the noise in the known part,
# one for its time.

# %% [markdown]
# The lower half is lost. In the third row the flagship is told what the digit was. In the last it
# is asked for an 8, whatever the upper half says.

# %%
whole = model.recipe.scaling.to_network(
    digits.images[[int((digits.labels == k).nonzero()[4, 0]) for k in (0, 2, 3, 5, 7, 9)]]
)
mask = torch.zeros(1, 1, 28, 28)
mask[..., 14:, :] = 1
known, table = whole.repeat(2, 1, 1, 1), model.schedule.alpha_bar.float()


def project(x, t):
    """What the loop does after each step."""
    return keep_known(x, t, known, mask, torch.randn_like(x), table)


torch.manual_seed(0)
labels = torch.cat([torch.tensor([0, 2, 3, 5, 7, 9]), torch.full((6,), 8)])
path, x = ddpm.strided(1000, 60), torch.randn(12, 1, 28, 28)
*_, last = ddpm.sample(guided(labels, 2.0), x, path, model.schedule, project=project)
torn = whole.masked_fill(mask.bool(), 0)
rows = torch.stack([model.to_images(v)[:, 0] for v in (whole, torn, *last.x.chunk(2))])
show(
    viz.sheet(rows, rows=["as it was", "torn", "repaired", "as an 8"]),
    "Four rows of six digits: as they were, with the lower half grey, repaired so that the halves"
    " fit, and completed to an 8 as well as the upper half allows.",
)

# %% [markdown] answer="seam" points=2
# ### 5.2 The seam (@seam points)
#
# Why is the known half given the noise of time $t$ before it is put back, and not pasted in clean?
# What makes the new half fit the old one, although nothing in the training was about torn pictures?
#
# ### BEGIN SOLUTION
# The network has only seen images with the same amount of noise everywhere, that of the time it is
# told. With one half clean its input would be like nothing it has learned, and its answer for
# the other half unreliable.
#
# The network looks at the whole image and estimates what it most likely was. At every
# step the known half takes part in this estimate, so that the new half is drawn towards
# what fits. It is a picture of the training set's kind that agrees with the known half, not
# necessarily the lost one.
#
# **Grading 5.2.** One point for the noise level that the network expects, one for the estimate
# that depends on all pixels.
# ### END SOLUTION

# %% [markdown]
# That is all of it: two tables, one loss, one loop, and functions handed to the loop. The other
# pages of the site are variations: other steps, other estimates, other projections.
