"""placeholder"""


class Definitions:
    def __init__(self, *a):
        pass
