/** The aggregator as a service, over real sockets: TLS and certificates, invitations and revocation, the guarded pages, draining. */
import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { createClient, socketConnector } from "../../client/index.ts";
import {
  createInvitation,
  createServer,
  EnrolmentDesk,
  type EnrolmentStore,
  enrolmentPolicies,
  type Listener,
  type ListenOptions,
  memoryEnrolment,
  memoryStore,
  type Server,
  type ServerOptions,
} from "../../server/index.ts";
import { identityFromSeed } from "../../shared/crypto/identity.ts";
import { defineRun } from "../../shared/define-run.ts";
import { secureRng } from "../../shared/random.ts";
import { authority, clientCertificate, serverCertificate, strangerCertificate } from "../support/certificates.ts";
import { contributionOf, countingRun } from "../support/counting-run.ts";
import { floatBytes, ScriptedClient } from "../support/scripted-client.ts";

const size = 4;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(
  options: Partial<ServerOptions> = {},
  listenOptions: ListenOptions = {},
): Promise<{ server: Server; listener: Listener }> {
  const run = countingRun(size, { rounds: 9, cohort: { size: 2, min: 2 }, deadline: { stageMs: 60_000, graceMs: 5_000 } });
  const server = await createServer({ run, store: memoryStore(), gatherMs: 4_000, ...options });
  cleanups.push(() => server.close());
  return { server, listener: await server.listen(listenOptions) };
}

function enrolled(kind: string): { enrolment: EnrolmentDesk; store: EnrolmentStore; revocationMs: number } {
  const store = memoryEnrolment();
  return { store, enrolment: new EnrolmentDesk({ policies: enrolmentPolicies, section: { kind }, store }), revocationMs: 20 };
}

async function invitationFrom(store: EnrolmentStore): Promise<string> {
  const inviter = identityFromSeed(await store.inviterSeed(secureRng.bytes(32)));
  const expiresAtMs = Date.now() + 60_000;
  const { token, hash } = createInvitation(inviter, "counting", expiresAtMs, secureRng);
  await store.invite("counting", [hash], expiresAtMs);
  return token;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 600 && !(await condition()); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await condition()).toBe(true);
}

describe("a listener with TLS", () => {
  it("serves devices that trust its authority, and none that do not", async () => {
    const { server, listener } = await open({}, { tls: serverCertificate });
    expect(listener.url).toMatch(/^https:/);
    const device = await ScriptedClient.join(socketConnector(listener.url, { tls: { ca: authority } }), "counting");
    expect(server.metrics.refused()).toEqual({});
    for (const tls of [{}, { ca: strangerCertificate.cert }]) {
      await expect(socketConnector(listener.url, { tls })()).rejects.toMatchObject({ code: "DISCONNECTED" });
    }
    await expect(socketConnector(listener.url.replace("https", "http"))()).rejects.toMatchObject({ code: "DISCONNECTED" });
    expect(device.channel.isOpen).toBe(true);
  });

  it.each([
    ["none", [true, true, true]],
    ["request", [true, true, false]],
    ["require", [false, true, false]],
  ] as const)("that asks for certificates: %s", async (clientCertificates, [bare, own, stranger]) => {
    const { listener } = await open({}, { tls: { ...serverCertificate, ca: authority, clientCertificates } });
    const attempt = async (tls: object): Promise<boolean> => {
      try {
        const channel = await socketConnector(listener.url, { tls: { ca: authority, ...tls } })();
        channel.close();
        return true;
      } catch {
        return false;
      }
    };
    expect([await attempt({}), await attempt(clientCertificate), await attempt(strangerCertificate)]).toEqual([bare, own, stranger]);
  });

  it("takes a renewed certificate without a restart, and keeps the old one when the new one is none", async () => {
    const { listener } = await open({}, { tls: serverCertificate });
    const subject = async (): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connectTls({ port: listener.port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
          resolve(String(socket.getPeerCertificate().subject.CN));
          socket.destroy();
        });
        socket.once("error", reject);
      });
    expect(await subject()).toBe("server");
    expect(() => listener.setTls({ cert: strangerCertificate.cert, key: serverCertificate.key })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
    expect(await subject()).toBe("server");
    listener.setTls(strangerCertificate);
    expect(await subject()).toBe("a stranger");
  });

  it("refuses settings that cannot work, without a word of the key", async () => {
    const { server } = await open();
    const key = serverCertificate.key.replaceAll("\n", "").slice(30, 60);
    for (const tls of [
      { cert: "none", key: serverCertificate.key },
      { cert: serverCertificate.cert, key: strangerCertificate.key },
      { ...serverCertificate, clientCertificates: "require" as const },
    ]) {
      const refusal = await server.listen({ tls }).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: "CONFIG_INVALID" });
      expect(String(refusal)).not.toContain(key);
    }
  });

  it("says so when its address is in use", async () => {
    const { server, listener } = await open();
    await expect(server.listen({ port: listener.port })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("lets go of a peer that never begins TLS", async () => {
    const { listener } = await open({}, { tls: serverCertificate, handshakeMs: 200 });
    const { ended, rawSocket } = await import("../support/raw-socket.ts");
    await ended(await rawSocket(listener.port));
    expect(listener.connections()).toBe(0);
  });
});

describe("a run by invitation", () => {
  it("is joined by the client SDK with one, again without it, and by nobody else", async () => {
    const store = memoryEnrolment();
    const enrolment = new EnrolmentDesk({ policies: enrolmentPolicies, section: { kind: "invitation" }, store });
    const run = defineRun({
      id: "counting",
      items: 9,
      rounds: 1,
      cohort: { size: 1, min: 1 },
      model: { kind: "fcf", rank: 2 },
      protection: { kind: "open" },
    });
    const { listener } = await open({ run, enrolment });
    const invitation = await invitationFrom(store);
    const device = (shown?: string) => {
      const client = createClient({
        url: listener.url,
        run: "counting",
        ratings: [[1, 1]],
        accept: { protections: ["open"], minCohort: 1 },
        ...(shown === undefined ? {} : { invitation: shown }),
      });
      cleanups.push(() => client.close());
      return client;
    };
    await expect(device().join()).rejects.toMatchObject({ code: "NOT_ADMITTED", retryable: false });
    const first = device(invitation);
    await first.join();
    await expect(device(invitation).join()).rejects.toMatchObject({ code: "NOT_ADMITTED" });
    first.close();
    expect(await first.participate({ rounds: 1 })).toMatchObject({ rounds: 1 });
    expect((await store.list("counting")).map(({ client, standing }) => [client, standing])).toEqual([[first.id, "approved"]]);
    await first.leave();
    expect(await store.list("counting")).toEqual([]);
  });
});

describe("a revoked device", () => {
  it.each(enrolmentPolicies.map(({ kind }) => kind))(
    "loses its connections, is refused from then on, and holds up no round: %s",
    async (kind) => {
      const { store, ...options } = enrolled(kind);
      const run = countingRun(size, { rounds: 9, cohort: { size: 2, min: 2 } });
      const { server, listener } = await open({ ...options, run, gatherMs: 20 });
      const connect = socketConnector(listener.url);
      const enter = async (): Promise<ScriptedClient> => {
        const client = new ScriptedClient(await connect(), "counting");
        await store.decide("counting", client.identity.id, "approved", Date.now());
        await client.join();
        return client;
      };
      const [bad, ...honest] = [await enter(), await enter(), await enter()];
      await Promise.race([bad, ...honest].map((client) => client.invitation(1)));
      await store.decide("counting", bad.identity.id, "revoked", Date.now());
      await until(() => !bad.channel.isOpen);
      const again = new ScriptedClient(await connect(), "counting", bad.identity);
      await expect(again.join()).rejects.toMatchObject({ code: "REVOKED", retryable: false });
      expect(server.metrics.refused()).toEqual({ REVOKED: 1 });
      for (const [index, client] of honest.entries()) {
        client.onAsk = ({ round }) => void client.answer(round, floatBytes(contributionOf(size, index))).catch(() => undefined);
      }
      await until(async () => (await server.records()).some(({ outcome, accepted }) => outcome === "published" && accepted === 2));
      expect(server.shared[3]).toBe(0);
    },
  );
});

describe("guarded pages", () => {
  it("ask for the console's token, and health and readiness for none", async () => {
    const consoleToken = "correct-horse-battery";
    const { listener } = await open({ consoleToken });
    const status = async (path: string, authorization?: string): Promise<number> =>
      (await fetch(`${listener.url}${path}`, { headers: authorization === undefined ? {} : { authorization } })).status;
    for (const path of ["/metrics", "/status"]) {
      expect([await status(path), await status(path, "Bearer wrong"), await status(path, consoleToken)]).toEqual([401, 401, 401]);
      expect(await status(path, `Bearer ${consoleToken}`)).toBe(200);
    }
    expect([await status("/health"), await status("/ready")]).toEqual([200, 200]);
  });
});

describe("a server that drains", () => {
  const pair = async (connect: ReturnType<typeof socketConnector>): Promise<ScriptedClient[]> => {
    const clients = await Promise.all([0, 1].map(() => ScriptedClient.join(connect, "counting")));
    await Promise.all(clients.map((client) => client.invitation(1)));
    return clients;
  };

  it("finishes the open round, begins no other, takes in only that round's devices, and tells all when to come back", async () => {
    const { server, listener } = await open();
    const connect = socketConnector(listener.url);
    const [first, second] = await pair(connect);
    const draining = server.drain({ drainMs: 20_000, retryAfterMs: 1_500 });
    expect((await fetch(`${listener.url}/ready`)).status).toBe(503);
    expect((await fetch(`${listener.url}/health`)).status).toBe(200);
    await expect(ScriptedClient.join(connect, "counting")).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      retryAfterMs: 1_500,
    });
    await first!.answer(1, floatBytes(contributionOf(size, 0)));
    // A device of the round that lost its connection comes back and finishes.
    second!.channel.close();
    const back = await ScriptedClient.join(connect, "counting", second!.identity);
    await back.answer(1, floatBytes(contributionOf(size, 1)));
    expect(await draining).toEqual({ openRound: undefined });
    expect([...server.shared]).toEqual([1, 1, 0, 0]);
    for (const client of [first!, back]) {
      await client.until(() => client.closing.length === 1);
      expect(client.closing).toEqual([{ retryAfterMs: 1_500 }]);
      expect(client.asked.every(({ round }) => round === 1)).toBe(true);
    }
    expect((await server.records()).length).toBe(1);
  });

  it("leaves a round behind that nobody finishes in time, and the next server on the store goes on with it", async () => {
    const store = memoryStore();
    const lasting = { ...store, close: async () => undefined };
    const { server, listener } = await open({ store: lasting });
    const clients = await pair(socketConnector(listener.url));
    await clients[0]!.answer(1, floatBytes(contributionOf(size, 0)));
    expect(await server.drain({ drainMs: 200 })).toEqual({ openRound: 1 });
    await server.close();
    const next = await open({ store: lasting });
    const connect = socketConnector(next.listener.url);
    const [done, missing] = await Promise.all(clients.map(({ identity }) => ScriptedClient.join(connect, "counting", identity)));
    await missing!.invitation(1);
    await missing!.answer(1, floatBytes(contributionOf(size, 1)));
    await done!.until(() => done!.published.length === 1);
    expect([...next.server.shared]).toEqual([1, 1, 0, 0]);
    expect(done!.asked.filter(({ round }) => round === 1)).toEqual([]);
  });

  it("does not wait for devices that are not there", async () => {
    const { server, listener } = await open();
    const clients = await pair(socketConnector(listener.url));
    for (const { channel } of clients) channel.close();
    await until(() => listener.connections() === 0);
    // Beyond the time that a test may take.
    expect(await server.drain({ drainMs: 1_000_000 })).toEqual({ openRound: 1 });
  });

  it("is come back to by the client SDK, not before the time that it named, when another one is there", async () => {
    const terms = {
      id: "counting",
      items: 9,
      rounds: 2,
      cohort: { size: 1, min: 1 },
      model: { kind: "fcf", rank: 2 },
      protection: { kind: "open" },
    };
    const store = memoryStore();
    const lasting = { ...store, close: async () => undefined };
    const first = await open({ run: defineRun(terms), store: lasting, restMs: 60_000 });
    const client = createClient({
      url: first.listener.url,
      run: "counting",
      ratings: [[1, 1]],
      accept: { protections: ["open"], minCohort: 1 },
      retryMs: 1,
    });
    cleanups.push(() => client.close());
    const published = new Promise<void>((resolve) => client.on("published", () => resolve()));
    let attempts = 0;
    client.on("state", (state) => (attempts += state === "connecting" ? 1 : 0));
    const taking = client.participate();
    await published;
    const retryAfterMs = 700;
    await first.server.drain({ retryAfterMs });
    const fromMs = performance.now();
    await first.server.close();
    expect(attempts).toBe(1);
    await open({ run: defineRun(terms), store: lasting }, { port: first.listener.port });
    const joinedAgain = new Promise<number>((resolve) => client.on("joined", () => resolve(performance.now() - fromMs)));
    // Timers may be a moment early; the message came a moment before the drain was over.
    expect(await joinedAgain).toBeGreaterThan(retryAfterMs - 200);
    expect(await taking).toMatchObject({ reason: "ended", rounds: 2 });
    expect(attempts).toBe(2);
  });
});
