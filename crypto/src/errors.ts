/** What went wrong, for the caller to act on; stable for ever. */
export type CryptoErrorCode =
  /** Bytes or text are not the canonical encoding of what was expected. */
  | 'CRYPTO_ENCODING'
  /** A value lies outside its range or group. */
  | 'CRYPTO_RANGE'
  /** A signature, proof, tag or certificate does not verify. */
  | 'CRYPTO_INVALID'
  /** A key is too small, malformed or not proven. */
  | 'CRYPTO_KEY'
  /** A statement, message or object belongs to another domain, epoch, session or phase. */
  | 'CRYPTO_DOMAIN'
  /** A single-use value was used, or a machine is not in the state for this step. */
  | 'CRYPTO_STATE'
  /** The random source or an engine does not work as it must. */
  | 'CRYPTO_ENGINE';

/** What an error carries; never a secret. */
export type CryptoErrorData = Readonly<
  Record<string, string | number | bigint | boolean | readonly (string | number)[]>
>;

/** The one error class of this package. `data.check` names the check that refused, where one did. */
export class CryptoError extends Error {
  override readonly name = 'CryptoError';
  readonly code: CryptoErrorCode;
  readonly data: CryptoErrorData;

  constructor(
    code: CryptoErrorCode,
    data: CryptoErrorData = {},
    options: { readonly cause?: unknown } = {},
  ) {
    super(
      `${code}${Object.entries(data)
        .map(([key, value]) => ` ${key}=${String(value)}`)
        .join('')}`,
      options,
    );
    this.code = code;
    this.data = data;
  }
}

/** True for a {@link CryptoError}, of `code` when one is given. */
export function isCryptoError(error: unknown, code?: CryptoErrorCode): error is CryptoError {
  return error instanceof CryptoError && (code === undefined || error.code === code);
}
