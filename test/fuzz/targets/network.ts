import { NetworkError, parseNetworkDescription } from '@midlock/network';
import { bytesOf, textOf, type Target } from '../target.ts';
import { networkDescription } from './client.ts';

/** Files that `network up` leaves for other programs. */
export const NETWORK_TARGETS: readonly Target[] = [
  {
    name: 'network/description',
    about: 'a network description, from a file',
    format: 'json',
    sources: ['network/src/description.ts'],
    seeds: () => [bytesOf(JSON.stringify(networkDescription()))],
    parse: (input) => parseNetworkDescription(textOf(input)),
    accepts: (error) => error instanceof NetworkError && error.code === 'DESCRIPTION_INVALID',
  },
];
