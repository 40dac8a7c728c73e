// A swap between two parties with the SDK alone: no agent, no relayer, no store but memory.
// node --conditions=source examples/two-party-swap.ts <alice's config> <bob's config>   (see docs/operations.md)
import {
  acceptSwap,
  agentSchema,
  accountsOf,
  createAgent,
  createMemoryStore,
  createSwap,
  createSystemClock,
  openEthereumSigner,
  openIdentity,
  openLedgers,
  openSeedFile,
  planSwap,
  readConfig,
  silentLogger,
  systemRandom,
} from '@midlock/client';
import { ETH } from '@midlock/protocol';

const [alice, bob] = await Promise.all(process.argv.slice(2, 4).map(party));
if (alice === undefined || bob === undefined) throw new Error('two configuration files are needed');

const { profile, fabric, ethereum } = alice.config;
const nowSec = (await alice.ledgers.ethereum.head()).timeSec;
const plan = planSwap({ direction: 'fabric-first', profile, nowSec });
const draft = await createSwap(
  {
    plan,
    fabric: {
      networkId: await alice.ledgers.fabric.networkId(),
      channel: fabric.channel,
      chaincode: fabric.chaincode,
      assetKind: 'fungible',
      assetId: 'gold',
      amount: 5n,
    },
    ethereum: {
      chainId: ethereum.chainId,
      escrow: ethereum.escrow,
      token: ETH,
      amount: 10n ** 15n,
    },
    initiator: alice.accounts,
    responder: bob.accounts,
  },
  { seed: alice.seed, random: systemRandom, save: () => Promise.resolve() },
);
const half = await acceptSwap(draft, alice.signers, { profile, nowSec });
const terms = await acceptSwap(half, bob.signers, { profile, nowSec });

const [swapId] = await Promise.all([alice, bob].map(({ agent }) => agent.take(terms)));
const ended = await Promise.all(
  [alice, bob].map(({ agent }) => agent.finished(swapId!, AbortSignal.timeout(120_000))),
);
console.log(
  swapId,
  ended.map(({ legs }) => legs),
);
process.exit(0);

async function party(configFile: string) {
  const config = readConfig(configFile, agentSchema, process.env);
  const [identity, signer, seed] = await Promise.all([
    openIdentity(config.identity.fabric),
    openEthereumSigner(config.identity.ethereum.key),
    openSeedFile(config.seed.file, systemRandom),
  ]);
  const store = createMemoryStore();
  const signers = { fabric: identity, ethereum: signer };
  const ledgers = await openLedgers({
    ...config,
    fabricIdentity: identity,
    ethereumSigner: signer,
    nonces: store.nonces,
    logger: silentLogger,
  });
  const accounts = accountsOf(signers);
  const agent = createAgent(
    { accounts, profile: config.profile },
    { store, seed, clock: createSystemClock(), fabric: ledgers.fabric, ethereum: ledgers.ethereum },
  );
  await agent.start();
  return { config, seed, signers, ledgers, accounts, agent };
}
