import { createHash } from 'node:crypto';
import type { Order } from '@midlock/client';
import { parseHex32, type Hex32 } from '@midlock/protocol';
import type { OpenParty } from '../party/open-party.ts';

/** An asset that must be in somebody's hands before the swaps start. */
interface Wanted {
  readonly kind: Order['fabric']['assetKind'];
  readonly assetId: string;
  readonly amount: bigint;
  readonly owner: OpenParty;
}

const SCHEMA = 'midlock-demo-v1';

/** Creates each fungible asset of the orders; the issuer alone can mint it. */
export async function createFungibles(orders: readonly Order[], issuer: OpenParty): Promise<void> {
  const { fungible } = assetIdsOf(orders);
  await Promise.all(fungible.map((assetId) => issuer.fabric.assets.createFungible(assetId)));
}

/**
 * Hands out what the orders need: one note of the exact amount per fungible order, so that all can be locked in one
 * block, and each unique asset and evidence once. The owner is the initiator where Fabric is first, else the counterparty.
 */
export async function handOut(
  orders: readonly Order[],
  issuer: OpenParty,
  initiator: OpenParty,
  counterparty: OpenParty,
): Promise<void> {
  const { assets } = issuer.fabric;
  const wanted = orders.map(({ direction, fabric }): Wanted => ({
    kind: fabric.assetKind,
    assetId: fabric.assetId,
    amount: fabric.amount,
    owner: direction === 'fabric-first' ? initiator : counterparty,
  }));
  await Promise.all(
    wanted.map(({ kind, assetId, amount, owner }) => {
      const to = owner.accounts.fabric;
      if (kind === 'fungible') return assets.mint(assetId, to, amount);
      if (kind === 'unique') return assets.issueUnique(assetId, to, contentHashOf(assetId));
      return assets.issueEvidence(assetId, to, contentHashOf(assetId), SCHEMA);
    }),
  );
}

function contentHashOf(assetId: string): Hex32 {
  return parseHex32(`0x${createHash('sha256').update(assetId).digest('hex')}`, 'contentHash');
}

/** Every Fabric asset that the orders name, by kind. */
export function assetIdsOf(orders: readonly Order[]): {
  readonly fungible: readonly string[];
  readonly single: readonly string[];
} {
  const ids = (kinds: readonly string[]) => [
    ...new Set(
      orders
        .filter(({ fabric }) => kinds.includes(fabric.assetKind))
        .map(({ fabric }) => fabric.assetId),
    ),
  ];
  return { fungible: ids(['fungible']), single: ids(['unique', 'evidence']) };
}
