import { MidlockError } from '@midlock/protocol';
import { loadOrderers, loadOrganizations, type FabricLedgerOptions } from './options.ts';
import { createGatewayTransport } from './organization-gateway.ts';
import { DEFAULT_TIMEOUTS, type FabricTransport } from './transport.ts';

/**
 * Opens the configured transport. The legacy client is loaded only here and only when it is asked for.
 * @throws {MidlockError} CONFIG_INVALID for an unreadable file, plain text beyond loopback, a legacy client without orderers.
 */
export async function openTransport(options: FabricLedgerOptions): Promise<FabricTransport> {
  const { identity, channel } = options;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const organizations = await loadOrganizations(options);
  if (options.client !== 'legacy')
    return createGatewayTransport(organizations, identity, channel, timeouts);
  const orderers = await loadOrderers(options);
  if (orderers.length === 0)
    throw new MidlockError('CONFIG_INVALID', {
      key: 'fabric.orderers',
      expected:
        'at least one orderer with address and tlsCaCertPath, since fabric.client is legacy; a connection profile with orderers brings them through midlock config import',
    });
  const { createLegacyTransport } = await import('../legacy/legacy-transport.ts');
  return createLegacyTransport({ organizations, orderers, identity, channel, timeouts });
}
