//! Scripts of request and answer against a real router.
