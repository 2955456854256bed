"""One module per website platform; no network, no database."""
