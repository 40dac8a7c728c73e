import { runOnModels, type Kill } from './model-run.ts';
import { pairs, singles } from './plan.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

export interface CampaignOptions {
  /** At most so many deaths at the same point of the same process in one scenario. */
  readonly each: number;
  /** Every how-manieth single death is run; 1 runs all. */
  readonly stride: number;
  readonly pairs: number;
  readonly seed: number;
}

export interface CampaignResult {
  readonly scenario: Scenario;
  readonly singles: number;
  readonly pairs: number;
  /** Ids at which somebody died. */
  readonly points: ReadonlySet<string>;
  readonly failures: readonly { readonly kills: string; readonly faults: readonly string[] }[];
}

/** All deaths of one scenario, singly and in pairs, on the models. */
export async function campaign(
  scenario: Scenario,
  options: CampaignOptions,
): Promise<CampaignResult> {
  const calm = await runOnModels(scenario, []);
  const nameOf = ({ who, passage }: Kill): string =>
    `${who} ${String(passage)} ${calm.passed[who][passage - 1] ?? ''}`;
  const failures: { kills: string; faults: readonly string[] }[] = [];
  const points = new Set<string>();
  const alone = singles(calm.passed, scenario.victims, options.each).filter(
    (_, index) => index % options.stride === 0,
  );
  const together = pairs(calm.passed, scenario.victims, options.pairs, options.seed);
  if (calm.faults.length > 0) failures.push({ kills: 'nobody', faults: calm.faults });
  for (const kills of [...alone.map((kill) => [kill]), ...together]) {
    const { faults } = await runOnModels(scenario, kills);
    for (const { who, passage } of kills) points.add(calm.passed[who][passage - 1] ?? '');
    if (faults.length > 0) failures.push({ kills: kills.map(nameOf).join(' + '), faults });
  }
  return { scenario, singles: alone.length, pairs: together.length, points, failures };
}

/** Every scenario in turn; tells of each when it is done. */
export async function campaigns(
  options: CampaignOptions,
  onDone: (result: CampaignResult) => void,
): Promise<readonly CampaignResult[]> {
  const results: CampaignResult[] = [];
  for (const scenario of SCENARIOS) {
    const result = await campaign(scenario, options);
    results.push(result);
    onDone(result);
  }
  return results;
}
