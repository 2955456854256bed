"""From a notice and the watchlists to a match; no network, no database."""
