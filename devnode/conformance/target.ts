import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyPair, OrganizationMaterial } from '../src/msp/index.ts';

/** One organisation of the network under test, in the shape that every network description has. */
export interface TargetOrganization {
  readonly gateway: string;
  readonly tlsServerName: string;
  readonly tlsCaCertPath: string;
  readonly mspDir: string;
  readonly users: Readonly<Record<string, { readonly certPath: string; readonly keyPath: string }>>;
}

/** A running network with the probe chaincodes of {@link CHAINCODES} and the organisations of {@link ORGANIZATIONS}. */
export interface Target {
  readonly channel: string;
  readonly organizations: Readonly<Record<string, TargetOrganization>>;
}

export const CHANNEL = 'conformance';

/** How long one chaincode call may run on the target; short, so that time-outs can be tested. */
export const EXECUTE_TIMEOUT_MS = 2_000;

export const ORGANIZATIONS = [1, 2, 3].map((number) => ({
  mspId: `Org${number}MSP`,
  domain: `org${number}.example.com`,
  users: ['User1'],
  attributes: { User1: { level: String(number) } },
}));

const ANY_TWO = "OutOf(2,'Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')";

/** The probe under two names: `probe` asks for two organisations, `second` for one. */
export const CHAINCODES = [
  {
    name: 'probe',
    version: '1.0',
    sequence: 1,
    endorsementPolicy: ANY_TWO,
    collections: [
      {
        name: 'shared',
        policy: "OR('Org1MSP.member','Org2MSP.member')",
        requiredPeerCount: 0,
        maxPeerCount: 3,
        memberOnlyRead: true,
        memberOnlyWrite: true,
      },
      {
        name: 'own',
        policy: "OR('Org1MSP.member')",
        requiredPeerCount: 0,
        maxPeerCount: 3,
        memberOnlyRead: true,
        memberOnlyWrite: true,
        endorsementPolicy: "OR('Org1MSP.peer')",
      },
      {
        name: 'brief',
        policy: "OR('Org1MSP.member','Org2MSP.member','Org3MSP.member')",
        requiredPeerCount: 0,
        maxPeerCount: 3,
        blockToLive: 2,
      },
    ],
  },
  {
    name: 'second',
    version: '1.0',
    sequence: 1,
    endorsementPolicy: "OR('Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')",
  },
] as const;

/** How a process of the probe is started; address, package id and MSP id come by Fabric's own variables. */
export function probeCommand(): { file: string; args: string[] } {
  const cli = new URL('./cli.js', import.meta.resolve('fabric-shim')).pathname;
  const module = new URL('./chaincode', import.meta.url).pathname;
  // fabric-shim's command takes address and package id as arguments, not from the environment.
  const script =
    'exec "$0" "$1" server --module-path "$2" --chaincode-address "$CHAINCODE_SERVER_ADDRESS" --chaincode-id "$CHAINCODE_ID"';
  return { file: 'sh', args: ['-c', script, process.execPath, cli, module] };
}

/** The certificate authority of an organisation, from the target's own material: cryptogen's layout has the key. */
export function readAuthority(
  mspId: string,
  organization: TargetOrganization,
): OrganizationMaterial {
  const definition = ORGANIZATIONS.find((entry) => entry.mspId === mspId);
  if (definition === undefined) throw new Error(`unknown organisation ${mspId}`);
  const { domain } = definition;
  const read = (folder: 'ca' | 'tlsca'): KeyPair => {
    const dir = join(organization.mspDir, '..', folder);
    return {
      certificatePem: readFileSync(join(dir, `${folder}.${domain}-cert.pem`), 'utf8'),
      privateKeyPem: readFileSync(join(dir, 'priv_sk'), 'utf8'),
    };
  };
  return {
    mspId,
    domain,
    kind: 'peer',
    ca: read('ca'),
    tlsCa: read('tlsca'),
    peers: [],
    users: [],
  };
}
