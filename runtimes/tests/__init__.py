"""Tests of the runtimes' Python. See `runtimes/README.md` for the environment they need."""
