/** `cofactor join`: a real client from the shell. Node only. */
import { readFileSync } from "node:fs";
import { type Command, type CommandValues, textOption } from "../shared/command.ts";
import { CofactorError } from "../shared/errors.ts";
import { createClient } from "./client.ts";
import { fileStore } from "./stores/file.node.ts";

/** The subcommand. */
export const command: Command = {
  usage: "join",
  summary: "Takes part in a run with the ratings of a file, which stay here, and prints recommendations.",
  positionals: 0,
  options: {
    server: { type: "string", value: "URL", help: "the aggregator" },
    run: { type: "string", value: "ID", help: "the run's name" },
    ratings: { type: "string", value: "FILE", help: "lines of item,value; a line of words on top is a header" },
    recommend: { type: "string", value: "N", help: "how many items to recommend at the end; default 10" },
    rounds: { type: "string", value: "N", help: "stop after so many rounds; 0 takes no part; default: to the run's end" },
    store: { type: "string", value: "FILE", help: "keeps identity and own factors, sealed under COFACTOR_PASSPHRASE; default: in memory" },
    "accept-open": { type: "boolean", help: "accept a run whose aggregator reads contributions" },
  },
  examples: ["cofactor join --server https://aggregator.example --run wines-1 --ratings mine.csv --recommend 5"],
  run,
};

async function run(_positionals: readonly string[], values: CommandValues): Promise<number> {
  const required = (name: string): string => {
    const value = textOption(values, name);
    if (value === undefined) throw new CofactorError("CONFIG_INVALID", `"--${name}" is needed`);
    return value;
  };
  const storePath = textOption(values, "store");
  const passphrase = process.env["COFACTOR_PASSPHRASE"] ?? "";
  if (storePath !== undefined && passphrase.length < 8) {
    throw new CofactorError("CONFIG_INVALID", '"--store" needs a passphrase of at least 8 characters in COFACTOR_PASSPHRASE');
  }
  const rounds = wholeNumber(values, "rounds");
  const client = createClient({
    url: required("server"),
    run: required("run"),
    ratings: readRatings(required("ratings")),
    ...(values["accept-open"] === true ? { accept: { protections: ["open", "paillier"] } } : {}),
    ...(storePath === undefined ? {} : { store: await fileStore({ path: storePath, key: passphrase }) }),
  });
  client.on("joined", ({ terms }) => console.log(`joined ${terms.id}: model ${terms.model.kind}, protection ${terms.protection.kind}, sums over at least ${terms.cohort.min}`));
  client.on("contributed", ({ round, bytes, digest, status }) => console.log(`round ${round}: ${status}, ${bytes} bytes left this device, sha256 ${digest}`));
  client.on("published", ({ round, accepted, included }) => console.log(`round ${round}: published from ${accepted} devices${included ? ", this one among them" : ""}`));
  client.on("abandoned", ({ round, reason }) => console.log(`round ${round}: abandoned (${reason})`));
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  try {
    await client.join();
    if (rounds !== 0) await client.participate({ signal: interrupt.signal, ...(rounds === undefined ? {} : { rounds }) });
    for (const { item, score } of client.recommend({ count: wholeNumber(values, "recommend") ?? 10 })) console.log(`item ${item}  ${score.toFixed(4)}`);
    return 0;
  } finally {
    client.close();
  }
}

function wholeNumber(values: CommandValues, name: string): number | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new CofactorError("CONFIG_INVALID", `"--${name}" expected a whole number`);
  return number;
}

/** Reads `item,value` lines. Errors name the line, never what it holds. */
function readRatings(path: string): (readonly [number, number])[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new CofactorError("DATA_INVALID", `the ratings file "${path}" cannot be read`, { cause });
  }
  const ratings: (readonly [number, number])[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === "") return;
    const [item, value] = line.split(",").map((cell) => (cell.trim() === "" ? Number.NaN : Number(cell)));
    if (Number.isSafeInteger(item) && Number.isFinite(value)) ratings.push([item!, value!]);
    else if (index > 0) throw new CofactorError("DATA_INVALID", `${path}:${index + 1}: expected an item's number, a comma and a number`);
  });
  return ratings;
}
