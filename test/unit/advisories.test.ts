/**
 * What is installed is not older than the versions that mended published advisories. Sources: the projects' SECURITY.md files, changelogs and
 * GitHub advisories, read in November 2026; a new one is a line here.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { readText, root } from "../support/source-tree.ts";

/** [advisory, package, the first version without it]. */
const advisories: readonly (readonly [string, string, string])[] = [
  ["CVE-2022-21676", "engine.io", "6.1.1"],
  ["CVE-2022-2421", "socket.io-parser", "4.2.1"],
  ["CVE-2022-41940", "engine.io", "6.2.1"],
  ["CVE-2023-31125", "engine.io", "6.4.2"],
  ["CVE-2023-32695", "socket.io-parser", "4.2.3"],
  ["CVE-2024-38355", "socket.io", "4.6.2"],
  ["CVE-2024-37890", "ws", "8.17.1"],
  ["CVE-2026-33151", "socket.io-parser", "4.2.6"],
  ["CVE-2026-45736", "ws", "8.20.1"],
  ["CVE-2026-48779", "ws", "8.21.0"],
  ["CVE-2026-62389", "ws", "8.21.1"],
  ["CVE-2026-69185", "socket.io-parser", "4.2.7"],
  // No advisory, and reachable by strangers: a buffer that stays pinned, pongs without bound.
  ["ws 8.23.0 changelog", "ws", "8.23.0"],
];

/** Every installed copy of a package, wherever it lies. */
function versionsOf(lock: Record<string, { version?: string }>, name: string): string[] {
  return Object.entries(lock).flatMap(([path, { version }]) =>
    version !== undefined && (path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`)) ? [version] : [],
  );
}

function isOlder(version: string, floor: string): boolean {
  const [release = "", preview] = version.split("-");
  const left = release.split(".").map(Number);
  const right = floor.split(".").map(Number);
  const at = right.findIndex((part, index) => part !== (left[index] ?? 0));
  return at < 0 ? preview !== undefined : (left[at] ?? 0) < right[at]!;
}

/** What `npm audit` says; without `metadata` where it has not been told anything. */
interface AuditReport {
  readonly metadata?: object;
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string }>>;
}

function parseReport(text: string | undefined): AuditReport {
  try {
    return JSON.parse(text ?? "") as AuditReport;
  } catch {
    return {};
  }
}

describe("the lock file", () => {
  const { packages } = JSON.parse(readText("package-lock.json")) as { packages: Record<string, { version?: string }> };

  it.each(advisories)("holds no version with %s: %s from %s on", (_advisory, name, floor) => {
    const versions = versionsOf(packages, name);
    expect(versions.length).toBeGreaterThan(0);
    expect(versions.filter((version) => isOlder(version, floor))).toEqual([]);
  });

  it("has no package with an advisory that the registry calls high or critical, where the registry answers", ({ skip }) => {
    const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--json"], { cwd: root, encoding: "utf8", timeout: 60_000 });
    const { metadata, vulnerabilities } = parseReport(stdout);
    if (metadata === undefined) return skip("the registry's audit service is out of reach");
    const grave = Object.entries(vulnerabilities ?? {}).filter(([, { severity }]) => severity === "high" || severity === "critical");
    expect(grave.map(([name]) => name)).toEqual([]);
  });

  it("would be found out with an older one, also within another package, and with a preview of the mended one", () => {
    const lock = {
      "node_modules/ws": { version: "8.23.0" },
      "node_modules/a/node_modules/ws": { version: "8.9.9" },
      "node_modules/b-ws": {},
    };
    expect(versionsOf(lock, "ws")).toEqual(["8.23.0", "8.9.9"]);
    expect(
      ["8.9.9", "8.17.0", "7.99.0", "8.17.1-beta.1", "8.17.1", "8.17.2", "9.0.0"].map((version) => isOlder(version, "8.17.1")),
    ).toEqual([true, true, true, true, false, false, false]);
  });
});
