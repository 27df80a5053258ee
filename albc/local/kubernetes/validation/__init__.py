"""Rules that the API server enforces on built-in kinds, as tables of paths and checks."""
