"""Checks of functions that a reader has written: right, or wrong in which way.

Each check calls the function on small random inputs, compares its answer with the package's own,
and prints a line if they agree. If not, it compares with the answers that the usual mistakes
give, and raises `Mistake` with what a teacher would say. Times are counted as everywhere else:
`t = 0` is the clean image, and tables have T + 1 entries.
"""

from ddpm.checks.answers import Mistake
from ddpm.checks.asking import accuracy, anagram
from ddpm.checks.batches import held_out_loss, minibatch
from ddpm.checks.estimates import posterior_mean, predicted_image
from ddpm.checks.forward import SIX, add_noise, schedule, six_numbers
from ddpm.checks.learning import loss, training_step
from ddpm.checks.reverse import guidance, keep_known, sampling_loop, sampling_step
from ddpm.checks.slips import bayes_net, edit_start, noisy_image
from ddpm.checks.strides import ddim_step, halved_target, strided_step

__all__ = [
    "SIX",
    "Mistake",
    "accuracy",
    "add_noise",
    "anagram",
    "bayes_net",
    "ddim_step",
    "edit_start",
    "guidance",
    "halved_target",
    "held_out_loss",
    "keep_known",
    "loss",
    "minibatch",
    "noisy_image",
    "posterior_mean",
    "predicted_image",
    "sampling_loop",
    "sampling_step",
    "schedule",
    "six_numbers",
    "strided_step",
    "training_step",
]
