import { isKnownAccount } from '@midlock/client';
import { DEVELOPMENT_ACCOUNTS } from '@midlock/network';
import type { Address } from '@midlock/protocol';
import { expect, it } from 'vitest';

const MAINNET = 1n;
const DEVELOPMENT_CHAIN = 31_337n;

// The list stands in client and in network, neither of which may import the other.
it.each(DEVELOPMENT_ACCOUNTS)(
  '%s, which development networks fund, is refused elsewhere',
  (account) => {
    expect(isKnownAccount(account as Address, MAINNET)).toBe(true);
    expect(isKnownAccount(account as Address, DEVELOPMENT_CHAIN)).toBe(false);
  },
);
