"""CustomResourceDefinitions: what they say, and how objects of their kinds are judged."""
