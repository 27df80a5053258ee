"""What is particular to each built-in kind: defaults, allocation, validation. One file for each family of kinds."""
