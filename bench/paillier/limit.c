/* The limits of bench/paillier: what OpenSSL and GMP need for the same powers. Reads one line per case:
 * "<repetitions> <p> <q> <base>" in hex, and prints one line of JSON with medians in milliseconds. */
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifdef WITH_GMP
#include <gmp.h>
#endif

enum { LINE = 16384, MAX_REPETITIONS = 4096 };

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

#define MEDIAN(result, repetitions, ...)                                        \
  do {                                                                          \
    static double samples[MAX_REPETITIONS];                                     \
    for (int sample = 0; sample < (repetitions); sample++) {                    \
      double start = now_ms();                                                  \
      __VA_ARGS__;                                                              \
      samples[sample] = now_ms() - start;                                       \
    }                                                                           \
    qsort(samples, (repetitions), sizeof *samples, compare);                    \
    (result) = samples[(repetitions) / 2];                                      \
  } while (0)

static BIGNUM *half_decrypt(const BIGNUM *c, const BIGNUM *prime, const BIGNUM *square, BN_MONT_CTX *mont, const BIGNUM *h, BN_CTX *ctx) {
  BIGNUM *exponent = BN_dup(prime), *reduced = BN_new(), *power = BN_new(), *quotient = BN_new(), *result = BN_new();
  BN_sub_word(exponent, 1);
  BN_mod(reduced, c, square, ctx);
  BN_mod_exp_mont_consttime(power, reduced, exponent, square, ctx, mont);
  BN_sub_word(power, 1);
  BN_div(quotient, NULL, power, prime, ctx);
  BN_mod_mul(result, quotient, h, prime, ctx);
  BN_free(exponent), BN_free(reduced), BN_free(power), BN_free(quotient);
  return result;
}

static void openssl_case(const char *hex_p, const char *hex_q, const char *hex_base, int repetitions) {
  BN_CTX *ctx = BN_CTX_new();
  BIGNUM *p = NULL, *q = NULL, *base = NULL, *n = BN_new(), *square = BN_new(), *result = BN_new();
  BIGNUM *p2 = BN_new(), *q2 = BN_new(), *qinv = BN_new(), *hp = BN_new(), *hq = BN_new();
  BN_hex2bn(&p, hex_p), BN_hex2bn(&q, hex_q), BN_hex2bn(&base, hex_base);
  BN_mul(n, p, q, ctx), BN_sqr(square, n, ctx), BN_sqr(p2, p, ctx), BN_sqr(q2, q, ctx);
  BN_mod_inverse(qinv, q, p, ctx), BN_copy(hp, qinv), BN_mod_inverse(hq, p, q, ctx);
  BN_MONT_CTX *mont = BN_MONT_CTX_new(), *mont_p = BN_MONT_CTX_new(), *mont_q = BN_MONT_CTX_new();
  BN_MONT_CTX_set(mont, square, ctx), BN_MONT_CTX_set(mont_p, p2, ctx), BN_MONT_CTX_set(mont_q, q2, ctx);
  double constant, variable, decrypt;
  MEDIAN(constant, repetitions, BN_mod_exp_mont_consttime(result, base, n, square, ctx, mont));
  MEDIAN(variable, repetitions, BN_mod_exp_mont(result, base, n, square, ctx, mont));
  MEDIAN(decrypt, repetitions, {
    BIGNUM *mp = half_decrypt(result, p, p2, mont_p, hp, ctx), *mq = half_decrypt(result, q, q2, mont_q, hq, ctx);
    BIGNUM *step = BN_new(), *plain = BN_new();
    BN_mod_sub(step, mp, mq, p, ctx), BN_mod_mul(step, step, qinv, p, ctx);
    BN_mul(plain, step, q, ctx), BN_add(plain, plain, mq);
    BN_free(mp), BN_free(mq), BN_free(step), BN_free(plain);
  });
  printf("{\"opensslUnit\":%.6f,\"opensslUnitVariableTime\":%.6f,\"opensslDecrypt\":%.6f", constant, variable, decrypt);
  BN_MONT_CTX_free(mont), BN_MONT_CTX_free(mont_p), BN_MONT_CTX_free(mont_q);
  BN_free(p), BN_free(q), BN_free(base), BN_free(n), BN_free(square), BN_free(result), BN_free(p2), BN_free(q2), BN_free(qinv), BN_free(hp), BN_free(hq);
  BN_CTX_free(ctx);
}

#ifdef WITH_GMP
static void gmp_case(const char *hex_p, const char *hex_q, const char *hex_base, int repetitions) {
  mpz_t p, q, base, n, square, result, p2, q2, ep, eq, mp, mq;
  mpz_init_set_str(p, hex_p, 16), mpz_init_set_str(q, hex_q, 16), mpz_init_set_str(base, hex_base, 16);
  mpz_inits(n, square, result, p2, q2, ep, eq, mp, mq, NULL);
  mpz_mul(n, p, q), mpz_mul(square, n, n), mpz_mul(p2, p, p), mpz_mul(q2, q, q), mpz_sub_ui(ep, p, 1), mpz_sub_ui(eq, q, 1);
  double unit, decrypt, product;
  MEDIAN(unit, repetitions, mpz_powm(result, base, n, square));
  MEDIAN(decrypt, repetitions, {
    mpz_mod(mp, result, p2), mpz_powm(mp, mp, ep, p2);
    mpz_mod(mq, result, q2), mpz_powm(mq, mq, eq, q2);
    mpz_sub_ui(mp, mp, 1), mpz_divexact(mp, mp, p), mpz_mod(mp, mp, p);
    mpz_sub_ui(mq, mq, 1), mpz_divexact(mq, mq, q), mpz_mod(mq, mq, q);
  });
  MEDIAN(product, repetitions, { mpz_mul(mp, base, n), mpz_add_ui(mp, mp, 1), mpz_mul(mp, mp, result), mpz_mod(mp, mp, square); });
  printf(",\"gmpUnit\":%.6f,\"gmpDecrypt\":%.6f,\"gmpReadyEncryption\":%.6f", unit, decrypt, product);
  mpz_clears(p, q, base, n, square, result, p2, q2, ep, eq, mp, mq, NULL);
}
#endif

int main(int count, char **arguments) {
  (void)arguments;
  if (count > 1) return puts(OpenSSL_version(OPENSSL_VERSION)) < 0;
  static char line[LINE], p[LINE], q[LINE], base[LINE];
  int repetitions;
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (sscanf(line, "%d %s %s %s", &repetitions, p, q, base) != 4 || repetitions < 1 || repetitions > MAX_REPETITIONS) return 1;
    openssl_case(p, q, base, repetitions);
#ifdef WITH_GMP
    gmp_case(p, q, base, repetitions);
#endif
    printf("}\n");
    fflush(stdout);
  }
  return 0;
}
