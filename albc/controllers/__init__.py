"""One module for each controller: which events give which keys, and the reconcile that walks from objects to AWS."""
