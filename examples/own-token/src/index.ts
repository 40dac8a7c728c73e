import { midlockContracts, noteLedger, serve, systemClock, uniqueLedger } from '@midlock/chaincode';
import { SwappableToken } from './swappable-token.ts';

const mspId = process.env['CORE_PEER_LOCALMSPID'];
if (mspId === undefined) throw new Error('CORE_PEER_LOCALMSPID must name this organisation');

const ledgers = [new SwappableToken(), noteLedger, uniqueLedger];
const contracts = [...midlockContracts({ clock: systemClock, mspId, ledgers }), SwappableToken];

serve(contracts, process.env).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
