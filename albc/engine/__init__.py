"""A controller runtime: informers, indexed stores, a work queue, workers, leader election, a manager.

It has never heard of AWS or of our custom resources, and uses only `albc.kube`, `albc.telemetry` and `albc.errors`.

How to write a controller (`controller.py`, `watches.py`)::

    class Echo:
        name = "echo"

        def __init__(self, services: Store[Service]) -> None:
            self.services = services

        def watches(self, w: Watches[ObjectKey]) -> None:
            w.on(SERVICES, itself)                        # change -> keys

        async def reconcile(self, key: ObjectKey, ctx: Reconcile) -> Outcome:
            service = self.services.get(key)              # no I/O
            ...
            return Done()

    manager = Manager(client, EngineMetrics(Metrics().meter))
    manager.add(Echo(manager.store(SERVICES)), workers=3)
    await manager.run(stop)                               # until the event `stop` is set
"""
