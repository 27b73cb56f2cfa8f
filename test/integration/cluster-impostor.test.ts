/** Whoever writes to Redis can name a coordinator that is none: gateways hand it nothing, and their proofs are of no use elsewhere. */
import { afterEach, describe, expect, it } from "vitest";
import { encodeHolder } from "../../server/cluster/holder.ts";
import { connectSocket } from "../../server/connect.ts";
import { openIdentity } from "../../server/identity.ts";
import { createGateway, type Lease, type Store } from "../../server/index.ts";
import { toBase64url } from "../../shared/crypto/encoding.ts";
import { createIdentity, type Identity, sign } from "../../shared/crypto/identity.ts";
import { isCofactorError } from "../../shared/errors.ts";
import { secureRng } from "../../shared/random.ts";
import { type Channel, type Connector, createMemoryPair, type Packet } from "../../shared/transport.ts";
import { countingRun } from "../support/counting-run.ts";
import { type MemoryCluster, startMemoryCluster } from "../support/memory-cluster.ts";

const run = countingRun(4);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(): Promise<MemoryCluster & { readonly url: string }> {
  const cluster = await startMemoryCluster(run, { gateways: 0, coordinators: 1 });
  cleanups.push(() => cluster.close());
  await cluster.ready();
  return { ...cluster, url: cluster.coordinators[0]!.url };
}

/** What came to somebody in between, and how it was refused. */
interface Heard {
  readonly kinds: string[];
  readonly refused: string[];
}

/** A gateway that is told of a coordinator at `url`, and gets to whoever answers there. */
async function gatewayTo(store: Store, url: string, signer: Identity, answer: (kind: string, packet: Packet) => Promise<Packet>) {
  const heard: Heard = { kinds: [], refused: [] };
  const lease: Lease = {
    claim: async () => false,
    holder: async () => encodeHolder({ url, id: "somebody" }, run, signer),
    release: async () => undefined,
    close: async () => undefined,
  };
  const connect = (): Connector => async () => {
    const [near, far] = createMemoryPair();
    far.serve(async (kind, packet) => {
      heard.kinds.push(kind);
      try {
        return await answer(kind, packet);
      } catch (error) {
        heard.refused.push(isCofactorError(error) ? error.code : String(error));
        throw error;
      }
    });
    return near;
  };
  const kept = new Proxy(store, { get: (target, name) => (name === "close" ? async () => undefined : Reflect.get(target, name)) });
  const gateway = await createGateway({ run, store: kept, lease, lookMs: 10, connect });
  cleanups.push(() => gateway.close());
  return { gateway, heard };
}

/** Passes everything on to a coordinator. */
function passingOn(url: string): (kind: string, packet: Packet) => Promise<Packet> {
  let real: Promise<Channel> | undefined;
  return async (kind, packet) => {
    if (kind === "hello") {
      (await real)?.close();
      real = connectSocket(url)();
      cleanups.push(async () => (await real)?.close());
    }
    return (await real!).request(kind, packet);
  };
}

describe("a coordinator that is none", () => {
  it("is not even dialled where the lease names it without the run's key", async () => {
    const { url, store } = await start();
    const { gateway, heard } = await gatewayTo(store, url, createIdentity(secureRng), passingOn(url));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(heard.kinds).toEqual([]);
    expect(gateway.isLinked).toBe(false);
  });

  it("cannot pass a gateway's proof on to the real one", async () => {
    const { url, store } = await start();
    const { identity } = await openIdentity(run, store, secureRng);
    const { gateway, heard } = await gatewayTo(store, "http://impostor.example", identity, passingOn(url));
    await expect.poll(() => heard.refused.length, { timeout: 20_000 }).toBeGreaterThan(1);
    expect(new Set(heard.kinds)).toEqual(new Set(["hello", "join"]));
    expect(new Set(heard.refused)).toEqual(new Set(["AUTH_FAILED"]));
    expect(gateway.isLinked).toBe(false);
  });

  it("is not believed without the run's own key, whatever it copies", async () => {
    const { url, store } = await start();
    const pass = passingOn(url);
    const stranger = createIdentity(secureRng);
    const { identity } = await openIdentity(run, store, secureRng);
    const { gateway, heard } = await gatewayTo(store, "http://impostor.example", identity, async (kind, packet) => {
      if (kind === "hello") return pass(kind, packet);
      if (kind === "join")
        return { header: { model: { sha256: "A".repeat(43), bytes: 1, round: 0 }, isNew: false, ended: false }, payload: packet.payload };
      const proof = toBase64url(sign(stranger, "link", new TextEncoder().encode(String(packet.header["challenge"]))));
      const view = { epoch: 9, model: { sha256: "A".repeat(43), bytes: 1, round: 0 }, ended: false, over: 0 };
      return { header: { view, proof }, payload: packet.payload };
    });
    await expect.poll(() => heard.kinds.filter((kind) => kind === "link").length, { timeout: 20_000 }).toBeGreaterThan(1);
    expect(new Set(heard.kinds)).toEqual(new Set(["hello", "join", "link"]));
    expect(gateway.isLinked).toBe(false);
  });

  it("is a matter for TLS where it sits on the line itself", async () => {
    const { url, store } = await start();
    const { identity } = await openIdentity(run, store, secureRng);
    const { gateway } = await gatewayTo(store, url, identity, passingOn(url));
    await expect.poll(() => gateway.isLinked, { timeout: 20_000 }).toBe(true);
  });
});
