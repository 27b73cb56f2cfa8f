/** `cofactor keys`: makes, shows and checks a keyholder's key file. */
import { type Command, defineCommand } from "../shared/command/command.ts";
import { CofactorError } from "../shared/errors.ts";
import { dealKeyFile, type KeyFileInfo, openKeyFile, readKeyFileInfo } from "./key-file.ts";
import { readPassphrase } from "./passphrase.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  positionals: ["<ACTION>", "<FILE>"],
  options: {
    bits: { kind: "number", value: "N", summary: "length of the key, 2048 or 3072", default: 2048 },
    "passphrase-file": { kind: "text", value: "FILE", summary: "where the passphrase is; else the variable COFACTOR_PASSPHRASE" },
  },
  examples: [
    "cofactor keys deal holder.key --passphrase-file secret.txt",
    "cofactor keys show holder.key",
    "cofactor keys verify holder.key --passphrase-file secret.txt",
  ],
  async run({ options, positionals, io }) {
    const [action, path] = positionals as readonly [string, string];
    const { bits } = options;
    if (action === "deal") {
      if (bits !== 2048 && bits !== 3072) throw new CofactorError("CONFIG_INVALID", `"--bits" expected 2048 or 3072, got ${bits}`);
      io.out(termsSection(await dealKeyFile(path, bits, readPassphrase(options["passphrase-file"]))));
    } else if (action === "show") io.out(termsSection(readKeyFileInfo(path)));
    else if (action === "verify") {
      const { info } = await openKeyFile(path, readPassphrase(options["passphrase-file"]));
      io.out(`${path}: opens, and its ${info.bits}-bit key and identity belong together\n`);
    } else throw new CofactorError("CONFIG_INVALID", `"keys" expected deal, show or verify, got "${action}"`);
    return 0;
  },
});

/** The section that the run's terms need, as YAML. */
function termsSection(info: KeyFileInfo): string {
  return `protection:\n  kind: ${info.kind}\n  bits: ${info.bits}\n  publicKey: ${info.publicKey}\n  keyholders: [${info.keyholder}]\n`;
}
