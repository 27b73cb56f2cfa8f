/** `cofactor join`: a real client from the shell. Node only. */
import { type Command, type CommandIo, defineCommand } from "../shared/command/command.ts";
import { peerTlsOptions, readPeerTls } from "../shared/command/peer-tls.node.ts";
import { CofactorError } from "../shared/errors.ts";
import { secureRng } from "../shared/random.ts";
import type { RunTerms } from "../shared/terms.ts";
import { createClient } from "./client.node.ts";
import { namingLines, readRatingsFile } from "./ratings-file.node.ts";
import { connectorTo } from "./socket.ts";
import { fileStore } from "./stores/file.node.ts";
import type { Client } from "./types.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  options: {
    server: { kind: "list", value: "URL", summary: "the aggregator; several of one run: when one is lost the next one is tried" },
    run: { kind: "text", value: "ID", summary: "the run's name" },
    ratings: { kind: "text", value: "FILE", summary: "lines of item,value; a line of words on top is a header" },
    recommend: { kind: "number", value: "N", summary: "how many items to recommend at the end", default: 10 },
    interests: { kind: "number", value: "V", summary: "part the ratings into so many tastes at most", default: 1 },
    diversity: { kind: "number", value: "D", summary: "from 0, the highest scores, to 1, items as unlike as can be", default: 0 },
    rounds: { kind: "number", value: "N", summary: "stop after so many rounds; 0 takes no part; default: to the run's end" },
    store: { kind: "text", value: "FILE", summary: "keeps identity and own factors, sealed under COFACTOR_PASSPHRASE; default: in memory" },
    invitation: { kind: "text", value: "TOKEN", summary: "for this one device, where the run's operator gives them out" },
    "max-epsilon": { kind: "number", value: "E", summary: "refuse a run that promises no privacy, or a greater epsilon" },
    ...peerTlsOptions,
    "accept-rewards": { kind: "flag", summary: "accept a run whose aggregator keeps what this device's part was worth" },
    "accept-open": { kind: "flag", summary: "accept a run whose aggregator reads contributions" },
  },
  examples: ["cofactor join --server https://aggregator.example --run wines-1 --ratings mine.csv --recommend 5"],
  async run({ options, io }) {
    const { server, run, ratings, rounds, recommend } = options;
    if (server.length === 0 || run === undefined || ratings === undefined) {
      throw new CofactorError("CONFIG_INVALID", '"--server", "--run" and "--ratings" are needed');
    }
    const { interests, diversity } = options;
    if (!Number.isInteger(interests) || interests < 1 || interests > 100)
      throw new CofactorError("CONFIG_INVALID", '"--interests" expected 1 to 100');
    if (!(diversity >= 0 && diversity <= 1)) throw new CofactorError("CONFIG_INVALID", '"--diversity" expected 0 to 1');
    const passphrase = process.env["COFACTOR_PASSPHRASE"] ?? "";
    if (options.store !== undefined && passphrase.length < 8) {
      throw new CofactorError("CONFIG_INVALID", '"--store" needs a passphrase of at least 8 characters in COFACTOR_PASSPHRASE');
    }
    const tls = readPeerTls(options);
    const file = readRatingsFile(ratings);
    const store = options.store === undefined ? undefined : await fileStore({ path: options.store, key: passphrase });
    let client: Client | undefined;
    try {
      client = createClient({
        connect: connectorTo(server, secureRng, { tls }),
        run,
        ratings: file.pairs,
        accept: {
          ...(options["accept-open"] ? { protections: ["open", "paillier"] } : {}),
          ...(options["accept-rewards"] ? { rewards: true } : {}),
          ...(options["max-epsilon"] === undefined ? {} : { maxEpsilon: options["max-epsilon"] }),
        },
        ...(store === undefined ? {} : { store }),
        ...(options.invitation === undefined ? {} : { invitation: options.invitation }),
      });
      report(client, io);
      await client.join();
      if (rounds !== 0) await client.participate({ signal: io.signal, ...(rounds === undefined ? {} : { rounds }) });
      for (const { item, id, score } of client.recommend({ count: recommend, interests, diversity }))
        io.out(`item ${id ?? item}  ${score.toFixed(4)}\n`);
      return 0;
    } catch (error) {
      throw namingLines(error, ratings, file);
    } finally {
      client?.close();
      await store?.close();
    }
  },
});

/** Says what leaves the device and what becomes of it. */
function report(client: Client, io: CommandIo): void {
  client.on("joined", ({ terms, leftOut }) => {
    const { id, model, protection, cohort } = terms;
    io.out(
      `joined ${id}: model ${model.kind}, protection ${protection.kind}, sums over at least ${cohort.min}${aboutGroups(terms)}, ${aboutPrivacy(terms)}${aboutEvaluation(terms)}${aboutRewards(terms)}\n`,
    );
    if (leftOut > 0) io.out(`${leftOut} ratings are of items beyond the ${terms.items} of ${id}, and play no part in it\n`);
  });
  client.on("contributed", ({ round, bytes, digest, status }) =>
    io.out(`round ${round}: ${status}, ${bytes} bytes left this device, sha256 ${digest}\n`),
  );
  client.on("published", ({ round, accepted, included }) =>
    io.out(`round ${round}: published from ${accepted} devices${included ? ", this one among them" : ""}\n`),
  );
  client.on("declined", ({ round, reason }) => io.err(`round ${round}: declined (${reason})\n`));
  client.on("failed", ({ round, error }) => io.err(`round ${round}: ${error.code}: ${error.message}\n`));
  client.on("disconnected", ({ reason }) => client.state !== "closed" && io.err(`disconnected: ${reason}\n`));
  client.on("abandoned", ({ round, reason }) => io.out(`round ${round}: abandoned (${reason})\n`));
}

function aboutEvaluation({ evaluation }: RunTerms): string {
  if (evaluation === undefined) return "";
  const { every, metrics, holdOut } = evaluation;
  const rounds = every === 1 ? "every round" : `every ${every} rounds`;
  return `, ${rounds} ${metrics.join(", ")} of ${holdOut.count} ratings that are kept aside (${holdOut.kind}) go into the same sums`;
}

function aboutRewards({ rewards }: RunTerms): string {
  return rewards === undefined
    ? ""
    : `, and what this device's part was worth in ${rewards.metric} is kept by its key (${rewards.division.kind})`;
}

function aboutGroups({ cohort: { groups = 1 }, aggregation }: RunTerms): string {
  return groups === 1 ? "" : ` in each of ${groups} groups, of which ${aggregation.kind} makes one`;
}

function aboutPrivacy({ privacy }: RunTerms): string {
  if (privacy === undefined) return "no promise of privacy";
  return `epsilon ${privacy.epsilon} at delta ${privacy.delta} for the whole run, noise by ${privacy.mechanism.kind}`;
}
