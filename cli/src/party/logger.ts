import type { LogContext, Logger } from '@midlock/client';
import { createLogger, format, transports } from 'winston';

/** JSON lines on standard error: ts, level, logger, msg and the line's own variables. */
export function createProcessLogger(name: string, level: string): Logger {
  const winston = createLogger({
    level,
    format: format.printf(({ level: lineLevel, message, ...rest }) =>
      JSON.stringify(
        { ts: new Date().toISOString(), level: lineLevel, logger: name, msg: message, ...rest },
        (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
      ),
    ),
    transports: [new transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'] })],
  });
  const at =
    (lineLevel: string) =>
    (message: string, context: LogContext = {}) => {
      winston.log(lineLevel, message, context);
    };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}
