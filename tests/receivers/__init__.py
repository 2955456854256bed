"""Real receivers on loopback: other people's servers, and second clients that read them."""
