"""Running the playground: gunicorn's worker, logs without content, static files, health."""
