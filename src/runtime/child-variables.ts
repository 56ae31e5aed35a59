// Which variables of ours a child of a host run sees: what every program needs, what its runtime needs, what the user allows. Asked where another
// agent, or a command of ours, is started. Invariant: a key that is not named here stays with us.

import type { Config } from "../config/load-config.ts";
import { PiError } from "../contracts/error.ts";

const always = [
  ...["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LC_*", "TZ", "TMPDIR", "TEMP", "TMP"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"],
  ...["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"],
];

/** Names; `*` at the end matches any rest. @throws PiError `config.wrong_type` */
export function childVariables({ values: { runtime } }: Pick<Config, "values">, own: readonly string[] = []): string[] {
  const wide = runtime.envAllow.find((name) => !/^[A-Za-z_][A-Za-z0-9_]*\*?$/.test(name));
  if (wide !== undefined)
    throw new PiError("config.wrong_type", `runtime.env_allow has ${JSON.stringify(wide)}, which is no name of a variable`, {
      hint: "Name each variable; PREFIX_* is all that begin so.",
    });
  return [...always, ...own, ...runtime.envAllow];
}
