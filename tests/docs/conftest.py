from tests.docs.machine import machine

__all__ = ["machine"]
