"""Our custom resources as Pydantic models, with their validation rules; `albc.crds.manifests` prints the CRDs."""
