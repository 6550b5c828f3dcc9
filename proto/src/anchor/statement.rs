//! The statement of an anchor: which checkpoints stand under one federation root.
