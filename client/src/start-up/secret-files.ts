import type { AgentConfig } from '../config/agent-schema.ts';

/** The files of a configured identity that hold secrets. */
export function identitySecrets({ fabric, ethereum }: AgentConfig['identity']): readonly string[] {
  const { key } = ethereum;
  const files = 'file' in key ? [key.file] : [key.keystore, key.passwordFile];
  return [fabric.key.file, ...files];
}

/** The files of a party's configuration that hold secrets. */
export function partySecrets(
  config: Pick<AgentConfig, 'identity' | 'seed' | 'relayer'>,
): readonly (string | undefined)[] {
  return [...identitySecrets(config.identity), config.seed.file, config.relayer?.token?.file];
}
