import { createLogger, format, transports, type Logger as Winston } from 'winston';
import type { LogContext, Logger } from './logger.ts';

/** Names whose values never reach a log, whoever passes them by mistake. */
const SENSITIVE = /secret|seed|preimage|private|password|passphrase|token|authorization|cookie/i;

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** A family of named loggers whose levels can be changed while running, in Fabric's grammar. */
export interface LoggerFamily {
  logger(name: string): Logger;
  /** `info:executor,watcher=debug`. Throws RangeError for a malformed spec. */
  setSpec(spec: string): void;
  readonly spec: string;
}

export interface LoggerFamilyOptions {
  readonly spec: string;
  readonly format: 'json' | 'pretty';
  /** Where lines go; default standard error. */
  readonly stream?: NodeJS.WritableStream;
}

/** JSON lines with `ts`, `level`, `logger`, `msg` and the context; bigints as decimal text. Throws RangeError for a malformed spec. */
export function createLoggerFamily(options: LoggerFamilyOptions): LoggerFamily {
  let levels = parseLogSpec(options.spec);
  let spec = options.spec;
  const winston: Winston = createLogger({
    level: 'debug',
    format: format.printf((info) =>
      options.format === 'json' ? jsonLine(info) : prettyLine(info),
    ),
    transports: [new transports.Stream({ stream: options.stream ?? process.stderr })],
  });
  const enabled = (name: string, level: LogLevel): boolean =>
    LEVELS.indexOf(level) <= LEVELS.indexOf(levels.named.get(name) ?? levels.base);
  return {
    logger(name) {
      const at =
        (level: LogLevel) =>
        (message: string, context: LogContext = {}): void => {
          if (enabled(name, level))
            winston.log({ level, message, logger: name, context: redact(context) });
        };
      return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
    },
    setSpec(text) {
      levels = parseLogSpec(text);
      spec = text;
    },
    get spec() {
      return spec;
    },
  };
}

interface LogSpec {
  readonly base: LogLevel;
  readonly named: ReadonlyMap<string, LogLevel>;
}

/** Fabric's grammar: `[<logger>[,<logger>...]=]<level>[:[<logger>[,<logger>...]=]<level>...]`. Throws RangeError. */
export function parseLogSpec(spec: string): LogSpec {
  let base: LogLevel = 'info';
  const named = new Map<string, LogLevel>();
  for (const field of spec.split(':')) {
    const [names, level = names, ...rest] = field.split('=');
    const known = LEVELS.find(
      (candidate) =>
        candidate ===
        level
          ?.trim()
          .toLowerCase()
          .replace(/^warning$/, 'warn'),
    );
    if (known === undefined || rest.length > 0)
      throw new RangeError(`invalid logging specification '${spec.slice(0, 100)}'`);
    if (!field.includes('=')) base = known;
    else for (const name of (names ?? '').split(',')) named.set(name.trim(), known);
  }
  return { base, named };
}

/** Sensitive members replaced; everything else as text that JSON can hold. */
export function redact(context: LogContext): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(context)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [
        key,
        SENSITIVE.test(key)
          ? '[redacted]'
          : typeof value === 'bigint'
            ? String(value)
            : (value as string),
      ]),
  );
}

function jsonLine(info: Record<string, unknown>): string {
  const { level, message, logger, context } = info;
  return JSON.stringify({
    ts: new Date().toISOString(),
    level,
    logger,
    msg: message,
    ...(context as object),
  });
}

function prettyLine({ level, message, logger, context }: Record<string, unknown>): string {
  const rest = Object.entries(context as object).map(([key, value]) => `${key}=${String(value)}`);
  return [
    new Date().toISOString().slice(11, 23),
    String(level).padEnd(5),
    `[${String(logger)}]`,
    String(message),
    ...rest,
  ].join(' ');
}
