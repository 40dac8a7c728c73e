import { readFileSync } from 'node:fs';
import {
  replacing,
  ROOT,
  sourcesOf,
  type Change,
  type CheckedPackage,
  type Selection,
} from './package.ts';
import { refusalsOf, type Refusal } from './refusals.ts';
import { withRefusals } from './with-refusals.ts';

interface Removal {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** `file` under ledgers/src; the check as it stands there, and what stands there without it. */
const cut = (file: string, from: string, to = ''): Removal => ({ file, from, to });

/** Every check by which an adapter refuses to believe a node, a peer or a signer. A check that was moved or changed stops the run. */
const REMOVALS: Readonly<Record<string, Removal>> = {
  // A block proves its data; codes and links are proven by others.
  'fabric.block-data-hash': cut(
    'fabric/block.ts',
    `if (toHex(blockDataHash(envelopes)) !== toHex(dataHash)) throw lied('data hash');`,
  ),
  'fabric.block-number': cut(
    'fabric/block.ts',
    `if (!Number.isSafeInteger(number) || number < 0) throw lied('block number');`,
  ),
  'fabric.block-flag-missing': cut('fabric/block.ts', `flags[i] ?? NOT_VALIDATED`, `flags[i] ?? 0`),
  'fabric.block-invalid-rubbish': cut(
    'fabric/block.ts',
    `if (validationCode !== 0) return undefined;\n    throw error;`,
    `throw error;`,
  ),
  'fabric.block-valid-rubbish': cut(
    'fabric/block.ts',
    `if (validationCode !== 0) return undefined;\n    throw error;`,
    `return undefined;`,
  ),
  'fabric.transaction-id': cut(
    'fabric/block.ts',
    `if (!/^[0-9a-f]{64}$/.test(txId)) throw lied('transaction id');`,
  ),
  'fabric.fact-valid': cut(
    'fabric/facts.ts',
    `return validationCode === VALID && event?.chaincode`,
    `return event?.chaincode`,
  ),
  'fabric.fact-chaincode': cut(
    'fabric/facts.ts',
    `event?.chaincode === chaincode && event.name`,
    `event?.name`,
  ),
  'fabric.fact-name': cut('fabric/facts.ts', ` && event.name === FABRIC_EVENT`),
  'fabric.fact-swap-id': cut(
    'fabric/facts.ts',
    `if (swapIdOf(change.terms) !== swapId)`,
    `if (false)`,
  ),
  'fabric.watch-cursor': cut(
    'fabric/watch.ts',
    `if (block.hash === cursor.hash) return;`,
    `return;`,
  ),
  'fabric.watch-next-height': cut(
    'fabric/watch.ts',
    `block.height === last.height + 1n && block.parentHash === last.hash`,
    `block.parentHash === last.hash`,
  ),
  'fabric.watch-parent': cut(
    'fabric/watch.ts',
    `block.height === last.height + 1n && block.parentHash === last.hash`,
    `block.height === last.height + 1n`,
  ),
  'fabric.watch-confirmed': cut('fabric/watch.ts', `await confirm(options, block, gateway.mspId);`),
  'fabric.watch-confirmed-by-others': cut(
    'fabric/watch.ts',
    `peers.organizations.filter((mspId) => mspId !== servedBy)`,
    `peers.organizations`,
  ),
  'fabric.watch-codes': cut('fabric/watch.ts', ':${String(validationCode)}'),
  'fabric.quorum-answers': cut(
    'fabric/peer-quorum.ts',
    `while (answers.length < count)`,
    `while (answers.length < 1)`,
  ),
  'fabric.quorum-agrees': cut(
    'fabric/peer-quorum.ts',
    `same(answer, other)).length >= quorum`,
    `same(answer, other)).length >= 1`,
  ),
  'fabric.leg-swap-id': cut('fabric/read-leg.ts', `account.swapId !== swapId || `),
  'fabric.leg-terms': cut(
    'fabric/read-leg.ts',
    ` || termsText(account.terms) !== termsText(terms)`,
  ),
  'fabric.leg-same-state': cut('fabric/read-leg.ts', `a.state === b.state &&`),
  'fabric.leg-same-lock': cut('fabric/read-leg.ts', `a.lockTxId === b.lockTxId &&`),
  'fabric.leg-same-settlement': cut('fabric/read-leg.ts', `a.settleTxId === b.settleTxId &&`),
  'fabric.leg-same-terms': cut(
    'fabric/read-leg.ts',
    `a.settleTxId === b.settleTxId &&\n    termsText(a.terms) === termsText(b.terms)`,
    `a.settleTxId === b.settleTxId`,
  ),
  'fabric.leg-secret': cut(
    'fabric/read-leg.ts',
    `secret !== undefined && verifySecret(secret, terms.hashLock)`,
    `secret !== undefined`,
  ),
  'fabric.leg-transaction': cut(
    'fabric/read-leg.ts',
    `candidate.txId === txId`,
    `candidate.txId !== ''`,
  ),
  'fabric.outcome-agreed': cut(
    'fabric/transaction-outcome.ts',
    `(a, b) => a?.key === b?.key`,
    `() => true`,
  ),
  'fabric.outcome-contradiction': cut(
    'fabric/transaction-outcome.ts',
    `if (!result.agreed && !result.answers.includes(undefined))`,
    `if (false)`,
  ),
  'fabric.outcome-copy': cut(
    'fabric/transaction-outcome.ts',
    `validationCode !== DUPLICATE_TXID`,
    `validationCode >= 0`,
  ),
  'fabric.outcome-valid': cut(
    'fabric/transaction-outcome.ts',
    `return validationCode === VALID\n`,
    `return validationCode >= VALID\n`,
  ),
  'fabric.endorse-without': cut(
    'fabric/endorsement.ts',
    `gateways.filter(({ mspId }) => !without.has(mspId))`,
    `[...gateways]`,
  ),
  'fabric.endorse-enough': cut(
    'fabric/endorsement.ts',
    `subsets(allowed, options.endorsements)`,
    `subsets(allowed, 1)`,
  ),
  'fabric.endorse-own-word': cut(
    'fabric/endorsement.ts',
    `if (mspId === options.ownMspId && isFinal(error)) throw error;`,
  ),
  'fabric.stamp-windows': cut('fabric/stamp.ts', `if (windowStart > windowEnd)`, `if (false)`),
  'fabric.stamp-claim': cut(
    'fabric/stamp.ts',
    `if (purpose.kind === 'claim' && stampSec >= purpose.expiresAtSec)`,
    `if (false)`,
  ),
  'fabric.stamp-refund': cut(
    'fabric/stamp.ts',
    `if (purpose.kind === 'refund' && stampSec < purpose.notBeforeSec)`,
    `if (false)`,
  ),
  'fabric.answer-secret': cut(
    'fabric/answers.ts',
    `if ((state === 'claimed') !== (json['secret'] !== undefined)) throw lied('mid-account.secret');`,
  ),
  'fabric.answer-schema': cut(
    'fabric/answers.ts',
    `if (json['schema'] !== FABRIC_SCHEMA) throw lied('schema');`,
  ),
  'fabric.answer-size': cut(
    'fabric/answers.ts',
    `if (bytes.length > MAX_TEXT) throw lied('answer longer than 4 MiB');`,
  ),

  'ethereum.chain-id': cut('ethereum/endpoints.ts', `if (actual === chainId) return;`, `return;`),
  'ethereum.quorum-possible': cut(
    'ethereum/endpoints.ts',
    `if (urls.length === 0 || quorum < 1 || quorum > urls.length || !Number.isInteger(quorum))`,
    `if (false)`,
  ),
  'ethereum.quorum-agrees': cut(
    'ethereum/endpoints.ts',
    `if (group.count >= quorum) return value;`,
    `return value;`,
  ),
  'ethereum.quorum-head': cut('ethereum/endpoints.ts', `heights[quorum - 1]`, `heights[0]`),
  'ethereum.finality-depth': cut(
    'ethereum/finality.ts',
    `head.height - finality.blocks`,
    `head.height`,
  ),
  'ethereum.finality-tag-missing': cut(
    'ethereum/finality.ts',
    `if (error instanceof RpcRefusal) return null;`,
  ),
  'ethereum.log-removed': cut(
    'ethereum/wire.ts',
    `.filter((item) => fields(item, 'log')['removed'] !== true)`,
  ),
  'ethereum.log-escrow': cut(
    'ethereum/escrow-reader.ts',
    `.filter(({ address }) => address === escrow)`,
  ),
  'ethereum.log-order': cut('ethereum/escrow-reader.ts', `.sort(inOrder)`),
  'ethereum.log-block': cut(
    'ethereum/escrow-reader.ts',
    `if (events.some(({ log }) => log.blockHash !== block.hash))`,
    `if (false)`,
  ),
  'ethereum.log-block-stands': cut(
    'ethereum/escrow-reader.ts',
    `if (block?.hash === blockHash) return block;`,
    `if (block !== null) return block;`,
  ),
  'ethereum.secret-recipient': cut(
    'ethereum/escrow-reader.ts',
    `.filter(({ to }) => to === escrow)`,
  ),
  'ethereum.leg-state': cut(
    'ethereum/read-leg.ts',
    `if (decisive.event.kind === 'locked' && !(await options.reader.isOpen(lock, head)))`,
    `if (false)`,
  ),
  ...Object.fromEntries(
    ['token', 'amount', 'owner', 'beneficiary', 'expiresAtSec'].map((field) => [
      `ethereum.leg-${field.toLowerCase()}`,
      cut('ethereum/read-leg.ts', `lock.${field} === ethereum.${field}`, 'true'),
    ]),
  ),
  'ethereum.leg-hashlock': cut('ethereum/read-leg.ts', `lock.hashLock === hashLock`, `true`),
  'ethereum.leg-settled-lock': cut(
    'ethereum/read-leg.ts',
    `other.lock.lockId === event.lockId`,
    `other.lock.lockId !== '0x'`,
  ),
  'ethereum.leg-claim-first': cut(
    'ethereum/read-leg.ts',
    `events.findLast(({ event }) => event.kind === 'claimed') ??`,
  ),
  'ethereum.leg-secret': cut(
    'ethereum/read-leg.ts',
    `if (verifySecret(secret, hashLock)) return secret;`,
    `return secret;`,
  ),
  'ethereum.leg-block-stands': cut(
    'ethereum/read-leg.ts',
    `if (block?.hash !== log.blockHash)`,
    `if (block === null)`,
  ),
  'ethereum.leg-final': cut(
    'ethereum/read-leg.ts',
    `finalized !== null && log.blockHeight <= finalized.height`,
    `finalized !== null`,
  ),
  'ethereum.outcome-receipt': cut(
    'ethereum/transaction-outcome.ts',
    `if (receipt.txId !== txId)`,
    `if (false)`,
  ),
  'ethereum.outcome-block-stands': cut(
    'ethereum/transaction-outcome.ts',
    `block?.hash === receipt.blockHash ?`,
    `block !== null ?`,
  ),
  'ethereum.outcome-final': cut(
    'ethereum/transaction-outcome.ts',
    `finalized !== null && block.height <= finalized.height`,
    `finalized !== null`,
  ),
  'ethereum.outcome-replacement': cut(
    'ethereum/transaction-outcome.ts',
    `actual.data === wanted.data && actual.to === wanted.to && actual.value === wanted.value`,
    `true`,
  ),
  'ethereum.follow-parent': cut(
    'ethereum/chain-follower.ts',
    `if (block === null || (tip?.height === block.height - 1n && tip.hash !== block.parentHash))`,
    `if (block === null)`,
  ),
  'ethereum.follow-cursor': cut(
    'ethereum/chain-follower.ts',
    `if (block?.hash === hash) {`,
    `if (block !== null) {`,
  ),
  'ethereum.follow-rollback': cut(
    'ethereum/chain-follower.ts',
    `if (mine === undefined || (await stands(mine, head))) return;`,
    `return;`,
  ),
  'ethereum.follow-reported': cut('ethereum/chain-follower.ts', ` || !wasReported(final)`),
  'ethereum.follow-regressed': cut(
    'ethereum/chain-follower.ts',
    `if (finalized !== undefined && hasRegressed(finalized, final))`,
    `if (false)`,
  ),
  'ethereum.follow-orphans-secrets': cut(
    'ethereum/chain-follower.ts',
    `yield* rollback(block);\n    yield* secretsOf(orphans);`,
    `yield* rollback(block);`,
  ),
  'ethereum.signer-account': cut('ethereum/transaction.ts', `signed.from === signer.address &&`),
  'ethereum.signer-content': cut(
    'ethereum/transaction.ts',
    `&&\n    toEthersTransaction(signed).unsignedHash === toEthersTransaction(wanted).unsignedHash`,
  ),
};

/** Tests without a network first: what they notice needs no other. */
const STAGES: Readonly<Record<string, readonly Selection[]>> = {
  fabric: [{ files: ['ledgers/src/fabric/'] }, { files: ['ledgers/test/fabric-ledger.test.ts'] }],
  legacy: [{ files: ['ledgers/src/legacy/'] }],
  signers: [{ files: ['ledgers/src/signers/'] }],
  ethereum: [
    { files: ['ledgers/src/ethereum/'] },
    {
      files: [
        'ledgers/test/chain-follower.test.ts',
        'ledgers/test/ethereum-ledger.test.ts',
        'ledgers/test/ethereum-faults.test.ts',
      ],
    },
  ],
};

/** The checks by which both adapters keep lies out. They stand in many modules, so each is named here with its place. */
const NAMED: CheckedPackage = {
  ids: () => Object.keys(REMOVALS),
  tests: (id) => STAGES[id.split('.')[0] ?? ''] ?? [],
  without: (id): readonly Change[] => {
    const removal = REMOVALS[id];
    if (removal === undefined) return [];
    const { file, from, to } = removal;
    return [{ module: `ledgers/src/${file}`, apply: replacing(from, to) }];
  },
};

/** Every other `throw` of the adapters. */
function unnamed(): readonly Refusal[] {
  const named = Object.values(REMOVALS).map(({ file, from }) => {
    const module = `ledgers/src/${file}`;
    const start = readFileSync(ROOT + module, 'utf8').indexOf(from);
    return { module, start, end: start + from.length };
  });
  const files = Object.keys(STAGES).flatMap((folder) => sourcesOf(`ledgers/src/${folder}`));
  return files
    .flatMap(refusalsOf)
    .filter(
      (refusal) =>
        !named.some(
          ({ module, start, end }) =>
            module === refusal.module && start < refusal.end && refusal.start < end,
        ),
    );
}

export const LEDGERS = withRefusals(
  NAMED,
  unnamed(),
  (module) => STAGES[module.split('/')[2] ?? ''] ?? [],
);
