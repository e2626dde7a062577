"""How the tables of the job database came to be, step by step; steps lead forward only."""
