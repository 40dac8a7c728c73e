import { CHAINCODES, ORGANIZATIONS } from '../target.ts';
import { replayLedger } from '../replay-ledger.ts';
import type { ConformanceCase } from '../suite.ts';
import { verifyChain } from '../verify-chain.ts';

/** The whole ledger, after the cases before. */
export const ledgerCases: readonly ConformanceCase[] = [
  {
    id: 'ledger-verifies',
    title:
      'all blocks so far: every hash and orderers’ signature verifies from the first block alone, and every commit hash follows from what the blocks write',
    async run({ org1, target }) {
      const qscc = org1.network.getContract('qscc');
      const blocks: Uint8Array[] = [];
      for (;;) {
        try {
          const number = String(blocks.length);
          blocks.push(await qscc.evaluateTransaction('GetBlockByNumber', target.channel, number));
        } catch (error) {
          if (blocks.length === 0) throw error;
          break;
        }
      }
      const signatures = [...new Set(verifyChain(blocks))];
      const ledger = replayLedger(blocks, {
        channel: target.channel,
        mspIds: ORGANIZATIONS.map(({ mspId }) => mspId),
        chaincodes: CHAINCODES,
      });
      return { signatures, all: ledger.height === BigInt(blocks.length) };
    },
  },
];
