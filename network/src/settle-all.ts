/**
 * Like Promise.all, but a failure is told only once every other part has ended: who cleans up afterwards finds nobody still
 * writing files or starting processes. The parts must end by themselves when one of them fails or everything is stopped.
 */
export async function settleAll<T extends readonly Promise<unknown>[] | []>(
  parts: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(parts);
  return Promise.all(parts);
}
