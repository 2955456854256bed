"""Profiles of Hypothesis: pytest --hypothesis-profile=campaign searches fifty times as long."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("campaign", deadline=None, print_blob=True)
