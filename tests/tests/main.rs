//! Stories across real processes.
