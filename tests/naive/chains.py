"""Chains of filters by their definition: each step is given the whole result of the one before."""

import geometry


def chain(image, steps):
    """What the functions of geometry give one after the other."""
    for step in steps:
        image = one(image, **step)
    return image


def one(image, filter, **options):
    name = filter.replace("-", "_")
    if name == "gradient":
        wanted = options.pop("output", "magnitude")
        return getattr(geometry.gradient(image, magnitude=True, direction=True, **options), wanted)
    result = getattr(geometry, name)(image, **options)
    return result.image if name in ("threshold", "pool") else result
