"""A test double of the `wandb/local` container. It is not W&B; see ../README.md."""
