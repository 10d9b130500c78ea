"""Requests as people enter them: the form and its buttons, JSON, and links. All become a Draft."""
