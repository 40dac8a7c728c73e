import { NetworkError } from '../network-error.ts';
import type { ChaincodeTls } from './chaincode-package.ts';
import type { LifecycleOrganization, Observation } from './observe.ts';
import { probeChaincode } from './probe-chaincode.ts';
import { wordsOf } from './refusals.ts';

/** A chaincode server that is to run for an organisation. */
export interface WantedServer {
  readonly mspId: string;
  readonly address: string;
  readonly tls?: ChaincodeTls;
  readonly packageId: string;
}

export interface ServerCheck {
  /** Whether a definition is in force that these servers will serve from now on. */
  readonly isUpgrade: boolean;
  /** Go on although a server does not show itself here under its new id. */
  readonly unseenServers: boolean;
  readonly onStep: (line: string) => void;
}

/**
 * Looks at the chaincode servers before a change is approved: once it is in force, an organisation whose new server does
 * not run endorses no claim and no refund. Of a new chaincode it only says what is to be started.
 * @throws {NetworkError} CHAINCODE_UNREACHABLE, PACKAGE_MISMATCH.
 */
export async function checkServers(
  servers: readonly WantedServer[],
  { isUpgrade, unseenServers, onStep }: ServerCheck,
): Promise<void> {
  for (const { mspId, address, tls, packageId } of servers) {
    const probe = await probeChaincode(address, tls);
    if (probe.kind === 'answers' && probe.packageId === packageId) continue;
    const seen = probe.kind === 'answers' ? `runs as ${probe.packageId}` : probe.reason;
    if (isUpgrade && !unseenServers) {
      throw new NetworkError(
        probe.kind === 'answers' ? 'PACKAGE_MISMATCH' : 'CHAINCODE_UNREACHABLE',
        'Not approved: without its new chaincode server an organisation could endorse no claim and no refund.',
        {
          organization: mspId,
          address,
          CHAINCODE_ID: packageId,
          seen,
          override: '--unseen-servers',
        },
      );
    }
    onStep(`${mspId}: start the chaincode server at ${address} as ${packageId} (${seen})`);
  }
}

/** What a peer says while it cannot reach a chaincode; anything else is the chaincode's own answer. */
const NOT_RUNNING =
  /could not launch|failed to execute transaction|connection|timeout expired|not installed|Unavailable|not found/i;
const RETRY_MS = 200;

/**
 * Waits until every peer of the administrators at hand runs the chaincode. Writes nothing.
 * @throws {NetworkError} CHAINCODE_UNREACHABLE naming organisation, address and package id.
 */
export async function awaitServers(
  channel: string,
  organizations: readonly LifecycleOrganization[],
  { definition: { name }, organizations: answers }: Observation,
  timeoutMs: number,
): Promise<void> {
  const probe = { channel, chaincode: name, args: ['org.hyperledger.fabric:GetMetadata'] };
  const deadline = Date.now() + timeoutMs;
  await Promise.all(
    organizations.flatMap(({ mspId, peers, server }) =>
      peers.map(async ({ client, name: peer }) => {
        for (;;) {
          const words = await client.process(probe).then(() => '', wordsOf);
          if (!NOT_RUNNING.test(words)) return;
          if (Date.now() > deadline) {
            throw new NetworkError(
              'CHAINCODE_UNREACHABLE',
              'The definition is in force, but a peer does not reach its chaincode server.',
              {
                organization: mspId,
                peer,
                address: server?.address ?? 'as packed',
                CHAINCODE_ID: answers.find((answer) => answer.mspId === mspId)?.packageId ?? '',
                reason: words,
              },
            );
          }
          await new Promise((done) => setTimeout(done, RETRY_MS));
        }
      }),
    ),
  );
}
