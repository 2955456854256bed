"""Pages and feeds read in limited processes, which may die of what they read."""
