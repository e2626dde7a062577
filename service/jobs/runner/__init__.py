"""The process that runs jobs: it claims them, hands their tiles to workers, and writes down what became of them."""
