import { readFileSync } from 'node:fs';
import { JSONSerializer } from 'fabric-contract-api';
import { Shim, type ChaincodeServerOpts } from 'fabric-shim';
import ChaincodeFromContract from 'fabric-shim/lib/contract-spi/chaincodefromcontract';
import { MidlockError } from '@midlock/protocol';
import type { Clock } from './clock.ts';
import { midlockContracts, type ContractClass } from './contracts.ts';

export type { ChaincodeFromContract };

type Environment = Readonly<Record<string, string | undefined>>;

/** Builds the chaincode that the shim runs from contract classes. */
export function chaincodeOf(contracts: readonly ContractClass[]): ChaincodeFromContract {
  const serializers = { transaction: 'json', serializers: { json: JSONSerializer } };
  return new ChaincodeFromContract([...contracts], serializers, {}, 'midlock', '0.1.0');
}

/**
 * Serves contracts to peers that dial in (chaincode as a service), until SIGTERM or SIGINT.
 * @throws {MidlockError} CONFIG_INVALID where a variable is missing; the system's error where the address cannot be bound.
 */
export async function serve(contracts: readonly ContractClass[], env: Environment): Promise<void> {
  const server = Shim.server(chaincodeOf(contracts), {
    ccid: env['CHAINCODE_ID'] ?? required(env, 'CORE_CHAINCODE_ID_NAME'),
    address: required(env, 'CHAINCODE_SERVER_ADDRESS'),
    ...tlsOf(env),
    ...GRPC_OPTIONS,
  });
  await server.start();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // A transaction that is cut off here fails its proposal and nothing else; the peer dials again.
    process.once(signal, () => process.exit(0));
  }
}

/** What the entries do: serve Midlock's contracts by a clock; exits with code 1 and one line where that fails. */
export function runServer(clockOf: (env: Environment) => Clock): void {
  const start = async (env: Environment): Promise<void> => {
    const mspId = required(env, 'CORE_PEER_LOCALMSPID');
    await serve(midlockContracts({ clock: clockOf(env), mspId }), env);
  };
  start(process.env).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}

/** An environment variable that must be set. */
export function required(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new MidlockError('CONFIG_INVALID', { key: name });
  return value;
}

const GRPC_OPTIONS = {
  'grpc.max_send_message_length': -1,
  'grpc.max_receive_message_length': -1,
  'grpc.keepalive_time_ms': 110_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.http2.min_time_between_pings_ms': 110_000,
};

// The shim takes a server without `tlsProps` and TLS without `clientCACerts`, but its types want both.
function tlsOf(env: Environment): Pick<ChaincodeServerOpts, 'tlsProps'> {
  if (env['CHAINCODE_TLS_KEY_FILE'] === undefined && env['CHAINCODE_TLS_CERT_FILE'] === undefined)
    return {} as Pick<ChaincodeServerOpts, 'tlsProps'>;
  const clientCa = env['CHAINCODE_TLS_CLIENT_CACERT_FILE'];
  const tlsProps = {
    key: readFileSync(required(env, 'CHAINCODE_TLS_KEY_FILE')),
    cert: readFileSync(required(env, 'CHAINCODE_TLS_CERT_FILE')),
    ...(clientCa === undefined ? {} : { clientCACerts: readFileSync(clientCa) }),
  };
  return { tlsProps: tlsProps as ChaincodeServerOpts['tlsProps'] };
}
