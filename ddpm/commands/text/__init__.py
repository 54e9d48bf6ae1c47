"""`ddpm text NAME ...`: the experiments on a text-to-image model, with prompts for labels."""
