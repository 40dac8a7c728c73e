// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @title Hashes of a swap's terms: EIP-712 struct hashes, equal in Solidity, chaincode and TypeScript (vectors/swap-ids.json).
/// @notice The escrow computes its own leg and takes `counterpart` as an opaque word; `swapId` over all fields is for whoever wants to
/// check the whole on chain.
library SwapHash {
    // EIP-712 encodeType: the struct itself, then all it refers to in order of name. Whole literals, because only those are hashed by the
    // compiler; a hash over constants would be computed in every call.
    bytes32 internal constant FABRIC_ACCOUNT_TYPEHASH = keccak256("FabricAccount(string mspId,bytes32 key)");
    bytes32 internal constant FABRIC_LEG_TYPEHASH = keccak256(
        "FabricLeg(bytes32 networkId,string channel,string chaincode,string assetKind,string assetId,uint256 amount,FabricAccount owner,FabricAccount beneficiary,uint256 expiresAtSec)"
        "FabricAccount(string mspId,bytes32 key)"
    );
    bytes32 internal constant ETHEREUM_LEG_TYPEHASH = keccak256(
        "EthereumLeg(uint256 chainId,address escrow,address token,uint256 amount,address owner,address beneficiary,uint256 expiresAtSec)"
    );
    bytes32 internal constant COUNTERPART_TYPEHASH = keccak256(
        "Counterpart(uint8 version,uint8 direction,bytes32 nonce,FabricLeg fabric)"
        "FabricAccount(string mspId,bytes32 key)"
        "FabricLeg(bytes32 networkId,string channel,string chaincode,string assetKind,string assetId,uint256 amount,FabricAccount owner,FabricAccount beneficiary,uint256 expiresAtSec)"
    );
    bytes32 internal constant SWAP_TYPEHASH = keccak256(
        "Swap(EthereumLeg ethereum,bytes32 hashLock,Counterpart counterpart)"
        "Counterpart(uint8 version,uint8 direction,bytes32 nonce,FabricLeg fabric)"
        "EthereumLeg(uint256 chainId,address escrow,address token,uint256 amount,address owner,address beneficiary,uint256 expiresAtSec)"
        "FabricAccount(string mspId,bytes32 key)"
        "FabricLeg(bytes32 networkId,string channel,string chaincode,string assetKind,string assetId,uint256 amount,FabricAccount owner,FabricAccount beneficiary,uint256 expiresAtSec)"
    );

    /// @notice MSP id and SHA-256 of the SubjectPublicKeyInfo.
    struct FabricAccount {
        string mspId;
        bytes32 key;
    }

    struct FabricLeg {
        bytes32 networkId;
        string channel;
        string chaincode;
        string assetKind;
        string assetId;
        uint256 amount;
        FabricAccount owner;
        FabricAccount beneficiary;
        uint256 expiresAtSec;
    }

    /// @notice `token` zero is ETH.
    struct EthereumLeg {
        uint256 chainId;
        address escrow;
        address token;
        uint256 amount;
        address owner;
        address beneficiary;
        uint256 expiresAtSec;
    }

    /// @notice `direction` 0 is fabric-first, 1 ethereum-first.
    struct Counterpart {
        uint8 version;
        uint8 direction;
        bytes32 nonce;
        FabricLeg fabric;
    }

    struct Swap {
        EthereumLeg ethereum;
        bytes32 hashLock;
        Counterpart counterpart;
    }

    /// @notice The swap's id from all its terms.
    function swapIdOf(Swap memory swap) internal pure returns (bytes32) {
        return swapIdOf(ethereumLegHash(swap.ethereum), swap.hashLock, counterpartHash(swap.counterpart));
    }

    /// @notice The swap's id from the hashes of its parts.
    function swapIdOf(bytes32 ethereumLeg, bytes32 hashLock, bytes32 counterpart) internal pure returns (bytes32) {
        return keccak256(abi.encode(SWAP_TYPEHASH, ethereumLeg, hashLock, counterpart));
    }

    /// @notice Struct hash of the Ethereum leg.
    function ethereumLegHash(EthereumLeg memory leg) internal pure returns (bytes32) {
        return keccak256(abi.encode(ETHEREUM_LEG_TYPEHASH, leg));
    }

    /// @notice Struct hash of the counterpart: the word that the escrow takes as opaque.
    function counterpartHash(Counterpart memory counterpart) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    COUNTERPART_TYPEHASH,
                    counterpart.version,
                    counterpart.direction,
                    counterpart.nonce,
                    fabricLegHash(counterpart.fabric)
                )
            );
    }

    /// @notice Struct hash of the Fabric leg.
    function fabricLegHash(FabricLeg memory leg) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    FABRIC_LEG_TYPEHASH,
                    leg.networkId,
                    keccak256(bytes(leg.channel)),
                    keccak256(bytes(leg.chaincode)),
                    keccak256(bytes(leg.assetKind)),
                    keccak256(bytes(leg.assetId)),
                    leg.amount,
                    fabricAccountHash(leg.owner),
                    fabricAccountHash(leg.beneficiary),
                    leg.expiresAtSec
                )
            );
    }

    /// @notice Struct hash of a Fabric account.
    function fabricAccountHash(FabricAccount memory account) internal pure returns (bytes32) {
        return keccak256(abi.encode(FABRIC_ACCOUNT_TYPEHASH, keccak256(bytes(account.mspId)), account.key));
    }
}
