/** The pages for operators say what is there: codes, metrics, alerts, settings, files; and what they hand out fits together. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { ServerEvents } from "../../server/events.ts";
import { createMetrics, idleSources } from "../../server/metrics.ts";
import { parseSettings } from "../../server/settings.ts";
import { resolveSettings } from "../../server/settings-sources.ts";
import { createEmitter } from "../../shared/emitter.ts";
import { errorCodes } from "../../shared/errors.ts";
import { listFiles, readText, root } from "../support/source-tree.ts";

const folder = "server/operating";
const page = (name: string): string => readText(`${folder}/${name}`);
const pages = readdirSync(join(root, folder)).filter((name) => name.endsWith(".md"));

/** What stands in backticks in the first column of a page's tables. */
function firstColumn(text: string): string[] {
  const rows = text.split("\n").filter((line) => line.startsWith("| "));
  return rows.flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1]!));
}

async function metricNames(): Promise<string[]> {
  const sources = { ...idleSources, gateways: () => 0, isLeading: () => true, isLinked: () => true };
  const text = await createMetrics(createEmitter<ServerEvents>(), sources).text();
  return [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]!);
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
}

const rules = (parse(page("alerts.yaml")) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);

interface Compose {
  readonly services: Readonly<Record<string, { readonly environment?: Readonly<Record<string, string>>; readonly ports?: string[] }>>;
}

const compose = parse(page("compose.yaml"), { merge: true }) as Compose;
const ours = Object.entries(compose.services).filter(([, { environment }]) => environment?.["COFACTOR_SERVE_STORE"] !== undefined);

describe("the pages for operators", () => {
  it("explain every error code, and no other", () => {
    expect(firstColumn(page("errors.md")).toSorted()).toEqual([...errorCodes].toSorted());
  });

  it("explain every metric of ours, and no other", async () => {
    const told = firstColumn(page("metrics.md"))
      .map((name) => name.replace(/\{.*\}/, ""))
      .filter((name) => name.startsWith("cofactor_") && !name.endsWith("*"));
    const there = (await metricNames()).filter((name) => !/^cofactor_(process|nodejs)_/.test(name));
    expect([...told].sort()).toEqual([...there].sort());
  });

  it("alert on metrics that there are, each alert with what to do", async () => {
    const there = new Set(await metricNames());
    for (const { alert, expr } of rules) {
      const named = expr.match(/cofactor_\w+/g) ?? [];
      expect(
        named.filter((name) => !there.has(name)),
        alert,
      ).toEqual([]);
    }
    const explained = firstColumn(page("metrics.md")).filter((name) => name.startsWith("Cofactor"));
    expect(explained).toEqual(rules.map(({ alert }) => alert));
  });

  it("name tests and files that there are", () => {
    const files = listFiles();
    for (const name of pages) {
      for (const [, target] of page(name).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
        expect(existsSync(join(root, folder, target!)), `${name}: ${target}`).toBe(true);
      }
      for (const [, test] of page(name).matchAll(/`((?:test\/)?(?:unit|integration|conformance|chaos)\/[^`]+)`/g)) {
        const pattern = new RegExp(
          `^test/${test!
            .replace(/^test\//, "")
            .replaceAll(".", "\\.")
            .replaceAll("*", ".*")}`,
        );
        expect(
          files.some((file) => pattern.test(file)),
          `${name}: ${test}`,
        ).toBe(true);
      }
    }
  });

  it("show settings that are settings", () => {
    for (const name of [...pages, "../README.md"]) {
      for (const [, block] of page(name).matchAll(/```yaml\n([\s\S]*?)```/g)) {
        if (/^(rule_files|scrape_configs)/m.test(block!)) continue;
        const settings = parse(block!) as { cluster?: object };
        const whole = settings.cluster === undefined ? settings : { store: "postgres://u:p@db/cofactor", ...settings };
        expect(() => parseSettings(whole), `${name}: ${block}`).not.toThrow();
      }
    }
  });
});

describe("the files for operators", () => {
  it("start a cluster of three gateways and two coordinators with settings that hold", () => {
    const roles = ours.map(
      ([, { environment }]) => resolveSettings({ flags: new Map(), set: [], environment: environment!, file: undefined }).cluster.role,
    );
    expect(roles.sort()).toEqual(["coordinator", "coordinator", "gateway", "gateway", "gateway"]);
    const balanced = [...page("haproxy.cfg").matchAll(/^ {2}server \S+ ([\w-]+):8080/gm)].map((match) => match[1]!);
    expect(balanced.sort()).toEqual(ours.map(([name]) => name).sort());
  });

  it("install a container from the lock file alone, and copy what is there", () => {
    const text = page("Containerfile");
    const commands = text.split("\n").flatMap((line) => (/^RUN (.*)/.exec(line)?.[1] ?? "").split("&&"));
    const installs = commands.filter((command) => /\b(npm|npx|yarn|pnpm|apt|curl|wget)\b/.test(command) && !/npm run build/.test(command));
    expect(installs.length).toBe(2);
    for (const command of installs) expect(command).toMatch(/^\s*npm ci .*--ignore-scripts/);
    for (const [, sources] of text.matchAll(/^COPY (?!--from)(.*) \S+$/gm)) {
      for (const source of sources!.split(" ")) expect(existsSync(join(root, source)), source).toBe(true);
    }
    expect(text.match(/^FROM \S+/gm)!.every((line) => /node:24-/.test(line))).toBe(true);
    expect(
      text
        .trimEnd()
        .split("\n")
        .findLast((line) => line.startsWith("USER")),
    ).toBe("USER node");
  });

  it("run a service that systemd takes, that drains, and that is not restarted where no restart helps", () => {
    const text = page("cofactor.service");
    const setting = (name: string): string => new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1] ?? "";
    expect(Number(setting("TimeoutStopSec")) * 1000).toBeGreaterThan(parseSettings({}).shutdown.drainMs);
    expect(setting("RestartPreventExitStatus").split(" ")).toEqual(["2", "4"]);
    expect(Number(setting("LimitNOFILE"))).toBeGreaterThan(parseSettings({}).limits.maxSockets);
    if (spawnSync("systemd-analyze", ["--version"]).status !== 0) return;
    const place = mkdtempSync(join(tmpdir(), "cofactor-unit-"));
    try {
      const unit = join(place, "cofactor.service");
      writeFileSync(unit, text.replace("ExecStart=/usr/bin/node", `ExecStart=${process.execPath}`).replace(/^Documentation=.*\n/m, ""));
      const { status, stderr } = spawnSync("systemd-analyze", ["verify", unit], {
        encoding: "utf8",
        env: { ...process.env, SYSTEMD_LOG_LEVEL: "warning" },
      });
      const about = stderr.split("\n").filter((line) => line.includes(dirname(unit)) || line.startsWith("cofactor.service"));
      expect(about, stderr).toEqual([]);
      expect(status, stderr).toBe(0);
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  });
});
