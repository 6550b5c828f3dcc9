//! RFC 3161 time-stamps: tokens, their certificate chains, and chains of tokens.
