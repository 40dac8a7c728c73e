import type { EthereumFlaw, FabricFlaw } from '@midlock/client/model';
import { verifySecret, type SwapTerms } from '@midlock/protocol';
import { createEthereumModelSide } from './models/ethereum.ts';
import { createFabricModelSide } from './models/fabric.ts';
import { NAMES, PARTIES, type PartyName } from './parties.ts';
import { ESCROW_SEC, FABRIC_LIMITS, FABRIC_PROFILE, WHOLE_ASSETS } from './rules.ts';
import type { ModelFactory, ModelSides } from './run.ts';
import type { Place } from './life-cycle.ts';
import type { EthereumCommand, EthereumSide, FabricCommand, FabricSide, Outcome } from './sides.ts';

/** The client's models as they are. */
export const clientModels: ModelFactory = ({ token, direct }) => ({
  ethereum: createEthereumModelSide({ token, direct }),
  fabric: createFabricModelSide(),
});

/** Models with one thing wrong: each must be told from the ledgers. */
export const DEVIATIONS: Readonly<Record<string, ModelFactory>> = {
  'escrow: claims one second longer': ethereum(late('claim')),
  'escrow: claims one second shorter': ethereum(early('claim')),
  'escrow: refunds one second early': ethereum(early('refund')),
  'escrow: refunds one second late': ethereum(late('refund')),
  'escrow: claims after the deadline': escrowFlaw('claims-late'),
  'escrow: refunds before the deadline': escrowFlaw('refunds-early'),
  'escrow: pays who calls': escrowFlaw('pays-caller'),
  'escrow: settles twice': escrowFlaw('settles-twice'),
  'escrow: a unit more for nobody': escrowFlaw('mints'),
  'escrow: any duration': escrowFlaw('any-duration'),
  'escrow: least duration one second less': escrowLimits({ minDurationSec: ESCROW_SEC.min - 1n }),
  'escrow: least duration one second more': escrowLimits({ minDurationSec: ESCROW_SEC.min + 1n }),
  'escrow: greatest duration one second less': escrowLimits({
    maxDurationSec: ESCROW_SEC.max - 1n,
  }),
  'escrow: greatest duration one second more': escrowLimits({
    maxDurationSec: ESCROW_SEC.max + 1n,
  }),
  'escrow: a wrong secret opens': ethereum(withSecretMended),
  'escrow: a consent lives one second longer': ethereum(
    withConsent((consent) => ({ ...consent, expiresAtSec: consent.expiresAtSec + 1n })),
  ),
  'escrow: anybody consents': ethereum(
    withConsent((consent, terms) => ({ ...consent, signer: beneficiaryOf(terms) })),
  ),
  'escrow: a consent counts for a later lock of the same terms': ethereum(
    withConsent((consent) => ({ ...consent, over: 'this' })),
  ),
  'escrow: altered terms name the lock': ethereum((inner) => ({
    ...inner,
    act: (command, atSec) =>
      inner.act(
        command.kind === 'claim' || command.kind === 'refund'
          ? { ...command, terms: command.truly }
          : command,
        atSec,
      ),
  })),
  'escrow: a batch forgets its last entry': ethereum((inner) => ({
    ...inner,
    act: (command, atSec) =>
      inner.act(
        command.kind === 'refundMany' && command.swaps.length > 1
          ? { ...command, swaps: command.swaps.slice(0, -1) }
          : command,
        atSec,
      ),
  })),

  'chaincode: claims one second longer': fabric(stamped('claim', -1n)),
  'chaincode: claims one second shorter': fabric(stamped('claim', 1n)),
  'chaincode: gap one second shorter': profile({ gapSec: FABRIC_PROFILE.gapSec - 1n }),
  'chaincode: gap one second longer': profile({ gapSec: FABRIC_PROFILE.gapSec + 1n }),
  'chaincode: a stamp one second older': profile({ maxPastSec: FABRIC_PROFILE.maxPastSec + 1n }),
  'chaincode: a stamp one second further ahead': profile({
    maxFutureSec: FABRIC_PROFILE.maxFutureSec + 1n,
  }),
  'chaincode: least duration one second less': profile({
    commitSec: FABRIC_PROFILE.commitSec - 1n,
  }),
  'chaincode: least duration one second more': profile({
    commitSec: FABRIC_PROFILE.commitSec + 1n,
  }),
  'chaincode: greatest duration one second less': limits({
    maxDurationSec: FABRIC_LIMITS.maxDurationSec - 1n,
  }),
  'chaincode: fabric-first margin one second less': limits({
    marginSec: { ...FABRIC_LIMITS.marginSec, 'fabric-first': 9n },
  }),
  'chaincode: ethereum-first margin one second more': limits({
    marginSec: { ...FABRIC_LIMITS.marginSec, 'ethereum-first': 21n },
  }),
  'chaincode: claims after the deadline': chaincodeFlaw('claims-late'),
  'chaincode: refunds before the gap is over': chaincodeFlaw('refunds-early'),
  'chaincode: pays who calls': chaincodeFlaw('pays-caller'),
  'chaincode: settles twice': chaincodeFlaw('settles-twice'),
  'chaincode: a unit more for nobody': chaincodeFlaw('mints'),
  'chaincode: any stamp': chaincodeFlaw('any-stamp'),
  'chaincode: any duration': chaincodeFlaw('any-duration'),
  'chaincode: evidence is locked as a unique asset': (place) => ({
    ...clientModels(place),
    fabric: createFabricModelSide({
      assets: WHOLE_ASSETS.map((asset) => ({ ...asset, kind: 'unique' })),
    }),
  }),
  'chaincode: a whole asset has another holder': (place) => ({
    ...clientModels(place),
    fabric: createFabricModelSide({
      assets: WHOLE_ASSETS.map((asset) => ({ ...asset, holder: 'alice' })),
    }),
  }),
  'chaincode: anybody releases': fabric(
    by('release', ({ fabric: { beneficiary } }) => beneficiary),
  ),
  'chaincode: anybody declines': fabric(by('decline', ({ fabric: { owner } }) => owner)),
  'chaincode: anybody locks': fabric(by('lock', ({ fabric: { owner } }) => owner)),
  'chaincode: withheld transactions never arrive': fabric((inner) => ({
    ...inner,
    deliver: () => Promise.resolve([]),
  })),
  'chaincode: transactions of a block do not conflict': fabric((inner) => ({
    ...inner,
    act: async (commands, atSec, withhold) => {
      if (withhold) return inner.act(commands, atSec, withhold);
      const outcomes: Outcome[] = [];
      for (const command of commands) outcomes.push(...(await inner.act([command], atSec, false)));
      return outcomes;
    },
  })),
};

function ethereum(change: (inner: EthereumSide) => EthereumSide): ModelFactory {
  return (place) => withEthereum(place, change(clientModels(place).ethereum));
}

function fabric(change: (inner: FabricSide) => FabricSide): ModelFactory {
  return (place) => ({ ...clientModels(place), fabric: change(createFabricModelSide()) });
}

function withEthereum(place: Place, side: EthereumSide): ModelSides {
  return { ...clientModels(place), ethereum: side };
}

function escrowFlaw(flaw: EthereumFlaw): ModelFactory {
  return (place) =>
    withEthereum(place, createEthereumModelSide({ ...place, flaws: new Set([flaw]) }));
}

function escrowLimits(changed: {
  readonly minDurationSec?: bigint;
  readonly maxDurationSec?: bigint;
}): ModelFactory {
  return (place) => withEthereum(place, createEthereumModelSide({ ...place, ...changed }));
}

function chaincodeFlaw(flaw: FabricFlaw): ModelFactory {
  return (place) => ({
    ...clientModels(place),
    fabric: createFabricModelSide({ flaws: new Set([flaw]) }),
  });
}

function profile(changed: Partial<typeof FABRIC_PROFILE>): ModelFactory {
  return (place) => ({
    ...clientModels(place),
    fabric: createFabricModelSide({ profile: { ...FABRIC_PROFILE, ...changed } }),
  });
}

function limits(changed: Partial<typeof FABRIC_LIMITS>): ModelFactory {
  return (place) => ({
    ...clientModels(place),
    fabric: createFabricModelSide({ limits: { ...FABRIC_LIMITS, ...changed } }),
  });
}

/** Judges calls of a kind, and batches of them, by a clock that is `offSec` off. */
function offBy(kind: 'claim' | 'refund', offSec: bigint): (inner: EthereumSide) => EthereumSide {
  return (inner) => ({
    ...inner,
    act: (command, atSec) =>
      inner.act(command, command.kind.startsWith(kind) ? atSec + offSec : atSec),
  });
}

function late(kind: 'claim' | 'refund'): (inner: EthereumSide) => EthereumSide {
  return offBy(kind, -1n);
}

function early(kind: 'claim' | 'refund'): (inner: EthereumSide) => EthereumSide {
  return offBy(kind, 1n);
}

function withSecretMended(inner: EthereumSide): EthereumSide {
  const mend = (secret: Uint8Array, terms: SwapTerms): Uint8Array =>
    verifySecret(secret, terms.hashLock) ? secret : secret.map((byte) => byte ^ 1);
  return {
    ...inner,
    act: (command, atSec) =>
      inner.act(
        command.kind === 'claim'
          ? { ...command, secret: mend(command.secret, command.terms) }
          : command,
        atSec,
      ),
  };
}

type Consent = Extract<EthereumCommand, { kind: 'consent' }>['consent'];

function withConsent(
  change: (consent: Consent, terms: SwapTerms) => Consent,
): (inner: EthereumSide) => EthereumSide {
  return (inner) => ({
    ...inner,
    act: (command, atSec) =>
      inner.act(
        command.kind === 'consent'
          ? { ...command, consent: change(command.consent, command.terms) }
          : command,
        atSec,
      ),
  });
}

function changed(change: (command: FabricCommand) => FabricCommand) {
  return (inner: FabricSide): FabricSide => ({
    ...inner,
    act: (commands, atSec, withhold) => inner.act(commands.map(change), atSec, withhold),
  });
}

function stamped(
  action: FabricCommand['action'],
  offSec: bigint,
): (inner: FabricSide) => FabricSide {
  return changed((command) =>
    command.action === action ? { ...command, stampSec: command.stampSec + offSec } : command,
  );
}

function by(
  action: FabricCommand['action'],
  who: (terms: SwapTerms) => SwapTerms['fabric']['owner'],
): (inner: FabricSide) => FabricSide {
  return changed((command) => {
    const { key } = who(command.terms);
    const entitled = NAMES.find((name) => PARTIES[name].fabric.account.key === key);
    return command.action === action && entitled !== undefined
      ? { ...command, by: entitled }
      : command;
  });
}

function beneficiaryOf({ ethereum }: SwapTerms): PartyName {
  return NAMES.find((name) => PARTIES[name].ethereum === ethereum.beneficiary) ?? 'mallory';
}
