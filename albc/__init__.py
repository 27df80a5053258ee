"""albc: an AWS Load Balancer Controller for Kubernetes, on asyncio. `docs/architecture.md` shows the house."""

__version__ = "0.1.0"
