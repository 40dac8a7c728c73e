export {
  DEVELOPMENT_MNEMONIC,
  startAnvil,
  type AnvilOptions,
  type RunningEthereum,
} from './ethereum/anvil.ts';
export { NetworkError, type NetworkErrorCode } from './network-error.ts';
export {
  createProcessGroup,
  type ProcessGroup,
  type ProcessSpec,
  type RunningProcess,
} from './processes.ts';
