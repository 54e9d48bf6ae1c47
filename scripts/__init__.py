"""What a reader runs: one script per task and per family of figures."""
