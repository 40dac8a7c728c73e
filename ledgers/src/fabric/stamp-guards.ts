import { FABRIC_TX, type MidlockError } from '@midlock/protocol';
import type { ClockBook } from './clock-book.ts';
import { translateGatewayError } from './gateway-error.ts';

/** What a probe needs of an organisation's gateway. */
interface Evaluator {
  readonly mspId: string;
  readonly endpoint: string;
  evaluate(invocation: {
    readonly chaincode: string;
    readonly name: string;
    readonly arguments: readonly string[];
    readonly stampMs: bigint;
    readonly organizations: readonly string[];
  }): Promise<Uint8Array>;
}

/** How far from an endorser's clock a stamp is placed to see whether it is refused, milliseconds. */
export interface StampProbe {
  readonly pastMs: bigint;
  readonly futureMs: bigint;
}

/** Whether an organisation refuses both stamps, by its peer's filter or by its chaincode; undefined where it did not tell. */
export interface StampGuard {
  readonly mspId: string;
  readonly guarded: boolean | undefined;
}

/**
 * Asks each organisation to run a lock without terms under a stamp that is too old and one that is too new. Nothing is
 * ordered: it is only evaluated, and the chaincode refuses it in any case. What for, tells whether stamps are looked at.
 * Two evaluations per organisation; never throws.
 */
export function probeStampGuards(
  gateways: readonly Evaluator[],
  clocks: Pick<ClockBook, 'clocks'>,
  chaincode: string,
  { pastMs, futureMs }: StampProbe,
): Promise<readonly StampGuard[]> {
  return Promise.all(
    gateways.map(async (gateway) => {
      const { mspId } = gateway;
      try {
        const [clock] = await clocks.clocks([mspId]);
        if (clock === undefined) return { mspId, guarded: undefined };
        const stamps = [clock.nowMs - pastMs, clock.nowMs + futureMs];
        const answers = await Promise.all(
          stamps.map((stampMs) => refuses(gateway, chaincode, stampMs)),
        );
        return { mspId, guarded: verdict(answers) };
      } catch {
        return { mspId, guarded: undefined };
      }
    }),
  );
}

/** One stamp that is taken is enough to know; one answer that tells nothing leaves it open. */
function verdict(answers: readonly (boolean | undefined)[]): boolean | undefined {
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

async function refuses(
  gateway: Evaluator,
  chaincode: string,
  stampMs: bigint,
): Promise<boolean | undefined> {
  try {
    await gateway.evaluate({
      chaincode,
      name: FABRIC_TX.lock,
      arguments: ['', '[]'],
      stampMs,
      organizations: [gateway.mspId],
    });
    return false;
  } catch (cause) {
    return refusesStamp(translateGatewayError(cause, gateway.endpoint));
  }
}

/**
 * Fabric 3's TimeWindowCheck says "incorrect timestamp"; a chaincode that comes as far as the terms let the stamp pass.
 * Any other answer (not initialised, another identity, nobody there) says nothing about stamps.
 */
function refusesStamp(error: MidlockError): boolean | undefined {
  if (error.code === 'STAMP_OUTSIDE_WINDOW') return true;
  if (error.code.startsWith('TERMS_')) return false;
  const { reason } = error.data;
  return typeof reason === 'string' && /incorrect timestamp/.test(reason) ? true : undefined;
}
