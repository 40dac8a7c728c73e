/**
 * Like Promise.all, but a failure is told only once every other part has ended: who cleans up afterwards finds nobody still
 * writing files or starting processes. The parts must end by themselves when one of them fails or everything is stopped.
 */
export async function settleAll<T extends readonly unknown[]>(
  parts: readonly [...{ readonly [K in keyof T]: Promise<T[K]> }],
): Promise<T> {
  await Promise.allSettled(parts);
  return (await Promise.all(parts)) as unknown as T;
}
