"""What the playground costs, measured beside the least that any program must pay: `python -m benchmarks`."""
