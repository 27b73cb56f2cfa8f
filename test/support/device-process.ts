/**
 * A process with one device on a file store, which ends itself by SIGKILL at a named point of its first contribution. Started by the
 * chaos tests with its order as an argument; reports the digest of every answer whose chunks it sends.
 */

import { fileStore } from "../../client/index.node.ts";
import { type ClientStore, createClient, socketConnector } from "../../client/index.ts";
import { tapped } from "./client-world.ts";

/** Where a device dies; a round is reserved where privacy is promised. */
export const deathPoints = [
  "reserved",
  "recorded",
  "sealed",
  "first chunk sent",
  "second chunk taken",
  "last chunk sent",
  "all taken",
] as const;

/** Where a device whose contributions are differences may die besides: as it writes down what it is about to send, and as it learns of its round. */
export const rememberingPoints = ["remembered", "taken over", "counted", "forgotten"] as const;

/** What the process is told. */
export interface DeviceOrder {
  readonly url: string;
  readonly run: string;
  readonly path: string;
  readonly dieAt: (typeof deathPoints | typeof rememberingPoints)[number] | undefined;
  /** By default three. */
  readonly ratings?: readonly (readonly [number, number])[] | undefined;
  /** How many rounds that count it the process lives for; by default one. */
  readonly rounds?: number | undefined;
}

/** Only a process that was started for it, not a test that imports the types. */
if (process.send !== undefined && process.argv[2]?.startsWith("{") === true) await live(JSON.parse(process.argv[2]) as DeviceOrder);

async function live(order: DeviceOrder): Promise<void> {
  const die = (point: DeviceOrder["dieAt"]): void => {
    if (order.dieAt === point) process.kill(process.pid, "SIGKILL");
  };
  const inner = await fileStore({ path: order.path, key: new Uint8Array(32).fill(7) });
  const store: ClientStore = {
    ...inner,
    set: async (key, bytes) => {
      await inner.set(key, bytes);
      if (key === "@budget") die("reserved");
      if (key.endsWith("/participation")) die("recorded");
      if (key.endsWith("/pending")) die("sealed");
      if (key.endsWith("/candidate")) die("remembered");
      if (key.endsWith("/private")) die("taken over");
      if (key.endsWith("/counted")) die("counted");
    },
    delete: async (key) => {
      await inner.delete(key);
      if (key.endsWith("/candidate")) die("forgotten");
    },
  };
  let taken = 0;
  const isLast = (header: Readonly<Record<string, unknown>>, bytes: number): boolean =>
    Number(header["offset"]) + bytes === Number(header["total"]);
  const connect = tapped(
    socketConnector(order.url),
    (kind, { header, payload }, channel) => {
      if (kind !== "answer") return;
      process.send!({ digest: header["digest"], round: header["round"] });
      // The message is on its way before the process ends: a second, unanswered sending of it makes sure.
      if (order.dieAt === "first chunk sent" || (order.dieAt === "last chunk sent" && isLast(header, payload.length))) {
        void channel.request(kind, { header, payload }).catch(() => undefined);
        setTimeout(() => die(order.dieAt), 50);
      }
    },
    (kind, { header, payload }) => {
      if (kind !== "answer") return;
      taken += 1;
      if (taken === 2) die("second chunk taken");
      if (isLast(header, payload.length)) die("all taken");
    },
  );
  const client = createClient({
    connect,
    run: order.run,
    ratings: order.ratings ?? [
      [0, 1],
      [2, 1],
      [4, 1],
    ],
    accept: { protections: ["open"] },
    store,
    retryMs: 20,
  });
  await client.participate({ rounds: order.rounds ?? 1 });
  client.close();
  await inner.close();
  process.disconnect();
}
