import type { OrganizationMaterial } from '../msp/index.ts';
import type { Consensus } from '../options.ts';

/** What the first block says about a channel. */
export interface ChannelConfiguration {
  readonly channel: string;
  readonly profile: '2.5' | '3.x';
  readonly consensus: Consensus;
  readonly orderers: OrganizationMaterial;
  readonly organizations: readonly OrganizationMaterial[];
  readonly batch: {
    readonly timeoutMs: number;
    readonly maxMessages: number;
    readonly preferredMaxBytes: number;
  };
}

/** The port that the configuration names for each orderer; nobody listens there. */
export const NOMINAL_ORDERER_PORT = 7050;
