"""Fibonacci numbers.

>>> list(first(8))
[0, 1, 1, 2, 3, 5, 8, 13]
"""


def first(count):
    """The first numbers of the sequence.

    >>> list(first(0))
    []
    >>> sum(first(10))
    88
    """
    a, b = 0, 1
    for _ in range(count):
        yield a
        a, b = b, a + b
