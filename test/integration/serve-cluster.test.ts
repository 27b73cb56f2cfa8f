/** `cofactor serve` as gateways and coordinators, `join` over several addresses: as an operator and a user run them. */
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { createClient } from "../../client/index.node.ts";
import { createIdentity, type Identity } from "../../shared/crypto/identity.ts";
import { secureRng } from "../../shared/random.ts";
import { authority, clientCertificate, serverCertificate, type TestCertificate } from "../support/certificates.ts";
import { acceptOpen } from "../support/client-world.ts";
import { missingCluster } from "../support/cluster-processes.ts";
import { commandsIn } from "../support/commands.ts";
import { freePort } from "../support/free-port.ts";
import { type PostgresCluster, startPostgres } from "../support/postgres.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

const folder = mkdtempSync(join(tmpdir(), "cofactor-cluster-"));
const commands = commandsIn(folder, { COFACTOR_SERVE_LISTEN_PORT: "0" });
afterEach(() => commands.end());
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const missing = missingCluster();

const cohort = { size: 2, min: 2 };
const terms = { id: "films", items: 9, rounds: 3, cohort, model: { kind: "fcf", rank: 2 }, protection: { kind: "open" } };
writeFileSync(join(folder, "terms.yaml"), stringify(terms));
for (const name of ["ann", "ben"]) writeFileSync(join(folder, `${name}.csv`), name === "ann" ? "1,1\n3,1\n" : "4,1\n8,1\n");

describe("cofactor serve --role", () => {
  it.each([
    [["--role", "gateway"], '"cluster.redis" expected a URL'],
    [["--role", "gateway", "--redis", "redis://x"], '"store" expected postgres://'],
    [["--redis", "redis://x"], 'expected the role "gateway" or "coordinator"'],
    [
      ["--role", "gateway", "--redis", "redis://x", "--store", "postgres://x/y", "--set", "enrolment.file=films.enrolment"],
      '"enrolment.file" expected none',
    ],
    [
      ["--role", "gateway", "--redis", "redis://x", "--store", "postgres://x/y", "--set", "tracing.endpoint=http://x/v1/traces"],
      '"tracing.endpoint" expected at the coordinators',
    ],
  ])("refuses %j with what is missing", async (args, message) => {
    expect(await commands.run("serve", "terms.yaml", ...args)).toMatchObject({ code: 2, err: expect.stringContaining(message) as string });
  });

  it("shows no password of the Redis", async () => {
    const args = ["--role", "gateway", "--redis", "redis://ann:hidden@x", "--store", "postgres://ann:hidden@x/y", "--print-config"];
    const { out } = await commands.run("serve", "terms.yaml", ...args);
    expect(out).not.toContain("hidden");
    expect(parse(out)).toMatchObject({ cluster: { role: "gateway", redis: "redis://ann:(secret)@x", leaseMs: 2_000 } });
  });
});

describe.skipIf(missing !== undefined)(`a cluster from the shell${missing === undefined ? "" : `, skipped: ${missing}`}`, () => {
  let postgres: PostgresCluster;
  let redis: RedisServer;
  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  });
  afterAll(() => Promise.all([postgres?.stop(), redis?.stop()]));

  it("trains a run over two gateways and two coordinators, and ends in good order", async () => {
    const shared = ["--store", await postgres.createDatabase(), "--redis", redis.url];
    const serve = (role: string) => commands.start("serve", "terms.yaml", "--role", role, ...shared);
    const servers = [serve("coordinator"), serve("coordinator"), serve("gateway"), serve("gateway")];
    const listening = await Promise.all(servers.map((server) => server.line(({ msg }) => msg === "listening")));
    expect(listening.map(({ role }) => role)).toEqual(["coordinator", "coordinator", "gateway", "gateway"]);
    await Promise.all(servers.slice(2).map((server) => server.line(({ isLinked }) => isLinked === true)));
    // Files are read again, and nobody ends.
    for (const { child } of servers) child.kill("SIGHUP");
    const [leader, standby, one, two] = listening.map(({ url }) => String(url));
    for (const url of listening.map((line) => String(line["url"]))) expect((await fetch(`${url}/ready`)).status).toBe(200);
    const statuses = await Promise.all([leader, standby].map(async (url) => (await (await fetch(`${url}/status`)).json()) as object));
    expect(statuses.filter((status) => "gateways" in status)).toEqual([
      expect.objectContaining({ role: "coordinator", epoch: 1, gateways: 2 }),
    ]);
    const leading = [leader, standby][statuses.findIndex((status) => "gateways" in status)];
    expect(statuses).toContainEqual({ run: "films", role: "coordinator", phase: "standing by", leader: leading, isTakingOver: false });
    expect(await (await fetch(`${one}/status`)).json()).toMatchObject({ role: "gateway", isLinked: true, epoch: 1 });
    // The first of each one's addresses leads nowhere.
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const joins = await Promise.all(
      [one, two].map((url, index) => {
        const ratings = `${["ann", "ben"][index]}.csv`;
        const place = ["--server", nowhere, "--server", url!];
        return commands.run("join", ...place, "--run", "films", "--ratings", ratings, "--accept-open");
      }),
    );
    for (const { code, out } of joins) {
      expect(code).toBe(0);
      for (const round of [1, 2, 3]) expect(out).toContain(`round ${round}: published from 2 devices, this one among them`);
    }
    for (const { child } of servers) child.kill("SIGTERM");
    expect((await Promise.all(servers.map(({ ended }) => ended))).map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  });

  it("lets in by invitation, one key each, at whichever gateway; a revoked key loses its connection at every one", async () => {
    const store = await postgres.createDatabase();
    writeFileSync(join(folder, "invited.yaml"), stringify({ ...terms, id: "invited", rounds: 1_000_000 }));
    const serve = (role: string) =>
      commands.start("serve", "invited.yaml", "--role", role, "--store", store, "--redis", redis.url, "--set", "enrolment.kind=invitation");
    const servers = [serve("coordinator"), serve("gateway"), serve("gateway")];
    const listening = await Promise.all(servers.map((server) => server.line(({ msg }) => msg === "listening")));
    const [, one, two] = listening.map(({ url }) => String(url));
    await Promise.all(servers.slice(1).map((server) => server.line(({ isLinked }) => isLinked === true)));
    const place = ["--run", "invited", "--store", store];
    const { out: tokens } = await commands.run("invite", ...place, "--count", "2");
    const [first, second] = tokens.trim().split("\n");
    const device = (url: string, item: number, invitation?: string) => {
      const client = createClient({
        url,
        run: "invited",
        ratings: [[item, 1]],
        accept: acceptOpen,
        ...(invitation === undefined ? {} : { invitation }),
      });
      clients.push(client);
      return client;
    };
    const clients: ReturnType<typeof createClient>[] = [];
    await expect(device(one!, 1).join()).rejects.toMatchObject({ code: "NOT_ADMITTED" });
    const [ann, ben] = [device(one!, 2, first), device(two!, 3, second)];
    expect((await Promise.all([ann, ben].map((client) => client.participate({ rounds: 1 })))).map(({ rounds }) => rounds)).toEqual([1, 1]);
    // An invitation that was used at one gateway is used at every one; its own key may come to every one.
    await expect(device(two!, 4, first).join()).rejects.toMatchObject({ code: "NOT_ADMITTED" });
    const isLost = Promise.all([ann, ben].map((client) => new Promise<void>((resolve) => client.on("disconnected", () => resolve()))));
    expect((await commands.run("clients", "list", ...place)).out).toContain(`${ann.id}  approved`);
    expect((await commands.run("clients", "revoke", ...place, "--", ann.id!, ben.id!)).code).toBe(0);
    await isLost;
    for (const client of [ann, ben]) await expect(client.join()).rejects.toMatchObject({ code: "REVOKED" });
    for (const client of clients) client.close();
  });

  it.each(["gateway", "coordinator"])("ends as a %s that cannot start, whatever it has opened by then", async (role) => {
    const store = ["--store", await postgres.createDatabase()];
    const wrong = await commands.run("serve", "terms.yaml", "--role", role, "--redis", "mysql://x", ...store);
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining("redis://") as string });
  });

  it("has a key wait for its operator, at one server on the data base as at a gateway", async () => {
    const store = await postgres.createDatabase();
    writeFileSync(join(folder, "approved.yaml"), stringify({ ...terms, id: "approved", cohort: { size: 1, min: 1 }, rounds: 1_000_000 }));
    const kind = ["--store", store, "--set", "enrolment.kind=approved"];
    const place = ["--run", "approved", "--store", store];
    const [annIs, benIs] = [createIdentity(secureRng), createIdentity(secureRng)];
    const device = (url: unknown, identity: Identity) =>
      createClient({ url: String(url), run: "approved", ratings: [[1, 1]], accept: { ...acceptOpen, minCohort: 1 }, identity });
    const single = commands.start("serve", "approved.yaml", ...kind);
    const { url } = await single.line(({ msg }) => msg === "listening");
    const ann = device(url, annIs);
    await expect(ann.join()).rejects.toMatchObject({ code: "NOT_ADMITTED", retryable: true });
    expect((await commands.run("clients", "list", ...place)).out).toContain(`${annIs.id}  pending`);
    expect((await commands.run("clients", "approve", ...place, "--", annIs.id)).code).toBe(0);
    expect((await ann.participate({ rounds: 1 })).rounds).toBe(1);
    ann.close();
    single.child.kill("SIGTERM");
    expect((await single.ended).code).toBe(0);
    expect(existsSync(join(folder, "approved.enrolment"))).toBe(false);
    // What one server has decided holds in a cluster.
    const servers = ["coordinator", "gateway"].map((role) =>
      commands.start("serve", "approved.yaml", "--role", role, "--redis", redis.url, ...kind),
    );
    const gateway = await servers[1]!.line(({ msg }) => msg === "listening");
    await servers[1]!.line(({ isLinked }) => isLinked === true);
    const [back, ben] = [device(gateway["url"], annIs), device(gateway["url"], benIs)];
    await back.join();
    await expect(ben.join()).rejects.toMatchObject({ code: "NOT_ADMITTED", retryable: true });
    expect((await commands.run("clients", "approve", ...place, "--", benIs.id)).code).toBe(0);
    await ben.join();
    for (const client of [back, ben]) client.close();
  });

  it("starts on no data base beside a file of earlier times, until what it keeps was brought over", async () => {
    const store = await postgres.createDatabase();
    writeFileSync(join(folder, "moved.yaml"), stringify({ ...terms, id: "moved" }));
    const [there, here] = [
      ["--run", "moved", "--store", "moved.sqlite"],
      ["--run", "moved", "--store", store],
    ];
    const { out } = await commands.run("invite", ...there);
    const revoked = createIdentity(secureRng).id;
    await commands.run("clients", "revoke", ...there, "--", revoked);
    const refused = {
      code: 2,
      err: expect.stringContaining("cofactor clients import --run moved --from moved.sqlite.enrolment") as string,
    };
    for (const args of [
      ["serve", "moved.yaml", "--store", store],
      ["serve", "moved.yaml", "--store", store, "--redis", redis.url, "--role", "gateway"],
      ["clients", "list", ...here],
      ["invite", ...here],
    ]) {
      expect(await commands.run(...args), args.join(" ")).toMatchObject(refused);
    }
    const bring = ["clients", "import", ...here, "--from", "moved.sqlite.enrolment"];
    expect(await commands.run(...bring)).toMatchObject({
      code: 0,
      err: expect.stringContaining("took in 1 keys and 1 invitations") as string,
    });
    expect(await commands.run(...bring)).toMatchObject({ code: 2, err: expect.stringContaining("already") as string });
    renameSync(join(folder, "moved.sqlite.enrolment"), join(folder, "away"));
    expect((await commands.run("clients", "list", ...here)).out).toContain(`${revoked}  revoked`);
    const server = commands.start("serve", "moved.yaml", "--store", store, "--set", "enrolment.kind=invitation");
    const { url } = await server.line(({ msg }) => msg === "listening");
    const client = createClient({ url: String(url), run: "moved", ratings: [[1, 1]], accept: acceptOpen, invitation: out.trim() });
    await client.join();
    client.close();
  });

  it("links a gateway over TLS by its own certificate, and none without one that the coordinator asks for", async () => {
    const pem = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return name;
    };
    const ca = pem("authority.pem", authority);
    const own = (place: string, { cert, key }: TestCertificate): string[] => {
      const names = [pem(`${place}.pem`, cert), pem(`${place}.key`, key)];
      return ["--set", `${place}.ca=${ca}`, "--set", `${place}.cert=${names[0]}`, "--set", `${place}.key=${names[1]}`];
    };
    const shared = ["--store", await postgres.createDatabase(), "--redis", redis.url];
    const serve = (role: string, ...more: string[]) => commands.start("serve", "terms.yaml", "--role", role, ...shared, ...more);
    const coordinator = serve("coordinator", ...own("listen.tls", serverCertificate), "--set", "listen.tls.clientCertificates=require");
    const { url } = await coordinator.line(({ msg }) => msg === "listening");
    expect(String(url)).toMatch(/^https:/);
    const known = serve("gateway", ...own("cluster.tls", clientCertificate));
    const unknown = serve("gateway", "--set", `cluster.tls.ca=${ca}`);
    await known.line(({ isLinked }) => isLinked === true);
    const listening = await unknown.line(({ msg }) => msg === "listening");
    expect((await fetch(`${String(listening["url"])}/ready`)).status).toBe(503);
    expect(
      await commands.run("serve", "terms.yaml", "--role", "gateway", ...shared, "--set", "cluster.tls.cert=cluster.tls.pem"),
    ).toMatchObject({
      code: 2,
      err: expect.stringContaining("expected a cert and its key") as string,
    });
  });

  it("ends a coordinator with 4 when the record of spent privacy does not add up", async () => {
    const privacy = { epsilon: 4, delta: 1e-5, clipNorm: 0.5 };
    writeFileSync(join(folder, "private.yaml"), stringify({ ...terms, id: "private", privacy }));
    const store = await postgres.createDatabase();
    const start = () => commands.start("serve", "private.yaml", "--role", "coordinator", "--store", store, "--redis", redis.url);
    const first = start();
    await first.line(({ isLeading }) => isLeading === true);
    first.child.kill("SIGTERM");
    expect((await first.ended).code).toBe(0);
    await postgres.query(store, "INSERT INTO cofactor.ledger VALUES ('private', 1, 1, 'released', '[]', '', 'made up')");
    const second = start();
    expect((await second.ended).code).toBe(4);
  });
});
