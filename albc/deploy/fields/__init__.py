"""Each field of each kind of AWS resource, once: where the model has it, where AWS's answer has it, when the two are
the same, under which name a request carries it, and whether AWS can change it in place.

Differences, create requests and modify requests all come from these lists; a test walks them along botocore's model.
"""
