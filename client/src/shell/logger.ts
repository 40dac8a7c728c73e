/** Four levels by audience: error = an operator must act, warn = heals itself, info = a milestone, debug = the rest. */
export interface Logger {
  error(message: string, context?: LogContext): void;
  warn(message: string, context?: LogContext): void;
  info(message: string, context?: LogContext): void;
  debug(message: string, context?: LogContext): void;
}

/** Variables of a line; the message itself is constant. Never a secret, key or token. */
export type LogContext = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

export const silentLogger: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};
