import { GAS_BOUNDS } from '../test/support/gas-bounds.ts';

/** A row's target and the same operation in Boltz's contracts (EtherSwap and ERC20Swap v6, viaIR, Osaka, measured the same way). */
const COMPARED: Readonly<Record<string, { readonly target?: number; readonly boltz?: number }>> = {
  'ETH one-shot lock': { target: 47_000, boltz: 47_320 },
  'ETH one-shot claim': { target: 32_500, boltz: 32_252 },
  'ETH one-shot refund': { target: 31_700, boltz: 31_359 },
  'ETH one-shot refund with consent': { boltz: 36_844 },
  'ERC-20 one-shot lock': { boltz: 66_490 },
  'ERC-20 one-shot claim': { boltz: 41_577 },
  'ERC-20 one-shot refund': { boltz: 40_653 },
  'mid-account lock': { target: 35_500 },
  'mid-account claim': { target: 35_800 },
  'mid-account refund': { target: 35_000 },
  'ETH deposit': { target: 45_000 },
  'ERC-20 deposit': { target: 45_000 },
  'ETH withdraw': { target: 43_000 },
  'ERC-20 withdraw': { target: 43_000 },
  'batch of 50 lock': { target: 9_500 },
  'batch of 50 claim': { target: 9_800 },
};

const START = '<!-- gas table: written by scripts/gas.ts -->';
const END = '<!-- end of gas table -->';

/** README's text with the gas table of these measurements between its two markers. Throws when a marker is missing. */
export function withGasTable(readme: string, rows: Readonly<Record<string, number>>): string {
  const [before, rest] = readme.split(START);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error('README has no place for the gas table');
  const lines = Object.entries(rows).map(([name, gas]) => {
    const { target, boltz } = COMPARED[name] ?? {};
    return `| ${name} | ${figure(gas)} | ${figure(GAS_BOUNDS[name])} | ${figure(target)} | ${figure(boltz)} |`;
  });
  const head = [
    '| operation | gas | bound in CI | target | Boltz v6 |',
    '| --- | ---: | ---: | ---: | ---: |',
  ];
  return `${before}${START}\n\n${[...head, ...lines].join('\n')}\n\n${END}${after}`;
}

function figure(value: number | undefined): string {
  return value === undefined ? '' : value.toLocaleString('en');
}
