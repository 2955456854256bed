"""What the store holds, as tables and JSON lines for a reader."""
