//! EVM chains: a root in the storage of a contract, proven down to a block hash.
