"""Importing this package registers every operation."""

from standin.operations import accounts, artifacts, runs, sweeps

__all__ = ["accounts", "artifacts", "runs", "sweeps"]
