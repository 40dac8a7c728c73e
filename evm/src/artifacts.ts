import demoToken from '../compiled/DemoToken.json' with { type: 'json' };
import escrow from '../compiled/MidlockEscrow.json' with { type: 'json' };

/** Hardhat's artifact: read by ethers, viem and Hardhat alike. */
export interface Artifact {
  readonly contractName: string;
  readonly sourceName: string;
  readonly abi: readonly object[];
  readonly bytecode: string;
  readonly deployedBytecode: string;
  /** Where each immutable stands in the deployed code, by the name of its variable; bytes. */
  readonly immutableReferences: Readonly<
    Record<string, readonly { readonly start: number; readonly length: number }[]>
  >;
}

/** The escrow as committed; a test proves that compiling again gives the same bytes. */
export const ESCROW_ARTIFACT: Artifact = escrow;

/** A token for demos and tests: its deployer mints. */
export const DEMO_TOKEN_ARTIFACT: Artifact = demoToken;
