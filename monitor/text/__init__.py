"""Pure functions from bytes and text to documents, tables, values and fields."""
