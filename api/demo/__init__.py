"""The guided tour that `epipole demo` takes: scenes that are made on the spot, sent through HTTP, shown as pictures."""
