"""A small real model on this machine, so that the playground answers without a key.

`weights` downloads it once, `server` serves it in a process of its own, `supervisor` keeps that process
alive.
"""
