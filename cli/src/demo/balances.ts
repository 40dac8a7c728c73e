import { ETH, type ConservationJson } from '@midlock/protocol';
import type { DevelopmentNetworks } from '../networks/development.ts';
import { TOKEN_SYMBOL } from '../networks/development.ts';
import type { OpenParty } from '../party/open-party.ts';

/** What a party holds on both ledgers: minor units per fungible asset, and the single assets by id. */
export interface Balances {
  readonly name: string;
  readonly fabric: Readonly<Record<string, bigint>>;
  readonly single: readonly string[];
  /** Own account plus free balance in the escrow. */
  readonly ethereum: Readonly<Record<string, bigint>>;
}

export interface Conservation {
  readonly fabric: boolean;
  readonly ethereum: boolean;
  readonly assets: readonly ConservationJson[];
  readonly escrow: readonly {
    readonly token: string;
    readonly balance: bigint;
    readonly owed: bigint;
    readonly holds: boolean;
  }[];
}

/** Reads a party's holdings through somebody else's connection. */
export async function balancesOf(
  party: OpenParty,
  reader: OpenParty,
  networks: DevelopmentNetworks,
  fungible: readonly string[],
  single: readonly string[],
): Promise<Balances> {
  const { fabric: account, ethereum: address } = party.accounts;
  const amounts = await Promise.all(
    fungible.map((assetId) => reader.fabric.assets.balance(assetId, account)),
  );
  const held = (await reader.fabric.assets.assetsOf(account))
    .map(({ id }) => id)
    .filter((id) => single.includes(id));
  const tokens = [ETH, networks.token];
  const funds = await Promise.all(
    tokens.map(
      async (token) =>
        (await reader.ethereum.account.tokenBalance(token, address)) +
        (await reader.ethereum.account.balance(token, address)),
    ),
  );
  return {
    name: party.accounts.fabric.mspId,
    fabric: Object.fromEntries(fungible.map((assetId, index) => [assetId, amounts[index] ?? 0n])),
    single: held.sort(),
    ethereum: { ETH: funds[0] ?? 0n, [TOKEN_SYMBOL]: funds[1] ?? 0n },
  };
}

/** issued - burnt = free + locked on Fabric; contract balance >= credits + locked on Ethereum. */
export async function conservationOf(
  reader: OpenParty,
  networks: DevelopmentNetworks,
  fungible: readonly string[],
): Promise<Conservation> {
  const assets = await Promise.all(
    fungible.map((assetId) => reader.fabric.assets.conservation(assetId)),
  );
  const escrow = (await reader.ethereum.conservation([ETH, networks.token])).map((entry) => ({
    token: entry.token === ETH ? 'ETH' : TOKEN_SYMBOL,
    balance: entry.held,
    owed: entry.owed,
    holds: entry.holds,
  }));
  return {
    fabric: assets.length > 0 && assets.every(({ holds, complete }) => holds && complete),
    ethereum: escrow.length > 0 && escrow.every(({ holds }) => holds),
    assets,
    escrow,
  };
}
