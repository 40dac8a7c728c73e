import type { EthereumLedger, FabricLedger } from '@midlock/ledgers';
import type { Address, ConservationJson } from '@midlock/protocol';
import type { PartyAccounts } from '../terms-file/terms-file.ts';

/** What a party holds on both ledgers: minor units per fungible asset and token, and the single assets by id. */
export interface Holdings {
  readonly name: string;
  readonly fabric: Readonly<Record<string, bigint>>;
  readonly single: readonly string[];
  /** Own account plus free balance in the escrow, by symbol. */
  readonly ethereum: Readonly<Record<string, bigint>>;
}

/** Which assets are counted: Fabric's by id, Ethereum's tokens by symbol. */
export interface CountedAssets {
  readonly fungible: readonly string[];
  readonly single: readonly string[];
  readonly tokens: Readonly<Record<string, Address>>;
}

/** The connections through which ledgers are read; any party's will do. */
export interface LedgerReader {
  readonly fabric: Pick<FabricLedger, 'assets'>;
  readonly ethereum: Pick<EthereumLedger, 'account' | 'conservation'>;
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

/** Reads a party's holdings from both ledgers. Throws ENDPOINT_UNREACHABLE. */
export async function holdingsOf(
  { fabric: account, ethereum: address }: PartyAccounts,
  { fabric, ethereum }: LedgerReader,
  { fungible, single, tokens }: CountedAssets,
): Promise<Holdings> {
  const amounts = await Promise.all(
    fungible.map(async (id) => [id, await fabric.assets.balance(id, account)] as const),
  );
  const held =
    single.length === 0 ? [] : (await fabric.assets.assetsOf(account)).map(({ id }) => id);
  const funds = await Promise.all(
    Object.entries(tokens).map(
      async ([symbol, token]) =>
        [
          symbol,
          (await ethereum.account.tokenBalance(token, address)) +
            (await ethereum.account.balance(token, address)),
        ] as const,
    ),
  );
  return {
    name: account.mspId,
    fabric: Object.fromEntries(amounts),
    single: held.filter((id) => single.includes(id)).sort(),
    ethereum: Object.fromEntries(funds),
  };
}

/**
 * issued - burnt = free + locked on Fabric; contract balance >= credits + locked on Ethereum. Both must hold, and Fabric's
 * answer must be complete. Throws ENDPOINT_UNREACHABLE.
 */
export async function conservationOf(
  { fabric, ethereum }: LedgerReader,
  { fungible, tokens }: Pick<CountedAssets, 'fungible' | 'tokens'>,
): Promise<Conservation> {
  const assets = await Promise.all(fungible.map((id) => fabric.assets.conservation(id)));
  const symbols = new Map(Object.entries(tokens).map(([symbol, token]) => [token, symbol]));
  const escrow = (await ethereum.conservation(Object.values(tokens))).map((entry) => ({
    token: symbols.get(entry.token) ?? entry.token,
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
