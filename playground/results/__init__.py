"""An Exchange as people and programs see it: answers, events, timeline, code, JSON."""
