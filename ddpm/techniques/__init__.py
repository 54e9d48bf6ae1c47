"""One file per technique: its functions on noise estimates, then the one that you call."""
