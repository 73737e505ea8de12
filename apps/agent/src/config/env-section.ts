import type { HostSettings } from "./host-schema.js";

/**
 * Names that `env` may not give: they change how programs are found or loaded, whom they trust, who may come in, or they
 * open more than a messaging account.
 */
const REFUSED = [
  /^(LD|DYLD)_/,
  /^NODE_(OPTIONS|PATH|EXTRA_CA_CERTS|TLS_REJECT_UNAUTHORIZED)$/,
  /^(HTTPS?|ALL|NO|FTP)_PROXY$/,
  /^SSL_CERT_(FILE|DIR)$/,
  /^(REQUESTS|CURL)_CA_BUNDLE$/,
  /^(PATH|HOME|SHELL)$/,
  /^MILADY_.*TOKEN$/,
  /^(EVM|ETH|ETHEREUM|SOLANA|WALLET)_.*(PRIVATE_KEY|MNEMONIC|SEED)/,
  /^GITHUB_TOKEN$/,
  /^(DATABASE|POSTGRES)_URL$/,
];

/** The variables of the `env` section that are taken, and a line for each one that is not. */
export function allowedVariables({ vars, ...direct }: HostSettings["env"]): {
  readonly variables: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
} {
  const written = Object.entries({ ...direct, ...vars });
  const refused = written.filter(([name]) => isRefused(name));
  return {
    variables: Object.fromEntries(written.filter(([name]) => !isRefused(name))),
    warnings: refused.map(
      ([name]) => `env.${name} is not taken from a config file; set it in the environment of the host`,
    ),
  };
}

/** Case does not count: some of these are read in lower case, and some systems fold them. */
function isRefused(name: string): boolean {
  return REFUSED.some((pattern) => pattern.test(name.toUpperCase()));
}
