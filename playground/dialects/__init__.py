"""The APIs that providers speak, each in a folder of its own."""
