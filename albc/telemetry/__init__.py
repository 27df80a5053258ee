"""Traces, metrics, logs, and the HTTP endpoints that show them.

Knows nothing of albc. `logs`, `tracing` and `metrics` are set up once by `albc.cli`; the rest only uses what they give.
"""
