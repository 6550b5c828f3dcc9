//! Holds nothing: the stories are in `tests/`.
