/** `cofactor keys`: deals, shows and checks the key files of keyholders. */
import { type Command, type CommandIo, defineCommand } from "../shared/command/command.ts";
import { maxHolders } from "../shared/crypto/paillier/threshold-key.ts";
import { CofactorError } from "../shared/errors.ts";
import { type KeyFileInfo, openKeyFile, readKeyFileInfo } from "./key-file.ts";
import { dealKeyFiles, keyFilePaths } from "./key-file-deal.ts";
import { readPassphrase } from "./passphrase.ts";
import { createSafePrimeSource } from "./safe-primes.ts";

/** What `deal` is told. */
interface DealArguments {
  readonly path: string;
  readonly bits: number;
  readonly threshold: number | undefined;
  readonly holders: number;
  readonly passphraseFiles: string | undefined;
}

/** The subcommand. */
export const command: Command = defineCommand({
  positionals: ["<ACTION>", "<FILE>"],
  options: {
    holders: { kind: "number", value: "N", summary: `among how many keyholders the key is split, 1 to ${maxHolders}`, default: 3 },
    threshold: { kind: "number", value: "N", summary: "how many of them open a sum together; default 2" },
    bits: { kind: "number", value: "N", summary: "length of the key, 2048 or 3072", default: 2048 },
    "passphrase-file": {
      kind: "text",
      value: "FILE[,FILE...]",
      summary: "where the passphrase is, for deal also one for each holder; else the variable COFACTOR_PASSPHRASE",
    },
  },
  examples: [
    "cofactor keys deal holder.key --passphrase-file ann.txt,ben.txt,eve.txt",
    "cofactor keys deal holder.key --threshold 3 --holders 5 --bits 3072 --passphrase-file secret.txt",
    "cofactor keys show holder-1.key",
    "cofactor keys verify holder-1.key --passphrase-file ann.txt",
  ],
  async run({ options, positionals, io }) {
    const [action, path] = positionals as readonly [string, string];
    const { bits, threshold, holders } = options;
    if (action === "deal") {
      try {
        await deal({ path, bits, threshold, holders, passphraseFiles: options["passphrase-file"] }, io);
      } catch (error) {
        if (io.signal.aborted) return 130;
        throw error;
      }
    } else if (action === "show") io.out(termsSection(readKeyFileInfo(path)));
    else if (action === "verify") {
      const { info } = await openKeyFile(path, readPassphrase(options["passphrase-file"]));
      io.out(`${path}: opens, and ${described(info)} and identity belong together\n`);
    } else throw new CofactorError("CONFIG_INVALID", `"keys" expected deal, show or verify, got "${action}"`);
    return 0;
  },
});

/** Deals key files and prints the section for the terms. */
async function deal(
  { path, bits, holders, threshold = Math.min(2, holders), passphraseFiles }: DealArguments,
  io: CommandIo,
): Promise<void> {
  if (bits !== 2048 && bits !== 3072) throw new CofactorError("CONFIG_INVALID", `"--bits" expected 2048 or 3072, got ${bits}`);
  if (!Number.isInteger(holders) || holders < 1 || holders > maxHolders) {
    throw new CofactorError("CONFIG_INVALID", `"--holders" expected 1 to ${maxHolders}, got ${holders}`);
  }
  const least = Math.min(2, holders);
  if (!Number.isInteger(threshold) || threshold < least || threshold > holders) {
    throw new CofactorError("CONFIG_INVALID", `"--threshold" expected ${least} to ${holders} for ${holders} holders, got ${threshold}`);
  }
  const passphrases = passphraseFiles === undefined ? [readPassphrase(undefined)] : passphraseFiles.split(",").map(readPassphrase);
  if (holders > 1) io.err(`drawing two safe primes of ${bits / 2} bits: some seconds, sometimes a minute\n`);
  const infos = await dealKeyFiles({ path, bits, threshold, holders, passphrases, drawSafePrime: withProgress(io) });
  const paths = keyFilePaths(path, holders);
  if (holders === 1)
    io.err(`wrote ${path}: whoever has this one file and its passphrase can open everything; --holders 3 splits the key\n`);
  else {
    io.err(`wrote ${paths.join(", ")}: any ${threshold} of them open sums together. Give each to another party\n`);
    if (passphrases.length === 1) io.err("all are sealed under one passphrase: name one file for each holder to change that\n");
  }
  io.out(termsSection(infos[0]!));
}

/** Draws safe primes, says when one is there, and gives up at an interruption: nothing has been written then. */
function withProgress(io: CommandIo): (bits: number) => Promise<bigint> {
  const start = performance.now();
  const draw = createSafePrimeSource(io.signal);
  return async (bits) => {
    const prime = await draw(bits);
    io.err(`a safe prime of ${bits} bits after ${((performance.now() - start) / 1_000).toFixed(1)} s\n`);
    return prime;
  };
}

function described({ bits, share }: KeyFileInfo): string {
  return share === undefined
    ? `its ${bits}-bit key`
    : `its share ${share.index} of ${share.holders} of a ${bits}-bit key (${share.threshold} open together)`;
}

/** The section that the run's terms need, as YAML: the same from each holder's file. */
function termsSection({ kind, bits, publicKey, keyholder, share }: KeyFileInfo): string {
  const lines = ["protection:", `  kind: ${kind}`, `  bits: ${bits}`, `  publicKey: ${publicKey}`];
  lines.push(`  threshold: ${share?.threshold ?? 1}`, `  holders: ${share?.holders ?? 1}`);
  if (share !== undefined) {
    const { base, keys } = share.verification;
    lines.push(`  verification: { base: ${base}, keys: [${keys.join(", ")}] }`);
  }
  lines.push(`  keyholders: [${(share?.keyholders ?? [keyholder]).join(", ")}]`);
  return `${lines.join("\n")}\n`;
}
