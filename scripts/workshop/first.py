"""The flagship's first recipe, from which the rows of "what mattered" differ in one thing each.

The recipe `digits` of today is what was learned from those rows. They keep their own beginning, so
that the tables stay what they were when the choices were made.
"""

from __future__ import annotations

import dataclasses

from ddpm.recipes import DIGITS
from ddpm.settings import Training

# --8<-- [start:first]
FIRST = dataclasses.replace(
    DIGITS,
    options={"width": 48, "blocks": 2, "classes": 10},
    training=Training(
        epochs=24, batch=256, rate=3e-3, one_cycle=True, weight_decay=0.01, average=0.999
    ),
)
# --8<-- [end:first]
