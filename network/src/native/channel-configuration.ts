import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { OrganizationPaths } from '@midlock/devnode/msp';
import { NetworkError } from '../network-error.ts';
import type { FabricBinaries } from './binaries.ts';
import { folders, nodePaths, ORDERER_MSP_ID, type NativeLayout } from './layout.ts';

const HOST = '127.0.0.1';

export interface ChannelSettings {
  readonly layout: NativeLayout;
  readonly orderer: OrganizationPaths;
  readonly organizations: readonly OrganizationPaths[];
  readonly batchTimeoutMs: number;
  readonly maxMessageCount: number;
}

/** Lets configtxgen write the channel's first block. @throws {NetworkError} PROCESS_FAILED with its last lines. */
export async function writeGenesisBlock(
  workDir: string,
  binaries: FabricBinaries,
  settings: ChannelSettings,
): Promise<string> {
  const configDir = join(workDir, 'channel');
  const block = folders.genesisBlock(workDir);
  await mkdir(configDir, { recursive: true });
  await writeFile(
    join(configDir, 'configtx.yaml'),
    JSON.stringify(channelConfiguration(settings, binaries.major), undefined, 1),
  );
  const args = ['-profile', 'Channel', '-channelID', settings.layout.channel];
  try {
    await promisify(execFile)(binaries.path('configtxgen'), [...args, '-outputBlock', block], {
      env: { FABRIC_CFG_PATH: configDir },
      timeout: 30_000,
    });
  } catch (error) {
    const text = (error as { stderr?: string }).stderr ?? String(error);
    throw new NetworkError('PROCESS_FAILED', 'configtxgen refused the channel.', {
      lines: text.trim().split('\n').slice(-3).join(' | ').slice(-600),
    });
  }
  return block;
}

/** The content of configtx.yaml with one profile, `Channel`. */
function channelConfiguration(settings: ChannelSettings, major: number): object {
  const { layout, orderer, organizations } = settings;
  const bft = layout.consensus === 'bft';
  const channelCapability = major >= 3 ? 'V3_0' : 'V2_0';
  return {
    Profiles: {
      Channel: {
        Policies: META_POLICIES,
        Capabilities: { [channelCapability]: true },
        Orderer: {
          OrdererType: bft ? 'BFT' : 'etcdraft',
          BatchTimeout: `${settings.batchTimeoutMs}ms`,
          BatchSize: {
            MaxMessageCount: settings.maxMessageCount,
            AbsoluteMaxBytes: '10 MB',
            PreferredMaxBytes: '2 MB',
          },
          ...(bft ? smartBft(settings) : etcdRaft(settings)),
          Organizations: [
            {
              Name: ORDERER_MSP_ID,
              ID: ORDERER_MSP_ID,
              MSPDir: orderer.mspDir,
              Policies: signaturePolicies(ORDERER_MSP_ID, ['member'], ['member']),
              OrdererEndpoints: layout.orderers.map(({ port }) => `${HOST}:${port}`),
            },
          ],
          Policies: {
            ...META_POLICIES,
            BlockValidation: { Type: 'ImplicitMeta', Rule: 'ANY Writers' },
          },
          Capabilities: { V2_0: true },
        },
        Application: {
          Organizations: organizations.map((paths) => applicationOrganization(paths, layout)),
          Policies: {
            ...META_POLICIES,
            LifecycleEndorsement: { Type: 'ImplicitMeta', Rule: 'MAJORITY Endorsement' },
            Endorsement: { Type: 'ImplicitMeta', Rule: 'MAJORITY Endorsement' },
          },
          Capabilities: { V2_5: true },
        },
      },
    },
  };
}

const META_POLICIES = {
  Readers: { Type: 'ImplicitMeta', Rule: 'ANY Readers' },
  Writers: { Type: 'ImplicitMeta', Rule: 'ANY Writers' },
  Admins: { Type: 'ImplicitMeta', Rule: 'MAJORITY Admins' },
};

function signaturePolicies(mspId: string, readers: string[], writers: string[]): object {
  const any = (roles: readonly string[]): string =>
    `OR(${roles.map((role) => `'${mspId}.${role}'`).join(', ')})`;
  return {
    Readers: { Type: 'Signature', Rule: any(readers) },
    Writers: { Type: 'Signature', Rule: any(writers) },
    Admins: { Type: 'Signature', Rule: any(['admin']) },
    Endorsement: { Type: 'Signature', Rule: any(['peer']) },
  };
}

function applicationOrganization(paths: OrganizationPaths, layout: NativeLayout): object {
  const peers = layout.peers.filter(({ mspId }) => mspId === paths.mspId);
  return {
    Name: paths.mspId,
    ID: paths.mspId,
    MSPDir: paths.mspDir,
    Policies: signaturePolicies(paths.mspId, ['admin', 'peer', 'client'], ['admin', 'client']),
    // Without anchor peers in the first block, organisations never hear of each other.
    AnchorPeers: peers.map(({ port }) => ({ Host: HOST, Port: port })),
  };
}

function etcdRaft({ layout, orderer }: ChannelSettings): object {
  return {
    EtcdRaft: {
      Consenters: layout.orderers.map(({ name, port }) => {
        const { tlsCertPath } = nodePaths(orderer, name);
        return { Host: HOST, Port: port, ClientTLSCert: tlsCertPath, ServerTLSCert: tlsCertPath };
      }),
      Options: {
        // A tenth of the default: a lone orderer elects itself in less than a second.
        TickInterval: '100ms',
        ElectionTick: 5,
        HeartbeatTick: 1,
        MaxInflightBlocks: 5,
        SnapshotIntervalSize: '16 MB',
      },
    },
  };
}

function smartBft({ layout, orderer, batchTimeoutMs }: ChannelSettings): object {
  return {
    SmartBFT: {
      RequestBatchMaxInterval: `${batchTimeoutMs}ms`,
      // A fraction of the defaults: a lost proposal or leader is made good in seconds, not after a minute.
      RequestForwardTimeout: '1s',
      RequestComplainTimeout: '3s',
      RequestAutoRemoveTimeout: '3m0s',
      ViewChangeResendInterval: '1s',
      ViewChangeTimeout: '5s',
      LeaderHeartbeatTimeout: '5s',
      CollectTimeout: '1s',
      IncomingMessageBufferSize: 200,
      RequestPoolSize: 100_000,
      LeaderHeartbeatCount: 10,
    },
    ConsenterMapping: layout.orderers.map(({ name, port }, index) => {
      const { host, mspDir, tlsCertPath } = nodePaths(orderer, name);
      return {
        ID: index + 1,
        Host: HOST,
        Port: port,
        MSPID: ORDERER_MSP_ID,
        Identity: join(mspDir, 'signcerts', `${host}-cert.pem`),
        ClientTLSCert: tlsCertPath,
        ServerTLSCert: tlsCertPath,
      };
    }),
  };
}
