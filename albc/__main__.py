"""`python -m albc` is `albc`."""

from albc.cli import main

main()
