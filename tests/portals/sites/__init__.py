"""Simulated sites, one module per portal: each answers as its platform does, from plain facts."""
