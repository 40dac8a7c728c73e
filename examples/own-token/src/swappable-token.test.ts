import { checkAssetLedger, type Person, type TestNetwork } from '@midlock/chaincode/testing';
import { describe, expect, it } from 'vitest';
import { SwappableToken } from './swappable-token.ts';

/** The issuer of `token.ts` is a member of Org1MSP. */
async function pay({ people, send, query }: TestNetwork, holder: Person, amount: bigint) {
  await send(people.admin1, 'token:Mint', String(amount));
  const id = await query(holder, 'token:ClientAccountID');
  await send(people.admin1, 'token:Transfer', id, String(amount));
}

async function balance({ query }: TestNetwork, holder: Person): Promise<bigint> {
  const id = await query(holder, 'token:ClientAccountID');
  return BigInt(await query(holder, 'token:BalanceOf', id));
}

describe('the swappable token', () => {
  it('keeps every promise of an asset ledger', async () => {
    const reports = await checkAssetLedger({
      ledger: new SwappableToken(),
      contracts: [SwappableToken],
      assetId: 'token',
      prepare: ({ send, people }) => send(people.admin1, 'token:Initialize', 'OWN'),
      fund: pay,
      balance,
      collect: ({ send }, holder, swapId) => send(holder, 'token:Collect', holder.id, swapId),
    });
    expect(reports.filter(({ kept }) => !kept)).toEqual([]);
  });
});
