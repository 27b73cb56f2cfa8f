/** `cofactor keys`: makes, shows and checks a keyholder's key file. */
import { type Command, type CommandValues, textOption } from "../shared/command.ts";
import { CofactorError } from "../shared/errors.ts";
import { dealKeyFile, type KeyFileInfo, openKeyFile, readKeyFileInfo } from "./key-file.ts";
import { readPassphrase } from "./passphrase.ts";

/** The subcommand. */
export const command: Command = {
  usage: "keys deal|show|verify FILE",
  summary: "Makes a Paillier key and a keyholder's identity, sealed under a passphrase; shows or checks such a file.",
  positionals: 2,
  options: {
    bits: { type: "string", value: "2048|3072", help: "length of the key; default 2048" },
    "passphrase-file": { type: "string", value: "FILE", help: "where the passphrase is; else COFACTOR_PASSPHRASE" },
  },
  examples: ["cofactor keys deal holder.key --passphrase-file secret.txt", "cofactor keys show holder.key"],
  run,
};

async function run([action, path]: readonly string[], values: CommandValues): Promise<number> {
  if (action === undefined || path === undefined) throw new CofactorError("CONFIG_INVALID", "expected deal, show or verify, and a file");
  const passphraseFile = textOption(values, "passphrase-file");
  if (action === "deal") {
    const bits = Number(textOption(values, "bits") ?? 2048);
    if (bits !== 2048 && bits !== 3072) throw new CofactorError("CONFIG_INVALID", `"--bits" expected 2048 or 3072, got ${bits}`);
    show(await dealKeyFile(path, bits, readPassphrase(passphraseFile)));
  } else if (action === "show") show(readKeyFileInfo(path));
  else if (action === "verify") {
    const { info } = await openKeyFile(path, readPassphrase(passphraseFile));
    console.log(`${path}: opens, and its ${info.bits}-bit key and identity belong together`);
  } else throw new CofactorError("CONFIG_INVALID", `"keys" expected deal, show or verify, got "${action}"`);
  return 0;
}

/** The section that the run's terms need, as YAML. */
function show(info: KeyFileInfo): void {
  console.log(["protection:", `  kind: ${info.kind}`, `  bits: ${info.bits}`, `  publicKey: ${info.publicKey}`, `  keyholders: [${info.keyholder}]`].join("\n"));
}
