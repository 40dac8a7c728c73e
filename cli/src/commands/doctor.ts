import { MidlockError } from '@midlock/protocol';
import { ACCOUNT, ETHEREUM } from '../doctor/ethereum.ts';
import { CONFIGURED, FABRIC } from '../doctor/fabric.ts';
import { FILES } from '../doctor/files.ts';
import { IDENTITY } from '../doctor/identity.ts';
import { MACHINE } from '../doctor/machine.ts';
import { PEER_TLS } from '../doctor/peer-tls.ts';
import { failureOf, makeChecks, ok, type Finding } from '../doctor/check.ts';
import { openSubject, readSubject, type OpenSubject, type Subject } from '../doctor/subject.ts';
import { table, type Output } from '../output.ts';

/** What is looked at without any key. */
const LOCAL = [MACHINE, FILES, CONFIGURED, IDENTITY, PEER_TLS, ETHEREUM];
/** What needs the configured keys. */
const INSIDE = [ACCOUNT, FABRIC];
/** The names of all checks. */
export const CHECK_NAMES: readonly string[] = [...LOCAL.flat(), ...INSIDE.flat()].map(
  ({ name }) => name,
);

export interface DoctorOptions {
  /** The sequence that the chaincode's definition must have. */
  readonly sequence?: string;
}

/**
 * `midlock doctor`: looks at everything that a swap stands on, for a party's configuration or a relayer's; changes nothing.
 * Returns false when a check failed.
 */
export async function doctorCommand(
  configFile: string | undefined,
  output: Output,
  options: DoctorOptions = {},
): Promise<boolean> {
  const checks = await lookAtAll(configFile, options);
  const good = checks.every(({ status }) => status !== 'FAIL');
  output.result({ ok: good, checks }, render(checks));
  return good;
}

/** One line per check; below it, where it is not ok, what to do. */
function render(checks: readonly Finding[]): string {
  const lines = table([
    ['', 'check', 'seen'],
    ...checks.map(({ status, name, seen }) => [status, name, seen]),
  ]).split('\n');
  return lines
    .flatMap((line, index) => {
      const check = checks[index - 1];
      return check === undefined || check.status === 'ok'
        ? [line]
        : [line, `      -> ${check.next}`];
    })
    .join('\n');
}

/** Every check, in the order in which it is read. What cannot be opened leaves the checks behind it out. */
async function lookAtAll(
  configFile: string | undefined,
  { sequence }: DoctorOptions,
): Promise<readonly Finding[]> {
  let subject: Subject;
  try {
    subject = readSubject(configFile, sequence === undefined ? undefined : parseCount(sequence));
  } catch (error) {
    return [{ name: 'configuration', ...failureOf(error) }];
  }
  const [found, opened] = await Promise.all([
    Promise.all(LOCAL.map((family) => makeChecks(family, subject))),
    lookInside(subject),
  ]);
  return [{ name: 'configuration', ...ok(subject.config.name) }, ...found.flat(), ...opened];
}

async function lookInside(subject: Subject): Promise<readonly Finding[]> {
  let opened: OpenSubject;
  try {
    opened = await openSubject(subject);
  } catch (error) {
    return [{ name: 'keys', ...failureOf(error) }];
  }
  try {
    const families = await Promise.all(INSIDE.map((family) => makeChecks(family, opened)));
    return families.flat();
  } finally {
    opened.close();
  }
}

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new MidlockError('ARGUMENT_INVALID', { argument: '--sequence', expected: '1, 2, …' });
}
