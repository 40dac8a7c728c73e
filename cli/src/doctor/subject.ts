import { existsSync, readFileSync } from 'node:fs';
import {
  agentSchema,
  createMemoryStore,
  identitySecrets,
  openEthereumSigner,
  openIdentity,
  openLedgers,
  partySecrets,
  readConfig,
  silentLogger,
  type AgentConfig,
  type Listener,
} from '@midlock/client';
import type { EthereumLedger, FabricIdentity, FabricLedger } from '@midlock/ledgers';
import { relayerSchema, type RelayerConfig } from '@midlock/relayer';
import type { Address } from '@midlock/protocol';
import { parse } from 'yaml';
import { DEFAULT_CONFIG_FILE } from '../party/open-party.ts';

/** A configuration to look at: a party's or a relayer's. */
export interface Subject {
  readonly config: Pick<
    AgentConfig,
    'name' | 'profile' | 'fabric' | 'ethereum' | 'identity' | 'store'
  >;
  readonly secretFiles: readonly (string | undefined)[];
  readonly listeners: readonly (Listener & { readonly port: number })[];
  /** MSP folders by organisation, where a network description names them. */
  readonly mspDirs: Readonly<Record<string, string>>;
  /** What `--sequence` says that the chaincode is committed with. */
  readonly sequence?: number;
}

/** Both ledgers, opened with the configured keys. */
export interface OpenSubject extends Subject {
  readonly identity: FabricIdentity;
  readonly address: Address;
  readonly fabric: FabricLedger;
  readonly ethereum: EthereumLedger;
  close(): void;
}

/** Reads a party's or a relayer's configuration, told apart by the sections that only a relayer has. Throws CONFIG_INVALID. */
export function readSubject(file = DEFAULT_CONFIG_FILE, sequence?: number): Subject {
  const raw = rawOf(file);
  const more = { mspDirs: mspDirsOf(raw), ...(sequence === undefined ? {} : { sequence }) };
  if (!('api' in raw) && !('operations' in raw)) {
    const config = readConfig(file, agentSchema, process.env);
    return { config, secretFiles: partySecrets(config), listeners: [], ...more };
  }
  const config = readConfig(file, relayerSchema, process.env);
  const secretFiles = [...identitySecrets(config.identity), config.api.tls?.keyFile];
  return { config, secretFiles, listeners: listenersOf(config), ...more };
}

/** Opens keys and ledgers; sends nothing. Throws IDENTITY_INVALID, SECRET_FILE_EXPOSED, CONFIG_INVALID. */
export async function openSubject(subject: Subject): Promise<OpenSubject> {
  const { config } = subject;
  const [fabricIdentity, ethereumSigner] = await Promise.all([
    openIdentity(config.identity.fabric),
    openEthereumSigner(config.identity.ethereum.key),
  ]);
  const ledgers = await openLedgers({
    ...config,
    fabricIdentity,
    ethereumSigner,
    nonces: createMemoryStore().nonces,
    logger: silentLogger,
  });
  const { address } = ethereumSigner;
  return {
    ...subject,
    identity: fabricIdentity,
    address,
    fabric: ledgers.fabric,
    ethereum: ledgers.ethereum,
    close: () => {
      ledgers.close();
    },
  };
}

function listenersOf({ api, operations }: RelayerConfig): Subject['listeners'] {
  const open = { tls: api.tls !== undefined, tokens: api.tokens.length > 0 };
  return [
    { name: 'api', host: api.host, port: api.port, ...open },
    { name: 'operations', ...operations, tls: false, tokens: false },
  ];
}

/** The document as it stands; nothing where it cannot be read, which the schema then says. */
function rawOf(file: string): object {
  try {
    const raw: unknown = parse(readFileSync(file, 'utf8'), { maxAliasCount: 10 });
    return typeof raw === 'object' && raw !== null ? raw : {};
  } catch {
    return {};
  }
}

function mspDirsOf(raw: object): Readonly<Record<string, string>> {
  const { network } = raw as { readonly network?: { readonly file?: unknown } };
  if (typeof network?.file !== 'string' || !existsSync(network.file)) return {};
  try {
    const { fabric } = JSON.parse(readFileSync(network.file, 'utf8')) as {
      readonly fabric: { readonly organizations: Record<string, { readonly mspDir?: unknown }> };
    };
    return Object.fromEntries(
      Object.entries(fabric.organizations).flatMap(([mspId, { mspDir }]) =>
        typeof mspDir === 'string' ? [[mspId, mspDir]] : [],
      ),
    );
  } catch {
    return {};
  }
}
