/** Settings of `cofactor serve`: who goes before whom, unknown names, secrets, and that the page about them knows them all. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseSettings, settingLeaves, shownSettings } from "../../../server/settings.ts";
import { resolveSettings, variableOf } from "../../../server/settings-sources.ts";
import { readText } from "../../support/source-tree.ts";

const folder = mkdtempSync(join(tmpdir(), "cofactor-settings-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, "serve.yaml");
  writeFileSync(path, text);
  return path;
}

const nothing = { flags: new Map<string, unknown>(), set: [], environment: {}, file: undefined };

describe("settings", () => {
  it("have a default each", () => {
    const settings = resolveSettings(nothing);
    expect(settings.listen).toEqual({
      host: "127.0.0.1",
      port: 8080,
      tls: { clientCertificates: "none" },
      allowedOrigins: [],
      trustedProxies: [],
    });
    expect(settings.limits).toMatchObject({ maxConnections: 20_000, headersMs: 10_000, maxHeaders: 64, connectMs: 5_000, joinMs: 10_000 });
    expect(settings.enrolment).toEqual({ kind: "open" });
    expect(settings.shutdown).toEqual({ drainMs: 20_000, retryAfterMs: 2_000 });
  });

  it("come from flags before --set before the environment before the file before the defaults", () => {
    const path = file(
      "listen: { host: a.example, port: 1 }\nlimits: { maxConnections: 1, maxHeaders: 1, pingMs: 1 }\nlog: { level: warn }\n",
    );
    const environment = {
      COFACTOR_SERVE_LISTEN_PORT: "2",
      COFACTOR_SERVE_LIMITS_MAX_CONNECTIONS: "2",
      COFACTOR_SERVE_LIMITS_MAX_HEADERS: "2",
      COFACTOR_SERVE_LISTEN_ALLOWED_ORIGINS: "[https://a.example, https://b.example]",
      COFACTOR_SERVE_CONSOLE_TOKEN: "0123456789012345",
      COFACTOR_PASSPHRASE: "of another command",
    };
    const flags = new Map<string, unknown>([
      ["listen.port", 4],
      ["listen.host", undefined],
    ]);
    const settings = resolveSettings({ flags, set: ["limits.maxConnections=3", "listen.port=3"], environment, file: path });
    expect(settings.listen).toMatchObject({ host: "a.example", port: 4, allowedOrigins: ["https://a.example", "https://b.example"] });
    expect(settings.limits).toMatchObject({ maxConnections: 3, maxHeaders: 2, pingMs: 1, maxPendingJoins: 2_000 });
    expect(settings.log.level).toBe("warn");
    // Text that looks like a number stays text.
    expect(settings.console.token).toBe("0123456789012345");
  });

  it("take the options of every enrolment policy, from every source", () => {
    const environment = { COFACTOR_SERVE_ENROLMENT_KIND: "approved", COFACTOR_SERVE_ENROLMENT_MAX_PENDING: "7" };
    expect(resolveSettings({ ...nothing, environment }).enrolment).toEqual({ kind: "approved", maxPending: 7, retryAfterMs: 60_000 });
    expect(resolveSettings({ ...nothing, set: ["enrolment.kind=invitation", "enrolment.file=a"] }).enrolment).toEqual({
      kind: "invitation",
      file: "a",
    });
    expect(() => resolveSettings({ ...nothing, set: ["enrolment.maxPending=7"] })).toThrow('"enrolment.maxPending" is not a known key');
  });

  it.each([
    ["a key of the file", { file: () => file("listen: { prot: 1 }\n") }, '"listen.prot" is not a known key; did you mean "port"?'],
    ["a section of the file", { file: () => file("limit: {}\n") }, '"limit" is not a known key; did you mean "limits"?'],
    ["a variable", { environment: { COFACTOR_SERVE_LISTEN_PROT: "1" } }, 'did you mean "COFACTOR_SERVE_LISTEN_PORT"?'],
    ["a path of --set", { set: ["limits.maxConnection=3"] }, 'did you mean "limits.maxConnections"?'],
    ["a policy", { set: ["enrolment.kind=invitations"] }, 'did you mean "invitation"?'],
    ["a value out of range", { set: ["listen.port=70000"] }, '"listen.port"'],
    ["a limit that is no number", { environment: { COFACTOR_SERVE_LIMITS_JOIN_MS: "soon" } }, '"limits.joinMs"'],
    ["text where a section should be", { file: () => file("listen: 3\n"), set: ["listen.port=3"] }, '"listen"'],
    ["a file that is no YAML", { file: () => file("listen: [\n") }, "expected YAML"],
    ["a file that is not there", { file: () => join(folder, "none.yaml") }, "cannot be read"],
    ["a certificate without its key", { set: ["listen.tls.cert=a.pem"] }, "a cert and its key"],
    ["certificates of clients without TLS", { set: ["listen.tls.clientCertificates=require"] }, '"listen.tls.cert" expected a certificate'],
  ])("name what is wrong with %s", (_name, sources, message) => {
    const path = "file" in sources ? sources.file() : undefined;
    const act = (): unknown => resolveSettings({ ...nothing, ...sources, file: path });
    expect(act).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(message) as string }));
  });

  it("mask their secrets when they are shown, and do not quote one that is refused", () => {
    const secret = "correct-horse-battery";
    const shown = JSON.stringify(shownSettings(parseSettings({ console: { token: secret } })));
    expect(shown).not.toContain(secret);
    expect(shown).toContain("(secret)");
    for (const token of [123_456_789, "short-secret"]) {
      let message = "";
      try {
        parseSettings({ console: { token } });
      } catch (error) {
        message = String(error);
      }
      expect(message).toContain("console.token");
      expect(message).not.toContain(String(token));
    }
  });

  it("are all in server/README.md, by path and by the name of a variable that is theirs alone", () => {
    const page = readText("server/README.md");
    const leaves = settingLeaves();
    expect(leaves.filter(({ path }) => !page.includes(`\`${path.join(".")}\``)).map(({ path }) => path.join("."))).toEqual([]);
    expect(new Set(leaves.map(({ path }) => variableOf(path))).size).toBe(leaves.length);
    expect(leaves.length).toBeGreaterThan(45);
    // Defaults of limits stand there in the order of their names.
    const { limits } = parseSettings({});
    for (const row of page.split("\n").filter((line) => line.startsWith("| `limits."))) {
      const [names = "", numbers = ""] = row.split("|").slice(1);
      const expected = [...names.matchAll(/`limits\.(\w+)`/g)].map(([, name]) => String(limits[name as keyof typeof limits]));
      expect(numbers.trim()).toBe(expected.join(", "));
    }
  });
});
