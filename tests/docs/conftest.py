from tests.docs.machine import machine, program

__all__ = ["machine", "program"]
