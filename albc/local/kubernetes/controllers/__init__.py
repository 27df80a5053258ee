"""placeholder"""
class Controllers:
    def __init__(self, *a): pass
    def start(self, g): pass
