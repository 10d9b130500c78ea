"""The playground in documentation: the tag, and the docs pages that the app itself serves."""
