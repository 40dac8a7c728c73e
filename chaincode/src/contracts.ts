import type { Contract } from 'fabric-contract-api';
import { noteLedger } from './assets/notes.ts';
import { uniqueLedger } from './assets/unique.ts';
import { MidlockContext } from './context.ts';
import { AccountsContract } from './contracts/accounts-contract.ts';
import { AssetsContract } from './contracts/assets-contract.ts';
import { ConfigContract } from './contracts/config-contract.ts';
import { MidAccountContract } from './contracts/mid-account-contract.ts';
import { MidlockContract } from './contracts/midlock-contract.ts';
import { NotesContract } from './contracts/notes-contract.ts';
import type { AssetLedger } from './asset-ledger.ts';
import type { ChaincodePorts } from './ports.ts';

export type ContractClass = new () => Contract;

export interface MidlockContractsOptions extends Omit<ChaincodePorts, 'ledgers'> {
  /** Default: Midlock's notes and unique assets. An operator's own go before them, or instead. */
  readonly ledgers?: readonly AssetLedger[];
}

/** Midlock's contracts bound to a process's ports, for `contracts` of a chaincode package or for {@link serve}. */
export function midlockContracts({
  ledgers = [noteLedger, uniqueLedger],
  ...rest
}: MidlockContractsOptions): ContractClass[] {
  const ports: ChaincodePorts = { ...rest, ledgers };
  return [MidAccountContract, NotesContract, AssetsContract, ConfigContract, AccountsContract].map(
    (contract) => withPorts(contract, ports),
  );
}

/** The shim makes contracts without arguments, so that ports come in by a subclass. */
function withPorts(Base: new () => MidlockContract, ports: ChaincodePorts): ContractClass {
  return class extends Base {
    override createContext(): MidlockContext {
      return new MidlockContext(ports);
    }
  };
}
