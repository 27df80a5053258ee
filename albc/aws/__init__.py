"""The rim towards AWS: clients, throttling, retries, spans; facts for mapping; the inventory of what we own.

No botocore or aiohttp exception leaves this room: it is translated into `albc.errors` where the call is made.
"""
