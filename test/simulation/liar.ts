import { createRelayerClient, type RelayerClient, type TermsFile } from '@midlock/client';
import {
  ModelRefusal,
  encodeCall,
  type EthereumModel,
  type FabricModel,
} from '@midlock/client/model';
import { formatAccount, termsToJson, type SwapTerms } from '@midlock/protocol';
import type { Actor } from './actor.ts';
import type { Wiretap } from './adversary.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Party } from './terms.ts';

/** A relayer that lies to parties and to other relayers, in letters and in what it sends to the ledgers. */
export interface Liar {
  /** It hears of a swap, as relayers do. */
  take(terms: SwapTerms): void;
  start(): void;
  stop(): void;
}

export interface LiarOptions {
  readonly party: Party;
  readonly victims: readonly Actor[];
  readonly fabric: FabricModel;
  readonly ethereum: EthereumModel;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly wiretap: Wiretap;
  readonly order: (bytes: Uint8Array) => void;
  readonly note: (fault: string) => void;
}

const POLL_MS = 2000;
/** Codes that it answers with in place of letters, some of which would stop a process that took them for its own. */
const CODES = ['OVERLOADED', 'STORE_CORRUPT', 'STORE_VERSION', 'SWAP_STATE', 'NO_SUCH_CODE'];

export function createLiar(options: LiarOptions): Liar {
  const { party, victims, fabric, ethereum, scheduler, random, wiretap, note } = options;
  const known: SwapTerms[] = [];
  let active = false;
  let count = 0;

  /** What a mailbox says when a party asks for its letters. */
  function answer(): { readonly body: string; readonly ok: boolean } {
    const lie = random.int(8);
    if (lie === 0) {
      note('liar-error');
      return { body: JSON.stringify({ code: random.pick(CODES), status: 409 }), ok: false };
    }
    if (lie === 1) {
      note('liar-garbage');
      return {
        body: random.pick(['null', '[]', '{', '{"items":{}}', '{"items":[null,1,{}]}']),
        ok: true,
      };
    }
    if (known.length === 0) return { body: '{"items":[]}', ok: true };
    const items = Array.from({ length: 1 + random.int(3) }, () => letter(random.pick(known)));
    return { body: JSON.stringify({ items, next: 'nowhere' }), ok: true };
  }

  /** A letter with terms of a swap as it is or altered, and views of it that nobody asked for. */
  function letter(terms: SwapTerms): unknown {
    const id = String(random.int(1000)).padStart(12, '0');
    const claims = { state: 'settled', final: true, secret: `0x${'00'.repeat(32)}`, legs: {} };
    const file = { version: 1, terms: termsToJson(altered(terms)), acceptances: forged() };
    return { id, file, ...(random.chance(0.5) ? claims : {}) };
  }

  function altered(terms: SwapTerms): SwapTerms {
    const { fabric, ethereum } = terms;
    switch (random.int(6)) {
      case 0:
        note('liar-letter-replayed');
        return terms;
      case 1:
        note('liar-letter-amount');
        return { ...terms, fabric: { ...fabric, amount: fabric.amount + 1n } };
      case 2:
        note('liar-letter-beneficiary');
        return { ...terms, ethereum: { ...ethereum, beneficiary: party.ethereum } };
      case 3:
        note('liar-letter-deadlines');
        return {
          ...terms,
          fabric: { ...fabric, expiresAtSec: fabric.expiresAtSec + 20n },
          ethereum: { ...ethereum, expiresAtSec: ethereum.expiresAtSec + 20n },
        };
      case 4:
        note('liar-letter-other-swap');
        return { ...terms, hashLock: random.pick(known).hashLock };
      default:
        note('liar-letter-swapped');
        return {
          ...terms,
          direction: terms.direction === 'fabric-first' ? 'ethereum-first' : 'fabric-first',
        };
    }
  }

  function forged(): Record<string, unknown> {
    if (random.chance(0.7)) return {};
    note('liar-forged-signature');
    const acceptance = {
      ethereumSignature: `0x${'11'.repeat(65)}`,
      fabricSignature: '0x3006020101020101',
      fabricPublicKey: `0x${'22'.repeat(91)}`,
    };
    return { initiator: acceptance, responder: acceptance };
  }

  /** The party's own client, on a line that ends at the liar. */
  const client: RelayerClient = createRelayerClient({
    url: 'http://liar.invalid',
    fetch: () => {
      if (random.chance(0.1)) {
        note('liar-silent');
        return Promise.reject(new TypeError('no answer'));
      }
      const { body, ok } = answer();
      return Promise.resolve({ ok, body: pieces(body) } as unknown as Response);
    },
  });

  /** Each party looks into its box and takes what it finds, as its agent does. */
  async function deliver(victim: Actor): Promise<void> {
    let found: readonly { readonly file: TermsFile }[] = [];
    try {
      found = await client.letters(formatAccount(victim.party.fabric), '');
    } catch {
      return;
    }
    for (const { file } of found) await victim.letter(file);
  }

  /** On the ledgers it may call whatever anybody may call, with secrets that are wrong or of another swap. */
  function meddle(): void {
    if (known.length === 0) return;
    const terms = random.pick(known);
    const secret =
      wiretap.secrets.get(random.pick(known).hashLock) ?? new Uint8Array(32).fill(random.int(256));
    const action = random.pick(['claim', 'claim', 'refund', 'release'] as const);
    note(`liar-${action}`);
    if (random.chance(0.5)) onFabric(terms, action, secret);
    else {
      const nonce = ethereum.nonce(party.ethereum);
      const call = {
        from: party.ethereum,
        nonce,
        fee: BigInt(random.between(8, 40)),
        action,
        terms,
      };
      ethereum.send(encodeCall(action === 'claim' ? { ...call, secret } : call).bytes);
    }
  }

  function onFabric(
    terms: SwapTerms,
    action: 'claim' | 'refund' | 'release',
    secret: Uint8Array,
  ): void {
    const chosen = random.pick(fabric.organizations.slice(0, 2)).mspId;
    const stampSec = fabric.timeSec + BigInt(random.extreme(-6, 3));
    const nonce = `liar${String((count += 1))}`;
    const proposal = { creator: party.fabric, action, terms, stampSec, nonce };
    try {
      const whole = action === 'claim' ? { ...proposal, secret } : proposal;
      const { bytes } = fabric.endorse(whole, [party.fabric.mspId, chosen]);
      if (random.chance(0.5)) options.order(bytes);
      else
        scheduler.after(random.int(20_000), 'the liar orders late', () => {
          options.order(bytes);
        });
    } catch (error) {
      if (!(error instanceof ModelRefusal)) throw error;
    }
  }

  function tick(): void {
    if (!active) return;
    for (const victim of victims) if (random.chance(0.5)) void deliver(victim);
    if (random.chance(0.3)) meddle();
    scheduler.after(POLL_MS, 'the liar lies', tick);
  }

  return {
    take(terms) {
      known.push(terms);
    },
    start() {
      active = true;
      scheduler.after(random.int(POLL_MS), 'the liar lies', tick);
    },
    stop() {
      active = false;
    },
  };
}

/** An answer's bytes as they arrive; nothing but promises, so that a step of the scheduler exhausts it. */
async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const half = Math.ceil(bytes.length / 2);
  yield await Promise.resolve(bytes.slice(0, half));
  yield bytes.slice(half);
}
