/** The operator's console over real sockets: the token, refusals, orders that a restart keeps to, reports, and what is never told. */
import { afterEach, describe, expect, it } from "vitest";
import { memoryStore } from "../../server/index.ts";
import type { Store } from "../../server/store.ts";
import { type ConsoleWorld, people, ScriptedConsole, startConsoleWorld, token } from "../support/console-world.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function world(...options: Parameters<typeof startConsoleWorld>): Promise<ConsoleWorld> {
  const started = await startConsoleWorld(...options);
  cleanups.push(() => started.close());
  return started;
}

async function open(
  url: string,
  auth: object = { token, name: "Ada" },
  headers: Record<string, string> = {},
): Promise<[ScriptedConsole, string]> {
  const console = new ScriptedConsole(url, auth, headers);
  cleanups.push(() => console.close());
  return [console, await console.opened()];
}

/** A store whose end leaves what it holds to the next server. */
function lasting(store: Store): Store {
  return { ...store, close: async () => undefined };
}

describe("a console's door", () => {
  it("is not there without a token: neither page nor namespace", async () => {
    const { listener } = await world(0, { consoleToken: undefined });
    expect((await fetch(`${listener.url}/console/`)).status).toBe(404);
    const [, opened] = await open(listener.url);
    expect(opened).toBe("Invalid namespace");
  });

  it("serves its page under a strict policy, and nothing outside of it", async () => {
    const files = new Map([["index.html", new TextEncoder().encode("<!doctype html><title>console</title>")]]);
    const { listener } = await world(0, { consoleFiles: files });
    const page = await fetch(`${listener.url}/console`);
    expect([page.status, page.url]).toEqual([200, `${listener.url}/console/`]);
    expect(page.headers.get("x-frame-options")).toBe("DENY");
    expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
    expect(page.headers.get("content-security-policy")).not.toContain("unsafe");
    for (const path of ["/console/..%2fpackage.json", "/console/none.js"]) expect((await fetch(`${listener.url}${path}`)).status).toBe(404);
  });

  it("opens to the token alone, and shuts for an address that guesses, also to the right token", async () => {
    const { server, listener } = await world(0);
    expect((await open(listener.url))[1]).toBe("open");
    const bad = [{}, { token: "wrong-operator-token" }, { token: 7 }, { token, name: "<b>" }, { token: "x".repeat(5_000) }];
    for (const auth of bad) expect((await open(listener.url, auth))[1]).toBe("expected the operator's token");
    expect((await open(listener.url))[1]).toMatch(/^too many attempts: wait \d+ s$/);
    expect(server.metrics.refused()).toEqual({ AUTH_FAILED: 5, RATE_LIMITED: 1 });
  });

  it("is shut to pages of other origins, also to those whose devices may connect", async () => {
    const { server } = await world(0);
    const listener = await server.listen({ port: 0, allowedOrigins: ["https://films.example"] });
    const [, opened] = await open(listener.url, { token }, { origin: "https://films.example" });
    expect(opened).toBe("expected this server's own page");
    expect((await open(listener.url, { token }, { origin: listener.url }))[1]).toBe("open");
  });
});

describe("an operator's orders", () => {
  it("pause lets the open round finish and begins no other, also after a restart; start goes on; end is told to every device", async () => {
    const store = lasting(memoryStore());
    const first = await world(6, { store });
    const [console] = await open(first.listener.url);
    await expect.poll(() => console.rounds.length, { timeout: 20_000 }).toBeGreaterThan(0);
    expect(await console.ask("order", "pause")).toEqual({ ok: true });
    await expect.poll(() => console.live?.standing === "paused" && console.live.open === null, { timeout: 20_000 }).toBe(true);
    const { round } = console.live!;
    expect(await console.ask("order", "pause")).toMatchObject({ ok: false, message: expect.stringContaining("ROUND_CLOSED") });
    await first.close();

    const second = await world(6, { store });
    const [again] = await open(second.listener.url, { token });
    await expect.poll(() => again.live?.connected, { timeout: 20_000 }).toBe(6);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(again.live).toMatchObject({ standing: "paused", round, open: null });
    expect(again.live!.orders).toMatchObject([{ order: "pause", by: "Ada" }]);
    expect(await again.ask("order", "resume")).toEqual({ ok: true });
    await expect.poll(() => again.rounds.at(-1)?.round, { timeout: 20_000 }).toBeGreaterThan(round);
    expect(await again.ask("order", "end")).toEqual({ ok: true });
    expect(await second.ended).toEqual(Array(6).fill("ended"));
    expect(second.server.standing).toBe("ended");
    expect(await again.ask("order", "resume")).toMatchObject({ ok: false });
    expect((await store.orders.given("console-run")).map(({ order, by }) => `${by} ${order}`)).toEqual([
      "Ada pause",
      "operator resume",
      "operator end",
    ]);
  });

  it("that are none are refused, and change nothing", async () => {
    const { server, listener } = await world(0);
    const [console] = await open(listener.url);
    for (const order of ["stop", undefined, 7, { order: "end" }, "resume"])
      expect(await console.ask("order", order)).toMatchObject({ ok: false });
    expect(server.standing).toBe("running");
  });
});

describe("what a console is told", () => {
  it("has rounds, privacy and ledger, and no key, factor, rating or secret of the run, in reports neither", async () => {
    const store = memoryStore();
    const clients = new Set<string>();
    const { server, listener } = await world(6, { store });
    server.on("joined", ({ client }) => clients.add(client));
    const [console] = await open(listener.url);
    await expect.poll(() => console.rounds.length, { timeout: 20_000 }).toBeGreaterThan(1);
    await expect.poll(() => console.account?.ledger?.entries, { timeout: 20_000 }).toBeGreaterThan(3);
    expect(console.account?.privacy?.planned?.release).toBeGreaterThan(0);
    expect(console.rounds.at(-1)).toMatchObject({ outcome: "published", invited: 5 });
    const html = await console.ask("report", "html");
    const json = await console.ask("report", "json");
    expect(html.ok && html.text?.startsWith("<!doctype html>")).toBe(true);
    expect(json.ok && (JSON.parse(json.text!) as { facts: object }).facts).toMatchObject({ run: "console-run", model: "fcf" });

    const all = console.received.join("\n");
    const { identitySeed } = (await store.loadRun("console-run"))!;
    for (const entry of await store.ledger("console-run")) for (const client of entry.clients) clients.add(client);
    expect(clients.size).toBe(6);
    const secrets = [
      token,
      server.publicKey,
      Buffer.from(identitySeed).toString("base64url"),
      Buffer.from(identitySeed).toString("hex"),
      ...clients,
    ];
    for (const value of server.shared) secrets.push(String(value));
    for (const person of people) secrets.push(JSON.stringify(person), person.map(([item]) => item).join(","));
    expect(secrets.filter((secret) => all.includes(secret))).toEqual([]);
    // The reader finds what is there.
    expect(all).toContain(server.publicKey.slice(0, 8));
  });
});
