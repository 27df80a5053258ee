"""The built-in kinds' types, written down as tables (`*.types`) and read by `notation`."""
