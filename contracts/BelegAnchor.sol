// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// Remembers when a federation root was seen first. Anybody may call it: an entry says that the 32
/// bytes existed at that time, and nothing about who sent them. Nobody can change or remove one.
contract BelegAnchor {
    /// The block time, in POSIX seconds, at which a root came first; zero if it never came.
    mapping(bytes32 => uint256) public anchoredAt;

    /// A root came for the first time.
    event Anchored(bytes32 indexed root, uint256 time);

    /// Enters a root with the time of this block. A root that is there stays as it is.
    function anchor(bytes32 root) external {
        if (anchoredAt[root] == 0) {
            anchoredAt[root] = block.timestamp;
            emit Anchored(root, block.timestamp);
        }
    }
}
