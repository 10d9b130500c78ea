"""A small real model on this machine, so that the playground answers without any key.

`weights` fetches it once, `server` serves it as a process of its own, `supervisor` keeps that alive.
"""
