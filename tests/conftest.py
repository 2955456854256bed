"""Profiles of Hypothesis: pytest --hypothesis-profile=campaign searches fifty times as long."""

from __future__ import annotations

from hypothesis import settings

# No test asserts a time: a busy machine is no bug.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")
settings.register_profile("campaign", deadline=None, print_blob=True)
