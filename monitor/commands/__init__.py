"""The commands of tender-monitor; each imports the rooms it needs when it is called."""
