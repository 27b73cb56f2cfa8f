/**
 * A keyholder in a process of its own that may end itself by SIGKILL at a named step of an opening. Started by the chaos tests with its
 * order as an argument; comes back to the aggregator until it is killed or its parent is gone.
 */

import { socketConnector } from "../../client/socket.ts";
import { fileRecord, type KeyholderRecord } from "../../server/index.ts";
import { fromBase64url } from "../../shared/crypto/encoding.ts";
import { identityFromSeed } from "../../shared/crypto/identity.ts";
import type { KeyholderFactory } from "../../shared/protections/protection.ts";
import type { Run } from "../../shared/run.ts";
import type { Channel, Connector } from "../../shared/transport.ts";
import { keyholderOf, openAll } from "./sealed-run.ts";

/** Where a keyholder dies. */
export const keyholderDeaths = [
  "enrolled",
  "joined",
  "a list checked",
  "a contribution in",
  "the second contribution in",
  "before a list is recorded",
  "a list recorded",
  "a sum opened, not handed out",
  "a part handed out",
] as const;

/** One of the steps. */
export type KeyholderDeath = (typeof keyholderDeaths)[number];

/** What the process is told. */
export interface KeyholderOrder {
  readonly url: string;
  readonly run: string;
  /** Seed of its identity, base64url. */
  readonly seed: string;
  /** Its record's file. */
  readonly path: string;
  readonly dieAt: KeyholderDeath | undefined;
}

/** Only a process that was started for it, not a test that imports the names. */
if (process.send !== undefined && process.argv[2]?.startsWith("{") === true) await live(JSON.parse(process.argv[2]) as KeyholderOrder);

async function live({ url, run, seed, path, dieAt }: KeyholderOrder): Promise<void> {
  process.on("disconnect", () => process.exit(0));
  const die = (point: KeyholderDeath): void => {
    if (point === dieAt) process.kill(process.pid, "SIGKILL");
  };
  const inner = fileRecord(path);
  const record: KeyholderRecord = {
    ...inner,
    enrol(id, enrolment) {
      inner.enrol(id, enrolment);
      die("enrolled");
    },
    record(id, round, list) {
      die("before a list is recorded");
      inner.record(id, round, list);
      die("a list recorded");
    },
  };
  const createKeyholder = async (ready: Run): Promise<KeyholderFactory> => {
    const create = await openAll(ready);
    return (frame) => {
      const half = create(frame);
      die("a list checked");
      let taken = 0;
      return {
        combine(contribution) {
          half.combine(contribution);
          taken += 1;
          die(taken === 1 ? "a contribution in" : "the second contribution in");
        },
        async open() {
          const part = await half.open();
          die("a sum opened, not handed out");
          return part;
        },
      };
    };
  };
  const connect = watched(socketConnector(url), () => setTimeout(() => die("a part handed out"), 30));
  const keyholder = keyholderOf(connect, identityFromSeed(fromBase64url(seed)), { run, record, createKeyholder });
  for (;;) {
    try {
      const { channel } = await keyholder.join();
      die("joined");
      await new Promise<void>((resolve) => channel.onClose(() => resolve()));
    } catch {
      // The aggregator is away: it was killed, too.
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** Tells of each part that is handed out, once the answer is on its way. */
function watched(connect: Connector, onHanded: () => void): Connector {
  return async () => {
    const channel = await connect();
    const serve = channel.serve.bind(channel);
    const watching: Channel["serve"] = (handler) =>
      serve(async (kind, packet) => {
        const answer = await handler(kind, packet);
        if (kind === "opened") onHanded();
        return answer;
      });
    channel.serve = watching;
    return channel;
  };
}
