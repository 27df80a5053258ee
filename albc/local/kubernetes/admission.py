"""placeholder"""

from albc.local.kubernetes.behaviour import Object


class WebhookAdmission:
    def __init__(self, store, registry):
        pass

    async def mutate(self, target, verb, new, old, options):
        return new

    async def validate(self, target, verb, new, old, options):
        pass
