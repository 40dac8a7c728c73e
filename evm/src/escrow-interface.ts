import { Interface } from 'ethers';
import { MIDLOCK_ESCROW_ABI } from './abi/midlock-escrow.ts';

/** Encodes and decodes everything of the escrow; shared by the modules around it. */
export const ESCROW = new Interface(MIDLOCK_ESCROW_ABI);
