import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { testPems } from '@midlock/client/testing';
import { readCollections } from '../../../cli/src/networks/collections-file.ts';
import { readConnectionProfile } from '../../../cli/src/networks/connection-profile.ts';
import { importWallet } from '../../../cli/src/networks/user-material.ts';
import { bytesOf, midlockErrors, type Target } from '../target.ts';
import { inputFile, scratchFolder } from './input-file.ts';

const { certificate, key: privateKey } = testPems(0);

/** Files of other tools that the command line imports. */
export const CLI_TARGETS: readonly Target[] = [
  {
    name: 'cli/connection-profile',
    about: "a Fabric operator's connection profile, JSON or YAML",
    format: 'yaml',
    sources: ['cli/src/networks/connection-profile.ts'],
    seeds: () => [
      bytesOf(
        JSON.stringify({
          name: 'net',
          version: '1.0.0',
          client: { organization: 'Org1' },
          organizations: { Org1: { mspid: 'Org1MSP', peers: ['peer0', 'peer1'] } },
          peers: {
            peer0: {
              url: 'grpcs://localhost:7051',
              tlsCACerts: { pem: ['-----BEGIN CERTIFICATE-----\n'] },
              grpcOptions: { 'ssl-target-name-override': 'peer0.org1.example.com' },
            },
            peer1: { url: 'grpcs://localhost:7061', tlsCACerts: { path: '/ca.pem' } },
          },
        }),
      ),
    ],
    parse: (input) => readConnectionProfile(inputFile(input)),
    accepts: midlockErrors('CONFIG_INVALID'),
  },
  {
    name: 'cli/collections',
    about: "private data collections, a file in the form of Fabric's own tools",
    format: 'json',
    sources: ['cli/src/networks/collections-file.ts'],
    seeds: () => [
      bytesOf(
        JSON.stringify([
          {
            name: 'prices',
            policy: "OR('Org1MSP.member')",
            requiredPeerCount: 0,
            maxPeerCount: 1,
            blockToLive: 5,
            memberOnlyRead: true,
            memberOnlyWrite: false,
            endorsementPolicy: { signaturePolicy: "OR('Org1MSP.peer')" },
          },
          {
            name: 'b',
            policy: 'x',
            endorsementPolicy: { channelConfigPolicy: '/Channel/Application/Endorsement' },
          },
        ]),
      ),
    ],
    parse: (input) => readCollections(inputFile(input)),
    accepts: midlockErrors('CONFIG_INVALID'),
  },
  {
    name: 'cli/wallet',
    about: "an identity of fabric-network's file wallet",
    format: 'json',
    sources: ['cli/src/networks/user-material.ts'],
    seeds: () => [
      bytesOf(
        JSON.stringify({
          credentials: { certificate, privateKey },
          mspId: 'Org1MSP',
          type: 'X.509',
          version: 1,
        }),
      ),
    ],
    parse: (input) => {
      const folder = join(scratchFolder(), 'wallet');
      mkdirSync(folder, { recursive: true });
      inputFile(input, 'wallet/user.id');
      const out = join(scratchFolder(), 'imported');
      try {
        return importWallet(folder, out, { Org1MSP: [] });
      } finally {
        rmSync(out, { recursive: true, force: true });
      }
    },
    accepts: midlockErrors('IDENTITY_INVALID'),
  },
];
