import type { Failure } from './package.ts';

/** What is asked: how `id` is noticed; or, with every check in place, whether the tests pass that noticed. */
export type Question = { readonly id: string } | { readonly file: string; readonly name?: string };

export interface Answer {
  readonly failure?: Failure;
}

/** Sent before the answer, each time a test has ended. */
export const ALIVE = 'alive';
