"""What judges each demand, a module for each family; the contract names it by import strings."""
