"""The commands of the package: each parses options, calls the library, and writes the result."""
