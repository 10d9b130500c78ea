"""The playground in documentation: the docs pages that the app serves, and embeds for everybody else's."""
