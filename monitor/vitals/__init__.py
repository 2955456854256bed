"""How the program itself is: told, measured, and mended where it can be."""
