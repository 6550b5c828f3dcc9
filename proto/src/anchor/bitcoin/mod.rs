//! Bitcoin headers: a chain of work that is checked from the block which the federation names.
