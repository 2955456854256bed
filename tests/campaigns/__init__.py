"""Hold what measures the promises of docs/reliability.md: each module is one campaign."""
