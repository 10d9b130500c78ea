"""Print every figure, each with its floor from the same run."""

from benchmarks import browser, docs, latency, runs, start, streams, usage, weight
from benchmarks.servers import all_servers

if __name__ == "__main__":
    with all_servers() as servers:
        latency.report(servers)
        weight.report(servers.playground)
    streams.report()
    browser.report()
    docs.report()
    start.report()
    usage.report()
    runs.report()  # last: it configures Django in this process
