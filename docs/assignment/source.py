# ---
# # The one source of the assignment: `nox -s assignment` makes the student version, the score
# # sheet and nbgrader's notebook of it. Cells are marked by `task` (to be filled in), `check`
# # (tests it), `answer` (prose) and the tag `grading` (notes for teachers); `@NAME` are points.
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
# In this notebook you build a denoising diffusion model, from its first formula to digits that you
# request by their label. There are **@total points**: 13 for code, and 29 for explaining in your
# own words what you see.
#
# - Write code where it says `YOUR CODE HERE`, and prose where it says `YOUR ANSWER HERE`.
# - Below each task is a check. Run it as often as you like: it says *Right*, or *Not yet* and what
#   is wrong.
# - Each part needs the code of the parts before it, so go from top to bottom.
# - You do not need a GPU. The longest cells, in which your networks learn, take about a minute.
# - Each part names its lessons. Some questions look ahead to training and sampling, so read lessons
#   2 to 5 first.
#
# Time is counted as on the site: $t = 0$ is the clean image and $t = T$ is noise. All tables have
# $T + 1$ entries, so index and time agree.

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
    """Displays a sheet of digits or a plot, with words for those who cannot see it."""
    if not isinstance(picture, Image.Image):
        file = io.BytesIO()
        picture.savefig(file, format="png", dpi=100, transparent=True)
        picture = Image.open(file)
    else:
        picture = picture.point(lambda grey: (grey + 8) // 17 * 17)  # 16 greys: a smaller file
    said = {"alt": alt, "width": picture.width, "height": picture.height}
    display(picture, include=["image/png"], metadata={"image/png": said})


# %% [markdown]
# The data are 5,000 digits of MNIST that come with the package. We keep 500 of them aside, to
# evaluate the network on digits that it has not seen. A pixel is a number from 0 (background) to 1
# (ink), and we scale it to the range from $-1$ to $1$.

# %%
scaling = Scaling(mean=0.5, std=0.5)
digits = ddpm.bundled()
x0 = scaling.to_network(digits.images)
train_x0, train_labels = x0[500:], digits.labels[500:]
held_x0, held_labels = x0[:500], digits.labels[:500]
five = x0[[int((digits.labels == k).nonzero()[0, 0]) for k in (0, 2, 4, 6, 8)]]  # five images

print(f"{len(train_x0)} to train on, {len(held_x0)} held out; one image is {tuple(x0.shape[1:])}")
show(viz.sheet(scaling.to_images(x0[:20]).reshape(2, 10, 28, 28)), "Twenty handwritten digits.")

# %% [markdown]
# ## Part 1: the forward process
#
# *Lesson 2.*
#
# One step of the forward process makes the image a little fainter and adds a little noise:
#
# $$x_t = \sqrt{1 - \beta_t}\; x_{t-1} + \sqrt{\beta_t}\; z_t .$$
#
# Here $z_t$ is the noise of this one step. After $t$ steps, what is left of the image's variance is
# the fraction $\bar\alpha_t$. It is the product of all $\alpha_s = 1 - \beta_s$ up to $t$.
#
# ### 1.1 The schedule (@schedule point)
#
# Let $\beta_t$ grow evenly from $10^{-4}$ at $t = 1$ to $0.02$ at $t = T$. The tables
# begin with the entry of the clean image: $\beta_0 = 0$ and $\bar\alpha_0 = 1$. Return tensors of
# `float32`, as `torch.linspace` makes them.


# %% task="schedule"
def make_schedule(T):
    """Returns beta and alpha_bar, two tensors of shape (T + 1,)."""
    ### BEGIN SOLUTION
    beta = torch.cat([torch.zeros(1), torch.linspace(1e-4, 0.02, T)])
    return beta, torch.cumprod(1 - beta, dim=0)
    ### END SOLUTION


# %% check="schedule" points=1
checks.schedule(make_schedule)
### BEGIN HIDDEN TESTS
for steps, end in ((1000, 0.00635), (50, 0.77650)):
    table, product = make_schedule(steps)
    assert len(table) == len(product) == steps + 1
    assert abs(float(product[steps].sqrt()) - end) < 1e-4
### END HIDDEN TESTS

# %% [markdown] tags=["grading"]
# **Grading 1.1.** Graded by the check. The hidden test asks for schedules of 1000 and of 50 steps,
# so a function that returns constants for 400 steps gets no point here.

# %% [markdown]
# ### 1.2 Any time at once (@forward point)
#
# You do not have to simulate the steps. For every $t$,
#
# $$x_t = \sqrt{\bar\alpha_t}\; x_0 + \sqrt{1 - \bar\alpha_t}\; \varepsilon ,
# \qquad \varepsilon \sim \mathcal{N}(0, I).$$
#
# Each image of a batch has its own time: `t` is an integer tensor of shape $(N)$, and the images
# have the shape $(N, 1, 28, 28)$. Which shape do the factors need?


# %% task="forward"
def add_noise(x0, t, eps, alpha_bar):
    """Returns x_t, of the shape of x0, for one time per image."""
    ### BEGIN SOLUTION
    kept = alpha_bar[t].reshape(-1, 1, 1, 1)
    return kept.sqrt() * x0 + (1 - kept).sqrt() * eps
    ### END SOLUTION


# %% check="forward" points=1
checks.add_noise(add_noise)
### BEGIN HIDDEN TESTS
_bar = torch.cumprod(1 - torch.cat([torch.zeros(1), torch.linspace(1e-4, 0.02, 400)]), dim=0)
_ends = add_noise(five[:2], torch.tensor([0, 400]), torch.ones(2, 1, 28, 28), _bar)
assert torch.allclose(_ends[0], five[0])
assert float((_ends[1] - 1).abs().max()) < 0.4
### END HIDDEN TESTS

# %% [markdown] tags=["grading"]
# **Grading 1.2.** Graded by the check. It names the usual mistakes: swapped roots, a missing root,
# an index that is off by one, factors of shape $(N)$.

# %% [markdown]
# Look at what you made, with $T = 400$. **Before you run the cell**, write down at which $t$ you
# expect the digits to become unreadable. Write it at the top of your answer to 1.3.

# %%
T = 400
beta, alpha_bar = make_schedule(T)
times = torch.arange(0, T + 1, T // 10)
noise = torch.randn(five.shape)
columns = [add_noise(five.clone(), t.expand(5), noise.clone(), alpha_bar) for t in times]
sheet = torch.stack([scaling.to_images(x)[:, 0] for x in columns], dim=1)
show(
    viz.sheet(sheet, columns=[str(int(t)) for t in times], across="time t →"),
    "Five digits at eleven times. At t = 0 they are clean. The grain grows from column to column,"
    " and the last columns show almost nothing but noise.",
)

# %% [markdown] answer="figure" points=2
# ### 1.3 Reading the figure (@figure points)
#
# Describe what changes from left to right, and what the rows have in common. What are such noisy
# images used for when a network is trained?
#
# ### BEGIN SOLUTION
# From left to right the image gets fainter and the noise stronger: the factors are
# $\sqrt{\bar\alpha_t}$ and $\sqrt{1 - \bar\alpha_t}$. They are equal near $t = 164$. The digits
# stay readable beyond that, because the noise of neighbouring pixels is independent, while a stroke
# consists of many pixels that agree. All rows have the same schedule, and each row keeps its own
# digit and its own noise.
#
# In training, such images are the inputs. We know the noise that we mixed in, so it is the right
# answer that the network learns to predict. No labels are needed. Any time can be made in
# one step, so training does not need the images before it.
#
# **Grading 1.3.** One point for the figure: less image and more noise, with the time or the
# factors. One point for the training: input $x_t$ and known answer $\varepsilon$ at a random time.
# *Common wrong answer:* "the network is trained on the row from left to right". It sees single
# images in random order.
# ### END SOLUTION

# %% [markdown]
# ### 1.4 A minibatch (@minibatch point)
#
# For training, every image gets its own time. Sample `t` for each image, with all of
# $1, \dots, T$ equally likely, and fresh standard normal noise. (`T` is `len(alpha_bar) - 1`.)


# %% task="minibatch"
def noisy_batch(x0, alpha_bar):
    """Returns x_t, t of shape (N,), and eps, all of one batch."""
    ### BEGIN SOLUTION
    t = torch.randint(1, len(alpha_bar), (len(x0),))
    eps = torch.randn_like(x0)
    return add_noise(x0, t, eps, alpha_bar), t, eps
    ### END SOLUTION


# %% check="minibatch" points=1
checks.minibatch(noisy_batch)
### BEGIN HIDDEN TESTS
_table = torch.cumprod(1 - torch.cat([torch.zeros(1), torch.linspace(0.1, 0.3, 4)]), dim=0)
_x0 = torch.ones(4000, 1, 2, 2)
_x_t, _t, _eps = noisy_batch(_x0, _table)
_again = noisy_batch(_x0, _table)
assert not torch.equal(_again[1], _t)
assert not torch.equal(_again[2], _eps)
_root = _table[_t].reshape(-1, 1, 1, 1)
assert torch.allclose(_x_t, _root.sqrt() * _x0 + (1 - _root).sqrt() * _eps, atol=1e-5)
### END HIDDEN TESTS

# %% [markdown] tags=["grading"]
# **Grading 1.4.** Graded by the check. The hidden test calls the function twice, so it finds a seed
# inside the function.

# %%
torch.manual_seed(1)
x_t, t, _ = noisy_batch(train_x0[:10], alpha_bar)
names = [f"{int(time)}" for time in t]
show(
    viz.sheet(scaling.to_images(x_t)[:, 0][None], columns=names, across="time t"),
    "A row of ten digits, each with noise of another strength, as its time above it says.",
)

# %% [markdown]
# ## Part 2: the network and its training
#
# *Lessons 3 and 4.*
#
# The network gets $x_t$ and $t$, and predicts the noise $\varepsilon$ in $x_t$. It is the smallest
# of its kind that the package can make: a U-Net with less than a tenth of the parameters of the
# lessons' model. It turns $t$ into sines and cosines of many frequencies, the **time encoding**. At
# every level, it scales and shifts the features with what it makes of them.


# %%
class Tiny(torch.nn.Module):
    """A small U-Net, called as `network(x, t)`, or `network(x, t, labels)` if it has labels."""

    def __init__(self, labels=False):
        super().__init__()
        self.unet = DigitsUNet(width=16, blocks=1, classes=10 if labels else 1)

    def forward(self, x, t, labels=None):
        return self.unet(x, t.float(), torch.zeros_like(t) if labels is None else labels)


# %% [markdown] answer="encoding" points=2
# ### 2.1 The time encoding (@encoding points)
#
# What does the time encoding tell the network? Why does the network need it, and why is it better
# than the bare number $t$?
#
# ### BEGIN SOLUTION
# It encodes the time $t$ of the image, which says how much noise the image contains. One network
# serves all noise levels. To predict the noise it has to know how strong the noise is: the same
# grey pixel is mostly ink at small $t$ and mostly noise at large $t$.
#
# A bare number from 1 to $T$ is a poor input, because neighbouring times differ by a tiny share of
# its range. Sines and cosines of many frequencies are all between $-1$ and $1$. The fast ones
# separate neighbouring times, and the slow ones say roughly where in the range the time is.
#
# **Grading 2.1.** One point for the noise level that belongs to $t$, one for a reason: one network
# for all levels, or separable times of bounded size. *Common wrong answer:* "it tells the network
# the order of the images". There is no order: each input is a single image with its own time.
# ### END SOLUTION

# %% [markdown] answer="model" points=3
# ### 2.2 What the network does (@model points)
#
# What are the inputs of the network? What is its output? What is the output used for, in training
# and in sampling?
#
# ### BEGIN SOLUTION
# *Inputs:* the noisy image $x_t$ and its time $t$ (later also a label). *Output:* an image of the
# same size, the estimate $\hat\varepsilon$ of **all of the noise in** $x_t$, which has the standard
# deviation 1 after division by $\sqrt{1 - \bar\alpha_t}$.
#
# *Use:* in training, the output is compared with the true noise $\varepsilon$. In sampling, it says
# what to remove: it gives the mean of the next image, $x_{t-1}$.
#
# **Grading 2.2.** One point each for the inputs, the output and the use. *Common wrong answer,
# also in the source's score sheet:* "it predicts the noise that was added at step $t - 1$". It
# predicts all noise since $x_0$. This answer loses the point for the output. "It predicts the clean
# image" loses it, too, unless the answer says that one follows from the other.
# ### END SOLUTION

# %% [markdown] answer="origin" points=1
# ### 2.3 Where $x_0$ comes from (@origin point)
#
# Where does $x_0$ come from in training? Is there an $x_0$ in sampling?
#
# ### BEGIN SOLUTION
# In training, $x_0$ is an image of the data set, scaled to the network's range. In sampling there
# is no $x_0$ at first. The network's prediction takes its place, and the last state, at $t = 0$, is
# the result.
#
# **Grading 2.3.** One point for the data set. A sampler that uses a true $x_0$ would copy and not
# generate; an answer that takes $x_0$ from the network in *training* gets no point.
# ### END SOLUTION

# %% [markdown]
# ### 2.4 The loss (@loss point)
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


# %% check="loss" points=1
checks.loss(loss)
### BEGIN HIDDEN TESTS
_eps, _t = torch.randn(five.shape), torch.tensor([1, 2, 100, 200, 400])
_bar = torch.cumprod(1 - torch.cat([torch.zeros(1), torch.linspace(1e-4, 0.02, 400)]), dim=0)
assert float(loss(lambda x, t: _eps, five, _t, _eps, _bar)) == 0
assert abs(float(loss(lambda x, t: _eps + 2, five, _t, _eps, _bar)) - 4) < 1e-4
### END HIDDEN TESTS

# %% [markdown] tags=["grading"]
# **Grading 2.4.** Graded by the check. It names the noise of the last step as a wrong target.

# %% [markdown] answer="compares" points=1
# ### 2.5 What the loss compares (@compares point)
#
# Which two things does the loss compare? Why is the right answer among them known, although the
# images have no labels?
#
# ### BEGIN SOLUTION
# It compares the noise $\varepsilon$ that is in $x_t$ with the network's estimate
# $\hat\varepsilon$, pixel by pixel. The noise is known because we sampled it ourselves and mixed
# it in.
#
# **Grading 2.5.** One point for both things and the reason. *Common wrong answer, also in the
# source's score sheet:* "the noise that was added at step $t - 1$". It is all of the noise in
# $x_t$. "$x_0$ and the generated image" gets no point.
# ### END SOLUTION

# %% [markdown]
# ### 2.6 A step of training (@training point)
#
# Sample times and noise for the images, compute the loss and its gradient, and let the optimiser
# change the weights. Return the loss as a plain number.


# %% task="training"
def training_step(network, optimizer, x0, alpha_bar):
    """Samples t and eps, changes the weights once, and returns the loss as a float."""
    ### BEGIN SOLUTION
    _, t, eps = noisy_batch(x0, alpha_bar)
    error = loss(network, x0, t, eps, alpha_bar)
    optimizer.zero_grad()
    error.backward()
    optimizer.step()
    return error.item()
    ### END SOLUTION


# %% check="training" points=1
checks.training_step(training_step)

# %% [markdown] tags=["grading"]
# **Grading 2.6.** Graded by the check: times and noise, gradients that are cleared, a step of the
# optimiser, the loss returned.

# %% [markdown]
# ### 2.7 Evaluation on held-out digits (@evaluation point)
#
# The loss of the training batches jumps, because their times and noise change. To follow the
# training, compute the loss on the held-out digits, always with the *same* times and noise. Go
# through the images in batches of 100, without gradients. Return the mean over **all** images: the
# last batch can be smaller than the others.


# %% task="evaluation"
@torch.no_grad()
def held_out_loss(network, x0, t, eps, alpha_bar):
    """Returns the mean loss over all images as a float; nothing is changed."""
    ### BEGIN SOLUTION
    total = 0.0
    for i in range(0, len(x0), 100):
        part = slice(i, i + 100)
        total += float(loss(network, x0[part], t[part], eps[part], alpha_bar)) * len(x0[part])
    return total / len(x0)
    ### END SOLUTION


# %% check="evaluation" points=1
checks.held_out_loss(held_out_loss)

# %% [markdown] tags=["grading"]
# **Grading 2.7.** Graded by the check. The mean of the means of batches is the usual mistake.

# %% [markdown]
# Now train your network. The learning rate rises at first, and falls to zero at the last step.

# %%
STEPS = 1200
held_t = torch.randint(1, T + 1, (len(held_x0),), generator=torch.Generator().manual_seed(2))
held_eps = torch.randn(held_x0.shape, generator=torch.Generator().manual_seed(3))


def fit(network, step, evaluate):
    """Calls `step(optimizer, chosen)` STEPS times; the losses, and those on held-out digits."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=STEPS)
    losses, held = [], {}
    for n in range(1, STEPS + 1):
        losses.append(step(optimizer, torch.randint(len(train_x0), (64,))))
        rate.step()
        if n % (STEPS // 6) == 0:
            held[n] = evaluate()
            print(f"step {n:4}: held-out loss {held[n]:.4f}")
    return torch.tensor(losses), held


torch.manual_seed(0)
network = Tiny().to(memory_format=torch.channels_last)
losses, held = fit(
    network,
    lambda optimizer, i: training_step(network, optimizer, train_x0[i], alpha_bar),
    lambda: held_out_loss(network, held_x0, held_t, held_eps, alpha_bar),
)
parameters = sum(p.numel() for p in network.parameters())
print(f"{parameters:,} parameters; held-out loss at the end: {list(held.values())[-1]:.4f}")

# %%
plot, (axes,) = viz.plot(height=3.2)
every = max(1, STEPS // 30)
means = losses[: STEPS // every * every].reshape(-1, every).mean(dim=1)
axes.plot(every * torch.arange(1, len(means) + 1), means, color=viz.ORANGE, label="training")
axes.plot([*held], [*held.values()], color=viz.BLUE, marker="o", label="held-out digits")
axes.set(xlabel="step of training", ylabel="loss")
axes.legend(frameon=False)
viz.log_scale(axes)
show(
    plot,
    "The loss of training batches and of held-out digits against the steps of training: both fall"
    " steeply at first and then more slowly, close to each other.",
)

# %% [markdown] answer="duration" points=1
# ### 2.8 Training time (@duration point)
#
# You train once with $T = 400$ and once with $T = 4000$, for the same number of steps. How does the
# training time change? Why?
#
# ### BEGIN SOLUTION
# It does not change. A step of training uses one random time for each image, and $x_t$ is computed
# in one formula for every $t$. The number of times appears in no loop. (A larger $T$ can need more
# steps of training, because there are more different tasks to see.)
#
# **Grading 2.8.** One point for "it does not change" with the reason. *Common wrong answer:* "ten
# times as long", which is true for sampling.
# ### END SOLUTION

# %% [markdown] answer="converged" points=1
# ### 2.9 Convergence (@converged point)
#
# Has the training converged? Is the network overfitted? Argue with the two curves.
#
# ### BEGIN SOLUTION
# Not fully: the loss on held-out digits still falls at the end, though slowly. (Its last part also
# falls because the learning rate goes to zero.) There is no overfitting: the held-out loss falls
# together with the training loss and is not above it by more than the jumps of the training loss.
#
# **Grading 2.9.** One point for an answer that fits the student's own curves and uses the held-out
# one. "Yes, it is flat" is accepted if the curve is. *Common wrong answer:* "no, because the loss
# is not 0". It can never be 0: many images and noises fit the same $x_t$.
# ### END SOLUTION

# %% [markdown]
# ## Part 3: sampling
#
# *Lesson 5.* Start with pure noise, and remove it step by step.
#
# ### 3.1 One step back (@step point)
#
# The network's estimate $\hat\varepsilon$ at time $t$ takes us to $t - 1$ by
#
# $$x_{t-1} = \frac{1}{\sqrt{\alpha_t}} \Bigl( x_t
# - \frac{\beta_t}{\sqrt{1 - \bar\alpha_t}}\; \hat\varepsilon \Bigr) + \sqrt{\beta_t}\; z ,
# \qquad z \sim \mathcal{N}(0, I).$$
#
# The last step, from $t = 1$ to $0$, adds no noise. Here `t` is one whole number for all images.


# %% task="step"
def step_back(x, t, eps, z, beta, alpha_bar):
    """Returns x at time t - 1."""
    ### BEGIN SOLUTION
    noise_left = (1 - alpha_bar[t]).sqrt()
    mean = (x - beta[t] / noise_left * eps) / (1 - beta[t]).sqrt()
    return mean + beta[t].sqrt() * z if t > 1 else mean
    ### END SOLUTION


# %% check="step" points=1
checks.sampling_step(step_back)

# %% [markdown] tags=["grading"]
# **Grading 3.1.** Graded by the check. It asks for $\sqrt{\beta_t}$, as the formula does. An answer
# with the posterior's standard deviation instead can be given its point by hand.

# %% [markdown]
# ### 3.2 All steps (@loop point)
#
# Go from $T$ down to $0$: call `eps_fn(x, t)` for the estimate, sample a fresh $z$, take a step.


# %% task="loop"
@torch.no_grad()  # without it, the gradients of all steps would fill the memory
def sample_all(eps_fn, x, beta, alpha_bar):
    """Returns the images at t = 0 that the noise x, at t = T, becomes."""
    ### BEGIN SOLUTION
    for t in range(len(beta) - 1, 0, -1):
        x = step_back(x, t, eps_fn(x, t), torch.randn_like(x), beta, alpha_bar)
    return x
    ### END SOLUTION


# %% check="loop" points=1
checks.sampling_loop(sample_all)

# %% [markdown] tags=["grading"]
# **Grading 3.2.** Graded by the check: the times $T, \dots, 1$, a fresh $z$ in each step, the
# estimate at the current $x$ and $t$.

# %% [markdown] answer="last" points=1
# ### 3.3 The last step (@last point)
#
# Why does the last step use $z = 0$? What would you see in the images if it did not?
#
# ### BEGIN SOLUTION
# Every other step adds noise because the image at time $t - 1$ should still contain noise. At
# $t = 0$ the image should contain none, and no later step would remove it. With $z$ in the last
# step, the result would have grain of standard deviation $\sqrt{\beta_1} = 0.01$, a hundredth of
# the distance from background to middle grey: hardly visible, but it is there.
#
# **Grading 3.3.** One point for "no noise should be left, and nothing removes it later". The size
# of the grain is not needed.
# ### END SOLUTION

# %% [markdown]
# Here are ten images from your network, with their history: one row is one image, one column is one
# time. The function below records some of the states that the network sees.

# %%
record = {}
KEPT = [*range(T, 0, -(T // 10)), 0]


@torch.no_grad()
def my_eps(x, t):
    """Your network's estimate; it records what it gets."""
    if t in KEPT:
        record[t] = x
    return network(x, torch.full((len(x),), t))


def history_sheet(history):
    """A sheet of the recorded states, from t = T to 0."""
    states = [scaling.to_images(history[t])[:, 0] for t in KEPT]
    names = [str(t) for t in KEPT]
    return viz.sheet(torch.stack(states, dim=1), columns=names, across="time t →", scale=2)


torch.manual_seed(3)
record[0] = sample_all(my_eps, torch.randn(10, 1, 28, 28), beta, alpha_bar)
show(
    history_sheet(record),
    "Ten rows, each from noise at the left to a result at the right. The first shapes appear near"
    " the middle. The results look like strokes of a pen, and some resemble digits.",
)

# %% [markdown] answer="letters" points=2
# ### 3.4 Three letters (@letters points)
#
# What are $x_t$, $\varepsilon$ and $z$? Which of them are known in training, and which in sampling?
#
# ### BEGIN SOLUTION
# - $x_t$ is the image at time $t$, with all the noise that belongs to this time. In training we
#   make it from $x_0$ and $\varepsilon$. In sampling it is the current state.
# - $\varepsilon$ is the noise in $x_t$. In training we sampled it, so it is known. In sampling it
#   is unknown, and the network estimates it as $\hat\varepsilon$.
# - $z$ is fresh noise that each step of sampling adds, except the last one. It is independent of
#   everything before, and does not appear in training.
#
# **Grading 3.4.** One point for the three meanings, one for known and unknown. *Common wrong
# answer:* "$z$ is the noise that the network predicted". The network predicts $\varepsilon$.
# ### END SOLUTION

# %% [markdown] answer="speed" points=1
# ### 3.5 Sampling time (@speed point)
#
# How does the time to sample depend on $T$? Why can the steps not run in parallel?
#
# ### BEGIN SOLUTION
# It is proportional to $T$: each time needs one call of the network. A step needs the result of the
# step before, so the calls run one after the other. (More *images* can run in parallel.)
#
# **Grading 3.5.** One point for "proportional" with the reason.
# ### END SOLUTION

# %% [markdown] answer="axes" points=1
# ### 3.6 The axes of the history (@axes point)
#
# What do the axes of the figure above show? Where in it is $x_0$?
#
# ### BEGIN SOLUTION
# Each row is one sample, each column one time, from $t = T$ at the left to $t = 0$ at the right. So
# the time of sampling runs from left to right, while $t$ falls. The result $x_0$ is the last
# column.
#
# **Grading 3.6.** One point for both axes and the place of $x_0$.
# ### END SOLUTION

# %% [markdown] answer="latent" points=1
# ### 3.7 The latent variable (@latent point)
#
# A VAE and a GAN generate an image from a latent variable. What is the latent variable here, and
# how does it differ from theirs?
#
# ### BEGIN SOLUTION
# The latent variables are $x_1, \dots, x_T$; sampling starts from $x_T$. Each has the size of the
# image, while the code of a VAE or GAN is usually much smaller. The encoder, the forward process,
# is fixed and has nothing to learn. A VAE learns its encoder, and a GAN has none. The decoder is
# applied $T$ times, not once. And $x_T$ says almost nothing about $x_0$, while the code of a VAE
# describes its image.
#
# **Grading 3.7.** One point for $x_T$ (or all $x_t$) with one difference.
# ### END SOLUTION

# %% [markdown] answer="steps" points=1
# ### 3.8 Are all steps needed? (@steps point)
#
# Look at the history. Do you think that all $T$ steps are needed? Give a reason.
#
# ### BEGIN SOLUTION
# No. Neighbouring states differ very little, so larger strides are possible, with a formula that
# fits the stride. DDIM and DPM-Solver++ make good digits in 10 to 25 steps. But you cannot simply
# leave out steps of *this* formula: each step removes only its own small share of the noise. And
# you cannot start half way from pure noise: images that look random at $t = T/2$ still contain the
# digit, and pure noise does not.
#
# **Grading 3.8.** One point for an answer with a reason. A bare "no" gets no point. *Corrected:*
# the source's sheet says that sampling could start half way, since images look random there. The
# site's page on claims measures it, and it fails: the network relies on the trace of the digit.
# ### END SOLUTION

# %% [markdown]
# ## Part 4: the noise in sampling
#
# *Lesson 5.*
#
# ### 4.1 A run without noise (@still point)
#
# Write a loop with $z = 0$ in **every** step. Such a run is deterministic: the start decides the
# result.


# %% task="still"
@torch.no_grad()
def sample_calm(eps_fn, x, beta, alpha_bar):
    """Like sample_all, without noise in the steps."""
    ### BEGIN SOLUTION
    for t in range(len(beta) - 1, 0, -1):
        x = step_back(x, t, eps_fn(x, t), torch.zeros_like(x), beta, alpha_bar)
    return x
    ### END SOLUTION


# %% check="still" points=1
_beta = torch.tensor([0.0, 0.1, 0.2, 0.3])
_bar = torch.cumprod(1 - _beta, dim=0)
_start = torch.linspace(-1, 2, 32).reshape(2, 1, 4, 4)
_ends = [sample_calm(lambda x, t: 0.5 * x, _start, _beta, _bar) for _ in range(2)]
assert torch.equal(*_ends), "Two runs from one start differ: some step still adds noise."
_x = _start
for _t in (3, 2, 1):
    _x = (_x - _beta[_t] / (1 - _bar[_t]).sqrt() * 0.5 * _x) / (1 - _beta[_t]).sqrt()
assert torch.allclose(_ends[0], _x, atol=1e-5), "The result is not that of step_back with z = 0."
print("Right: the run without noise.")

# %% [markdown] tags=["grading"]
# **Grading 4.1.** Graded by the check.

# %% [markdown]
# ### 4.2 A history of your own (@history point)
#
# Now return a history: a dictionary with the images at each time in `kept`, and at 0. If `noise` is
# false, use no noise in any step.


# %% task="history"
@torch.no_grad()
def sample_history(eps_fn, x, beta, alpha_bar, kept, noise=True):
    """Returns {t: images at time t} for the times in kept, and for 0."""
    ### BEGIN SOLUTION
    history = {}
    for t in range(len(beta) - 1, 0, -1):
        if t in kept:
            history[t] = x
        z = torch.randn_like(x) if noise else torch.zeros_like(x)
        x = step_back(x, t, eps_fn(x, t), z, beta, alpha_bar)
    return history | {0: x}
    ### END SOLUTION


# %% check="history" points=1
_beta = torch.tensor([0.0, 0.1, 0.2, 0.3])
_bar = torch.cumprod(1 - _beta, dim=0)
_start, _seen = torch.linspace(-1, 2, 32).reshape(2, 1, 4, 4), {}


def _look(x, t):
    _seen[t] = x.clone()
    return 0.5 * x


_given = sample_history(_look, _start, _beta, _bar, [3, 1], noise=False)
assert sorted(_given) == [0, 1, 3], f"The history should have the times 0, 1, 3: {sorted(_given)}."
assert torch.equal(_given[3], _start), "At t = T, the state is the start."
assert torch.equal(_given[1], _seen[1]), "At time t, keep the x that the network gets at t."
_x = (_seen[1] - _beta[1] / (1 - _bar[1]).sqrt() * 0.5 * _seen[1]) / (1 - _beta[1]).sqrt()
assert torch.allclose(_given[0], _x, atol=1e-5), "The state at 0 comes after the last step."
_noisy = [sample_history(_look, _start, _beta, _bar, []) for _ in range(2)]
assert not torch.equal(_noisy[0][0], _noisy[1][0]), "By default, the steps must add noise."
print("Right: the history.")

# %% [markdown] tags=["grading"]
# **Grading 4.2.** Graded by the check.

# %% [markdown]
# ### 4.3 Ten runs from one start (@same points)
#
# All ten runs below start from the **same** noise $x_T$. Will they give the same image? **Write
# down first what you expect.** Then run the cell, and explain what you see.

# %%
torch.manual_seed(4)
one_start = torch.randn(1, 1, 28, 28).repeat(10, 1, 1, 1)
runs = sample_history(my_eps, one_start, beta, alpha_bar, KEPT)
show(
    history_sheet(runs),
    "Ten rows that begin with the same noise at the left. From column to column they differ more,"
    " and the results at the right are ten different shapes.",
)

# %% [markdown] answer="same" points=2
# *Your prediction, what you saw, and why:*
#
# ### BEGIN SOLUTION
# The ten results differ. The state after the first steps depends on $x_T$ and on the noise $z$ of
# each step. Of $x_T$ only the small share $\sqrt{\bar\alpha_T}$ has to do with an image, and the
# fresh noise of the first steps replaces what is left of it. So the digit is decided by the $z$ on
# the way, and not by $x_T$.
#
# **Grading 4.3.** One point for the prediction (right or wrong) with a true description of the
# experiment, one for the reason: fresh noise in each step. *Common wrong answer:* "the network is
# random". For the same input it always gives the same answer.
# ### END SOLUTION

# %% [markdown]
# Now the same start without noise in the steps, and ten other starts without noise.

# %%
torch.manual_seed(5)
starts = torch.cat([one_start[:5], torch.randn(5, 1, 28, 28)])
calm = sample_history(my_eps, starts, beta, alpha_bar, KEPT, noise=False)
show(
    history_sheet(calm),
    "Ten rows without noise in the steps. The first five begin with the same noise and stay equal."
    " All results at the right are poor: thin strokes with little ink.",
)
ink = {name: float(scaling.to_images(x).mean()) for name, x in
       {"with noise": runs[0], "without": calm[0], "real digits": x0}.items()}  # fmt: skip
print("mean ink: " + ", ".join(f"{name} {value:.3f}" for name, value in ink.items()))

# %% [markdown] answer="noise" points=1
# ### 4.4 Why noise matters (@noise point)
#
# Compare the last two figures. What is the noise in the steps good for?
#
# ### BEGIN SOLUTION
# Without $z$, equal starts give equal results, and all results are poor. The mean of a step removes
# a little more noise than the step should remove, because $z$ is meant to replace some of it.
# Without $z$ the images contain less noise than their time says. So the network gets images that it
# has not seen in training, and they shrink towards the most common content, the background. The
# noise also decides between possible digits. A mean alone gives something between them.
#
# **Grading 4.4.** One point for the quality with a reason: lost variance, or inputs that the
# network does not know. "For variety" alone gets no point: the results without noise are also
# *bad*. *Corrected:* with a formula made for it (DDIM) a run without noise gives good digits.
# ### END SOLUTION

# %% [markdown]
# ## Part 5: labels
#
# *Lesson 7.* Now the network gets a third input, the label. It is turned into a vector, which is
# added to that of the time.
#
# ### 5.1 Training with labels (@labels point)
#
# Write one step of training with labels. Each image needs *its own* label, and loss and noise stay
# as they were. (The network is called as `network(x_t, t, labels)`. You can pass a function to your
# `loss`.)


# %% task="labels"
def labelled_step(network, optimizer, x0, labels, alpha_bar):
    """Like training_step, for a network with labels; returns the loss as a float."""
    ### BEGIN SOLUTION
    return training_step(lambda x, t: network(x, t, labels), optimizer, x0, alpha_bar)
    ### END SOLUTION


# %% check="labels" points=1
_bar = torch.cumprod(1 - torch.tensor([0.0, 0.1, 0.2, 0.3]), dim=0)
_weight = torch.nn.Parameter(torch.tensor(0.5))
_labels, _asked = torch.arange(6), []


def _probe(x, t, labels):
    _asked.append(labels)
    return _weight * x * (labels.reshape(-1, 1, 1, 1) + 1.0)


_images = torch.linspace(-1, 1, 6).reshape(6, 1, 1, 1).expand(6, 1, 2, 2)
_value = labelled_step(_probe, torch.optim.SGD([_weight], 0.01), _images, _labels, _bar)
assert _asked, "The network was never called."
assert torch.equal(_asked[0], _labels), "Each image needs its own label, in the same order."
assert isinstance(_value, float), "Return the loss as a float."
assert _weight.item() != 0.5, "The weights did not move: does the optimiser take a step?"
print("Right: the step with labels.")

# %% [markdown] tags=["grading"]
# **Grading 5.1.** Graded by the check. Shuffled labels, or one label for all, are the usual
# mistakes.


# %%
def labelled_evaluation():
    """The loss of the network with labels on the held-out digits."""
    with torch.no_grad():
        return float(
            loss(lambda x, t: labelled(x, t, held_labels), held_x0, held_t, held_eps, alpha_bar)
        )


torch.manual_seed(0)
labelled = Tiny(labels=True).to(memory_format=torch.channels_last)
_, held_labelled = fit(
    labelled,
    lambda optimizer, i: labelled_step(
        labelled, optimizer, train_x0[i], train_labels[i], alpha_bar
    ),
    labelled_evaluation,
)
print("held-out loss without and with labels, as the training goes on:")
for n, value in held.items():
    print(f"step {n:4}: {value:.4f} {held_labelled[n]:.4f}")

# %% [markdown] answer="everywhere" points=1
# ### 5.2 At every level (@everywhere point)
#
# Time and label act at every level of the network, and not only on the input. Why can this help?
#
# ### BEGIN SOLUTION
# Each level has features of another kind: fine grain at full resolution, whole strokes at the
# lowest. How to treat them depends on the noise level and on the digit. At the input alone, the
# information would have to pass through all layers, beside the image. At every level it is
# available where it is used.
#
# **Grading 5.2.** One point for information at the place where it is used, or information that
# would get lost on the way. *Corrected:* the source's sheet says that it makes the training easier.
# In the site's two short trainings it did not lower the loss, so "can help" is all that we may say.
# ### END SOLUTION

# %% [markdown]
# ### 5.3 Samples with a label (@sampled point)
#
# Return samples of `network` that all have the same label, from the noise `x`. Use your
# `sample_all`.


# %% task="sampled"
def sample_label(network, label, x, beta, alpha_bar):
    """Returns images (N, 1, H, W) with this label, one for each image of noise in x."""
    ### BEGIN SOLUTION
    labels = torch.full((len(x),), label)

    def eps_fn(x, t):
        return network(x, torch.full((len(x),), t), labels)

    return sample_all(eps_fn, x, beta, alpha_bar)
    ### END SOLUTION


# %% check="sampled" points=1
_beta = torch.tensor([0.0, 0.1, 0.2, 0.3])
_bar = torch.cumprod(1 - _beta, dim=0)
_asked = []


def _probe(x, t, labels):
    _asked.append((t.clone(), labels.clone()))
    return 0.5 * x


_given = sample_label(_probe, 7, torch.randn(5, 1, 4, 4), _beta, _bar)
assert _given.shape == (5, 1, 4, 4), f"The result has the shape {tuple(_given.shape)}."
assert all(labels.tolist() == [7] * 5 for _, labels in _asked), "Each image needs the label."
_times = [times.tolist() for times, _ in _asked]
assert _times == [[t] * 5 for t in (3, 2, 1)], "The network needs one time for each image."
print("Right: samples with a label.")

# %% [markdown] tags=["grading"]
# **Grading 5.3.** Graded by the check.

# %% [markdown]
# ### 5.4 Ten of each digit (@each point)
#
# Return one hundred samples: first ten 0s, then ten 1s, and so on. Sample `x` yourself, 28x28
# pixels for each image.


# %% task="each"
def ten_of_each(network, beta, alpha_bar):
    """Returns 100 images, (100, 1, 28, 28), ten of each label in order."""
    ### BEGIN SOLUTION
    rows = [
        sample_label(network, label, torch.randn(10, 1, 28, 28), beta, alpha_bar)
        for label in range(10)
    ]
    return torch.cat(rows)
    ### END SOLUTION


# %% check="each" points=1
_beta = torch.tensor([0.0, 0.1, 0.2, 0.3])
_bar = torch.cumprod(1 - _beta, dim=0)


def _one_per_label(x, t, labels):
    return (x - labels.reshape(-1, 1, 1, 1) * _bar[t].sqrt().reshape(-1, 1, 1, 1)) / (
        1 - _bar[t]
    ).sqrt().reshape(-1, 1, 1, 1)


_given = ten_of_each(_one_per_label, _beta, _bar)
assert _given.shape == (100, 1, 28, 28), f"The result has the shape {tuple(_given.shape)}."
_found = _given.mean(dim=(1, 2, 3)).round().long()
assert torch.equal(_found, torch.arange(10).repeat_interleave(10)), f"The labels: {_found}."
assert not torch.equal(*ten_of_each(lambda x, t, labels: 0 * x, _beta, _bar)[:2]), "Equal noise."
print("Right: ten of each digit.")

# %% [markdown] tags=["grading"]
# **Grading 5.4.** Graded by the check. The network in it makes images whose brightness is their
# label.

# %%
torch.manual_seed(6)
threes = sample_history(
    lambda x, t: labelled(x, torch.full((len(x),), t), torch.full((len(x),), 3)),
    torch.randn(10, 1, 28, 28), beta, alpha_bar, KEPT,
)  # fmt: skip
show(
    history_sheet(threes),
    "Ten rows from noise at the left to a result with the label 3 at the right. Some results are"
    " recognisable as a 3, and they differ in slant and shape.",
)
torch.manual_seed(7)
hundred = scaling.to_images(ten_of_each(labelled, beta, alpha_bar))
show(
    viz.sheet(hundred.reshape(10, 10, 28, 28), rows=[str(k) for k in range(10)], down="label"),
    "Ten rows of ten samples, one row for each label from 0 to 9. Most rows show their digit, and"
    " some samples are malformed.",
)

# %% [markdown] answer="compare" points=1
# ### 5.5 With and without labels (@compare point)
#
# Compare the samples of your two networks, and their losses on held-out digits. What does the label
# change?
#
# ### BEGIN SOLUTION
# The samples with labels look more like digits. Without a label, the network has to decide during
# sampling which digit it will be, and sometimes ends between two. The losses are almost equal. At
# small $t$, where most of the loss comes from, the image already shows its digit, so the label adds
# nothing. At large $t$ it helps, but these times hardly count in the loss.
#
# **Grading 5.5.** One point for the samples and the losses. *Common wrong answer:* "equal losses
# mean that the label has no effect".
# ### END SOLUTION

# %% [markdown]
# ## Part 6: the whole of it

# %% [markdown] answer="randomness" points=1
# ### 6.1 Where the randomness is (@randomness point)
#
# Where does randomness enter here when an image is sampled, and where in a VAE and a GAN?
#
# ### BEGIN SOLUTION
# Here it enters in the start $x_T$ and in $z$ in every step but the last. In a VAE it is the code,
# sampled once from the prior (and, in training, from the encoder's distribution). In a GAN it is
# the one random vector that the generator gets. After that, both are deterministic.
#
# **Grading 6.1.** One point for $x_T$ *and* the $z$ of the steps, with the one code of the others.
# ### END SOLUTION

# %% [markdown] answer="classify" points=1
# ### 6.2 A digit in the noise? (@classify point)
#
# You give a classifier the start $x_T$ of your sampler. Can it predict which digit will come out?
#
# ### BEGIN SOLUTION
# Hardly. With noise in each step, the digit is decided on the way (4.3), and $x_T$ is independent
# of that noise. It holds only the trace that the network reads from it, which is small.
#
# **Grading 6.2.** One point for "no" with the reason. *Corrected:* the answer depends on the
# sampler. In a run without noise, such as DDIM, the result is a function of $x_T$. A classifier
# could learn it in principle, and does so to a small extent. An answer that says this gets the
# point, too.
# ### END SOLUTION

# %% [markdown] answer="range" points=1
# ### 6.3 The range of the pixels (@range point)
#
# Why do we scale the pixels to $[-1, 1]$?
#
# ### BEGIN SOLUTION
# The schedule says how strong the noise is, relative to an image of about unit size. So the pixels
# need about the same size as the noise, which has the standard deviation 1. With $[-1, 1]$ the mean
# is also nearer to 0, which is where the forward process ends and sampling starts. With $[0, 255]$,
# the noise would be invisible until the end.
#
# **Grading 6.3.** One point for a size that fits the noise, or for the centre at 0. "Because
# networks like small numbers" alone gets no point.
# ### END SOLUTION

# %% [markdown] answer="growing" points=1
# ### 6.4 Growing $\beta$ (@growing point)
#
# Why does $\beta_t$ grow with $t$?
#
# ### BEGIN SOLUTION
# Near the clean image, a little noise already hides fine detail, so small steps are needed there to
# bring it back precisely. At large $t$ there is so much noise that a small step would change almost
# nothing, so larger steps reach pure noise in a limited number of them.
#
# **Grading 6.4.** One point for either half with its reason.
# ### END SOLUTION

# %% [markdown] answer="small" points=1
# ### 6.5 Far too small (@small point)
#
# What happens if all $\beta_t$ are far too small?
#
# ### BEGIN SOLUTION
# Then $\bar\alpha_T$ stays far above 0, and $x_T$ still shows the image. The network has never seen
# pure noise. Sampling starts from pure noise, which the network takes for an image with little
# noise, so the results are bad.
#
# **Grading 6.5.** One point for "the forward process does not end at pure noise" with the
# consequence for sampling. "It needs more steps" alone gets no point.
# ### END SOLUTION

# %% [markdown] answer="large" points=1
# ### 6.6 Far too large (@large point)
#
# And if all $\beta_t$ are far too large?
#
# ### BEGIN SOLUTION
# Then the image is gone after a few steps. Nearly all times are pure noise, from which nothing can
# be learned, and the few steps near the image have to add all detail at once. The Gaussian formula
# of a step is only right for small steps, so the results are coarse.
#
# **Grading 6.6.** One point for "the image is gone too early" with the consequence: wasted times,
# or steps that are too large.
# ### END SOLUTION

# %% [markdown]
# ## Part 7: further tasks, without points
#
# *Lessons 8 and 10.* A minute of learning shows. But your *loop* is the real one. Here it samples
# with the flagship, the model of the lessons on this site: a network of the same kind, over fifteen
# times as large, which has seen all of MNIST many times. It has 1000 times, and a schedule of
# another shape. The loop does not need to know.

# %%
model = ddpm.load("digits", device="cpu")
labels = torch.arange(10)
torch.manual_seed(0)
x = torch.randn(10, 1, 28, 28)
tables = model.schedule.beta.float(), model.schedule.alpha_bar.float()
x = sample_all(model.eps_fn(labels, guidance=1.0), x, *tables)
show(
    viz.sheet(model.to_images(x).reshape(2, 5, 28, 28), scale=4),
    "The digits from 0 to 9 in two rows, sampled from the larger network by the same loop.",
)

# %% [markdown]
# From here on we use the flagship and the package's loop. It is the loop that you wrote, with room
# for other functions: other steps, other estimates, fewer times.
#
# ### 7.1 Guidance
#
# The flagship was trained with labels, and a tenth of them were replaced by "no label" (the label
# 10). So it can answer with and without a label. Start from the answer without a label, and go in
# the direction of the answer with it. `scale` says how far: 1 gives the answer with the label, 0
# the answer without.


# %% task="guidance"
def guide(eps_label, eps_null, scale):
    """Returns the guided estimate of the noise."""
    ### BEGIN SOLUTION
    return eps_null + scale * (eps_label - eps_null)
    ### END SOLUTION


# %% check="guidance" points=0
checks.guidance(guide)


# %%
def ask(labels):
    """The flagship's estimate (x, t) -> eps with these labels."""
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
        across="label",
        down="scale",
    ),
    "Four rows of six digits. In the first, with scale 0, the digits are any. From scale 1 on they"
    " are the requested ones. At scale 8 the strokes are thick and hard.",
)

# %% [markdown]
# What does a larger scale gain, and what does it lose? Which row would you use to sample a hundred
# 3s that differ as much as people's handwriting?
#
# ### 7.2 Keeping what is known
#
# Half of an image is lost. We do not train anything for this. After every step of sampling, we put
# the known half back, with the noise that belongs to the time. The mask is 1 where the image is
# generated and 0 where it is known. Return
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


# %% check="keep" points=0
checks.keep_known(keep_known)

# %% [markdown]
# The lower half is lost. In the third row, the flagship gets the right label. In the last row it
# gets the label 8, whatever the upper half shows.

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
    viz.sheet(rows, rows=["original", "torn", "repaired", "as an 8"]),
    "Four rows of six digits: the originals, with the lower half grey, repaired so that the halves"
    " fit, and completed to an 8 as well as the upper half allows.",
)

# %% [markdown]
# Why does the known half get the noise of time $t$ before it is put back? What makes the new half
# fit the old one, although the training had nothing to do with lost halves?
#
# These are all the parts: two tables, one loss, one loop, and functions that you pass to the loop.
# The other pages of the site are variations: other steps, other estimates, other projections.
