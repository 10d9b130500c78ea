"""The request as people fill it in: the form and its buttons, JSON, links. All become a Draft."""
