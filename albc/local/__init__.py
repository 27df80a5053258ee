"""What stands in for a cluster and an AWS account on one machine. `albc run` never imports it (design.md §4)."""
