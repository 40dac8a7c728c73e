import type { NodePaths } from '@midlock/devnode/msp';
import type { OrdererNode, PeerNode } from './layout.ts';

const HOST = '127.0.0.1';
/** How Fabric signs and hashes in software; the same in all files. */
const BCCSP = {
  Default: 'SW',
  SW: { Hash: 'SHA2', Security: 256, FileKeyStore: { KeyStore: '' } },
};

export interface OrdererSettings {
  readonly node: OrdererNode;
  readonly mspId: string;
  readonly paths: NodePaths;
  readonly dataDir: string;
  /** Major version of the binaries: 2 still knows a bootstrap method, 3 refuses the key. */
  readonly major: number;
}

/** The content of orderer.yaml (JSON is YAML). Keys that the file lacks cannot be set by environment, so all are here. */
export function ordererConfiguration({
  node,
  mspId,
  paths,
  dataDir,
  major,
}: OrdererSettings): object {
  return {
    General: {
      ListenAddress: HOST,
      ListenPort: node.port,
      TLS: {
        Enabled: true,
        PrivateKey: paths.tlsKeyPath,
        Certificate: paths.tlsCertPath,
        RootCAs: [paths.tlsCaCertPath],
        ClientAuthRequired: false,
      },
      Keepalive: { ServerMinInterval: '60s', ServerInterval: '7200s', ServerTimeout: '20s' },
      MaxRecvMsgSize: 104_857_600,
      MaxSendMsgSize: 104_857_600,
      // Cluster TLS is mandatory even for a single Raft node.
      Cluster: { ClientCertificate: paths.tlsCertPath, ClientPrivateKey: paths.tlsKeyPath },
      LocalMSPDir: paths.mspDir,
      LocalMSPID: mspId,
      BCCSP,
      Authentication: { TimeWindow: '15m' },
      ...(major < 3 ? { BootstrapMethod: 'none' } : {}),
    },
    FileLedger: { Location: `${dataDir}/ledger` },
    Operations: { ListenAddress: `${HOST}:${node.operationsPort}`, TLS: { Enabled: false } },
    // Only the metrics tell whether ordering has a leader.
    Metrics: { Provider: 'prometheus' },
    Admin: { ListenAddress: `${HOST}:${node.adminPort}`, TLS: { Enabled: false } },
    ChannelParticipation: { Enabled: true, MaxRequestBodySize: '1 MB' },
    Consensus: { WALDir: `${dataDir}/wal`, SnapDir: `${dataDir}/snapshot` },
  };
}

export interface PeerSettings {
  readonly node: PeerNode;
  /** Port of the peer through which an organisation's peers find each other. */
  readonly bootstrapPort: number;
  readonly paths: NodePaths;
  readonly dataDir: string;
  readonly builderDir: string;
  /** Whether the peer refuses proposals whose timestamp is off by more than 15 minutes (3.x only). */
  readonly timeWindow: boolean;
  /** Whether the peer offers the Gateway service, as Fabric does since 2.4. */
  readonly gateway: boolean;
  /** Longest run of one chaincode call. */
  readonly executeTimeoutMs: number;
}

/**
 * The content of core.yaml. Gossip intervals are a fraction of the defaults: with those, organisations learn of each
 * other's peers only after 25 s, and until then every transaction fails.
 */
export function peerConfiguration(settings: PeerSettings): object {
  const { node, paths, dataDir } = settings;
  const address = `${HOST}:${node.port}`;
  const authFilters = [
    'DefaultAuth',
    'ExpirationCheck',
    ...(settings.timeWindow ? ['TimeWindowCheck'] : []),
  ];
  return {
    peer: {
      id: `${node.name}.${node.mspId}`,
      networkId: 'native',
      listenAddress: address,
      address,
      chaincodeListenAddress: `${HOST}:${node.chaincodePort}`,
      chaincodeAddress: `${HOST}:${node.chaincodePort}`,
      addressAutoDetect: false,
      gateway: {
        enabled: settings.gateway,
        endorsementTimeout: '30s',
        broadcastTimeout: '30s',
        dialTimeout: '2m',
      },
      keepalive: KEEPALIVE,
      gossip: gossip(address, `${HOST}:${settings.bootstrapPort}`),
      tls: {
        enabled: true,
        clientAuthRequired: false,
        cert: { file: paths.tlsCertPath },
        key: { file: paths.tlsKeyPath },
        rootcert: { file: paths.tlsCaCertPath },
      },
      authentication: { timewindow: '15m' },
      fileSystemPath: dataDir,
      BCCSP,
      mspConfigPath: paths.mspDir,
      localMspId: node.mspId,
      localMspType: 'bccsp',
      client: { connTimeout: '3s' },
      deliveryclient: {
        blockGossipEnabled: false,
        reconnectTotalTimeThreshold: '3600s',
        connTimeout: '3s',
        // A peer that lost its orderer must find it again quickly.
        reConnectBackoffThreshold: '1s',
        minimalReconnectInterval: '100ms',
        blockCensorshipTimeoutKey: '30s',
        policy: 'cluster',
      },
      handlers: {
        authFilters: authFilters.map((name) => ({ name })),
        decorators: [{ name: 'DefaultDecorator' }],
        endorsers: { escc: { name: 'DefaultEndorsement' } },
        validators: { vscc: { name: 'DefaultValidation' } },
      },
      discovery: {
        enabled: true,
        authCacheEnabled: true,
        authCacheMaxSize: 1000,
        authCachePurgeRetentionRatio: 0.75,
      },
      limits: { concurrency: { endorserService: 2500, deliverService: 2500, gatewayService: 500 } },
      maxRecvMsgSize: 104_857_600,
      maxSendMsgSize: 104_857_600,
    },
    // An empty endpoint switches Docker off cleanly.
    vm: { endpoint: '' },
    chaincode: {
      builder: 'none',
      externalBuilders: [{ name: 'ccaas', path: settings.builderDir, propagateEnvironment: [] }],
      installTimeout: '60s',
      startuptimeout: '60s',
      executetimeout: `${settings.executeTimeoutMs}ms`,
      mode: 'net',
      // Node chaincode up to fabric-shim 2.5.8 exits on a keep-alive message.
      keepalive: 0,
      system: { _lifecycle: 'enable', cscc: 'enable', lscc: 'enable', qscc: 'enable' },
      logging: { level: 'info', shim: 'warning' },
      runtimeParams: {
        useWriteBatch: true,
        maxSizeWriteBatch: 1000,
        useGetMultipleKeys: true,
        maxSizeGetMultipleKeys: 1000,
      },
    },
    ledger: {
      blockchain: {},
      state: { stateDatabase: 'goleveldb', totalQueryLimit: 100_000 },
      history: { enableHistoryDatabase: true },
      pvtdataStore: {
        collElgProcMaxDbBatchSize: 5000,
        collElgProcDbBatchesInterval: 1000,
        deprioritizedDataReconcilerInterval: '60m',
        purgeInterval: 100,
        purgedKeyAuditLogging: true,
      },
      snapshots: { rootDir: `${dataDir}/snapshots` },
    },
    operations: { listenAddress: `${HOST}:${node.operationsPort}`, tls: { enabled: false } },
    metrics: { provider: 'disabled' },
  };
}

const KEEPALIVE = {
  interval: '7200s',
  timeout: '20s',
  minInterval: '60s',
  client: { interval: '60s', timeout: '20s' },
  deliveryClient: { interval: '60s', timeout: '20s' },
};

function gossip(address: string, bootstrap: string): object {
  return {
    bootstrap,
    endpoint: address,
    externalEndpoint: address,
    useLeaderElection: false,
    orgLeader: true,
    membershipTrackerInterval: '5s',
    maxBlockCountToStore: 10,
    maxPropagationBurstLatency: '10ms',
    maxPropagationBurstSize: 10,
    propagateIterations: 1,
    propagatePeerNum: 3,
    pullInterval: '1s',
    pullPeerNum: 3,
    requestStateInfoInterval: '500ms',
    publishStateInfoInterval: '500ms',
    publishCertPeriod: '10s',
    dialTimeout: '1s',
    connTimeout: '500ms',
    recvBuffSize: 20,
    sendBuffSize: 200,
    digestWaitTime: '200ms',
    requestWaitTime: '300ms',
    responseWaitTime: '500ms',
    aliveTimeInterval: '500ms',
    aliveExpirationTimeout: '25s',
    reconnectInterval: '500ms',
    maxConnectionAttempts: 120,
    msgExpirationFactor: 20,
    election: {
      startupGracePeriod: '15s',
      membershipSampleInterval: '1s',
      leaderAliveThreshold: '10s',
      leaderElectionDuration: '5s',
    },
    pvtData: {
      pullRetryThreshold: '60s',
      transientstoreMaxBlockRetention: 20_000,
      pushAckTimeout: '3s',
      btlPullMargin: 10,
      reconcileBatchSize: 10,
      reconcileSleepInterval: '1m',
      reconciliationEnabled: true,
      skipPullingInvalidTransactionsDuringCommit: false,
      implicitCollectionDisseminationPolicy: { requiredPeerCount: 0, maxPeerCount: 1 },
    },
    state: {
      enabled: false,
      checkInterval: '10s',
      responseTimeout: '3s',
      batchSize: 10,
      blockBufferSize: 20,
      maxRetries: 3,
    },
  };
}
