import { MidlockError } from '@midlock/protocol';

/** The result of `work`, or TIMED_OUT after `ms`; the work itself goes on and its failure is then nobody's. */
export async function within<T>(ms: number, work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new MidlockError('TIMED_OUT', { what, ms }));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
