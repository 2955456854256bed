"""How many examples a property is tried with: few in CI, fifty times as many in a campaign."""

from __future__ import annotations

from hypothesis import settings

CAMPAIGN = 50


def try_examples(count: int) -> settings:
    """Return settings of so many examples, more under the profile `campaign` (conftest.py)."""
    long = settings.get_current_profile_name() == "campaign"
    return settings(max_examples=count * (CAMPAIGN if long else 1), deadline=None)
