/** `cofactor serve` with settings, `invite` and `clients` as an operator runs them; and what must never be in a log. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { createClient, socketConnector } from "../../client/index.ts";
import { authority, serverCertificate } from "../support/certificates.ts";
import { commandsIn, type Running } from "../support/commands.ts";
import { ScriptedClient } from "../support/scripted-client.ts";

const folder = mkdtempSync(join(tmpdir(), "cofactor-serve-"));
const token = "correct-horse-battery";
const commands = commandsIn(folder, { COFACTOR_SERVE_CONSOLE_TOKEN: token, COFACTOR_SERVE_LISTEN_PORT: "0" });
afterEach(() => commands.end());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const terms = {
  id: "films",
  items: 9,
  rounds: 40,
  cohort: { size: 1, min: 1 },
  model: { kind: "fcf", rank: 2 },
  protection: { kind: "open" },
};
writeFileSync(join(folder, "terms.yaml"), stringify(terms));
writeFileSync(join(folder, "server.pem"), serverCertificate.cert);
writeFileSync(join(folder, "server.key"), serverCertificate.key);
writeFileSync(
  join(folder, "serve.yaml"),
  stringify({
    terms: "terms.yaml",
    store: "films.sqlite",
    log: { level: "trace" },
    enrolment: { kind: "invitation" },
    listen: { port: 1, tls: { cert: "server.pem", key: "server.key" } },
  }),
);
const serve = (...args: string[]): Running => commands.start("serve", "--config", "serve.yaml", ...args);

describe("cofactor serve", () => {
  it("prints the settings that file, environment and flags come to, secrets masked, and starts nothing", async () => {
    const { code, out } = await commands.run("serve", "--config", "serve.yaml", "--set", "limits.maxConnections=7", "--print-config");
    expect(code).toBe(0);
    expect(out).not.toContain(token);
    expect(parse(out)).toMatchObject({
      terms: "terms.yaml",
      listen: { port: 0, tls: { cert: "server.pem" } },
      limits: { maxConnections: 7, maxRefusals: 50 },
      enrolment: { kind: "invitation" },
      console: { token: "(secret)" },
    });
    const wrong = await commands.run("serve", "--config", "serve.yaml", "--set", "limit.maxConnections=7");
    expect(wrong).toMatchObject({ code: 2, out: "", err: expect.stringContaining('did you mean "limits.maxConnections"?') as string });
  });

  it("ends with the exit codes that its help lists", async () => {
    const help = (await commands.run("serve", "--help")).out;
    for (const code of ["0", "1", "2", "3", "4", "5", "130"]) expect(help).toMatch(new RegExp(`^ {2}${code} +\\w`, "m"));
    const other = createTcpServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    expect(await commands.run("serve", "terms.yaml", "--store", "five.sqlite", "--port", String(port))).toMatchObject({
      code: 5,
      err: expect.stringContaining("EADDRINUSE") as string,
    });
    other.close();
    writeFileSync(join(folder, "none.sqlite"), "These are ratings, not a data base. ".repeat(100));
    expect(await commands.run("serve", "terms.yaml", "--store", "none.sqlite")).toMatchObject({ code: 3, out: "" });
  });

  it("takes devices by invitation over TLS, ends those that are revoked, and logs no token, key, rating, or word of a stranger", async () => {
    const server = serve();
    const { url } = await server.line(({ msg }) => msg === "listening");
    expect(String(url)).toMatch(/^https:/);
    const invited = await commands.run("invite", "--run", "films", "--store", "films.sqlite", "--count", "3");
    const invitations = invited.out.trim().split("\n");
    expect(new Set(invitations).size).toBe(3);
    const connect = socketConnector(String(url), { tls: { ca: authority } });
    const ratings = [
      [3, 0.123_456_789],
      [7, 0.987_654_321],
    ] as const;
    const device = (invitation: string) =>
      createClient({ connect, run: "films", ratings, accept: { protections: ["open"], minCohort: 1 }, invitation });
    const client = device(invitations[0]!);
    await client.join();
    expect((await client.participate({ rounds: 1 })).rounds).toBe(1);
    await expect(device(invitations[0]!).join()).rejects.toMatchObject({ code: "NOT_ADMITTED" });

    const stranger = new ScriptedClient(await connect(), "films");
    const marker = "<script>alert(31415926)</script>";
    await expect(stranger.say(marker.slice(0, 30), { [marker]: marker })).rejects.toMatchObject({ code: "MESSAGE_MALFORMED" });
    await expect(stranger.say("join", { role: "client", publicKey: marker, proof: marker })).rejects.toMatchObject({
      code: "MESSAGE_MALFORMED",
    });

    const listed = await commands.run("clients", "list", "--run", "films", "--store", "films.sqlite");
    expect(listed.out).toContain(`${client.id}  approved`);
    expect(listed.err).toContain("2 open, 1 redeemed, 0 expired");
    const isLost = new Promise<void>((resolve) => client.on("disconnected", () => resolve()));
    // A key may begin with a dash.
    expect((await commands.run("clients", "revoke", "--run", "films", "--store", "films.sqlite", "--", client.id!)).code).toBe(0);
    await isLost;
    await expect(client.join()).rejects.toMatchObject({ code: "REVOKED" });
    client.close();

    const page = async (headers: Record<string, string>): Promise<number> => {
      const { request } = await import("node:https");
      return new Promise((resolve, reject) => {
        request(`${String(url)}/metrics`, { ca: authority, headers }, (response) => resolve(response.resume().statusCode!))
          .on("error", reject)
          .end();
      });
    };
    expect([await page({}), await page({ authorization: `Bearer ${token}` })]).toEqual([401, 200]);

    server.child.kill("SIGHUP");
    await server.line(({ msg }) => String(msg).startsWith("certificate read"));
    server.child.kill("SIGTERM");
    const { code, out, err } = await server.ended;
    expect([code, err]).toEqual([0, ""]);
    const refused = out.split("\n").filter((text) => text.includes("message refused"));
    expect(refused.length).toBeGreaterThanOrEqual(3);
    for (const text of refused) expect(JSON.parse(text)).toMatchObject({ request: expect.stringMatching(/^c\d+\.\d+$/) as string });
    const { secret } = { secret: serverCertificate.key.split("\n")[1]! };
    const hidden = [token, secret, marker, marker.slice(0, 30), "31415926", client.id!, stranger.identity.id, ...invitations];
    for (const text of [...hidden, "0.123456789", "0.987654321", "127.0.0.1:", "::ffff"]) {
      expect(out.replaceAll(String(url), "URL")).not.toContain(text);
    }
    const kept = readFileSync(join(folder, "films.sqlite.enrolment"), "latin1");
    for (const invitation of invitations) expect(kept).not.toContain(invitation);
    expect(statSync(join(folder, "films.sqlite.enrolment")).mode & 0o777).toBe(0o600);
  });

  it.each([
    [["invite"], '"--run" is needed'],
    [["invite", "--run", "films", "--count", "0"], '"--count" expected'],
    [["clients", "aprove", "--run", "films"], 'did you mean "approve"?'],
    [["clients", "revoke", "--run", "films"], "expected keys"],
    [["clients", "list", "KEY", "--run", "films"], '"list" expected no keys'],
    [["clients", "import", "--run", "films"], '"import" expected "--from"'],
    [["clients", "list", "--run", "films", "--from", "x"], '"list" expected no "--from"'],
    [["clients", "import", "--run", "films", "--from", "nowhere"], 'no enrolment of run "films" in a file "nowhere"'],
    [["clients", "revoke", "short", "--run", "films"], "43 characters"],
  ])("is told what is wrong with %j", async (args, message) => {
    expect(await commands.run(...args)).toMatchObject({ code: 2, out: "", err: expect.stringContaining(message) as string });
  });
});
