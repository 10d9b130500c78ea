"""What the playground costs, compared with the least that any program must pay: `python -m benchmarks`."""
