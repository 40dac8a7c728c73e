import { Contract } from 'fabric-contract-api';
import { MidlockError, canonicalJson } from '@midlock/protocol';
import { MidlockContext } from '../context.ts';

/** What Midlock's contracts share: their context, one event per transaction, refusals with a code. */
export abstract class MidlockContract extends Contract {
  override createContext(): MidlockContext {
    return new MidlockContext();
  }

  override afterTransaction(ctx: MidlockContext): Promise<void> {
    ctx.flushEvents();
    return Promise.resolve();
  }

  override unknownTransaction(): Promise<void> {
    throw new MidlockError('ARGUMENT_INVALID', { argument: 'function', expected: 'see FABRIC_TX' });
  }
}

/** Every answer is canonical JSON, so that all endorsers return the same bytes. */
export function answer(value: object): string {
  return canonicalJson(value);
}
