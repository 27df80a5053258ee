"""The four kinds of patch, and who manages which field."""
