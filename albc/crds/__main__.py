"""`python -m albc.crds` prints our CustomResourceDefinitions; with a folder, it writes one file for each there."""

import sys
from pathlib import Path

from albc.crds.manifests import DEFINITIONS, as_yaml, write

if len(sys.argv) > 1:
    write(Path(sys.argv[1]))
else:
    sys.stdout.write("---\n".join(as_yaml(definition) for definition in DEFINITIONS))
