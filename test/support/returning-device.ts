/** A device of the counting run whose aggregator dies again and again. Imports the lineage, scripted-client. */
import { socketConnector } from "../../client/socket.ts";
import { createIdentity } from "../../shared/crypto/identity.ts";
import { isCofactorError } from "../../shared/errors.ts";
import { secureRng } from "../../shared/random.ts";
import { contributionOf } from "./counting-run.ts";
import type { Lineage } from "./lineage.ts";
import { floatBytes, ScriptedClient } from "./scripted-client.ts";

/** What a device saw of the run, over all its connections. */
export interface Seen {
  readonly published: Map<number, string>;
  readonly accepted: Set<number>;
  /** Rounds that it was asked for again after its answer was acknowledged. */
  readonly askedAgain: number[];
}

/** Comes back after each loss, and answers each round with the same bytes; settles when the run has ended. */
export async function returningDevice(lineage: Lineage, size: number, index: number): Promise<Seen> {
  const identity = createIdentity(secureRng);
  const seen: Seen = { published: new Map(), accepted: new Set(), askedAgain: [] };
  for (;;) {
    let client: ScriptedClient | undefined;
    try {
      client = new ScriptedClient(await socketConnector(await lineage.url)(), "counting", identity);
      const current = client;
      client.onAsk = ({ round }) => {
        if (seen.accepted.has(round)) seen.askedAgain.push(round);
        current.answer(round, floatBytes(contributionOf(size, index))).then(
          () => seen.accepted.add(round),
          () => undefined,
        );
      };
      const joined = await client.join();
      if (joined.ended) return seen;
      await client.until(() => {
        for (const header of current.published) seen.published.set(header.round, header.model.sha256);
        return current.published.at(-1)?.ended === true;
      });
      return seen;
    } catch (error) {
      if (!(isCofactorError(error) && error.retryable) && !String(error).includes("connection ended")) throw error;
      for (const header of client?.published ?? []) seen.published.set(header.round, header.model.sha256);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
